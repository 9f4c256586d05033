"""Comparison cells: what speaks decides, nothing speaking is unknown, every cell is there."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from pyoxigraph import Literal, NamedNode

from kg.assess import assess, comparison_features
from kg.gathering import assert_plain, gather
from kg.model import Batch, Claim, Source
from kg.release import single_valued
from kg.signals import SIGNALS, is_fact
from kg.stores.oxigraph import OxigraphStore
from ontology.curies import compact, expand
from ontology.files import scheme_files
from ontology.names import GRAPH_ASSESSMENTS, GRAPH_VOCABULARIES, ID, MKG, RDF
from ontology.vocabulary import vocabulary

SOURCES = tuple(Source(f"{ID}source/{n}", n, "official") for n in ("one", "two"))
Line = tuple[str, ...]
BASE: list[Line] = [("case:a", "describes", "init:a"), ("init:a", "a", "mkg:MissionProgramme")]


def claim(
    subject: str,
    name: str,
    value: str,
    modality: str = "asserted",
    status: str = "present",
    review: str = "unreviewed",
    source: str = "one",
) -> Claim:
    return Claim(
        subject=expand(subject),
        property=f"{RDF}type" if name == "a" else MKG + name,
        value=NamedNode(expand(value)) if ":" in value else Literal(value),
        source=f"{ID}source/{source}",
        modality=modality,
        value_status=status,
        review_status=review,
        entered_on=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.fixture(scope="module")
def schemes() -> OxigraphStore:
    store = OxigraphStore.memory()
    for path in scheme_files():
        store.load(path, GRAPH_VOCABULARIES)
    return store


def cells(schemes: OxigraphStore, lines: Sequence[Line]) -> dict[str, tuple[str, list[str], str]]:
    """Feature slug -> status, claims, words, for init:a."""
    store = OxigraphStore.memory()
    store.add(schemes.quads())
    claims = tuple(claim(*line) for line in lines)
    found = gather(store, [Batch(SOURCES, claims)], lambda *_: None)
    disputes = assert_plain(store, found, single_valued())
    store.add(assess(store, disputes))
    query = (
        f"SELECT ?f ?v ?c ?n {{ ?x <{MKG}assesses> <{expand('init:a')}> ; <{MKG}onFeature> ?f ; "
        f"<{MKG}valueStatus> ?v . OPTIONAL {{ ?x <{MKG}basedOnClaim> ?c }} "
        "OPTIONAL { ?x <http://www.w3.org/2004/02/skos/core#note> ?n } }"
    )
    result: dict[str, tuple[str, list[str], str]] = {}
    for feature, status, based, note in store.select(query).rows:
        slug = feature.value.rpartition("/")[2].removeprefix("cf-")  # type: ignore[union-attr]
        words = note.value if note is not None else ""  # type: ignore[union-attr]
        entry = result.setdefault(slug, (status.value.rpartition("/")[2], [], words))  # type: ignore[union-attr]
        if based is not None:
            entry[1].append(based.value)  # type: ignore[union-attr]
    return result


def test_every_feature_has_a_cell_and_silence_is_unknown(schemes: OxigraphStore) -> None:
    found = cells(schemes, BASE)
    assert len(found) == len(comparison_features()) == 46
    assert list(found.values()) == [("unknown", [], "")] * 46


def test_only_initiatives_of_cases_are_assessed(schemes: OxigraphStore) -> None:
    store = OxigraphStore.memory()
    lines: list[Line] = [("init:b", "a", "mkg:MissionProgramme"), ("init:b", "ownedBy", "org:x")]
    gather(store, [Batch(SOURCES, tuple(claim(*line) for line in lines))], lambda *_: None)
    assert list(assess(store)) == []


FEATURE_CASES = [
    (("init:a", "hasFeature", "feat:agreed-objectives"), "agreed-objectives", "present"),
    (("init:a", "hasFeature", "cf:cf-bold-goals"), "bold-goals", "present"),
    (("init:a", "lacksFeature", "feat:central-government-funding-pool"), "central-pool", "absent"),
    (("init:a", "seeksFeature", "feat:agreed-objectives"), "agreed-objectives", "planned"),
    (("init:a", "hasFeature", "cf:cf-bold-goals", "aspiration"), "bold-goals", "planned"),
    (("init:a", "hasFeature", "cf:cf-bold-goals", "asserted", "planned"), "bold-goals", "planned"),
    (("init:a", "hasFeature", "cf:cf-bold-goals", "asserted", "absent"), "bold-goals", "absent"),
    (
        ("init:a", "hasFeature", "cf:cf-bold-goals", "asserted", "not-applicable"),
        "bold-goals",
        "not-applicable",
    ),
    (("init:a", "hasFeature", "cf:cf-bold-goals", "asserted", "unknown"), "bold-goals", "unknown"),
    (
        ("init:a", "hasFeature", "cf:cf-bold-goals", "asserted", "disputed"),
        "bold-goals",
        "disputed",
    ),
    (("init:a", "hasFeature", "cf:cf-bold-goals", "question"), "bold-goals", "unknown"),
    (("init:a", "hasFeature", "cf:cf-bold-goals", "inferred"), "bold-goals", "unknown"),
    (
        ("init:a", "hasFeature", "cf:cf-bold-goals", "asserted", "present", "proposed"),
        "bold-goals",
        "unknown",
    ),
    (("init:a", "lacksFeature", "cf:cf-bold-goals", "aspiration"), "bold-goals", "unknown"),
    (("init:b", "hasFeature", "cf:cf-bold-goals"), "bold-goals", "unknown"),
]


@pytest.mark.parametrize(("line", "feature", "status"), FEATURE_CASES)
def test_feature_claims(schemes: OxigraphStore, line: Line, feature: str, status: str) -> None:
    found = cells(schemes, [*BASE, line])
    assert found[feature][0] == status
    evidence = [] if status == "unknown" else [claim(*line).iri]
    assert found[feature][1] == evidence
    others = {name for name, entry in found.items() if entry[0] != "unknown"} - {feature}
    assert others == set()


@pytest.mark.parametrize(
    "path", [("init:a", "pursues", "mission:m"), ("init:a", "hasPortfolio", "portf:m")]
)
def test_features_of_missions_and_portfolios_count(schemes: OxigraphStore, path: Line) -> None:
    lines = [*BASE, path, (path[2], "hasFeature", "cf:cf-bold-goals")]
    assert cells(schemes, lines)["bold-goals"][0] == "present"


def test_having_and_lacking_the_same_feature_is_disputed_with_both_claims(
    schemes: OxigraphStore,
) -> None:
    has: Line = ("init:a", "hasFeature", "cf:cf-bold-goals")
    lacks: Line = ("init:a", "lacksFeature", "cf:cf-bold-goals")
    status, based, words = cells(schemes, [*BASE, has, lacks])["bold-goals"]
    assert status == "disputed"
    assert sorted(based) == sorted([claim(*has).iri, claim(*lacks).iri])
    assert "disagree" in words


def test_a_present_feature_outweighs_a_lack_of_another_of_the_same_kind(
    schemes: OxigraphStore,
) -> None:
    lines: list[Line] = [
        *BASE,
        ("init:a", "hasFeature", "feat:bottom-up-approach"),
        ("init:a", "lacksFeature", "feat:top-down-approach"),
    ]
    assert cells(schemes, lines)["origin"][0] == "present"


SIGNAL_CASES: list[tuple[str, list[Line]]] = [
    ("ownership", [("init:a", "ownedBy", "org:x")]),
    ("origin", [("init:a", "hasOrigin", "origin:bottom-up")]),
    ("monitoring", [("init:a", "hasMonitoring", "mon:x")]),
    (
        "time-bound-goals",
        [
            ("init:a", "pursues", "mission:m"),
            ("mission:m", "hasTarget", "target:t"),
            ("target:t", "deadline", "2030"),
        ],
    ),
    (
        "demand",
        [
            ("init:a", "hasPolicyMix", "mix:m"),
            ("mix:m", "comprisesUse", "use:u"),
            ("use:u", "ofInstrumentType", "itype:PI010"),
        ],
    ),
    ("demand", [("init:a", "usesInstrumentType", "itype:PI010")]),
    ("behavioural", [("init:a", "usesInstrumentType", "itype:behaviour-change-campaign")]),
    (
        "crowd-in",
        [("init:a", "hasFunding", "fund:f"), ("fund:f", "hasFundingModel", "fmodel:crowd-in")],
    ),
    (
        "multi-stage",
        [
            ("init:a", "spansStage", "stage:demonstration"),
            ("init:a", "spansStage", "stage:scaling"),
        ],
    ),
    ("duration", [("init:a", "minDurationYears", "5")]),
]


@pytest.mark.parametrize(("feature", "lines"), SIGNAL_CASES)
def test_signals_fill_the_cell_with_all_claims_behind_them(
    schemes: OxigraphStore, feature: str, lines: list[Line]
) -> None:
    status, based, words = cells(schemes, [*BASE, *lines])[feature]
    assert status == "present"
    assert sorted(based) == sorted(claim(*line).iri for line in lines)
    assert words in {signal.words for signal in SIGNALS}
    if len(lines) > 1:
        assert cells(schemes, [*BASE, *lines[:-1]])[feature][0] == "unknown"


def test_types_are_part_of_a_signal_but_no_evidence(schemes: OxigraphStore) -> None:
    lines: list[Line] = [("init:a", "involvesActor", "org:x"), ("org:x", "a", "mkg:Firm")]
    status, based, _ = cells(schemes, [*BASE, *lines])["industry-involvement"]
    assert (status, based) == ("present", [claim(*lines[0]).iri])


def test_a_planned_fact_plans_the_cell(schemes: OxigraphStore) -> None:
    line: Line = ("init:a", "hasMonitoring", "mon:x", "asserted", "planned")
    status, based, words = cells(schemes, [*BASE, line])["monitoring"]
    assert (status, based) == ("planned", [claim(*line).iri])
    assert words.startswith("planned: ")


def test_disputed_values_dispute_the_cell(schemes: OxigraphStore) -> None:
    one: Line = ("init:a", "minDurationYears", "5")
    two: Line = ("init:a", "minDurationYears", "7", "asserted", "present", "unreviewed", "two")
    status, based, words = cells(schemes, [*BASE, one, two])["duration"]
    assert status == "disputed"
    assert sorted(based) == sorted([claim(*one).iri, claim(*two).iri])
    assert "5, 7" in words


def test_signals_name_what_the_ontology_has() -> None:
    known = vocabulary()
    features = {compact(iri) for iri in comparison_features()}
    for signal in SIGNALS:
        assert f"cf:{signal.feature}" in features
        for _, prop, value in signal.patterns:
            assert not is_fact(prop) or MKG + prop in known.properties
            if prop == "a":
                assert MKG + value in known.classes
            elif ":" in value:
                assert expand(value) in known.concepts


def test_cells_have_their_own_graph_and_names(schemes: OxigraphStore) -> None:
    store = OxigraphStore.memory()
    claims = tuple(claim(*line) for line in BASE)
    gather(store, [Batch(SOURCES, claims)], lambda *_: None)
    store.update(f"INSERT DATA {{ <{expand('case:a')}> <{MKG}describes> <{expand('init:a')}> }}")
    quads = list(assess(store))
    assert {quad.graph_name for quad in quads} == {NamedNode(GRAPH_ASSESSMENTS)}
    assert expand("cell:a--cf-origin") in {quad.subject.value for quad in quads}
