"""The published filter: which claims become plain triples.

A plain triple exists because a claim passes (design, section 1; model, decision 2). A claim passes
where it is said as a fact (not asked, hoped, advised, demanded or concluded by the curator), its
value is present (not planned, absent, unknown or disputed), and its review lets it out. What is
stated to be missing is said with ``mkg:lacksFeature`` and passes like any fact.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from pyoxigraph import NamedNode, Triple

from kg.disputes import Cell, cell_of
from kg.literals import normal_term
from kg.model import Claim

BARRED_MODALITIES: Final = frozenset(
    {"inferred", "question", "aspiration", "recommendation", "normative"}
)
WAITING_REVIEWS: Final = frozenset({"proposed", "draft", "submitted"})
"""Nobody has let these out yet: they are in no release, not even as claims."""
BARRED_REVIEWS: Final = WAITING_REVIEWS | {"disputed-status", "superseded"}


def published(claim: Claim) -> bool:
    """Whether a release may show the claim at all; one that waits for review stays at home."""
    return claim.review_status not in WAITING_REVIEWS


def passes(claim: Claim) -> bool:
    """Whether the claim alone would give a plain triple (no other claim is looked at)."""
    return claim.value_status == "present" and speaks(claim)


def speaks(claim: Claim) -> bool:
    """Whether modality and review let the claim speak about what is, whatever its value status."""
    return claim.modality not in BARRED_MODALITIES and reviewed(claim)


def reviewed(claim: Claim) -> bool:
    """Whether the claim's review lets it out at all."""
    return claim.review_status not in BARRED_REVIEWS


def plain_triple(claim: Claim) -> Triple:
    """The triple that a claim states."""
    return Triple(NamedNode(claim.subject), NamedNode(claim.property), normal_term(claim.value))


def plain_triples(
    claims: Iterable[Claim],
    disputed: Collection[Cell] = frozenset(),
    single_valued: Collection[str] = frozenset(),
) -> Iterator[Triple]:
    """Triples of the claims that pass and whose cell is not disputed, in the claims' order.

    ``disputed`` and ``single_valued`` as in :mod:`kg.disputes`. A triple that two claims state
    comes twice.
    """
    for claim in claims:
        if passes(claim) and cell_of(claim, single_valued) not in disputed:
            yield plain_triple(claim)
