"""Batches into a store: order and repetition do not matter, the last word on a claim stands."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal

from kg.claims import read_claims
from kg.derive import WAITING_REVIEWS
from kg.gathering import Gathered, assert_plain, gather
from kg.model import Batch
from kg.release import single_valued
from kg.stores.oxigraph import OxigraphStore
from ontology.names import GRAPH_ASSERTED, GRAPH_CLAIMS, GRAPH_PROVENANCE

Make = Callable[..., list[Batch]]


def taken(batches: list[Batch]) -> tuple[OxigraphStore, Gathered]:
    store = OxigraphStore.memory()
    found = gather(store, batches, lambda *_: None)
    assert_plain(store, found, single_valued())
    return store, found


@given(seed=st.integers())
def test_order_does_not_matter(make_batches: Make, seed: int) -> None:
    batches = make_batches(2)
    shuffled = [
        replace(batch, claims=tuple(random.Random(seed).sample(batch.claims, len(batch.claims))))
        for batch in random.Random(seed).sample(batches, len(batches))
    ]
    (one, first), (two, second) = taken(batches), taken(shuffled)
    assert first.digest == second.digest
    assert set(one.quads()) == set(two.quads())


def test_the_digest_sees_what_the_iri_does_not(make_batches: Make) -> None:
    digests = {
        taken(batches)[1].digest
        for batches in (make_batches(1), make_batches(1, "note"), make_batches(2), [])
    }
    assert len(digests) == 4


def test_the_later_review_withdraws_the_plain_triple(make_batches: Make) -> None:
    shared, one = make_batches(1)
    withdrawn = replace(one.claims[2], review_status="superseded")
    before, _ = taken([shared, one])
    after, found = taken([shared, one, Batch((), (withdrawn,))])
    assert after.size(GRAPH_ASSERTED) == before.size(GRAPH_ASSERTED) - 1
    assert len(found.seen) == len(list(read_claims(after))) == 32
    (kept,) = (claim for claim in read_claims(after) if claim.iri == withdrawn.iri)
    assert kept.review_status == "superseded"


@pytest.mark.parametrize("review", sorted(WAITING_REVIEWS))
def test_what_waits_for_review_is_in_no_release(make_batches: Make, review: str) -> None:
    shared, one = make_batches(1)
    waiting = replace(one.claims[2], value=Literal("a proposal"), review_status=review)
    before, first = taken([shared, one])
    after, found = taken([shared, one, Batch((), (waiting,))])
    assert set(after.quads()) == set(before.quads())
    assert found.digest == first.digest


def test_a_line_twice_in_one_batch_is_one_claim(make_batches: Make) -> None:
    shared, one = make_batches(1)
    once, _ = taken([shared, one])
    twice, _ = taken([shared, replace(one, claims=one.claims * 2)])
    assert set(once.quads()) == set(twice.quads())


def test_graphs(make_batches: Make) -> None:
    store, _ = taken(make_batches(2))
    assert store.graphs() == (
        GRAPH_ASSERTED,
        *(f"{GRAPH_CLAIMS}{name}" for name in ("s0", "s1", "shared")),
        GRAPH_PROVENANCE,
    )
