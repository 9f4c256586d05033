"""Answers and expected results -> solutions, truth values or graphs."""

import csv
import io
import json
import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import rdflib
from rdflib import RDF, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from sparql_conformance.comparing import Row

# A literal keeps its spelling: "01" must not silently become "1" before it is compared.
rdflib.NORMALIZE_LITERALS = False

RS = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")
RESULT_TYPES = {
    "srx": "application/sparql-results+xml",
    "srj": "application/sparql-results+json",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
"""Extension of an expected result -> the media type to ask for."""
RDF_TYPES = {
    "text/turtle": "turtle",
    "application/n-triples": "nt",
    "application/rdf+xml": "xml",
    "application/trig": "trig",
    "application/n-quads": "nquads",
    "application/ld+json": "json-ld",
}
"""Media type -> rdflib's name of the format."""
EXTENSIONS = {"ttl": "text/turtle", "nt": "application/n-triples", "rdf": "application/rdf+xml"}


@dataclass(frozen=True)
class Solutions:
    """Rows of a SELECT."""

    variables: tuple[str, ...]
    rows: list[Row]
    ordered: bool = False


Result = Solutions | bool | Graph


class BadAnswer(ValueError):
    """An answer that is not what its media type says."""


def parsed(body: bytes, media_type: str, base: str = "") -> Result:
    """Read an answer. Raises ``BadAnswer`` naming what is wrong with it."""
    try:
        match media_type:
            case "application/sparql-results+json" | "application/json":
                return _json(body)
            case "application/sparql-results+xml" | "application/xml":
                return _xml(body)
            case "text/csv":
                return _csv(body)
            case "text/tab-separated-values":
                return _tsv(body)
        if media_type in RDF_TYPES:
            return Graph().parse(data=body, format=RDF_TYPES[media_type], publicID=base)
    except Exception as error:  # each parser has its own kinds
        raise BadAnswer(f"not {media_type}: {type(error).__name__}: {error}") from error
    raise BadAnswer(f"a type that is not known: {media_type}")


def _json(body: bytes) -> Result:
    data = json.loads(body)
    if "boolean" in data:
        if not isinstance(data["boolean"], bool):
            raise TypeError(f"boolean is {data['boolean']!r}")
        return bool(data["boolean"])
    names = tuple(data["head"].get("vars", ()))
    scope: dict[str, BNode] = {}
    rows = []
    for binding in data["results"]["bindings"]:
        if unknown := binding.keys() - set(names):
            raise ValueError(f"variables missing in head: {sorted(unknown)}")
        rows.append(tuple(_json_term(binding[n], scope) if n in binding else None for n in names))
    return Solutions(names, rows)


def _json_term(term: dict[str, Any], scope: dict[str, BNode]) -> Node:
    match term["type"]:
        case "uri":
            return URIRef(term["value"])
        case "bnode":
            return scope.setdefault(term["value"], BNode())
        case "literal" | "typed-literal":
            return _literal(term["value"], term.get("xml:lang"), term.get("datatype"))
    raise ValueError(f"a term of type {term['type']!r}")


def _literal(text: str, language: str | None, datatype: str | None) -> Literal:
    kind = URIRef(datatype) if datatype and not language else None
    return Literal(text, lang=language, datatype=kind, normalize=False)


_XML = "{http://www.w3.org/2005/sparql-results#}"


def _xml(body: bytes) -> Result:
    root = ElementTree.fromstring(body)
    if root.tag != f"{_XML}sparql":
        raise ValueError(f"the root is {root.tag}")
    truth = root.find(f"{_XML}boolean")
    if truth is not None:
        return {"true": True, "false": False}[(truth.text or "").strip()]
    names = tuple(v.attrib["name"] for v in root.iterfind(f"{_XML}head/{_XML}variable"))
    scope: dict[str, BNode] = {}
    rows = []
    for result in root.iterfind(f"{_XML}results/{_XML}result"):
        found = {
            b.attrib["name"]: _xml_term(b[0], scope) for b in result.iterfind(f"{_XML}binding")
        }
        if unknown := found.keys() - set(names):
            raise ValueError(f"variables missing in head: {sorted(unknown)}")
        rows.append(tuple(found.get(name) for name in names))
    return Solutions(names, rows)


def _xml_term(element: ElementTree.Element, scope: dict[str, BNode]) -> Node:
    text = element.text or ""
    match element.tag.removeprefix(_XML):
        case "uri":
            return URIRef(text)
        case "bnode":
            return scope.setdefault(text, BNode())
        case "literal":
            language = element.get("{http://www.w3.org/XML/1998/namespace}lang")
            return _literal(text, language, element.get("datatype"))
    raise ValueError(f"a term {element.tag}")


def _csv(body: bytes) -> Solutions:
    """Cells of a CSV, which does not tell an IRI from a string (3.3 there).

    What looks like a number is one, so that 1.0E6 and 1000000 are the same.
    """
    names, *lines = csv.reader(io.StringIO(body.decode()), strict=True)
    scope: dict[str, BNode] = {}
    rows = []
    for line in lines:
        cells = line or [""] * min(len(names), 1)  # an empty line: one unbound variable
        if len(cells) != len(names):
            raise ValueError(f"{len(cells)} cells where {len(names)} variables are: {line}")
        rows.append(tuple(_csv_cell(cell, scope) for cell in cells))
    return Solutions(tuple(names), rows)


def _csv_cell(cell: str, scope: dict[str, BNode]) -> Node:
    if cell.startswith("_:"):
        return scope.setdefault(cell, BNode())
    number = any(re.fullmatch(pattern, cell) for pattern in list(_SHORT)[:3])
    return _literal(cell, None, str(XSD.double) if number else None)


_SHORT = {
    r"[+-]?\d+": XSD.integer,
    r"[+-]?\d*\.\d+": XSD.decimal,
    r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+": XSD.double,
    r"true|false": XSD.boolean,
}


def _tsv(body: bytes) -> Solutions:
    first, *lines = body.decode().removesuffix("\n").split("\n")
    heads = first.split("\t") if first else []
    if wrong := [head for head in heads if not head.startswith("?")]:
        raise ValueError(f"variables without a question mark: {wrong}")
    scope: dict[str, BNode] = {}
    rows = [tuple(_tsv_cell(cell, scope) for cell in line.split("\t")) for line in lines]
    return Solutions(tuple(head[1:] for head in heads), rows)


def _tsv_cell(cell: str, scope: dict[str, BNode]) -> Node | None:
    cell = cell.strip("\r")
    if not cell:
        return None
    if cell.startswith("_:"):
        return scope.setdefault(cell, BNode())
    for pattern, datatype in _SHORT.items():
        if re.fullmatch(pattern, cell):
            return _literal(cell, None, str(datatype))
    graph = Graph().parse(data=f"<urn:s> <urn:p> {cell} .", format="turtle")
    return next(graph.objects())


def result_set(graph: Graph) -> Result:
    """Read a result written in the RDF vocabulary for results; else it is the graph itself."""
    node = graph.value(predicate=RDF.type, object=RS.ResultSet)
    if node is None:
        return graph
    truth = graph.value(node, RS.boolean)
    if truth is not None:
        return str(truth) in ("true", "1")
    names = tuple(sorted(str(name) for name in graph.objects(node, RS.resultVariable)))
    solutions = list(graph.objects(node, RS.solution))
    places = {each: graph.value(each, RS.index) for each in solutions}
    ordered = bool(solutions) and all(place is not None for place in places.values())
    if ordered:
        solutions.sort(key=lambda each: int(str(places[each])))
    rows: list[Row] = []
    for each in solutions:
        found = {
            str(graph.value(binding, RS.variable)): graph.value(binding, RS.value)
            for binding in graph.objects(each, RS.binding)
        }
        rows.append(tuple(found.get(name) for name in names))
    return Solutions(names, rows, ordered)
