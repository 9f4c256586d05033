"""Addresses of the protocol's endpoints."""

from collections.abc import Mapping

from starlette.types import ASGIApp

from api.protocol.dispatch import Dispatch
from api.protocol.sparql import SparqlEndpoint


def dispatch(rest: ASGIApp) -> Dispatch:
    """Put the protocol's endpoints before ``rest``."""
    sparql = SparqlEndpoint()
    exact: Mapping[str, ASGIApp] = {"/sparql": sparql, "/sparql/": sparql}
    return Dispatch(exact, {}, rest)


PATHS = ("/sparql", "/sparql/", "/graph-store", "/update", "/workspace")
"""Beginnings of the addresses, for names in metrics."""
