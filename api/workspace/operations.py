"""What the workspace's worker can do: queries, updates and the operations of a graph store.

Runs in the worker (``api.workers``), which is killed at its limits; the engine's transactions see
to it that a job killed half way has changed nothing.
"""

import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import monotonic
from typing import BinaryIO, Final, cast

from pyoxigraph import serialize

from api.errors import ConditionFailed, GraphNotFound
from api.workers.reading import dataset_of
from api.workers.wire import Head
from api.workers.worker import Output
from kg.store import MediaChoice
from kg.stores.writing import GRAPH_FORMATS
from kg.workspace import Workspace, parse_graph
from ontology.curies import PREFIXES

_FLUSH_SECONDS: Final = 0.25
_WITH_PREFIXES: Final = ("text/turtle", "application/trig", "application/rdf+xml")
_PREFIXES: Final = {
    name: PREFIXES[name] for name in ("mkg", "rdf", "rdfs", "owl", "skos", "dct", "xsd")
}


class WorkspaceOperations:
    """Reads and writes the store in a directory; there is one worker, so jobs never overlap.

    A job's head has ``do``: query, update, sizes, get, put, post or delete; ``graph``: IRI,
    ``None`` for the default graph; ``match`` and ``none_match``: revisions of If-Match and
    If-None-Match.
    """

    writes = True
    opens = True

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._store: Workspace | None = None
        self._start = ""
        self._changes = 0
        self._unflushed = 0.0

    def prepare(self) -> None:
        """Do nothing: the engine's threads do not live through a fork."""

    def begin(self) -> None:
        """Open the store, made where it is not there. Raises ``StoreError``."""
        self._store = Workspace.at(self._path)
        self._start = secrets.token_hex(6)

    @property
    def store(self) -> Workspace:
        """The open store."""
        assert self._store is not None  # noqa: S101  begin comes before any job
        return self._store

    @property
    def revision(self) -> str:
        """Changes with every change; never the same after a new start."""
        return f"{self._start}-{self._changes}"

    def run(self, job: Head, body: bytes, out: Output) -> None:
        """Do a job. Raises errors of ours."""
        began = monotonic()
        match job["do"]:
            case "query":
                self._query(job, body, out)
            case "update":
                self.store.change(body.decode("utf-8", "surrogatepass"), dataset_of(job))
                self._changed(began)
            case "sizes":
                out.head["sizes"] = self.store.sizes()
            case "get":
                self._get(job, out)
            case "put" | "post" | "delete":
                self._write(job, body, out)
                self._changed(began)
        out.head["revision"] = self.revision

    def _query(self, job: Head, body: bytes, out: Output) -> None:
        self.store.stream_answer(
            body.decode("utf-8", "surrogatepass"),
            MediaChoice(*job["media"]),
            out,
            rows=job["rows"],
            dataset=dataset_of(job),
            union=False,
        )

    def _get(self, job: Head, out: Output) -> None:
        graph, media_type = job["graph"], job["type"]
        self._need(graph)
        out.head["revision"] = self.revision
        out.begin(media_type)
        prefixes = _PREFIXES if media_type in _WITH_PREFIXES else None
        triples = self.store.triples(graph)
        serialize(
            triples, cast("BinaryIO", out), format=GRAPH_FORMATS[media_type], prefixes=prefixes
        )

    def _write(self, job: Head, body: bytes, out: Output) -> None:
        graph, there = job["graph"], self.store.has(job["graph"])
        self._check_conditions(job, there=there)
        if job["do"] == "delete":
            self._need(graph)
            self.store.delete(graph)
        else:
            triples = (
                triple
                for kind, part in _parts(job["parts"], body)
                for triple in parse_graph(part, kind, job["base"])
            )
            (self.store.put if job["do"] == "put" else self.store.post)(graph, triples)
        out.head["created"] = not there

    def _need(self, graph: str | None) -> None:
        if not self.store.has(graph):
            raise GraphNotFound(f"The workspace has no graph {graph}.")

    def _check_conditions(self, job: Mapping[str, object], *, there: bool) -> None:
        """Conditions of a change (RFC 9110, section 13.1); ``*`` stands for any revision."""
        match, none = job.get("match"), job.get("none_match")
        if match is not None and not (there and _holds(match, self.revision)):
            raise ConditionFailed(
                "If-Match does not hold: the workspace has changed, or the graph is gone. Get the "
                "graph again and repeat the change."
            )
        if none is not None and there and _holds(none, self.revision):
            raise ConditionFailed("If-None-Match does not hold: the graph is there already.")

    def _changed(self, began: float) -> None:
        """Count a change; after much work write the log of changes into the tables.

        Otherwise whoever opens the store next, after a kill, would do all that work again.
        """
        self._changes += 1
        self._unflushed += monotonic() - began
        if self._unflushed > _FLUSH_SECONDS:
            self.store.flush()
            self._unflushed = 0.0


def _holds(revisions: object, now: str) -> bool:
    return isinstance(revisions, list) and ("*" in revisions or now in revisions)


def _parts(sizes: list[tuple[str, int]], body: bytes) -> Iterator[tuple[str, bytes]]:
    """The RDF texts of a body with their media types."""
    start = 0
    for media_type, size in sizes:
        yield media_type, body[start : start + size]
        start += size
