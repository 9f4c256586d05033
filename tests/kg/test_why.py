import json
from datetime import UTC, datetime

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from kg.assess import assess
from kg.errors import NotDerivable
from kg.gathering import assert_plain, gather
from kg.model import Batch, Claim, Place, Source
from kg.naming import Labels
from kg.reasoning import materialise, shipped_rules
from kg.release import single_valued
from kg.stores.oxigraph import OxigraphStore
from kg.why import Explanation, why
from kg.why_not import why_not
from ontology.curies import expand
from ontology.files import scheme_files
from ontology.names import (
    GRAPH_ASSERTED,
    GRAPH_INFERENCES,
    GRAPH_INFERRED,
    GRAPH_VOCABULARIES,
    ID,
    MKG,
    RDF,
    RDFS,
)

VIDEO = Source(
    iri=f"{ID}source/video",
    title="Webinar",
    kind="recording",
    url="https://example.org/video",
    media_url="https://example.org/video.mp4",
)
PAGE = Source(
    iri=f"{ID}source/page",
    title="Official page",
    kind="official",
    url="https://example.org/page",
)
AT = Place(start_seconds=2583.0, end_seconds=2600.0)
BOOK = Place(page="12", section="Funding")


def claim(subject: str, prop: str, value: str, source: Source = VIDEO, **more: object) -> Claim:
    iri = {"a": f"{RDF}type", "label": f"{RDFS}label"}.get(prop, f"{MKG}{prop}")
    term = NamedNode(expand(value)) if ":" in value else Literal(value)
    fields = {"place": AT, "as_of": "2021~", **more}
    return Claim(expand(subject), iri, term, source.iri, **fields)  # type: ignore[arg-type]


CLAIMS = (
    claim("init:x", "a", "mkg:MissionScheme"),
    claim(
        "init:x",
        "label",
        "Pilot X",
        entered_by=f"{ID}agent/ana",
        entered_on=datetime(2026, 1, 2, tzinfo=UTC),
    ),
    claim("agent:ana", "label", "Ana"),
    claim("init:x", "hasOrigin", "origin:bottom-up", review_status="curator-checked"),
    claim("init:x", "hasOrigin", "origin:bottom-up", PAGE, place=BOOK, modality="reported"),
    claim("init:x", "facesChallenge", "chal:x"),
    claim("chal:x", "a", "mkg:ImplementationChallenge"),
    claim("chal:x", "label", "Silos"),
    claim("chal:x", "respondedWith", "resp:x", modality="recommendation"),
    claim("resp:x", "a", "mkg:Response"),
    claim("init:x", "hasPolicyMix", "mix:x"),
    claim("mix:x", "a", "mkg:PolicyMix"),
    claim("mix:x", "completenessStatus", "complete"),
    claim("mix:x", "usesInstrumentType", "itype:PI007"),
    claim("case:x", "a", "mkg:Case"),
    claim("case:x", "describes", "init:x"),
    claim("init:x", "hasFeature", "cf:cf-bold-goals"),
    claim("init:x", "lacksFeature", "cf:cf-bold-goals", PAGE),
    claim("init:x", "seeksFeature", "cf:cf-monitoring", value_status="planned"),
    claim("init:x", "hasFeature", "cf:cf-evaluation", review_status="superseded"),
    claim("init:x", "hasFeature", "cf:cf-sectors"),
)


@pytest.fixture(scope="module")
def store() -> OxigraphStore:
    store = OxigraphStore.memory()
    found = gather(store, [Batch((VIDEO, PAGE), CLAIMS)], lambda *_: None)
    for path in scheme_files():
        store.load(path, GRAPH_VOCABULARIES)
    disputes = assert_plain(store, found, single_valued())
    materialise(store, shipped_rules())
    store.add(assess(store, disputes))
    return store


def iri(curie: str) -> NamedNode:
    return NamedNode(expand(curie))


def told(store: OxigraphStore, subject: str, predicate: str, value: str) -> Explanation:
    return why(store, shipped_rules(), iri(subject), iri(predicate), iri(value))


def refused(store: OxigraphStore, subject: str, predicate: str, value: str) -> str:
    with pytest.raises(NotDerivable) as fault:
        told(store, subject, predicate, value)
    return str(fault.value)


def test_a_drawn_triple_is_told_down_to_the_second_of_the_recording(store: OxigraphStore) -> None:
    lines = told(store, "init:x", "rdf:type", "mkg:BottomUpScheme").sentences()

    assert lines[0].startswith("Pilot X is a bottom-up scheme, because if X is a mission scheme")
    assert "  Pilot X is a bottom-up initiative, because if X" in "\n".join(lines)
    checked = next(line for line in lines if "curator checked" in line)
    assert checked.strip() == (
        "- Webinar, at 00:43:03 (recording): asserted, curator checked, as of 2021~"
    )
    assert any(line.strip() == "https://example.org/video.mp4#t=2583,2600" for line in lines)
    assert any("- Official page, page 12, section Funding (official): reported" in o for o in lines)
    assert any(line.strip() == "https://example.org/page" for line in lines)


def test_lines_are_indented_by_depth_and_nothing_is_told_twice(store: OxigraphStore) -> None:
    explanation = told(store, "init:x", "rdf:type", "mkg:BottomUpScheme")
    lines = explanation.sentences()
    rules = [line for line in lines if ", because" in line]

    assert [len(line) - len(line.lstrip()) for line in rules] == [0, 2, 4]
    assert len(explanation.steps) == len({step.triple for step in explanation.steps})


def test_a_step_that_is_needed_twice_is_told_once() -> None:
    other = OxigraphStore.memory()
    graph = NamedNode(GRAPH_ASSERTED)
    triples = [
        ("init:y", "rdf:type", "mkg:MissionScheme"),
        ("init:y", "mkg:operatesIn", "country:y"),
        ("country:y", "mkg:hasContext", "cctx:y"),
        ("cctx:y", "mkg:hasIncomeGroup", "income:low"),
    ]
    other.add(Quad(iri(s), iri(p), iri(o), graph) for s, p, o in triples)
    year = Literal("1990", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#integer"))
    other.add([Quad(iri("cctx:y"), iri("mkg:fromYear"), year, graph)])
    materialise(other, shipped_rules())

    lines = told(other, "init:y", "rdf:type", "mkg:LMICInitiative").sentences()

    assert sum("is a mission initiative, because" in line for line in lines) == 1
    assert sum("(as said above)" in line for line in lines) == 1
    assert any("(guard: " in line for line in lines)


def test_an_explanation_is_data_as_well(store: OxigraphStore) -> None:
    data = json.loads(json.dumps(told(store, "init:x", "rdf:type", "mkg:BottomUpScheme").as_json()))

    assert data["triple"] == {
        "subject": "init:x",
        "predicate": "rdf:type",
        "object": "mkg:BottomUpScheme",
    }
    first = data["steps"][0]
    assert first["origin"] == "rule"
    assert "cls-int1" in first["rule"]
    assert all(0 < place < len(data["steps"]) for place in first["premises"])
    leaves = [claim for step in data["steps"] for claim in step.get("claims", ())]
    assert {leaf["source"] for leaf in leaves} == {VIDEO.iri, PAGE.iri}
    assert {leaf["modality"] for leaf in leaves} == {"asserted", "reported"}


def test_every_leaf_of_an_inferred_triple_has_a_claim_or_is_vocabulary(
    store: OxigraphStore,
) -> None:
    drawn = [quad.triple for quad in store.quads(GRAPH_INFERRED)]
    ours = [t for t in drawn if str(t.subject).startswith(f"<{ID}")]

    assert len(ours) > 12
    for triple in ours:
        found = why(store, shipped_rules(), triple.subject, triple.predicate, triple.object)
        for step in found.steps:
            assert (
                step.claims
                if step.origin == "claims"
                else step.premises
                or (step.origin == "vocabulary" and store.contains(step.triple, GRAPH_VOCABULARIES))
            )


def test_a_stated_triple_is_told_by_all_its_claims(store: OxigraphStore) -> None:
    explanation = told(store, "init:x", "mkg:hasOrigin", "origin:bottom-up")

    (step,) = explanation.steps
    assert step.origin == "claims"
    assert {note.title for note in step.claims} == {"Webinar", "Official page"}


def test_a_text_is_told_with_who_entered_it(store: OxigraphStore) -> None:
    label = NamedNode(f"{RDFS}label")
    explanation = why(store, shipped_rules(), iri("init:x"), label, Literal("Pilot X"))

    text = "\n".join(explanation.sentences())
    assert 'Pilot X: label "Pilot X", as claimed:' in text
    assert "entered by Ana on 2026-01-02T00:00:00Z" in text
    assert explanation.as_json()["triple"]["object"] == '"Pilot X"'


def test_a_triple_of_a_vocabulary_is_told_as_such(store: OxigraphStore) -> None:
    lines = told(store, "itype:PI007", "rdf:type", "mkg:SupplySideInstrumentType").sentences()

    assert lines == [
        "Project grants for public research is a supply-side instrument type, by the vocabulary."
    ]


def test_a_guarded_conclusion_tells_its_guard(store: OxigraphStore) -> None:
    explanation = told(store, "mix:x", "rdf:type", "mkg:SupplyOnlyMix")

    assert explanation.steps[0].guard is not None
    assert "completenessStatus" in explanation.sentences()[1]
    assert "guard" in explanation.as_json()["steps"][0]


@pytest.mark.parametrize(
    ("feature", "status", "says", "claims"),
    [
        ("cf-duration", "unknown", "no claim in the library speaks to it", 0),
        ("cf-sectors", "present", "a claim says of the feature: present", 1),
        ("cf-monitoring", "planned", "sought or planned", 1),
        ("cf-bold-goals", "disputed", "disagree", 2),
    ],
)
def test_a_comparison_cell_tells_why_it_has_its_status(
    store: OxigraphStore, feature: str, status: str, says: str, claims: int
) -> None:
    explanation = told(store, f"cell:x--{feature}", "mkg:valueStatus", f"vstatus:{status}")

    (step,) = explanation.steps
    assert step.origin == "cell"
    assert step.because is not None
    assert says in step.because
    assert len(step.claims) == claims
    lines = explanation.sentences()
    assert f"of Pilot X: {status}, because" in lines[0]
    assert len([line for line in lines if line.strip().startswith("- ")]) == claims


def test_a_record_of_the_graph_itself_is_told_by_its_graph(store: OxigraphStore) -> None:
    note = CLAIMS[0]
    explanation = why(
        store,
        shipped_rules(),
        NamedNode(note.iri),
        iri("mkg:modality"),
        iri("modality:asserted"),
    )

    assert explanation.steps[0].origin == "record"
    assert "graph/claims/video" in explanation.sentences()[0]


def test_a_claim_that_the_filter_holds_back_is_named_with_the_reason(store: OxigraphStore) -> None:
    text = refused(store, "chal:x", "mkg:respondedWith", "resp:x")

    assert 'Nothing in the graph states or implies that "Silos responded with' in text
    assert 'There is a claim in "Webinar" at 00:43:03' in text
    assert "its modality is recommendation" in text


@pytest.mark.parametrize(
    ("predicate", "value", "says"),
    [
        ("hasFeature", "cf:cf-evaluation", "its review status is superseded"),
        ("seeksFeature", "cf:cf-monitoring", "its value status is planned"),
        ("hasFeature", "cf:cf-bold-goals", "other claims dispute it"),
        ("hasFeature", "cf:cf-bold-goals", "The comparison cell says: disputed."),
        ("hasFeature", "cf:cf-duration", "The comparison cell says: unknown."),
        ("pursues", "mission:y", "No claim comes near to it."),
    ],
)
def test_what_is_not_there_is_answered_with_what_comes_near(
    store: OxigraphStore, predicate: str, value: str, says: str
) -> None:
    assert says in refused(store, "init:x", f"mkg:{predicate}", value)


def test_a_class_that_does_not_follow_names_the_first_unmet_condition(store: OxigraphStore) -> None:
    text = refused(store, "chal:x", "rdf:type", "mkg:AnsweredChallenge")

    assert "lacks: Silos responded with something." in text
    assert "its modality is recommendation" in text


def test_a_guarded_rule_that_stays_silent_names_its_guard() -> None:
    other = OxigraphStore.memory()
    graph = NamedNode(GRAPH_ASSERTED)
    other.add([Quad(iri("ctype:x"), iri("rdf:type"), iri("mkg:ChallengeType"), graph)])
    other.add([Quad(iri("ctype:x"), iri("mkg:addressedByResponse"), iri("rtype:y"), graph)])

    text = refused(other, "ctype:x", "rdf:type", "mkg:UnansweredChallengeType")

    assert "A rule asks for more than its premises" in text


def test_an_inferred_triple_without_ground_asks_for_a_new_build() -> None:
    other = OxigraphStore.memory()
    triple = Triple(iri("init:x"), iri("rdf:type"), iri("mkg:LMICInitiative"))
    other.add([Quad(triple.subject, triple.predicate, triple.object, NamedNode(GRAPH_INFERRED))])

    assert "build the release anew" in why_not(other, shipped_rules(), triple)


def test_a_part_without_a_name_is_not_explained(store: OxigraphStore) -> None:
    triple = Triple(BlankNode(), iri("mkg:pursues"), iri("mission:x"))

    assert "without a name" in why_not(store, shipped_rules(), triple)


def test_inference_records_name_the_claims_under_them(store: OxigraphStore) -> None:
    rows = store.select(
        f"SELECT ?claim {{ GRAPH <{GRAPH_INFERENCES}> {{ ?i <{MKG}inferredSubject> "
        f"<{expand('init:x')}> ; <{MKG}inferredObject> <{MKG}BottomUpScheme> ; "
        f"<{MKG}premiseClaim> ?claim }} }}"
    ).rows
    expected = {
        c.iri
        for c in CLAIMS
        if c.subject == expand("init:x") and c.property.endswith(("type", "hasOrigin"))
    }

    assert {row[0].value for row in rows if isinstance(row[0], NamedNode)} == expected


def test_labels_fall_back_to_the_end_of_the_iri(store: OxigraphStore) -> None:
    labels = Labels(store)

    assert labels(iri("init:no-such-thing")) == "no such thing"
    assert labels(iri("init:x")) == "Pilot X"
    assert labels(BlankNode("b")) == "_:b"
