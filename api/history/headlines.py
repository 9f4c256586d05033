"""Counts of what changed in sentences, and what kinds and parts of the graph are called."""

from collections.abc import Mapping
from typing import Final

from kg.changes import Summary
from kg.changes.record import RECORDS
from ontology.names import KINDS, VOCAB

PARTS: Final[Mapping[str, str]] = {
    "asserted": "what sources state",
    "inferred": "what rules add",
    "ontology": "the ontology",
    "vocabularies": "the vocabularies",
    "assessments": "comparison cells",
    "inferences": "reasons of what rules add",
    "provenance": "sources and places in them",
    "claims-graphs": "records of claims",
}
"""Part of the graph (``kg.changes.record.part_of``) -> what it holds."""


def headlines(summary: Summary) -> list[str]:
    """The counts in sentences, most telling first; empty where nothing changed."""
    said = [_counted("claim", "claims", summary.claims)]
    kinds = sorted(summary.kinds.items(), key=_telling)
    said += [
        _counted(kind_words("", kind), kind_words("", kind, many=True), n) for kind, n in kinds
    ]
    before, after = summary.quads
    if not summary.same:
        said.append(
            f"{summary.triples['added']:,} statements added, {summary.triples['removed']:,} removed"
            f" ({summary.triples['replaced']:,} of them replaced): {before:,} before, {after:,} now"
        )
    if summary.ontology[0] != summary.ontology[1]:
        said.append(f"The ontology went from {summary.ontology[0]} to {summary.ontology[1]}")
    return [each for each in said if each]


def _telling(pair: tuple[str, Mapping[str, int]]) -> tuple[bool, int]:
    """What people state before what the software makes of it, then the most changes first."""
    return pair[0] in RECORDS, -sum(pair[1].values())


def kind_words(iri: str, kind: str, *, many: bool = False) -> str:
    """What a kind of entity is called: ``instrument use``; a term by its vocabulary."""
    if kind == "term":
        scheme = iri.removeprefix(VOCAB).partition("/")[0] if iri.startswith(VOCAB) else ""
        words = scheme.replace("-", " ") or "term"
    else:
        words = _KINDS.get(kind, kind).replace("-", " ")
    if not many:
        return words
    if words.endswith("y"):
        return f"{words[:-1]}ies"
    return f"{words}es" if words.endswith(("x", "s")) else f"{words}s"


_KINDS: Final = {**{kind: kind for kind in KINDS.values()}, "assessment": "comparison-cell"}


def _counted(one: str, many: str, counts: Mapping[str, int]) -> str:
    parts = [f"{number:,} {change}" for change, number in counts.items() if number]
    if not parts:
        return ""
    first, _, rest = parts[0].partition(" ")
    name = one if first == "1" else many
    return ", ".join([f"{first} {name} {rest}", *parts[1:]])
