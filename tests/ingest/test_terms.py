"""Words of a table and terms of the graph, both ways."""

import pytest
from pyoxigraph import Literal, NamedNode

from ingest.literals import TermFault
from ingest.terms import Property, Terms, curie, foreign_property
from ontology.names import DCT, ID, MKG, OWL, RDF, RDFS, SKOS, XSD
from ontology.vocabulary import vocabulary

TERMS = Terms(vocabulary())


def test_every_property_of_the_ontology_has_one_word() -> None:
    for iri in vocabulary().properties:
        assert TERMS.property(TERMS.property_word(iri)).iri == iri


@pytest.mark.parametrize(
    ("word", "iri"),
    [
        ("a", f"{RDF}type"),
        ("label", f"{RDFS}label"),
        ("altName", f"{SKOS}altLabel"),
        ("definition", f"{SKOS}definition"),
        ("identifier", f"{DCT}identifier"),
        ("mkg:ownedBy", f"{MKG}ownedBy"),
        ("skos:exactMatch", f"{SKOS}exactMatch"),
        ("schema:url", "https://schema.org/url"),
    ],
)
def test_properties(word: str, iri: str) -> None:
    assert TERMS.property(word).iri == iri


def test_foreign_properties() -> None:
    words = vocabulary()
    assert foreign_property(f"{OWL}sameAs", "owl:sameAs", words).takes == "thing"
    assert foreign_property(f"{SKOS}prefLabel", "skos:prefLabel", words).language
    assert foreign_property(f"{SKOS}note", "skos:note", words).takes == "text"
    assert foreign_property(f"{DCT}issued", "dct:issued", words).takes == "either"
    with pytest.raises(TermFault, match="no vocabulary that is known here"):
        foreign_property("http://example.org/p", "p", words)


EITHER = Property(f"{DCT}references", "dct:references", "either")
OWNED = TERMS.property("ownedBy")
NAME = TERMS.property("label")


def test_either_takes_both() -> None:
    assert TERMS.value(EITHER, "org:csiro", "") == NamedNode(f"{ID}organisation/csiro")
    assert TERMS.value(EITHER, "<http://example.org/x>", "") == NamedNode("http://example.org/x")
    assert TERMS.value(EITHER, "a | b", "") == Literal("a | b")


def test_an_identifier_may_look_like_a_thing() -> None:
    assert TERMS.value(TERMS.property("identifier"), "wd:Q20", "") == Literal("wd:Q20")


def test_classes_by_name_curie_and_iri() -> None:
    kind = TERMS.property("a")
    for text in ("MissionInitiative", "mkg:MissionInitiative", f"<{MKG}MissionInitiative>"):
        assert TERMS.value(kind, text, "") == NamedNode(f"{MKG}MissionInitiative")
    assert TERMS.class_iri("skos:Concept") == f"{SKOS}Concept"


def test_terms_of_a_scheme() -> None:
    assert TERMS.term("modality:asserted", "claim-modality") == "asserted"
    with pytest.raises(TermFault) as caught:
        TERMS.term("zzz", "value-status")
    assert caught.value.remedy.startswith("Terms: absent, disputed,")


def test_schemes_are_known_things() -> None:
    assert TERMS.thing("vocab:topic") == "https://w3id.org/mission-kg/vocab/topic"
    assert TERMS.expanded("no such thing") is None


def test_unknown_concepts_by_iri() -> None:
    with pytest.raises(TermFault) as caught:
        TERMS.thing("<https://w3id.org/mission-kg/vocab/mission-status/launchd>")
    assert caught.value.remedy == 'Did you mean "mstatus:launched"?'


FITS = [
    ("ownedBy", NamedNode(f"{ID}organisation/csiro"), NamedNode(f"{ID}organisation/csiro")),
    ("a", NamedNode(f"{MKG}Mission"), NamedNode(f"{MKG}Mission")),
    ("missionCount", Literal("3"), Literal("3", datatype=NamedNode(f"{XSD}integer"))),
    ("label", Literal("Tides"), Literal("Tides")),
    ("startDate", Literal("2021", language="en"), Literal("2021")),
    ("skos:note", Literal("x"), Literal("x")),
    ("dct:issued", Literal("2021"), Literal("2021")),
]


@pytest.mark.parametrize(("word", "given", "made"), FITS)
def test_fit(word: str, given: NamedNode | Literal, made: NamedNode | Literal) -> None:
    assert TERMS.fit(TERMS.property(word), given) == made


@pytest.mark.parametrize(
    ("word", "given", "said"),
    [
        (
            "ownedBy",
            Literal("Board"),
            '"Board" is a text, but the property "ownedBy" takes a thing',
        ),
        ("label", NamedNode("http://e/x"), 'names a thing, but the property "label" takes a text'),
        ("a", Literal("Mission"), 'the property "a" takes a thing'),
        ("a", NamedNode(f"{MKG}Misson"), "there is no class"),
        ("missionCount", Literal("many"), "a whole number"),
    ],
)
def test_does_not_fit(word: str, given: NamedNode | Literal, said: str) -> None:
    with pytest.raises(TermFault, match=said):
        TERMS.fit(TERMS.property(word), given)


@pytest.mark.parametrize(
    ("iri", "word"),
    [
        (f"{ID}organisation/csiro", "org:csiro"),
        (f"{ID}organisation/Not_a_slug", f"<{ID}organisation/Not_a_slug>"),
        ("http://www.wikidata.org/entity/Q20", "wd:Q20"),
        (f"{SKOS}a/b", f"<{SKOS}a/b>"),
        ("urn:x:1", "<urn:x:1>"),
    ],
)
def test_curie_reads_back(iri: str, word: str) -> None:
    assert curie(iri) == word
    assert TERMS.thing(word) == iri


def test_declared_concepts_are_known() -> None:
    declared = TERMS.declaring({"https://w3id.org/mission-kg/vocab/topic/eelgrass"})
    assert declared.thing("topic:eelgrass").endswith("/eelgrass")
    with pytest.raises(TermFault, match="no concept"):
        TERMS.thing("topic:eelgrass")
