"""Finds where sources conflict: such a cell is shown as disputed and gives no plain triple.

Three ways to conflict: two different values for a property that takes one (``mkg:singleValued``,
or functional in OWL); the same feature stated to be there and to be lacking; a claim that a curator
marked as disputed. Both sides' claims stay in the graph. As-of dates are not compared: they are
often those of the source, not of the fact, and a wrong "settled" is worse than a "disputed" too
many.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from kg.literals import normal_term
from kg.model import Claim
from ontology.curies import compact
from ontology.names import MKG

HAS_FEATURE: Final = f"{MKG}hasFeature"
LACKS_FEATURE: Final = f"{MKG}lacksFeature"


class Cell(NamedTuple):
    """What two claims can disagree about. ``value``: empty where any two values conflict.

    ``property``: IRI; ``mkg:hasFeature`` stands for having and lacking a feature.
    """

    subject: str
    property: str
    value: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """A disputed cell with the IRIs of all claims about it, sorted. ``reason``: in words."""

    cell: Cell
    claims: tuple[str, ...]
    reason: str


def cell_of(claim: Claim, single_valued: Collection[str]) -> Cell:
    """The cell that a claim is about."""
    if claim.property in (HAS_FEATURE, LACKS_FEATURE):
        return Cell(claim.subject, HAS_FEATURE, str(claim.value))
    if claim.property in single_valued:
        return Cell(claim.subject, claim.property, "")
    return Cell(claim.subject, claim.property, str(normal_term(claim.value)))


@dataclass(slots=True)
class _Said:
    """What has been said about one cell: side -> claims of that side."""

    sides: dict[str, list[str]] = field(default_factory=dict)
    marked: bool = False


class DisputeLedger:
    """Takes accepted claims one by one, in any order, and tells the disputes among them.

    Holds one entry per cell that can conflict (features, single-valued properties) or is marked.
    """

    def __init__(self, single_valued: Collection[str]) -> None:
        self._single_valued = single_valued
        self._said: dict[Cell, _Said] = {}

    def add(self, claim: Claim) -> None:
        """Note a claim that speaks (``kg.derive.speaks``) with status present or disputed."""
        cell = cell_of(claim, self._single_valued)
        marked = claim.value_status == "disputed"
        if not (marked or cell.value == "" or cell.property == HAS_FEATURE):
            return
        said = self._said.setdefault(cell, _Said())
        side = claim.property if cell.value else str(normal_term(claim.value))
        said.sides.setdefault(side, []).append(claim.iri)
        said.marked = said.marked or marked

    def disputes(self) -> Iterator[Dispute]:
        """The disputed cells, in order of subject, property and value."""
        for cell in sorted(cell for cell, said in self._said.items() if _conflicts(said)):
            said = self._said[cell]
            claims = sorted({iri for side in said.sides.values() for iri in side})
            yield Dispute(cell, tuple(claims), _reason(cell, said))


def find_disputes(claims: Iterable[Claim], single_valued: Collection[str]) -> tuple[Dispute, ...]:
    """The disputes among accepted claims (those that speak and are present or disputed)."""
    ledger = DisputeLedger(single_valued)
    for claim in claims:
        ledger.add(claim)
    return tuple(ledger.disputes())


def _conflicts(said: _Said) -> bool:
    return said.marked or len(said.sides) > 1


def _reason(cell: Cell, said: _Said) -> str:
    if len(said.sides) < 2:
        return "a curator marked it as disputed"
    if cell.property == HAS_FEATURE:
        return "one claim says the feature is there, another that it is lacking"
    values = ", ".join(sorted(map(_readable, said.sides)))
    return f"claims give different values: {values}"


def _readable(term: str) -> str:
    """A term as people write it: a CURIE, or a literal's text without its datatype."""
    if term.startswith("<"):
        return compact(term[1:-1]) or term[1:-1]
    return term[1 : term.rindex('"')]
