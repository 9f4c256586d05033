"""Addresses of the protocol's endpoints."""

from typing import Final

from starlette.types import ASGIApp

from api.federation.relay import Relay
from api.protocol.dispatch import Dispatch
from api.protocol.graph_store import PATH, ReleaseGraphs
from api.protocol.sparql import SparqlEndpoint
from api.settings import Settings
from api.workspace.door import WorkspaceDoor
from api.workspace.endpoints import GRAPHS_PATH, SPARQL_PATH, WorkspaceGraphs, WorkspaceSparql

PATHS: Final = ("/sparql", PATH, "/update", "/workspace/sparql", "/workspace/update", GRAPHS_PATH)
"""The addresses, for names in metrics."""


def dispatch(
    rest: ASGIApp, settings: Settings, door: WorkspaceDoor | None, relay: Relay
) -> Dispatch:
    """Put the protocol's endpoints before ``rest``.

    ``door``: that of the workspace, if it is open; ``relay`` asks what SERVICE asks.
    """
    sparql, graphs = SparqlEndpoint(relay), ReleaseGraphs(federates=relay.is_open)
    written, kept = WorkspaceSparql(door, settings, relay), WorkspaceGraphs(door, settings)
    exact: dict[str, ASGIApp] = {
        "/sparql": sparql,
        PATH: graphs,
        "/update": written,
        SPARQL_PATH: written,
        "/workspace/update": written,
        GRAPHS_PATH: kept,
    }
    both = {f"{path}{end}": app for path, app in exact.items() for end in ("", "/")}
    return Dispatch(both, {f"{GRAPHS_PATH}/": kept, f"{PATH}/": graphs}, rest)
