"""The published filter: what passes, what does not, and that order and repetition do not matter."""

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

from kg.derive import passes, plain_triple, plain_triples, speaks
from kg.disputes import HAS_FEATURE, LACKS_FEATURE, Cell, cell_of, find_disputes
from kg.model import Claim
from ontology.names import ID, MKG, VOCAB

PLAIN = ["asserted", "definitional", "hedged", "reported", "evaluative", "negative"]
MODALITIES = [*PLAIN, "normative", "recommendation", "aspiration", "question", "inferred"]
STATUSES = ["present", "absent", "planned", "unknown", "not-applicable", "disputed"]
OUT = ["unreviewed", "machine-extracted", "curator-checked", "practitioner-confirmed"]
REVIEWS = [*OUT, "proposed", "draft", "submitted", "disputed-status", "superseded"]
COUNT = f"{MKG}missionCount"
SINGLE = frozenset({COUNT})

FEATURE = f"{VOCAB}design-feature/x"

CLAIMS = st.builds(
    Claim,
    subject=st.sampled_from([f"{ID}initiative/a", f"{ID}initiative/b"]),
    property=st.sampled_from([HAS_FEATURE, LACKS_FEATURE, COUNT, f"{MKG}ownedBy"]),
    value=st.sampled_from(
        [
            NamedNode(f"{VOCAB}design-feature/x"),
            Literal(1),
            Literal("2"),
            Literal("x", language="EN"),
        ]
    ),
    source=st.sampled_from([f"{ID}source/1", f"{ID}source/2"]),
    modality=st.sampled_from(MODALITIES),
    value_status=st.sampled_from(STATUSES),
    review_status=st.sampled_from(REVIEWS),
)


def derive(claims: list[Claim]) -> set[Triple]:
    speaking = [c for c in claims if speaks(c) and c.value_status in ("present", "disputed")]
    cells = {dispute.cell for dispute in find_disputes(speaking, SINGLE)}
    return set(plain_triples(claims, cells, SINGLE))


BASE = Claim(f"{ID}initiative/a", HAS_FEATURE, NamedNode("a:f"), f"{ID}source/1")


@pytest.mark.parametrize(
    ("modality", "status", "review"), list(itertools.product(MODALITIES, STATUSES, REVIEWS))
)
def test_a_claim_passes_iff_said_as_fact_present_and_let_out(
    modality: str, status: str, review: str
) -> None:
    claim = replace(BASE, modality=modality, value_status=status, review_status=review)
    expected = modality in PLAIN and status == "present" and review in OUT
    assert passes(claim) is expected
    assert derive([claim]) == ({plain_triple(claim)} if expected else set())


@given(st.lists(CLAIMS, max_size=12))
def test_no_plain_triple_without_a_claim_that_states_it(claims: list[Claim]) -> None:
    stated = {plain_triple(claim) for claim in claims if passes(claim)}
    assert derive(claims) <= stated


@given(st.lists(CLAIMS, max_size=12), st.integers())
def test_order_does_not_matter(claims: list[Claim], seed: int) -> None:
    shuffled = claims.copy()
    random.Random(seed).shuffle(shuffled)
    assert derive(shuffled) == derive(claims)


@given(st.lists(CLAIMS, max_size=12))
def test_repetition_does_not_matter(claims: list[Claim]) -> None:
    assert derive(claims + claims) == derive(claims)


@given(st.lists(CLAIMS, max_size=12))
def test_a_missing_triple_has_a_reason(claims: list[Claim]) -> None:
    speaking = [c for c in claims if speaks(c) and c.value_status in ("present", "disputed")]
    disputed = {dispute.cell for dispute in find_disputes(speaking, SINGLE)}
    triples = derive(claims)
    for claim in claims:
        if passes(claim) and plain_triple(claim) not in triples:
            assert cell_of(claim, SINGLE) in disputed


@given(st.lists(CLAIMS, max_size=12))
def test_a_single_valued_property_has_at_most_one_plain_value(claims: list[Claim]) -> None:
    values: dict[str, set[object]] = {}
    for triple in derive(claims):
        if triple.predicate.value == COUNT:
            values.setdefault(str(triple.subject), set()).add(triple.object)
    assert all(len(found) == 1 for found in values.values())


class TestDisputes:
    def test_things_are_named_by_their_curies(self) -> None:
        one = replace(BASE, property=COUNT, value=NamedNode(f"{ID}organisation/x"))
        two = replace(one, value=NamedNode("https://example.org/y"))
        (dispute,) = find_disputes([one, two], SINGLE)
        assert dispute.reason == "claims give different values: https://example.org/y, org:x"

    def test_two_values_of_a_single_valued_property(self) -> None:
        one = replace(BASE, property=COUNT, value=Literal(12))
        two = replace(one, value=Literal(10), source=f"{ID}source/2")
        (dispute,) = find_disputes([one, two], SINGLE)
        assert dispute.cell == Cell(BASE.subject, COUNT, "")
        assert dispute.claims == tuple(sorted([one.iri, two.iri]))
        assert "12" in dispute.reason
        assert "10" in dispute.reason
        assert derive([one, two]) == set()

    def test_the_same_value_twice_is_no_dispute(self) -> None:
        one = replace(BASE, property=COUNT, value=Literal("1.50", datatype=_decimal()))
        two = replace(one, value=Literal("1.5", datatype=_decimal()), source=f"{ID}source/2")
        assert find_disputes([one, two], SINGLE) == ()
        assert len(derive([one, two])) == 1

    def test_several_values_of_other_properties_stand_together(self) -> None:
        one = replace(BASE, property=f"{MKG}ownedBy", value=NamedNode("a:1"))
        two = replace(one, value=NamedNode("a:2"), source=f"{ID}source/2")
        assert find_disputes([one, two], SINGLE) == ()
        assert len(derive([one, two])) == 2

    def test_having_and_lacking_the_same_feature(self) -> None:
        lacks = replace(BASE, property=LACKS_FEATURE, source=f"{ID}source/2")
        other = replace(BASE, value=NamedNode("a:g"))
        (dispute,) = find_disputes([BASE, lacks, other], SINGLE)
        assert "lacking" in dispute.reason
        assert dispute.cell == cell_of(lacks, SINGLE) == cell_of(BASE, SINGLE)
        assert derive([BASE, lacks, other]) == {plain_triple(other)}

    def test_a_curators_mark_withholds_what_others_say(self) -> None:
        marked = replace(BASE, property=f"{MKG}ownedBy", value_status="disputed")
        stated = replace(marked, value_status="present", source=f"{ID}source/2")
        (dispute,) = find_disputes([marked, stated], SINGLE)
        assert "curator" in dispute.reason
        assert derive([marked, stated]) == set()


def _decimal() -> NamedNode:
    return NamedNode("http://www.w3.org/2001/XMLSchema#decimal")
