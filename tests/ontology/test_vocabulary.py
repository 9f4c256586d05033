"""The terms as values: what the files say is what the code sees."""

from pathlib import Path

import pytest
from rdflib import OWL, RDF, SKOS, Graph, URIRef

from ontology import names
from ontology.curies import expand
from ontology.files import alignment_files, modules, scheme_files, shape_files
from ontology.names import KINDS, MKG, PROV, SCHEME_PREFIXES, VOCAB
from ontology.names import SKOS as SKOS_NS
from ontology.vocabulary import read, vocabulary

WORDS = vocabulary()


def name(local: str) -> str:
    return f"{MKG}{local}"


def test_every_file_that_is_named_exists() -> None:
    paths = (*modules(), *scheme_files(), *shape_files(), *alignment_files())

    assert [path for path in paths if not path.is_file()] == []
    assert [path.stem for path in modules()] == ["core", "axioms"]


def test_every_term_of_the_files_is_there(with_schemes: Graph) -> None:
    def ours(*kinds: URIRef) -> set[str]:
        found = {str(iri) for kind in kinds for iri in with_schemes.subjects(RDF.type, kind)}
        return {iri for iri in found if iri.startswith(MKG)}

    assert set(WORDS.classes) == ours(OWL.Class)
    assert set(WORDS.properties) == ours(
        OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty
    )
    assert set(WORDS.concepts) == set(map(str, with_schemes.subjects(RDF.type, SKOS.Concept)))
    assert set(WORDS.schemes) == set(map(str, with_schemes.subjects(RDF.type, SKOS.ConceptScheme)))


def test_the_model_is_whole() -> None:
    """119 classes of the model, two more for money and inferences, 34 that are defined."""
    defined = [term for term in WORDS.classes.values() if term.defined]

    assert len(defined) == 34
    assert len(WORDS.classes) - len(defined) == 121


def test_an_object_property_knows_its_ends_and_its_inverse() -> None:
    pursues = WORDS.properties[name("pursues")]

    assert (pursues.kind, pursues.label, pursues.labels["fr"]) == ("object", "pursues", "poursuit")
    assert pursues.domains == (name("MissionInitiative"),)
    assert pursues.ranges == (name("Mission"),)
    assert pursues.inverse == name("pursuedBy")
    assert WORDS.properties[name("pursuedBy")].inverse == name("pursues")


def test_every_inverse_is_mutual() -> None:
    inverses = {iri: term.inverse for iri, term in WORDS.properties.items() if term.inverse}

    assert {iri: inverses.get(other) for iri, other in inverses.items()} == {
        iri: iri for iri in inverses
    }


def test_a_data_property_knows_its_type() -> None:
    amount = WORDS.properties[name("amount")]
    statement = WORDS.properties[name("statement")]

    assert (amount.kind, amount.functional, amount.single_valued) == ("data", True, True)
    assert amount.ranges == (f"{names.XSD}decimal",)
    assert (statement.lang_tagged, statement.single_valued) == (True, False)
    assert not amount.lang_tagged


def test_a_subproperty_knows_what_it_is_part_of() -> None:
    assert WORDS.properties[name("ownedBy")].parents == (name("involvesActor"),)


def test_a_class_knows_everything_above_it() -> None:
    assert WORDS.ancestors(name("SectoralMinistry")) == {
        *map(name, ("SectoralMinistry", "Ministry", "PublicBody", "Organisation", "Actor")),
        f"{PROV}Agent",
    }
    assert WORDS.ancestors("https://example.org/Unheard") == {"https://example.org/Unheard"}


def test_a_concept_knows_its_scheme_and_classes() -> None:
    concept = WORDS.concepts[expand("stage:technology-development")]

    assert concept.scheme == f"{VOCAB}innovation-stage"
    assert set(concept.classes) == {name("InnovationStage"), name("ResearchStage")}
    assert concept.broader == (expand("stage:research-and-development"),)
    assert concept.label == "Technology development"
    assert WORDS.schemes[concept.scheme].name == "innovation-stage"


def test_every_class_of_a_concept_is_a_class_of_concepts() -> None:
    used = {kind for concept in WORDS.concepts.values() for kind in concept.classes}

    assert [kind for kind in used if f"{SKOS_NS}Concept" not in WORDS.ancestors(kind)] == []


def test_the_names_in_the_code_agree_with_the_files() -> None:
    declared = {path.stem for path in scheme_files()}

    assert {scheme for scheme in SCHEME_PREFIXES.values() if scheme not in declared} == set()
    assert len(set(KINDS.values())) == len(KINDS)


def test_a_fault_in_a_file_names_its_place(tmp_path: Path) -> None:
    (tmp_path / "bad.ttl").write_text("<a> <b> .\n", encoding="utf-8")

    with pytest.raises(SyntaxError):
        read([tmp_path / "bad.ttl"])
