"""rdflib: SPARQLStore reads the release, SPARQLUpdateStore writes the workspace, SERVICE asks."""

import pytest
from rdflib import RDF, RDFS, Graph, Literal, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore, SPARQLUpdateStore

pytestmark = [
    pytest.mark.usefixtures("forgetful"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

MISSION = URIRef("https://w3id.org/mission-kg/ontology#MissionInitiative")


def test_query(sparql, names, names_query):
    for method in ("GET", "POST", "POST_FORM"):
        graph = Graph(SPARQLStore(sparql, method=method))
        assert {(str(row.initiative), str(row.name)) for row in graph.query(names_query)} == names


def test_patterns_of_triples(sparql, names):
    graph = Graph(SPARQLStore(sparql))
    initiatives = {str(each) for each in graph.subjects(RDF.type, MISSION)}
    assert initiatives == {initiative for initiative, _ in names}
    initiative, name = min(names)
    assert name in {str(each) for each in graph.objects(URIRef(initiative), RDFS.label)}
    assert (URIRef(initiative), RDF.type, MISSION) in graph


def test_construct(sparql, names):
    graph = Graph(SPARQLStore(sparql))
    made = graph.query(f"CONSTRUCT {{ ?s a <{MISSION}> }} WHERE {{ ?s a <{MISSION}> }}").graph
    assert {str(each) for each in made.subjects()} == {initiative for initiative, _ in names}


def test_graphs_of_the_release(sparql):
    store = SPARQLStore(sparql)
    found = {str(name) for name in store.contexts()}
    assert "https://w3id.org/mission-kg/graph/asserted" in found
    one = Graph(store, identifier=URIRef("https://w3id.org/mission-kg/graph/inferred"))
    assert 0 < len(one) < len(Graph(store))


def test_update_of_the_workspace(base, token):
    store = SPARQLUpdateStore(
        f"{base}/workspace/sparql",
        f"{base}/workspace/update",
        headers={"Authorization": f"Bearer {token}"},
    )
    graph = Graph(store, identifier=URIRef("urn:graph:rdflib"))
    triple = (URIRef("urn:r"), URIRef("urn:by"), Literal("rdflib", lang="en"))
    graph.add(triple)
    assert list(graph) == [triple]
    graph.update("DELETE WHERE { <urn:r> ?p ?o }")
    assert len(graph) == 0


def test_service(sparql, names, names_query):
    inner = names_query.partition("WHERE")[2]
    prefixes = names_query.partition("SELECT")[0]
    query = f"{prefixes} SELECT * WHERE {{ SERVICE <{sparql}> {inner} }}"
    assert {(str(row.initiative), str(row.name)) for row in Graph().query(query)} == names
