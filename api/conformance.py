"""The shipped conformance report (EARL, written by the test run) -> what its page shows."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.store import Cell
from ontology.names import BASE, DCT

_EARL: Final = "http://www.w3.org/ns/earl#"
_DOAP: Final = "http://usefulinc.com/ns/doap#"
_Key = tuple[Cell, str]


@dataclass(frozen=True, slots=True)
class Failure:
    """A test that did not pass: its IRI, its name, and why."""

    iri: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite of the W3C and how it went."""

    iri: str
    name: str
    passed: int
    failures: tuple[Failure, ...]

    @property
    def tests(self) -> int:
        """How many tests the suite has."""
        return self.passed + len(self.failures)


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run: of which version, on which day (ISO 8601), suite by suite."""

    version: str
    date: str
    suites: tuple[Suite, ...]


@cache
def turtle() -> bytes:
    """Read the report as it is shipped."""
    return (files("api") / "data" / "conformance.ttl").read_bytes()


@cache
def report() -> Report:
    """Read the report by suite, in the order of their names. Takes some 20 ms, once."""
    # Each subject of the report has at most one value for a predicate that is read here.
    facts: dict[_Key, Cell] = {
        (quad.subject, quad.predicate.value): quad.object
        for quad in parse(turtle(), RdfFormat.TURTLE, base_iri=f"{BASE}conformance")
    }
    passed: dict[str, int] = defaultdict(int)
    failures: dict[str, list[Failure]] = defaultdict(list)
    days: set[str] = set()
    for (subject, predicate), test in facts.items():
        if predicate != f"{_EARL}test":
            continue
        result = facts.get((subject, f"{_EARL}result"))
        suite = _text(facts, test, f"{DCT}isPartOf")
        days.add(_text(facts, result, f"{DCT}date"))
        if _text(facts, result, f"{_EARL}outcome") == f"{_EARL}passed":
            passed[suite] += 1
            continue
        name, reason = _text(facts, test, f"{DCT}title"), _text(facts, result, f"{DCT}description")
        failures[suite].append(Failure(_value(test), name, reason))
    suites = [
        Suite(
            iri=iri,
            name=_text(facts, NamedNode(iri), f"{DCT}title"),
            passed=passed[iri],
            failures=tuple(sorted(failures[iri], key=lambda each: each.iri)),
        )
        for iri in passed.keys() | failures.keys()
    ]
    revisions = (_value(value) for (_, name), value in facts.items() if name == f"{_DOAP}revision")
    return Report(
        version=next(revisions, ""),
        date=max(days, default=""),
        suites=tuple(sorted(suites, key=lambda each: each.name)),
    )


def _text(facts: Mapping[_Key, Cell], subject: Cell, predicate: str) -> str:
    return _value(facts.get((subject, predicate)))


def _value(term: Cell) -> str:
    return term.value if isinstance(term, NamedNode | Literal) else ""
