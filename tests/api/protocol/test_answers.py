"""Formats by Accept as it really comes, HEAD, OPTIONS, CORS, headers, answers that break off."""

import http.client
import json
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest

MKG = "https://w3id.org/mission-kg/ontology#"
SELECT = f"SELECT ?case WHERE {{ ?case a <{MKG}Case> }} ORDER BY ?case LIMIT 3"
CONSTRUCT = f"CONSTRUCT {{ ?case a <{MKG}Case> }} WHERE {{ ?case a <{MKG}Case> }}"
JSON = "application/sparql-results+json"
XML = "application/sparql-results+xml"
TSV = "text/tab-separated-values; charset=utf-8"
TURTLE = "text/turtle; charset=utf-8"
CHROME = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
    "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
)
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
JAVA = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"
JENA = (
    "application/sparql-results+json, application/sparql-results+xml;q=0.9, "
    "text/tab-separated-values;q=0.7, text/csv;q=0.5, application/json;q=0.2, "
    "application/xml;q=0.2, */*;q=0.1"
)
RDF4J = (
    "text/turtle;q=0.8, application/rdf+xml;q=0.8, application/x-binary-rdf-results-table;q=0.8, "
    "application/sparql-results+xml;q=0.9, application/sparql-results+json, text/csv;q=0.8"
)
COMUNICA = (
    "application/n-quads,application/trig;q=0.95,application/ld+json;q=0.9,"
    "application/n-triples;q=0.8,text/turtle;q=0.6,application/rdf+xml;q=0.5,"
    "text/n3;q=0.35,application/sparql-results+json;q=0.3,text/html;q=0.2"
)
YASGUI = "application/sparql-results+json,*/*;q=0.9"


@pytest.mark.parametrize(
    ("accept", "rows", "triples"),
    [
        pytest.param(CHROME, "text/html; charset=utf-8", "text/html; charset=utf-8", id="Chrome"),
        pytest.param(FIREFOX, "text/html; charset=utf-8", "text/html; charset=utf-8", id="Firefox"),
        pytest.param(JAVA, "text/html; charset=utf-8", "text/html; charset=utf-8", id="Java"),
        pytest.param(JENA, JSON, "application/ld+json", id="Jena"),
        pytest.param(RDF4J, JSON, TURTLE, id="RDF4J"),
        pytest.param(COMUNICA, JSON, "application/n-quads", id="Comunica"),
        pytest.param(YASGUI, JSON, TURTLE, id="YASGUI"),
        pytest.param("*/*", JSON, TURTLE, id="curl"),
        pytest.param("*/*;q=0.1", JSON, TURTLE, id="anything, reluctantly"),
        pytest.param("application/json", "application/json", "application/json", id="fetch"),
        pytest.param(f"application/json, {JSON}", JSON, "application/json", id="JSON in full"),
        pytest.param("application/*", JSON, "application/n-triples", id="a family"),
        pytest.param("text/plain", "text/plain; charset=utf-8", "text/plain; charset=utf-8"),
        pytest.param("text/xml", "text/xml; charset=utf-8", "text/xml; charset=utf-8", id="XML"),
        pytest.param("text/turtle;charset=utf-8;version=1.2, text/csv", None, TURTLE),
        pytest.param('application/ld+json;profile="http://x.org/"', None, "application/ld+json"),
        pytest.param(
            "text/n3, text/csv;q=0.1", "text/csv; charset=utf-8", "text/n3; charset=utf-8"
        ),
        pytest.param(f"text/turtle, {XML};q=0.5", XML, TURTLE, id="both kinds with qualities"),
    ],
)
def test_accept_as_it_comes(client, accept, rows, triples):
    for query, expected in ((SELECT, rows), (CONSTRUCT, triples)):
        if expected is not None:
            response = client.get("/sparql", params={"query": query}, headers={"Accept": accept})
            assert (response.status_code, response.headers["content-type"]) == (200, expected)


def test_without_any_accept(address):
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    connection.putrequest("GET", "/sparql?query=ASK%20%7B%7D", skip_accept_encoding=True)
    connection.endheaders()
    response = connection.getresponse()
    assert response.headers["content-type"] == JSON
    assert json.loads(response.read())["boolean"] is True
    connection.close()


@pytest.mark.parametrize("name", ["format", "output"])
@pytest.mark.parametrize(
    ("value", "rows", "triples"),
    [
        ("json", JSON, "application/ld+json"),
        ("xml", XML, "application/rdf+xml"),
        ("tsv", TSV, None),
        ("nt", None, "application/n-triples"),
        ("nquads", None, "application/n-quads"),
        ("trig", None, "application/trig"),
        ("text/csv", "text/csv; charset=utf-8", None),
    ],
)
def test_format_in_the_address_wins(client, name, value, rows, triples):
    for query, expected in ((SELECT, rows), (CONSTRUCT, triples)):
        params = {"query": query, name: value}
        response = client.get("/sparql", params=params, headers={"Accept": "image/png"})
        if expected is None:
            assert response.status_code == 406
        else:
            assert response.headers["content-type"] == expected
            assert "content-disposition" not in response.headers


def test_the_names_sparqlwrapper_sends_together(client):
    params = {"query": SELECT, "format": "json", "output": "json", "results": "json"}
    assert client.get("/sparql", params=params).headers["content-type"] == JSON


@pytest.mark.parametrize("kind", ["application/trig", "application/n-quads"])
def test_triples_in_formats_of_datasets(client, kind):
    response = client.get("/sparql", params={"query": CONSTRUCT}, headers={"Accept": kind})
    quads = list(ox.parse(response.content, ox.RdfFormat.from_media_type(kind)))
    assert quads
    assert {quad.graph_name for quad in quads} == {ox.DefaultGraph()}


def test_nothing_acceptable_is_406_with_the_list(client):
    for query, offer in ((SELECT, JSON), (CONSTRUCT, "application/trig")):
        response = client.get("/sparql", params={"query": query}, headers={"Accept": "image/png"})
        assert response.status_code == 406
        assert offer in response.text


@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
def test_head_on_what_get_can_do(client, path):
    for params in ({}, {"query": SELECT}, {"query": CONSTRUCT}, {"query": "SELECT"}):
        got, head = client.get(path, params=params), client.head(path, params=params)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize("path", ["/sparql", "/sparql/", "/graph-store", "/workspace/sparql"])
def test_options_before_a_request_of_another_origin(client, path):
    asked = {
        "Origin": "https://yasgui.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, x-requested-with",
    }
    response = client.options(path, headers=asked)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == "*"
    assert "POST" in response.headers["access-control-allow-methods"]
    assert response.headers["access-control-allow-headers"] == "content-type, x-requested-with"
    assert {"GET", "HEAD", "OPTIONS"} <= set(response.headers["allow"].split(", "))


def test_options_says_which_bodies_are_read(client):
    headers = client.options("/sparql").headers
    assert headers["accept-query"] == headers["accept-post"]
    assert headers["accept-query"].startswith("application/sparql-query")


def test_options_elsewhere(client):
    asked = {"Access-Control-Request-Method": "GET", "Origin": "https://x.example"}
    assert client.options("/api/v1/questions", headers=asked).status_code == 204


def test_no_header_of_a_client_is_echoed_unread(client):
    asked = {"Access-Control-Request-Headers": "a: b"}
    allowed = client.options("/sparql", headers=asked).headers["access-control-allow-headers"]
    assert "a: b" not in allowed


def test_headers_of_an_answer(client, service):
    response = client.get("/sparql", params={"query": SELECT})
    vary = {each.strip() for each in response.headers["vary"].split(",")}
    assert {"Accept", "Accept-Encoding", "Accept-Language", "Origin"} <= vary
    assert response.headers["mission-kg-release"] == service.release.id
    exposed = response.headers["access-control-expose-headers"]
    for name in ("Mission-KG-Release", "Mission-KG-Limits", "Mission-KG-Cut", "ETag", "Link"):
        assert name in exposed


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods(client, method):
    response = client.request(method, "/sparql")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, POST, QUERY, OPTIONS"


def test_function_that_is_not_known_is_the_querys_fault(client):
    response = client.get("/sparql", params={"query": "SELECT (<http://x.org/f>(1) AS ?x) {}"})
    assert (response.status_code, "http://x.org/f" in response.text) == (400, True)


@pytest.mark.parametrize("encoding", ["identity", "gzip", "zstd"])
def test_an_answer_that_breaks_off_never_looks_whole(client, encoding):
    """Over the limit after the first bytes have left: the connection ends without a last chunk."""
    parts = urlsplit(str(client.base_url))
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f }".replace(" ", "%20")
    headers = {"Accept": "text/csv", "Accept-Encoding": encoding}
    connection.request("GET", f"/sparql?query={query}", headers=headers)
    response = connection.getresponse()
    assert response.status == 200
    with pytest.raises(http.client.IncompleteRead):
        response.read()
    connection.close()
