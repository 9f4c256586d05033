"""The remote store: any SPARQL 1.1 endpoint, so that a graph may outgrow one machine.

Each query is read by the grammar here before it is sent, each answer is checked before it is used,
and rows come back in the same formats, written by the same code, as from the embedded store. The
default graph is the union of the named graphs on every engine; how is in the engine's record.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, TypeVar, cast

import pyoxigraph as ox

from kg.errors import QueryFault, StoreError
from kg.store import Capabilities, Cell, Dataset, MediaChoice, Table
from kg.stores import replies
from kg.stores.capping import AnswerSink
from kg.stores.engines import Union, version_in
from kg.stores.forms import check_query, check_update
from kg.stores.listing import with_dataset
from kg.stores.oxigraph import OxigraphStore
from kg.stores.remote_client import AUTO, Parameters, RemoteClient, RemoteOptions
from kg.stores.replies import Body
from kg.stores.sending import send_graph
from kg.stores.writing import Formats
from ontology.names import BASE, GRAPH

_T = TypeVar("_T")
_ANSWERS: Final = {
    "SELECT": "rows (SELECT)",
    "ASK": "a truth value (ASK)",
    "CONSTRUCT": "triples (CONSTRUCT or DESCRIBE)",
    "DESCRIBE": "triples (CONSTRUCT or DESCRIBE)",
}
_NOWHERE: Final = f"{BASE}graph/none"
"""A graph that no store has: a dataset without any graph cannot be said otherwise."""
GRAPH_HELD: Final = f"{GRAPH}held"
"""Named graph with one triple: which release the store holds (``kg.holding``). It is no part of it:
this adapter lists and counts it nowhere, and it is in no union that lists its graphs."""
_EACH_SIZE: Final = "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
_EACH_GRAPH: Final = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }"


class RemoteStore:
    """A :class:`kg.store.GraphStore` at an address.

    ``writable``: whether to change it when asked; ``graphs``: its named graphs, where they are
    known and will not change. Raises ``StoreError`` where no store answers at the address.
    """

    def __init__(
        self,
        options: RemoteOptions,
        *,
        writable: bool = True,
        graphs: tuple[str, ...] | None = None,
    ) -> None:
        self.client = RemoteClient(options)
        self.client.greet()
        self._writable = writable
        self._fixed, self._listed = graphs, graphs

    @property
    def union(self) -> Union:
        """How the default graph becomes the union: see :class:`kg.store.Capabilities`."""
        chosen = self.client.options.union
        return self.client.engine.union if chosen == AUTO else cast("Union", chosen)

    @property
    def capabilities(self) -> Capabilities:
        """What the engine can do, by its record in ``kg.stores.engines``."""
        engine = self.client.engine
        return Capabilities(
            name=engine.name,
            version=version_in(self.client.server),
            writable=self._writable,
            persistent=True,
            federates=False,
            union=self.union,
            exact=engine.exact,
            lacks=engine.lacks,
        )

    def select(self, query: str) -> Table:
        """Answer a SELECT."""
        return self._ask(query, ("SELECT",), _table)

    def ask(self, query: str) -> bool:
        """Answer an ASK."""
        return self._ask(query, ("ASK",), lambda body: bool(replies.truth(replies.solutions(body))))

    def construct(self, query: str) -> Iterator[ox.Triple]:
        """Answer a CONSTRUCT or DESCRIBE; all triples have come before the first is given."""
        return iter(self._ask(query, ("CONSTRUCT", "DESCRIBE"), _triples))

    def write_answer(
        self, query: str, media: MediaChoice, out: BinaryIO, *, dataset: Dataset | None = None
    ) -> str:
        """Answer any form of query into ``out``; returns the media type that was written."""
        formats = Formats(media)
        form, names_dataset = check_query(query)

        def take(body: Body) -> str:
            with replies.nonsense():
                if form in ("SELECT", "ASK"):
                    return formats.write(_rows_or_truth(form, body), out)
                return formats.write_all(replies.triples(body), out)

        return self._send(form, query, take, names_dataset, dataset)

    def stream_answer(
        self,
        query: str,
        media: MediaChoice,
        sink: AnswerSink,
        *,
        rows: int,
        dataset: Dataset | None = None,
        seconds: float | None = None,
    ) -> None:
        """Answer any form of query into ``sink``, at most ``rows`` rows or triples of it.

        ``seconds``: less than the store's own limit. Raises as :meth:`write_answer`, and what
        ``sink`` raises.
        """
        formats = Formats(media)
        form, names_dataset = check_query(query)

        def take(body: Body) -> None:
            with replies.nonsense():
                if form in ("SELECT", "ASK"):
                    formats.stream(_rows_or_truth(form, body), sink, rows)
                    return
                sink.begin(media.graph)
                formats.write_triples(replies.triples(body), sink, rows)

        self._send(form, query, take, names_dataset, dataset, seconds)

    def update(self, text: str) -> None:
        """Run a SPARQL update; its patterns should name their graphs."""
        self._need_writable()
        check_update(text)
        self.client.update(text)
        self._listed = self._fixed

    def add(self, quads: Iterable[ox.Quad]) -> None:
        """Add quads, graph by graph in batches (not atomic)."""
        self._need_writable()
        by_graph: dict[str | None, list[ox.Triple]] = defaultdict(list)
        for quad in quads:
            by_graph[_name(quad.graph_name)].append(quad.triple)
        for graph, triples in by_graph.items():
            send_graph(self.client, graph, triples)
        self._listed = self._fixed

    def load(self, path: Path, graph: str | None = None) -> None:
        """Load an RDF file; it is read whole before any of it is sent."""
        self._need_writable()
        staged = OxigraphStore.memory()
        staged.load(path, graph)
        self.add(staged.quads())

    def clear(self, graph: str) -> None:
        """Remove a named graph and what it holds."""
        self._need_writable()
        if self.client.at.graphs is None:
            self.client.update(f"DROP SILENT GRAPH <{graph}>")
        else:
            self.client.graph_store("DELETE", graph)
        self._listed = self._fixed

    def quads(self, graph: str | None = None) -> Iterator[ox.Quad]:
        """All quads, or those of one named graph; fetched graph by graph."""
        for name in self.graphs() if graph is None else (graph,):
            node = ox.NamedNode(name)
            for triple in self._graph(name):
                yield ox.Quad(triple.subject, triple.predicate, triple.object, node)

    def contains(self, triple: ox.Triple, graph: str | None = None) -> bool:
        """Whether the triple is in the named graph, or in any. Blank nodes match any node."""
        pattern = f"{triple.subject} {triple.predicate} {triple.object}"
        where = f"GRAPH <{graph}> {{ {pattern} }}" if graph else pattern
        return self.ask(f"ASK {{ {where} }}")

    def graphs(self) -> tuple[str, ...]:
        """IRIs of the named graphs, sorted; without those that the engine keeps for itself."""
        if self._listed is None:
            found = self.rows_of(_EACH_GRAPH)
            self._listed = tuple(sorted(graph for (graph,) in found if self._is_ours(graph)))
        return self._listed

    def size(self, graph: str | None = None) -> int:
        """Number of quads, in all or in one named graph."""
        if graph is None:
            return sum(self.sizes().values())
        count = f"SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
        return int(self.rows_of(count)[0][0])

    def sizes(self) -> dict[str, int]:
        """Named graph -> number of triples, asked anew."""
        found = self.rows_of(_EACH_SIZE)
        return {graph: int(count) for graph, count in found if self._is_ours(graph)}

    def rows_of(self, query: str) -> tuple[tuple[str, ...], ...]:
        """Values of the rows of a query of our own, asked of the engine as it stands."""
        return tuple(map(_values, self.client.ask("SELECT", query, _table).rows))

    def close(self) -> None:
        """Close the connections to the store."""
        self.client.close()

    def _ask(self, query: str, forms: tuple[str, ...], take: Callable[[Body], _T]) -> _T:
        form, names_dataset = check_query(query)
        if form not in forms:
            raise QueryFault(
                f"The query gives {_ANSWERS[form]}; here {_ANSWERS[forms[0]]} are expected."
            )
        return self._send(form, query, take, names_dataset)

    def _send(
        self,
        form: str,
        query: str,
        take: Callable[[Body], _T],
        names_dataset: bool,
        dataset: Dataset | None = None,
        seconds: float | None = None,
    ) -> _T:
        """Ask for the union of the named graphs, unless something says otherwise."""
        parameters: Parameters = _parameters(dataset)
        if not parameters and not names_dataset:
            if self.union == "dataset":
                named = self.graphs() if "GRAPH" in query.upper() else ()
                query = with_dataset(query, self.graphs() or (_NOWHERE,), named)
            elif self.union == "parameter":
                parameters = self.client.engine.union_parameters
        return self.client.ask(form, query, take, parameters, seconds)

    def _graph(self, name: str) -> list[ox.Triple]:
        if self.client.at.graphs is not None:
            return self.client.fetch(name, _triples) or []
        text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{name}> {{ ?s ?p ?o }} }}"
        return self.client.ask("CONSTRUCT", text, _triples)

    def _is_ours(self, graph: str) -> bool:
        return graph != GRAPH_HELD and not graph.startswith(self.client.engine.own_graphs)

    def _need_writable(self) -> None:
        if not self._writable:
            raise StoreError(
                f"The store at {self.client.options.query} is open for reading only; nothing was "
                "changed. Load a release into it with: mission-kg load-store"
            )


def _rows_or_truth(form: str, body: Body) -> ox.QuerySolutions | ox.QueryBoolean:
    answer = replies.solutions(body)
    return replies.truth(answer) if form == "ASK" else replies.rows(answer)


def _table(body: Body) -> Table:
    answer = replies.rows(replies.solutions(body))
    names = tuple(variable.value for variable in answer.variables)
    with replies.nonsense():
        return Table(names, tuple(tuple(row) for row in answer))


def _triples(body: Body) -> list[ox.Triple]:
    return list(replies.triples(body))


def _values(row: Iterable[Cell]) -> tuple[str, ...]:
    return tuple(str(getattr(cell, "value", "")) for cell in row)


def _name(graph: ox.NamedNode | ox.BlankNode | ox.DefaultGraph) -> str | None:
    return graph.value if isinstance(graph, ox.NamedNode) else None


def _parameters(dataset: Dataset | None) -> Parameters:
    """A dataset as the protocol's parameters (SPARQL 1.1 Protocol, section 2.1.4)."""
    if dataset is None:
        return ()
    default = [("default-graph-uri", name) for name in dataset.default or ()]
    named = [("named-graph-uri", name) for name in dataset.named or ()]
    given = dataset.default is not None or dataset.named is not None
    return [*default, *named] or ([("default-graph-uri", _NOWHERE)] if given else ())
