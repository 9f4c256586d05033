"""Answers in one form, so that those of different engines can be compared."""

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

_XSD = "http://www.w3.org/2001/XMLSchema#"
_INTEGERS = {f"{_XSD}{name}" for name in ("int", "long", "short", "nonNegativeInteger", "integer")}
_NUMBERS = {*_INTEGERS, f"{_XSD}decimal", f"{_XSD}double", f"{_XSD}float"}
_TIMES = {f"{_XSD}dateTime", f"{_XSD}time"}
_LINE = re.compile(rb"[ \t]+")


@dataclass(frozen=True)
class Digest:
    """``count``: rows or triples (1 for a truth value); ``value``: digest of the sorted bag."""

    count: int
    value: str


def digest(body: bytes, *, graph: bool) -> Digest:
    """The digest of an answer: SPARQL results in JSON, or N-Triples for ``graph``."""
    rows = _triples(body) if graph else _rows(body)
    told = hashlib.sha256()
    for row, times in sorted(rows.items()):
        told.update(f"{times}\t{row}\n".encode())
    return Digest(sum(rows.values()), told.hexdigest()[:16])


def _rows(body: bytes) -> Counter[str]:
    answer = json.loads(body)
    if "boolean" in answer:
        return Counter([str(answer["boolean"])])
    names = sorted(answer["head"]["vars"])
    return Counter(
        "\t".join(_term(row.get(name)) for name in names) for row in answer["results"]["bindings"]
    )


def _term(term: dict[str, str] | None) -> str:
    if term is None:
        return ""
    value, kind = term["value"], term.get("datatype", "")
    if term["type"] == "bnode":
        return "_:"
    if kind in _NUMBERS:
        try:
            return f"number {Decimal(value).normalize():f}"
        except InvalidOperation:
            return f"number {value}"
    if kind in _TIMES:
        value = value.replace("Z", "+00:00")
    if kind == f"{_XSD}string":
        kind = ""
    tag = term.get("xml:lang", "").lower()
    return f"{term['type'].replace('typed-', '')} {json.dumps(value)} {kind}{tag}"


def _triples(body: bytes) -> Counter[str]:
    """Triples of N-Triples as a set: a graph holds each once (RDF 1.1 Concepts, section 3)."""
    from pyoxigraph import RdfFormat, parse

    found = {
        f"{quad.subject} {quad.predicate} {quad.object}"
        for quad in parse(body, format=RdfFormat.N_TRIPLES)
    }
    return Counter(re.sub(r"_:\w+", "_:", line) for line in found)
