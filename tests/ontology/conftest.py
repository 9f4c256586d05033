"""The modules as one graph, and as the one document that OWL tools want."""

from pathlib import Path

import pytest
from rdflib import OWL, RDF, Graph, URIRef

from ontology.files import modules, scheme_files
from ontology.names import VOCAB

AXIOMS = URIRef("https://w3id.org/mission-kg/ontology/axioms")
CASES = Path(__file__).parent / "cases"


@pytest.fixture(scope="session")
def core_and_axioms() -> Graph:
    """Both modules as one ontology: a document may have one header only."""
    graph = Graph()
    for path in modules():
        graph.parse(path)
    graph.remove((AXIOMS, None, None))
    return graph


@pytest.fixture(scope="session")
def with_schemes(core_and_axioms: Graph) -> Graph:
    """The modules and every concept scheme."""
    graph = Graph() + core_and_axioms
    for path in scheme_files():
        graph.parse(path)
    return graph


@pytest.fixture(scope="session")
def prototypes(core_and_axioms: Graph, with_schemes: Graph) -> Graph:
    """The modules, the prototype individuals and the types of the concepts that they name."""
    facts = Graph()
    for name in ("practices.ttl", "controls.ttl"):
        facts.parse(CASES / name)
    named = {term for triple in facts + core_and_axioms for term in triple}
    for concept, predicate, kind in with_schemes.triples((None, RDF.type, None)):
        if concept in named and str(concept).startswith(VOCAB):
            facts.add((concept, predicate, kind))
    for subject in set(facts.subjects()):
        facts.add((subject, RDF.type, OWL.NamedIndividual))
    return facts + core_and_axioms
