"""The workspace: a store on disk that an operator opened for writing, beside the releases.

Its default graph is its own, not the union of its named graphs. Every change is one transaction
of the engine: whole on disk or not there, however the process ends.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import uuid4

import pyoxigraph as ox

from kg.errors import GraphSyntaxError, QueryFault, QueryForbidden, StoreError
from kg.store import Dataset
from kg.stores.checking import check_update
from kg.stores.faults import disk_faults, evaluation_faults, syntax_fault
from kg.stores.oxigraph import OxigraphStore
from kg.stores.prologue import with_one_prologue
from kg.stores.respelling import lower_booleans
from kg.stores.scanning import refuse_oversize, refuse_remote
from kg.stores.using import graph_name, with_dataset
from kg.stores.writing import GRAPH_FORMATS
from ontology.names import BASE


class Workspace(OxigraphStore):
    """A store that takes updates and graphs. Make one with ``at``."""

    def change(self, text: str, dataset: Dataset | None = None) -> None:
        """Run a SPARQL update, ``dataset`` being what its patterns see.

        A relative IRI is read against ``ontology.names.BASE``. Raises ``QuerySyntaxError``,
        ``QueryForbidden`` for LOAD and SERVICE, ``QueryFault``, ``StoreError``.
        """
        refuse_oversize(text)
        text = with_one_prologue(lower_booleans(text))
        try:
            refuse_remote(text)
        except QueryForbidden:
            check_update(text)  # what is no SPARQL is told so, not forbidden
            raise
        if dataset is not None:
            text = with_dataset(text, dataset)
        try:
            with evaluation_faults():
                self._store.update(text, base_iri=BASE)
        except SyntaxError as error:
            raise syntax_fault(text, error, "update") from error

    def has(self, graph: str | None) -> bool:
        """Whether there is a graph of that name; the default graph (``None``) always is."""
        return graph is None or self._store.contains_named_graph(graph_name(graph))

    def triples(self, graph: str | None) -> Iterator[ox.Triple]:
        """What a graph holds; ``None``: the default graph."""
        for quad in self._store.quads_for_pattern(None, None, None, _place(graph)):
            yield quad.triple

    def put(self, graph: str | None, triples: Iterable[ox.Triple]) -> None:
        """Make a graph hold these triples and no others, in one transaction.

        Raises what giving the triples raises; nothing has changed then.
        """
        place = f"GRAPH <{graph_name(graph).value}>" if graph is not None else ""
        clear = f"DROP SILENT {place or 'DEFAULT'}"
        make = f"CREATE SILENT {place} ; " if place else ""
        lines = " .\n".join(str(triple) for triple in triples)
        block = f"{place} {{ {lines} }}" if place else lines
        with evaluation_faults():
            self._store.update(f"{clear} ; {make}INSERT DATA {{ {block} }}")

    def post(self, graph: str | None, triples: Iterable[ox.Triple]) -> None:
        """Add triples to a graph, made where it is not there, in one transaction.

        Raises what giving the triples raises; nothing has changed then.
        """
        place = _place(graph)
        with evaluation_faults():
            self._store.extend(
                ox.Quad(each.subject, each.predicate, each.object, place) for each in triples
            )
            if isinstance(place, ox.NamedNode):  # no triples made none
                self._store.add_graph(place)

    def delete(self, graph: str | None) -> None:
        """Remove a graph; of the default graph what it holds."""
        with evaluation_faults():
            self._store.remove_graph(_place(graph))

    def flush(self) -> None:
        """Write the log of changes into the tables, so that opening is quick."""
        with evaluation_faults():
            self._store.flush()

    def sizes(self) -> dict[str, int]:
        """Triples in each named graph, and in the default graph under an empty name."""
        found = {name: self.size(name) for name in self.graphs()}
        return {"": len(self._store) - sum(found.values()), **found}


def parse_graph(body: bytes, media_type: str, base: str | None) -> Iterator[ox.Triple]:
    """The triples of an RDF text; blank nodes get names that no graph holds yet.

    ``base``: the IRI of its graph (Graph Store Protocol, section 4.1). Raises
    ``GraphSyntaxError`` with line and column, also for a named graph in a format of datasets.
    """
    try:
        for quad in ox.parse(
            input=body,
            format=GRAPH_FORMATS[media_type],
            base_iri=base or BASE,
            rename_blank_nodes=True,
        ):
            if quad.graph_name != ox.DefaultGraph():
                raise GraphSyntaxError(
                    f"The text holds the named graph {quad.graph_name}; one graph is written "
                    "here, so send its triples alone."
                )
            yield quad.triple
    except SyntaxError as error:
        said = (error.msg or str(error)).split(": ", 1)[-1].rstrip(".")
        raise GraphSyntaxError(
            f"The text is not valid {media_type}: {said}. Nothing was changed.",
            error.lineno or None,
            error.offset or None,
        ) from error
    except ValueError as error:
        raise QueryFault(f"{base!r} is not an absolute IRI, so it names no graph.") from error


def fresh_name(store_address: str) -> str:
    """An IRI for a graph that was sent without a name: below the address of the graph store."""
    return f"{store_address}/{uuid4()}"


def _place(graph: str | None) -> ox.NamedNode | ox.DefaultGraph:
    return ox.DefaultGraph() if graph is None else graph_name(graph)


def write_sorted(path: Path, out: Path) -> int:
    """Write what the workspace in ``path`` holds now to a file of sorted N-Quads; returns how many.

    The server may have the workspace open: what is read is one moment of it. Raises ``StoreError``
    where there is none, or where it changed too much while it was read.
    """
    if not path.is_dir():
        raise StoreError(
            f"{path}: there is no workspace yet. Set MISSION_KG_WRITE_TOKEN, start the server and "
            "write to /workspace/update or /workspace/graph-store."
        )
    store = OxigraphStore.read_only(path)
    with evaluation_faults(), disk_faults(path):
        lines = sorted(f"{quad} .\n" for quad in store.quads())
    out.write_text("".join(lines), "utf-8")
    return len(lines)
