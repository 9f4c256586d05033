"""The service description: RDF by Accept, a page for browsers, facts that are true."""

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import RDF, URIRef

SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
VOID = rdflib.Namespace("http://rdfs.org/ns/void#")
FORMATS = ("text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json")


def described(client, path="/sparql", accept="text/turtle"):
    response = client.get(path, headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == accept
    triples = (
        quad.triple for quad in ox.parse(response.content, ox.RdfFormat.from_media_type(accept))
    )
    return rdflib.Graph().parse(
        data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt"
    )


@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
@pytest.mark.parametrize("accept", FORMATS)
def test_says_what_and_where_it_is(client, path, accept):
    graph = described(client, path, accept)
    (service,) = graph.subjects(RDF.type, SD.Service)
    assert list(graph.objects(service, SD.endpoint)) == [URIRef(f"{client.base_url}/sparql")]
    assert SD.SPARQL11Query in set(graph.objects(service, SD.supportedLanguage))
    assert SD.SPARQL11Update not in set(graph.objects(service, SD.supportedLanguage))
    assert set(graph.objects(service, SD.feature)) == {SD.UnionDefaultGraph}
    assert len(set(graph.objects(service, SD.resultFormat))) == 10
    pages = {str(each) for each in graph.objects(service)}
    assert {f"{client.base_url}/conformance", f"{client.base_url}/.well-known/void"} <= pages


def test_lists_every_graph_with_its_size(client, service):
    graph = described(client)
    (dataset,) = graph.objects(None, SD.defaultDataset)
    sizes = {
        str(graph.value(named, SD.name)): int(
            graph.value(graph.value(named, SD.graph), VOID.triples)
        )
        for named in graph.objects(dataset, SD.namedGraph)
    }
    assert sizes == dict(service.release.manifest.graphs)


def test_every_extension_function_is_known_to_the_engine(client):
    graph = described(client)
    functions = list(graph.objects(None, SD.extensionFunction))
    assert functions
    point = '"POINT(1 1)"^^<http://www.opengis.net/ont/geosparql#wktLiteral>'
    for each in functions:
        query = f"SELECT (<{each}>({point}, {point}) AS ?x) {{}}"
        rows = client.get("/sparql", params={"query": query}).json()["results"]["bindings"]
        assert rows[0]["x"]["value"] in {"true", "false"}


def test_same_bytes_each_time(client):
    assert client.get("/sparql").content == client.get("/sparql").content


def test_page_for_browsers(client, service):
    page = client.get("/sparql", headers={"Accept": "text/html"}).text
    assert "<textarea" in page
    assert "/conformance" in page
    assert f"{len(service.release.manifest.graphs)} named graphs" in page
    assert "UnionDefaultGraph" in page


def test_openapi_has_the_endpoints(client):
    paths = client.get("/api/openapi.json").json()["paths"]
    assert {"get", "post"} <= set(paths["/sparql"])
    assert {"get", "put", "post", "delete"} <= set(paths["/workspace/graph-store"])
    assert paths["/update"]["post"]["security"]
    page = client.get("/api/docs").text
    assert "/workspace/graph-store" in page
