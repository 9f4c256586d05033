"""SHACL over the facts, asserted and inferred, told in words for people who know no RDF.

pySHACL runs in rdflib's memory: on an Oxigraph store it reports false violations (strings typed,
integer types collapsed). Reports are read from the report graph and worded here, with labels; the
engine's own text is never shown.
"""

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, cast

import pyoxigraph as ox
import rdflib
from pyshacl import validate as run_shacl
from rdflib.namespace import RDF as RDF_NS
from rdflib.namespace import SH
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query

from kg.model import Finding
from kg.store import GraphStore
from ontology.curies import compact
from ontology.files import shape_files
from ontology.names import (
    GRAPH_ASSERTED,
    GRAPH_INFERRED,
    GRAPH_VOCABULARIES,
    RDFS,
    SKOS,
    XSD,
)
from ontology.vocabulary import vocabulary

_SEVERITIES: Final[dict[object, str]] = {
    SH.Violation: "violation",
    SH.Warning: "warning",
    SH.Info: "info",
}
_ORDER: Final = {"violation": 0, "warning": 1, "info": 2}
_MISSING: Final = SH.MinCountConstraintComponent
_DISAGREE: Final = "Sources disagree, so no value is stated. Settle it by reviewing their claims."
_STRING: Final = f"{XSD}string"
_LABELS: Final = (f"{RDFS}label", f"{SKOS}prefLabel")


def validate(
    store: GraphStore,
    shapes: rdflib.Graph | None = None,
    disputed: Collection[tuple[str, str]] = frozenset(),
) -> tuple[Finding, ...]:
    """Findings about the asserted and inferred graphs, violations first, in a stable order.

    ``shapes`` instead of those of the ontology. Concept types and the class hierarchy are at
    hand for ``sh:class``. ``disputed``: subject and property of which sources disagree: that no
    value is stated there is a warning, so that one more source cannot stop a release. Raises
    nothing for bad data: what is wrong is in the findings.
    """
    data = facts_as_rdflib(store)
    _, report, _ = run_shacl(
        data,
        shacl_graph=shapes if shapes is not None else shipped_shapes(),
        inference="none",
        meta_shacl=False,
        advanced=False,
        do_owl_imports=False,
        inplace=True,
    )
    graph = cast("rdflib.Graph", report)
    found = {_finding(graph, result, data, disputed) for result in _results(graph)}
    return tuple(sorted(found, key=_rank))


class _Facts(rdflib.Graph):
    """A graph that reads each query text once.

    pySHACL asks the same text for every focus node; reading it takes 30 ms, answering it less
    than one.
    """

    def query(self, query_object: str | Query, *args: Any, **kwargs: Any) -> rdflib.query.Result:
        """As :meth:`rdflib.Graph.query`."""
        known = _prepared(query_object) if isinstance(query_object, str) else query_object
        return super().query(known, *args, **kwargs)


def facts_as_rdflib(store: GraphStore) -> rdflib.Graph:
    """The facts in rdflib's memory: asserted, inferred, vocabularies, class hierarchy."""
    graph = _Facts(bind_namespaces="none")
    for name in (GRAPH_VOCABULARIES, GRAPH_ASSERTED, GRAPH_INFERRED):
        _take(graph, store.quads(name))
    for child, parents in _hierarchy():
        for parent in parents:
            graph.add((rdflib.URIRef(child), rdflib.RDFS.subClassOf, rdflib.URIRef(parent)))
    return graph


@lru_cache(maxsize=256)
def _prepared(text: str) -> Query:
    return prepareQuery(text)


@lru_cache(maxsize=1)
def shipped_shapes() -> rdflib.Graph:
    """The ontology's shapes, parsed once."""
    graph = rdflib.Graph()
    for path in shape_files():
        graph.parse(path, format="turtle")
    return graph


def as_json(findings: Iterable[Finding]) -> list[dict[str, str | None]]:
    """Findings as plain values, for a report that machines read."""
    return [
        {
            "severity": finding.severity,
            "message": finding.message,
            "place": finding.place,
            "remedy": finding.remedy,
            "subject": finding.subject,
            "shape": finding.shape,
        }
        for finding in findings
    ]


def as_markdown(findings: tuple[Finding, ...]) -> str:
    """Findings in words, grouped by severity."""
    lines = ["# Validation report", ""]
    if not findings:
        return "\n".join([*lines, "Every shape is met: nothing to report.", ""])
    for severity, title in (
        ("violation", "Violations (they stop a release)"),
        ("warning", "Warnings"),
        ("info", "Worth knowing"),
    ):
        group = [finding for finding in findings if finding.severity == severity]
        lines += [f"## {title}: {len(group)}", ""]
        lines += [f"- {finding.place}: {finding.message}" for finding in group]
        lines += [""] if group else []
    return "\n".join(lines)


def _take(graph: rdflib.Graph, quads: Iterable[ox.Quad]) -> None:
    add = graph.store.add
    for quad in quads:
        triple = (_rdflib(quad.subject), _rdflib(quad.predicate), _rdflib(quad.object))
        add(triple, graph)


@lru_cache(maxsize=200_000)
def _rdflib(term: object) -> rdflib.term.Node:
    """An Oxigraph term as rdflib's, literals untouched; plain strings without a datatype."""
    match term:
        case ox.NamedNode():
            return rdflib.URIRef(term.value)
        case ox.Literal(language=str() as tag):
            return rdflib.Literal(term.value, lang=tag)
        case ox.Literal():
            name = term.datatype.value
            kind = None if name == _STRING else rdflib.URIRef(name)
            return rdflib.Literal(term.value, datatype=kind, normalize=False)
        case ox.BlankNode():
            return rdflib.BNode(term.value)
    raise TypeError(f"{term} cannot be a term of a plain triple")


def _hierarchy() -> Iterator[tuple[str, tuple[str, ...]]]:
    return ((iri, term.parents) for iri, term in vocabulary().classes.items())


def _results(report: rdflib.Graph) -> Iterator[rdflib.term.Node]:
    return report.subjects(RDF_NS.type, SH.ValidationResult)


def _finding(
    report: rdflib.Graph,
    result: rdflib.term.Node,
    data: rdflib.Graph,
    disputed: Collection[tuple[str, str]],
) -> Finding:
    focus = report.value(result, SH.focusNode)
    severity = _SEVERITIES.get(report.value(result, SH.resultSeverity), "violation")
    shape = report.value(result, SH.sourceShape)
    value = report.value(result, SH.value)
    message = _message(report, result)
    if value is not None and value != focus:
        message = f"{message} Found: {_named(value, data)}."
    path = report.value(result, SH.resultPath)
    about = f" ({_property_label(path)})" if isinstance(path, rdflib.URIRef) else ""
    if _MISSING in report.objects(result, SH.sourceConstraintComponent) and any(
        (str(focus), name) in disputed for name in _path_properties(report, path)
    ):
        severity, message = "warning", _DISAGREE
    return Finding(
        severity=severity,
        message=f"{_named(focus, data)}{about}: {message}",
        place=_short(focus),
        subject=str(focus) if isinstance(focus, rdflib.URIRef) else None,
        shape=str(shape) if isinstance(shape, rdflib.URIRef) else None,
    )


def _path_properties(report: rdflib.Graph, path: rdflib.term.Node | None) -> Iterator[str]:
    """The properties of a path: itself, or those among which an alternative path chooses."""
    if isinstance(path, rdflib.URIRef):
        yield str(path)
    elif path is not None:
        for members in report.objects(path, SH.alternativePath):
            yield from map(str, report.items(members))


def _message(report: rdflib.Graph, result: rdflib.term.Node) -> str:
    """The shape's own message, English first; else a plain sentence."""
    messages = [
        m for m in report.objects(result, SH.resultMessage) if isinstance(m, rdflib.Literal)
    ]
    messages.sort(key=lambda m: (m.language != "en", str(m)))
    text = str(messages[0]).strip() if messages else "does not fit what is expected here"
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _named(node: rdflib.term.Node | None, data: rdflib.Graph) -> str:
    """A thing by its label, a value as it is written."""
    if isinstance(node, rdflib.Literal):
        return f'"{node}"'
    labels = sorted(
        (str(label.language != "en"), str(label))
        for predicate in _LABELS
        for label in data.objects(node, rdflib.URIRef(predicate))
        if isinstance(label, rdflib.Literal)
    )
    return f'"{labels[0][1]}"' if labels else _short(node)


def _property_label(path: rdflib.URIRef) -> str:
    term = vocabulary().properties.get(str(path))
    return term.label if term is not None else _short(path)


def _short(node: rdflib.term.Node | None) -> str:
    """A CURIE where there is one, else the IRI."""
    return compact(str(node)) or str(node)


def _rank(finding: Finding) -> tuple[int, str, str, str]:
    return (_ORDER[finding.severity], finding.place, finding.message, finding.shape or "")
