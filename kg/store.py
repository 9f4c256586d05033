"""The store port: what the rest of the house asks of a graph store.

One protocol, adapters in ``kg.stores``, one test suite for all of them. A method returns one
type: rows, a truth value or triples by three methods, never one of three. The default graph of
every query is the union of all named graphs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

Cell = NamedNode | BlankNode | Literal | Triple | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a SELECT: ``variables`` without ``?``; each row as long as ``variables``."""

    variables: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an adapter can do, so that general code asks instead of knowing names.

    ``union``: how the default graph becomes the union of all named graphs (``engine``: the engine
    does it; ``parameter``: asked with each query; ``dataset``: each query names all graphs).
    ``exact``: literals come back as they were written. ``lacks``: in words, what it does not do.
    """

    name: str
    version: str
    writable: bool
    persistent: bool
    federates: bool
    union: str = "engine"
    exact: bool = True
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MediaChoice:
    """Formats to answer in, one per form of query, as media types."""

    results: str
    graph: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset given beside the query, which it overrides (SPARQL 1.1 Protocol, section 2.1.4).

    ``default``: IRIs of the graphs merged to the default graph; ``named``: IRIs of the named
    graphs. ``None``: not given, so what the query or the store says holds; empty: no graph.
    """

    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None


class GraphStore(Protocol):
    """A set of named graphs that answers SPARQL 1.1."""

    @property
    def capabilities(self) -> Capabilities:
        """What this adapter can do."""
        ...

    def select(self, query: str) -> Table:
        """Answer a SELECT. Raises ``QuerySyntaxError``, ``QueryForbidden``, ``StoreError``."""
        ...

    def ask(self, query: str) -> bool:
        """Answer an ASK."""
        ...

    def construct(self, query: str) -> Iterator[Triple]:
        """Answer a CONSTRUCT or DESCRIBE."""
        ...

    def write_answer(
        self, query: str, media: MediaChoice, out: BinaryIO, *, dataset: Dataset | None = None
    ) -> str:
        """Answer any form of query into ``out``; returns the media type that was written.

        ``dataset``: wins over the query's FROM; a graph that is not there is empty.
        """
        ...

    def update(self, text: str) -> None:
        """Run a SPARQL update. Raises ``StoreError`` where the adapter is read-only."""
        ...

    def add(self, quads: Iterable[Quad]) -> None:
        """Add quads (bulk; not atomic)."""
        ...

    def load(self, path: Path, graph: str | None = None) -> None:
        """Load an RDF file, its format told by its suffix; triples go to ``graph`` if given."""
        ...

    def clear(self, graph: str) -> None:
        """Remove a named graph and what it holds."""
        ...

    def quads(self, graph: str | None = None) -> Iterator[Quad]:
        """All quads, or those of one named graph."""
        ...

    def contains(self, triple: Triple, graph: str | None = None) -> bool:
        """Whether the triple is in the named graph, or in any."""
        ...

    def graphs(self) -> tuple[str, ...]:
        """IRIs of the named graphs, sorted."""
        ...

    def size(self, graph: str | None = None) -> int:
        """Number of quads, in all or in one named graph."""
        ...
