"""What the graph says about one IRI: its outgoing statements, each with its named graphs.

A concise bounded description (https://www.w3.org/submissions/CBD/): the statements whose subject
is the IRI, with those of the blank nodes they lead to. Blank nodes are only in the ontology, so
their part is taken from its shipped files; a store's labels of them name nothing from outside.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad

from api.linked.addresses import LICENCE, document_of
from api.linked.names import Names
from api.linked.shipped import shipped_quads
from kg.store import GraphStore
from ontology.names import BASE, DCT, GRAPH_INFERRED, MKG, RDF, RDFS, SHAPES, XSD

MOST: Final = 5_000
"""Outgoing statements in one representation; more are cut, and said to be."""
_TOGETHER: Final = 300

Value = NamedNode | Literal
_ALLOWED: Final = re.compile(r"[a-z][a-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`\x7f]+", re.IGNORECASE)
_OUT: Final = "SELECT ?p ?o ?g {{ GRAPH ?g {{ <{iri}> ?p ?o }} }} LIMIT {limit}"
FOAF: Final = "http://xmlns.com/foaf/0.1/"
_DATASET: Final = f"{BASE}dataset"


@dataclass(frozen=True, slots=True)
class Description:
    """Outgoing statements of ``iri``: property and value -> the graphs that hold it.

    ``cut``: there are more than ``MOST``. ``expressions``: quads with the blank nodes.
    """

    iri: str
    statements: dict[tuple[str, Value], tuple[str, ...]]
    expressions: tuple[Quad, ...] = ()
    cut: bool = False

    def __bool__(self) -> bool:
        """Whether anything is said of it."""
        return bool(self.statements or self.expressions)

    def values(self, prop: str) -> list[Value]:
        """Values of one property."""
        return [value for (each, value) in self.statements if each == prop]

    def inferred(self, prop: str, value: Value) -> bool:
        """Whether the statement stands in the inferred graph only."""
        return self.statements[prop, value] == (GRAPH_INFERRED,)

    def quads(self) -> list[Quad]:
        """The statements, in order of graph, property and value."""
        subject = NamedNode(self.iri)
        made = [
            Quad(subject, NamedNode(prop), value, NamedNode(graph))
            for (prop, value), graphs in self.statements.items()
            for graph in graphs
        ]
        return sorted([*made, *self.expressions], key=_order)


def is_iri(text: str) -> bool:
    """Whether a text can stand between ``<`` and ``>`` in SPARQL (RFC 3987, absolute)."""
    return _ALLOWED.fullmatch(text) is not None


def describe(store: GraphStore, iri: str) -> Description:
    """What the graph says about ``iri``; false where it says nothing. ``iri`` must be one."""
    found: dict[tuple[str, Value], list[str]] = defaultdict(list)
    rows = store.select(_OUT.format(iri=iri, limit=MOST + 1)).rows
    for prop, value, graph in rows[:MOST]:
        if (
            isinstance(prop, NamedNode)
            and isinstance(graph, NamedNode)
            and isinstance(value, NamedNode | Literal)
        ):
            found[prop.value, value].append(graph.value)
    statements = {pair: tuple(sorted(graphs)) for pair, graphs in found.items()}
    if iri.startswith(SHAPES):
        statements = _of_shape(iri)
    expressions = _expressions(iri) if iri.startswith((MKG, SHAPES)) else ()
    return Description(iri, statements, expressions, cut=len(rows) > MOST)


def describe_all(store: GraphStore, iris: Iterable[str]) -> list[Quad]:
    """The outgoing statements of many things, looked up together."""
    rest = iter(sorted(iris))
    found: list[Quad] = []
    while batch := list(islice(rest, _TOGETHER)):
        values = " ".join(f"<{iri}>" for iri in batch)
        rows = store.select(
            f"SELECT ?s ?p ?o ?g {{ VALUES ?s {{ {values} }} GRAPH ?g {{ ?s ?p ?o }} }}"
        ).rows
        found += [
            Quad(thing, prop, value, graph)
            for thing, prop, value, graph in rows
            if isinstance(thing, NamedNode)
            and isinstance(prop, NamedNode)
            and isinstance(value, NamedNode | Literal)
            and isinstance(graph, NamedNode)
        ]
    return sorted(found, key=_order)


def uses_of(store: GraphStore, prop: str, most: int) -> list[tuple[NamedNode, Value]]:
    """Some statements made with a property."""
    rows = store.select(f"SELECT DISTINCT ?s ?o {{ ?s <{prop}> ?o }} LIMIT {most}").rows
    return [
        (thing, value)
        for thing, value in rows
        if isinstance(thing, NamedNode) and isinstance(value, NamedNode | Literal)
    ]


def record(iri: str, release: str, created: str) -> list[Quad]:
    """What the document about ``iri`` says of itself: topic, licence, data set, release, date."""
    document = NamedNode(document_of(iri))
    said: list[tuple[str, Value]] = [
        (f"{RDF}type", NamedNode(f"{FOAF}Document")),
        (f"{FOAF}primaryTopic", NamedNode(iri)),
        (f"{DCT}isPartOf", NamedNode(_DATASET)),
        (f"{DCT}license", NamedNode(LICENCE)),
        (f"{DCT}hasVersion", Literal(release)),
        (f"{DCT}modified", Literal(created, datatype=NamedNode(f"{XSD}dateTime"))),
    ]
    return [Quad(document, NamedNode(prop), value, DefaultGraph()) for prop, value in said]


def labels(description: Description, names: Names) -> list[Quad]:
    """Labels of what the statements lead to, so that a reader of the data need not ask again."""
    iris = sorted(
        {value.value for _, value in description.statements if isinstance(value, NamedNode)}
    )
    names.learn(iris)
    found = []
    for iri in iris:
        name = names(iri)
        if not name.stored:
            continue
        text = Literal(name.text, language=name.lang) if name.lang else Literal(name.text)
        found.append(Quad(NamedNode(iri), NamedNode(f"{RDFS}label"), text, DefaultGraph()))
    return found


def _order(quad: Quad) -> tuple[str, str, str, str]:
    return (str(quad.graph_name), str(quad.subject), str(quad.predicate), str(quad.object))


def _of_shape(iri: str) -> dict[tuple[str, Value], tuple[str, ...]]:
    """Statements of a shape, which stands in no release, but for those with blank nodes."""
    return {
        (quad.predicate.value, quad.object): (SHAPES.removesuffix("#"),)
        for quad in shipped_quads().get(str(NamedNode(iri)), ())
        if isinstance(quad.object, NamedNode | Literal)
    }


def _expressions(iri: str) -> tuple[Quad, ...]:
    """Statements of a term that hold blank nodes, and those nodes' own."""
    shipped = shipped_quads()
    waiting: list[str] = [str(NamedNode(iri))]
    found: list[Quad] = []
    seen: set[str] = set()
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        for quad in shipped.get(here, ()):
            anonymous = isinstance(quad.object, BlankNode)
            if len(seen) > 1 or anonymous:
                found.append(quad)
            if anonymous:
                waiting.append(str(quad.object))
    return tuple(found)
