"""The embedded store: Oxigraph through pyoxigraph, in memory or on disk (RocksDB).

Measured (``docs`` tell how): about 360 bytes a quad in memory; read-only stores open in some 20 ms
and may be opened by several processes. Three traps shape this file: an answer may be used only on
the thread that made it, or the process dies (so asking and writing happen in one method); blank
nodes get new labels at each load; and a query's ``FROM`` is ignored when the union is asked for.
"""

import gzip
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, Final, Self, TypeVar, cast

import pyoxigraph as ox
import zstandard

from kg.errors import QueryFault, StoreError
from kg.store import Capabilities, Dataset, MediaChoice, Table
from kg.stores.capping import AnswerSink
from kg.stores.faults import disk_faults, evaluation_faults, parse_faults, syntax_fault
from kg.stores.respelling import lower_booleans
from kg.stores.scanning import refuse_oversize, refuse_remote
from kg.stores.using import graph_name
from kg.stores.writing import GRAPH_FORMATS, RESULT_FORMATS, Answer, Formats
from ontology.names import BASE

__all__ = ["GRAPH_FORMATS", "RESULT_FORMATS", "OxigraphStore"]

_SUFFIXES: Final = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
    ".trig": ox.RdfFormat.TRIG,
    ".jsonld": ox.RdfFormat.JSON_LD,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".owl": ox.RdfFormat.RDF_XML,
    ".xml": ox.RdfFormat.RDF_XML,
}
_ANSWER_NAMES: Final = {
    ox.QuerySolutions: "rows (SELECT)",
    ox.QueryBoolean: "a truth value (ASK)",
    ox.QueryTriples: "triples (CONSTRUCT or DESCRIBE)",
}

_A = TypeVar("_A", ox.QuerySolutions, ox.QueryBoolean, ox.QueryTriples)


class OxigraphStore:
    """A :class:`kg.store.GraphStore` over pyoxigraph.

    Make one with :meth:`memory`, :meth:`at` or :meth:`read_only`. Queries see the union of all
    named graphs unless they name their own dataset (``FROM``); updates see named graphs only.
    """

    def __init__(self, store: ox.Store, *, path: Path | None, writable: bool) -> None:
        self._store = store
        self.path = path
        self._writable = writable

    @classmethod
    def memory(cls) -> Self:
        """An empty store in memory."""
        return cls(ox.Store(), path=None, writable=True)

    @classmethod
    def at(cls, path: Path) -> Self:
        """The store in a directory, made where missing. Raises ``StoreError`` (locked, no room)."""
        with disk_faults(path):
            path.mkdir(parents=True, exist_ok=True)
            return cls(ox.Store(str(path)), path=path, writable=True)

    @classmethod
    def read_only(cls, path: Path) -> Self:
        """The store in a directory as it is now; several processes may do so at once."""
        with disk_faults(path):
            return cls(ox.Store.read_only(str(path)), path=path, writable=False)

    @property
    def capabilities(self) -> Capabilities:
        """What this adapter can do."""
        return Capabilities(
            name="oxigraph",
            version=version("pyoxigraph"),
            writable=self._writable,
            persistent=self.path is not None,
            federates=False,
        )

    def select(self, query: str) -> Table:
        """Answer a SELECT."""
        answer = self._answer(query, ox.QuerySolutions)
        names = tuple(variable.value for variable in answer.variables)
        with evaluation_faults():
            return Table(names, tuple(tuple(row) for row in answer))

    def ask(self, query: str) -> bool:
        """Answer an ASK."""
        return bool(self._answer(query, ox.QueryBoolean))

    def construct(self, query: str) -> Iterator[ox.Triple]:
        """Answer a CONSTRUCT or DESCRIBE; the triples are all made before the first is given."""
        answer = self._answer(query, ox.QueryTriples)
        with evaluation_faults():
            return iter(list(answer))

    def write_answer(
        self, query: str, media: MediaChoice, out: BinaryIO, *, dataset: Dataset | None = None
    ) -> str:
        """Answer any form of query into ``out``; returns the media type that was written.

        A relative IRI is read against ``ontology.names.BASE``. Raises ``QueryFault`` where a media
        type of ``media`` or an IRI of ``dataset`` cannot be used, before asking.
        """
        formats = Formats(media)
        return formats.write(self._run(query, dataset, base=BASE), out)

    def stream_answer(
        self,
        query: str,
        media: MediaChoice,
        sink: AnswerSink,
        *,
        rows: int,
        dataset: Dataset | None = None,
        union: bool = True,
    ) -> None:
        """Answer any form of query into ``sink``, at most ``rows`` rows or triples of it.

        ``union``: whether the default graph is that of all named graphs where nothing says
        otherwise. Raises as :meth:`write_answer`, and what ``sink`` raises.
        """
        formats = Formats(media)
        formats.stream(self._run(query, dataset, base=BASE, union=union), sink, rows)

    def update(self, text: str) -> None:
        """Run a SPARQL update; its patterns see the named graphs they name."""
        self._need_writable()
        refuse_remote(text)
        refuse_oversize(text)
        try:
            self._store.update(text)
        except SyntaxError as error:
            raise syntax_fault(text, error, "update") from error

    def add(self, quads: Iterable[ox.Quad]) -> None:
        """Add quads (bulk; not atomic)."""
        self._need_writable()
        self._store.bulk_extend(quads)

    def load(self, path: Path, graph: str | None = None) -> None:
        """Load an RDF file; ``.gz`` and ``.zst`` after the format's suffix are unpacked.

        Triples go to ``graph`` if given; a file of quads keeps its own graphs then too. Raises
        ``StoreError`` naming file, line and column.
        """
        self._need_writable()
        form = _SUFFIXES.get(_plain_suffix(path))
        if form is None:
            raise StoreError(
                f"{path.name}: the suffix {path.suffix or '(none)'} tells no RDF format; "
                f"expected one of {', '.join(_SUFFIXES)}."
            )
        target = ox.NamedNode(graph) if graph and not form.supports_datasets else None
        with disk_faults(path), parse_faults(path), _unpacked(path) as stream:
            self._store.bulk_load(stream, format=form, to_graph=target)

    def clear(self, graph: str) -> None:
        """Remove a named graph and what it holds."""
        self._need_writable()
        self._store.remove_graph(ox.NamedNode(graph))

    def quads(self, graph: str | None = None) -> Iterator[ox.Quad]:
        """All quads, or those of one named graph."""
        return self._store.quads_for_pattern(None, None, None, _graph(graph))

    def contains(self, triple: ox.Triple, graph: str | None = None) -> bool:
        """Whether the triple is in the named graph, or in any."""
        found = self._store.quads_for_pattern(
            triple.subject, triple.predicate, triple.object, _graph(graph)
        )
        return next(found, None) is not None

    def graphs(self) -> tuple[str, ...]:
        """IRIs of the named graphs, sorted."""
        return tuple(sorted(str(graph.value) for graph in self._store.named_graphs()))

    def size(self, graph: str | None = None) -> int:
        """Number of quads, in all or in one named graph."""
        if graph is None:
            return len(self._store)
        count = self.select(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")
        return int(cast("ox.Literal", count.rows[0][0]).value)

    def dump(self, out: BinaryIO) -> None:
        """Write everything as N-Quads, in no particular order."""
        self._store.dump(out, format=ox.RdfFormat.N_QUADS)

    def settle(self) -> None:
        """Compact and flush a store on disk, so that it may be opened read-only."""
        self._need_writable()
        self._store.optimize()
        self._store.flush()

    def _run(
        self,
        query: str,
        dataset: Dataset | None = None,
        base: str | None = None,
        union: bool = True,
    ) -> Answer:
        found = refuse_remote(query)
        refuse_oversize(query)
        query = lower_booleans(query)
        default, named = _dataset(dataset)
        union = union and "FROM" not in found and default is None and named is None
        try:
            with evaluation_faults():
                return self._store.query(
                    query,
                    base_iri=base,
                    use_default_graph_as_union=union,
                    default_graph=default,
                    named_graphs=named,
                )
        except SyntaxError as error:
            raise syntax_fault(query, error, "query") from error

    def _answer(self, query: str, form: type[_A]) -> _A:
        answer = self._run(query)
        if not isinstance(answer, form):
            raise QueryFault(
                f"The query gives {_ANSWER_NAMES[type(answer)]}; here "
                f"{_ANSWER_NAMES[form]} are expected."
            )
        return answer

    def _need_writable(self) -> None:
        if not self._writable:
            raise StoreError(
                f"The store {self.path} is open for reading only; nothing was changed. "
                "Make a new release instead."
            )


def _graph(graph: str | None) -> ox.NamedNode | None:
    return None if graph is None else ox.NamedNode(graph)


def _dataset(
    dataset: Dataset | None,
) -> tuple[
    list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] | None,
    list[ox.NamedNode | ox.BlankNode] | None,
]:
    """The engine's form of a dataset. One part given empties the other, as section 2.1.4 says."""
    if dataset is None or (dataset.default is None and dataset.named is None):
        return None, None
    default = [graph_name(iri) for iri in dataset.default or ()]
    return list(default), [graph_name(iri) for iri in dataset.named or ()]


def _plain_suffix(path: Path) -> str:
    packed = path.suffix.lower() in (".gz", ".zst")
    return (Path(path.stem) if packed else path).suffix.lower()


@contextmanager
def _unpacked(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as raw:
        match path.suffix.lower():
            case ".gz":
                with gzip.open(raw) as stream:
                    yield cast("BinaryIO", stream)
            case ".zst":
                with zstandard.ZstdDecompressor().stream_reader(raw) as reader:
                    yield cast("BinaryIO", reader)
            case _:
                yield raw
