"""The quality report measures what is there and says it in words."""

import json
from collections.abc import Callable

import pytest
from pyoxigraph import Literal, NamedNode

from kg import quality
from kg.assess import assess
from kg.disputes import HAS_FEATURE, Cell, Dispute
from kg.gathering import assert_plain, gather
from kg.model import Batch, Claim
from kg.release import single_valued
from kg.stores.oxigraph import OxigraphStore
from ontology.curies import expand
from ontology.files import scheme_files
from ontology.names import GRAPH_VOCABULARIES, ID, MKG

Make = Callable[..., list[Batch]]


@pytest.fixture
def store(make_batches: Make) -> OxigraphStore:
    store = OxigraphStore.memory()
    store.load(
        next(p for p in scheme_files() if p.stem == "comparison-feature"), GRAPH_VOCABULARIES
    )
    store.load(next(p for p in scheme_files() if p.stem == "design-feature"), GRAPH_VOCABULARIES)
    init = expand("init:s0")
    stated = (
        Claim(init, f"{MKG}missionCount", Literal(3), f"{ID}source/s0", as_of="1999/2001"),
        Claim(init, f"{MKG}candidateCount", Literal("many"), f"{ID}source/s0", as_of="unknown"),
        Claim(init, f"{MKG}ownedBy", NamedNode(expand("org:agency")), f"{ID}source/shared"),
    )
    batches = [*make_batches(2), Batch((), stated)]
    found = gather(store, batches, lambda *_: None)
    disputes = assert_plain(store, found, single_valued())
    store.add(assess(store, disputes))
    return store


def test_what_is_known_of_each_case(store: OxigraphStore) -> None:
    report = quality.measure(store, (), 2026)
    first, second = report.cases
    assert (first.label, first.cells, first.sources) == ("Initiative 0", 46, 2)
    assert first.known == sum(known for known, _ in first.blocks.values())
    assert set(first.blocks) == {
        "strategic-orientation",
        "policy-coordination",
        "policy-implementation",
    }
    assert report.single_sourced == (second,)
    assert sum(report.cells.values()) == 92
    assert report.modalities == {"asserted": 63}
    assert report.reviews == {"unreviewed": 63}


def test_stated_numbers_against_members(store: OxigraphStore) -> None:
    report = quality.measure(store, (), 2026)
    assert report.counts == (quality.CountGap(expand("init:s0"), "missionCount", 3, 1),)


def test_stale_facts_are_counted_from_the_last_year_named(store: OxigraphStore) -> None:
    assert quality.measure(store, (), 2026).stale == 1
    assert quality.measure(store, (), 2006).stale == 0
    assert quality.measure(store, (), 2040).stale == 61
    assert quality.measure(store, (), 2026).oldest == {"2001": 1, "2024": 60}


def test_the_report_in_words_and_as_json(store: OxigraphStore) -> None:
    dispute = Dispute(Cell(expand("init:s0"), HAS_FEATURE, "<a:f>"), ("a:1", "a:2"), "they differ")
    report = quality.measure(store, (dispute,), 2026)
    words = report.as_markdown()
    assert "2 cases rest on 63 claims: 63 asserted." in words
    assert "- Initiative 1" in words.split("second source")[1]
    assert "init:s0: missionCount is stated as 3, 1 listed." in words
    assert "init:s0, mkg:hasFeature: they differ." in words
    plain = json.loads(json.dumps(report.as_json()))
    assert plain["conflicts"][0]["claims"] == ["a:1", "a:2"]
    assert plain["lacking_second_source"] == [expand("case:s1")]


def test_an_empty_graph_is_reported_too() -> None:
    report = quality.measure(OxigraphStore.memory(), (), 2026)
    words = report.as_markdown()
    assert "0 cases rest on 0 claims: none." in words
    assert words.count("None.") == 2
    assert "All agree." in words
