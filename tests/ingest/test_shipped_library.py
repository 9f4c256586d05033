"""The shipped library is whole: every statement, fact and issue is there and stands on a source."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from ingest import library
from kg.derive import plain_triples
from kg.disputes import find_disputes
from kg.model import Batch, Claim
from kg.stores.oxigraph import OxigraphStore
from kg.validation import validate
from ontology.curies import expand
from ontology.files import scheme_files
from ontology.names import (
    DCT,
    GRAPH_ASSERTED,
    GRAPH_VOCABULARIES,
    ID,
    KINDS,
    MKG,
    RDF,
    RDFS,
    SKOS,
    VOCAB,
)
from ontology.vocabulary import vocabulary

MODEL = Path(__file__).parents[2] / "../shared/model"
MODALITIES = {
    "asserted": 307,
    "inferred": 61,
    "aspiration": 48,
    "normative": 44,
    "question": 40,
    "definitional": 27,
    "recommendation": 16,
    "evaluative": 15,
    "hedged": 9,
    "negative": 5,
    "reported": 1,
}
ARTICLE = f"{ID}source/article-6935aaf6"
ENTITY = re.compile(rf"{re.escape(ID)}(?P<kind>[a-z-]+)/[a-z0-9-]+")
SHORT = {f"{RDF}type", f"{RDFS}label", f"{SKOS}definition", f"{SKOS}altLabel", f"{DCT}identifier"}


@cache
def batch() -> Batch:
    """The whole shipped library, reference data with it."""
    return library.read(library.SHIPPED)


def own() -> Iterator[Claim]:
    """Claims of the founding article and of the facts on practices, by their keys."""
    return (c for c in batch().claims if c.key and not c.key.startswith("R"))


def by_key() -> dict[str, Claim]:
    return {claim.key: claim for claim in batch().claims if claim.key}


def says(subject: str, prop: str, value: str) -> list[Claim]:
    """Claims with this subject, property (local name or CURIE) and value (CURIE or text)."""
    wanted = expand(prop) if ":" in prop else MKG + prop
    texts = {value}
    if re.fullmatch(r"[a-z-]+:[a-zA-Z0-9-]+", value):
        texts.add(expand(value))
    return [
        claim
        for claim in batch().claims
        if claim.subject == expand(subject)
        and claim.property == wanted
        and claim.value.value in texts
    ]


def rows(name: str) -> list[dict[str, str]]:
    with (library.SHIPPED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_library_reads_without_a_fault() -> None:
    faults = [f for f in library.check(library.SHIPPED) if f.severity == "violation"]
    assert faults == []


def test_every_statement_of_the_article_is_there_once() -> None:
    keys = Counter(key for key in by_key() if re.fullmatch(r"A\d{4}", key))
    assert keys == Counter(f"A{n:04d}" for n in range(1, 574))


def test_every_fact_has_at_least_one_claim() -> None:
    found = {key[:5] for key in by_key() if re.fullmatch(r"F\d{4}[a-z]*\d*", key)}
    assert found == {f"F{n:04d}" for n in range(1, 673)}


def test_statements_of_the_article_say_where_and_as_of_when() -> None:
    for key, claim in by_key().items():
        if re.fullmatch(r"A\d{4}", key):
            assert claim.source == ARTICLE, key
            assert re.match(r"L\d+", claim.place.section or ""), key
            assert claim.as_of == "2021~", key


def test_modalities_of_the_statements() -> None:
    found = Counter(c.modality for k, c in by_key().items() if re.fullmatch(r"A\d{4}", k))
    assert found == MODALITIES


def test_modality_of_each_statement_is_the_given_one() -> None:
    table = MODEL / "seed_assertions_meta.csv"
    if not table.exists():
        pytest.skip("the table of statements is not part of the distribution")
    with table.open(encoding="utf-8", newline="") as file:
        given = {row["id"]: row["modality"] for row in csv.DictReader(file)}
    keys = by_key()
    assert {key: keys[key].modality for key in given} == given


def test_each_of_the_sixty_issues_is_answered() -> None:
    issues = rows("issues.csv")
    assert [row["id"] for row in issues] == [f"I{n:02d}" for n in range(1, 61)]
    keys = by_key()
    for row in issues:
        assert row["where"], row["id"]
        assert row["handling"], row["id"]
        assert row["status"] in {"applied", "open question to curator", "nothing to do"}, row["id"]
        assert set(row["claims"].split()) <= keys.keys(), row["id"]
        assert row["claims"] or row["id"] == "I57"


def test_every_claim_names_a_listed_source() -> None:
    listed = {source.iri for source in batch().sources}
    assert {claim.source for claim in own()} <= listed


def test_every_source_is_used_and_of_a_known_kind() -> None:
    cited = {claim.source for claim in batch().claims}
    for source in batch().sources:
        assert f"{VOCAB}source-kind/{source.kind}" in vocabulary().concepts, source.iri
        assert source.iri in cited or source.iri == f"{ID}source/video-psqukrdpm70", source.iri


def test_every_thing_is_typed_once_and_labelled() -> None:
    types = Counter(c.subject for c in batch().claims if c.property == f"{RDF}type")
    labels = {c.subject for c in batch().claims if c.property == f"{RDFS}label"}
    listed = {source.iri for source in batch().sources}
    for claim in own():
        for iri in (claim.subject, claim.value.value):
            match = ENTITY.fullmatch(iri)
            if match and match["kind"] in set(KINDS.values()) and iri not in listed:
                assert types[iri] == 1, f"{iri} has {types[iri]} type claims ({claim.key})"
                assert iri in labels, f"{iri} has no label ({claim.key})"


def test_one_name_per_thing() -> None:
    names: dict[tuple[str, str | None], set[str]] = {}
    for claim in own():
        if claim.property == f"{RDFS}label" and isinstance(claim.value, Literal):
            names.setdefault((claim.subject, claim.value.language), set()).add(claim.value.value)
    assert {key: found for key, found in names.items() if len(found) > 1} == {}


def test_every_property_is_in_the_ontology() -> None:
    known = vocabulary().properties.keys() | SHORT | {f"{SKOS}hiddenLabel"}
    assert {claim.property for claim in own()} - known == set()


def test_every_class_is_in_the_ontology() -> None:
    used = {claim.value.value for claim in own() if claim.property == f"{RDF}type"}
    agents = {"Person", "Organization", "SoftwareAgent"}
    missing = used - vocabulary().classes.keys()
    assert {iri for iri in missing if re.split(r"[#/]", iri)[-1] not in agents} == set()


def test_every_concept_is_in_its_scheme() -> None:
    used = {
        iri
        for claim in own()
        for iri in (claim.subject, claim.value.value)
        if isinstance(claim.value, NamedNode | Literal) and iri.startswith(VOCAB)
    }
    assert used - vocabulary().concepts.keys() == set()


def test_facts_of_mirrors_are_unreviewed() -> None:
    mirrors = {source.iri for source in batch().sources if source.kind == "mirror"}
    checked = [claim for claim in own() if claim.source in mirrors]
    assert checked
    assert {claim.review_status for claim in checked} == {"unreviewed"}


@pytest.mark.parametrize(
    ("case", "initiative"),
    [
        ("case:australia-csiro", "init:csiro-missions-program"),
        ("case:norway-pilot-e", "init:pilot-e"),
        ("case:vietnam-undp-deep-demonstration", "init:undp-vietnam-deep-demonstration"),
        ("case:denmark-ifd-missions", "init:ifd-mission-programme"),
    ],
)
def test_the_four_cases_describe_their_initiatives(case: str, initiative: str) -> None:
    assert {claim.modality for claim in says(case, "describes", initiative)} >= {"asserted"}


@pytest.mark.parametrize(
    ("subject", "prop", "value"),
    [
        ("init:giga", "pursues", "mission:connect-schools-to-internet"),
        ("init:family-planning-2030", "hasProblemComplexity", "pcx:complex"),
        ("init:gavi", "pursues", "mission:vaccine-access"),
        ("init:gavi", "ownedBy", "org:gavi"),
        ("mission:colombia-fibre-optic", "hasScale", "scale:national"),
        ("init:colombia-fibre-optic-project", "pursues", "mission:colombia-fibre-optic"),
        ("facility:oecd-mission-action-lab", "rdfs:label", "Mission Action Lab"),
        ("facility:oecd-mission-action-lab", "skos:altLabel", "Missions Action Lab"),
        ("init:pilot-e", "rdfs:label", "PILOT-E"),
        ("init:pilot-e", "hasPartner", "org:enova"),
        ("init:pilot-e", "hasPartner", "org:innovation-norway"),
        ("mission:csiro-trusted-agrifoods", "rdfs:label", "Trusted Agrifood Exports"),
        ("country:vn", "skos:altLabel", "Vietnam"),
    ],
)
def test_what_the_library_must_say(subject: str, prop: str, value: str) -> None:
    assert says(subject, prop, value)


def test_definition_dimensions_and_questions() -> None:
    concept = expand("concept:mission-oriented-innovation-policy")
    texts = {c.source for c in own() if (c.subject, c.property) == (concept, f"{SKOS}definition")}
    assert ARTICLE in texts
    assert len(texts) > 1
    dimensions = {
        claim.value.value
        for claim in own()
        if (claim.subject, claim.property) == (concept, f"{MKG}hasDimension")
    }
    assert {iri.rsplit("/", 1)[1] for iri in dimensions} == {
        "strategic-orientation",
        "policy-coordination",
        "policy-implementation",
    }
    raised = [claim for claim in own() if claim.property == f"{MKG}raisesQuestion"]
    assert len({claim.value for claim in raised}) == 9


def test_disputed_facts_name_what_they_contradict() -> None:
    disputed = [c for c in own() if c.value_status == "disputed" and c.key and c.key[0] == "F"]
    assert len(disputed) == 9
    for claim in disputed:
        named = re.findall(r"F\d{4}[a-z]*", claim.note or "")
        cell = (claim.subject, claim.property)
        others = {c.key for c in own() if (c.subject, c.property) == cell and c.key != claim.key}
        assert named, claim.key
        assert any((key or "").startswith(tuple(named)) for key in others), claim.key


def test_the_library_holds_some_forty_cases_with_sources() -> None:
    described = {c.subject: c for c in own() if c.property == f"{MKG}describes"}
    sourced = {c.subject for c in own() if c.property == f"{MKG}hasSource"}
    assert 35 <= len(described) <= 60
    assert described.keys() <= sourced


def test_published_facts_break_no_shape_and_disputes_only_warn() -> None:
    one_value = {t.iri for t in vocabulary().properties.values() if t.single_valued}
    disputes = {d.cell for d in find_disputes(batch().claims, one_value)}
    cells = {(cell.subject, cell.property) for cell in disputes}
    store = OxigraphStore.memory()
    asserted, concepts = NamedNode(GRAPH_ASSERTED), NamedNode(GRAPH_VOCABULARIES)
    facts = plain_triples(batch().claims, disputes, one_value)
    store.add(Quad(fact.subject, fact.predicate, fact.object, asserted) for fact in facts)
    for path in scheme_files():
        terms = parse(path=str(path), format=RdfFormat.TURTLE)
        store.add(Quad(term.subject, term.predicate, term.object, concepts) for term in terms)
    findings = validate(store, disputed=cells)
    assert [f.message for f in findings if f.severity == "violation"] == []
    told = {f.subject for f in findings if "Sources disagree" in f.message}
    assert told == {
        f"{ID}budget/apollo-programme-1961-1972",
        f"{ID}budget/france-2030-five-years",
        f"{ID}budget/green-platform-2020-2022",
        f"{ID}target/denmark-ghg-reduction",
    }
