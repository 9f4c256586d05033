import csv
import io
import json

import httpx
import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import JSON, TURTLE, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

MKG = "https://w3id.org/mission-kg/ontology#"
SELECT = f"SELECT ?case WHERE {{ ?case a <{MKG}Case> }} ORDER BY ?case LIMIT 3"
ASK = f"ASK {{ ?case a <{MKG}Case> }}"
CONSTRUCT = f"CONSTRUCT {{ ?case a <{MKG}Case> }} WHERE {{ ?case a <{MKG}Case> }} LIMIT 3"
RESULT_TYPES = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
}
GRAPH_TYPES = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
}


def plain_type(response: httpx.Response) -> str:
    return response.headers["content-type"].partition(";")[0]


@pytest.mark.parametrize("media_type", RESULT_TYPES)
def test_rows_in_every_format(client, media_type):
    response = client.get("/sparql", params={"query": SELECT}, headers={"Accept": media_type})
    assert (response.status_code, plain_type(response)) == (200, media_type)
    rows = list(ox.parse_query_results(response.content, RESULT_TYPES[media_type]))
    assert len(rows) == 3
    assert all("/id/case/" in row["case"].value for row in rows)


def test_rows_as_csv(client):
    response = client.get("/sparql", params={"query": SELECT}, headers={"Accept": "text/csv"})
    assert plain_type(response) == "text/csv"
    assert len(list(csv.DictReader(io.StringIO(response.text)))) == 3


@pytest.mark.parametrize("media_type", GRAPH_TYPES)
def test_triples_in_every_format(client, media_type):
    response = client.get("/sparql", params={"query": CONSTRUCT}, headers={"Accept": media_type})
    assert (response.status_code, plain_type(response)) == (200, media_type)
    quads = list(ox.parse(response.content, GRAPH_TYPES[media_type]))
    assert len(quads) == 3


def test_defaults_without_accept(client):
    accept = {"Accept": "*/*"}
    assert client.get("/sparql", params={"query": ASK}, headers=accept).json()["boolean"] is True
    response = client.get("/sparql", params={"query": CONSTRUCT}, headers=accept)
    assert plain_type(response) == "text/turtle"


@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
def test_three_ways_to_send_a_query_agree(client, path):
    by_get = client.get(path, params={"query": SELECT})
    by_form = client.post(path, data={"query": SELECT})
    by_text = client.post(
        path, content=SELECT, headers={"Content-Type": "application/sparql-query; charset=UTF-8"}
    )
    assert by_get.status_code == by_form.status_code == by_text.status_code == 200
    assert by_get.json() == by_form.json() == by_text.json()


def test_head_has_the_headers_of_get(client):
    response = client.head("/sparql", params={"query": SELECT})
    assert (response.status_code, response.content) == (200, b"")
    assert plain_type(response) == "application/sparql-results+json"
    assert int(response.headers["content-length"]) > 0


def test_browser_gets_a_table_and_downloads(client):
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    response = client.get("/sparql", params={"query": SELECT}, headers=browser)
    assert plain_type(response) == "text/html"
    assert response.text.count("/page/") == 3
    assert "format=csv" in response.text
    assert "<script" not in response.text
    form = client.get("/sparql", headers=browser)
    assert form.status_code == 200
    assert "<textarea" in form.text
    assert "Yes" in client.get("/sparql", params={"query": ASK}, headers=browser).text
    graph = client.get("/sparql", params={"query": CONSTRUCT}, headers=browser).text
    assert "3 triples" in graph


def test_page_shows_no_more_rows_than_its_limit(serve_with):
    with serve_with(page_rows=2) as client:
        page = client.get("/sparql", params={"query": SELECT, "format": "html"}).text
    assert page.count("/page/") == 2
    assert "More than this page shows" in page


def test_markup_in_data_is_shown_as_text(client):
    query = 'SELECT ("<script>alert(1)</script>" AS ?x) {}'
    page = client.get("/sparql", params={"query": query, "format": "html"}).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("request_parts", "status", "slug", "words"),
    [
        pytest.param({"params": {"query": "SELECT *\nWHERE { ?s"}}, 400, "query-syntax", "line 2"),
        pytest.param({"params": {"x": "1"}}, 400, "bad-request", "query is missing"),
        pytest.param({"params": [("query", ASK), ("query", ASK)]}, 400, "bad-request", "2 times"),
        pytest.param(
            {"params": {"query": "SELECT * { SERVICE <http://x.org/> { ?s ?p ?o } }"}},
            403,
            "query-forbidden",
            "SERVICE",
        ),
        pytest.param(
            {"params": {"query": "INSERT DATA { <a:b> <a:b> 1 }"}}, 400, "query-fault", ""
        ),
        pytest.param({"params": {"update": "CLEAR ALL"}}, 400, "bad-request", "by POST"),
        pytest.param(
            {"params": {"query": ASK, "format": "xlsx"}}, 406, "not-acceptable", "format=json"
        ),
        pytest.param({"params": {"query": CONSTRUCT, "format": "csv"}}, 406, "not-acceptable", ""),
    ],
)
def test_errors_by_get(client, request_parts, status, slug, words):
    response = client.get("/sparql", **request_parts)
    problem = response.json()
    assert plain_type(response) == "application/problem+json"
    assert (response.status_code, problem["status"]) == (status, status)
    assert problem["type"].endswith(f"/problem/{slug}")
    assert words in problem["detail"]


def test_syntax_error_has_line_and_column(client):
    query = "SELECT ?s\nWHERE }"
    problem = client.get("/sparql", params={"query": query}).json()
    assert (problem["line"], problem["column"]) == (2, 7)


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/sparql-update", "CLEAR ALL", 403),
        ("application/x-www-form-urlencoded", "update=CLEAR+ALL", 403),
        ("text/plain", SELECT, 415),
        ("", SELECT, 415),
        ("application/sparql-query", b"ASK { ?s ?p '\xff' }", 400),
        ("application/sparql-query; charset=latin-1", SELECT, 400),
        ("application/x-www-form-urlencoded", b"query=ASK%FF", 400),
        ("application/x-www-form-urlencoded", b"query=\xff", 400),
    ],
)
def test_errors_by_post(client, content_type, body, status):
    response = client.post("/sparql", content=body, headers={"Content-Type": content_type})
    assert response.status_code == status
    assert plain_type(response) == "application/problem+json"


def test_unacceptable_type_is_406_with_the_list(client):
    response = client.get("/sparql", params={"query": SELECT}, headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert response.text.startswith("No such format here: ")
    assert "application/sparql-results+json" in response.text


def test_errors_in_the_form_the_client_reads(client):
    bad = {"query": "SELECT"}
    as_text = client.get("/sparql", params=bad, headers={"Accept": "text/csv"})
    assert plain_type(as_text) == "text/plain"
    assert as_text.text.startswith("The query is not valid SPARQL (line 1")
    as_page = client.get("/sparql", params=bad, headers={"Accept": "text/html"})
    assert plain_type(as_page) == "text/html"
    assert "<textarea" in as_page.text
    wants_results = {"Accept": "application/sparql-results+json"}
    as_json = client.get("/sparql", params=bad, headers=wants_results)
    assert plain_type(as_json) == "application/problem+json"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(client, method):
    response = client.request(method, "/sparql")
    assert response.status_code == 405
    assert "GET" in response.headers["allow"]


def test_limits_are_named(serve_with):
    with serve_with(answer_bytes=1500, request_bytes=2000, url_bytes=1000) as client:
        everything = client.get("/sparql", params={"query": "SELECT * { ?s ?p ?o }"})
        assert (everything.status_code, everything.json()["limit"]) == (403, "answer_bytes")
        body = client.post("/sparql", data={"query": "#" * 3000})
        assert (body.status_code, body.json()["limit"]) == (413, "request_bytes")
        address = client.get("/sparql", params={"query": "#" * 2000})
        assert (address.status_code, address.json()["limit"]) == (414, "url_bytes")


def test_time_limit_is_503_with_retry_after(serve_with):
    slow = (
        f"SELECT (COUNT(*) AS ?n) {{ ?a a <{MKG}Case> . ?b a <{MKG}Claim> . ?c a <{MKG}Country> . "
        "FILTER(STRLEN(STR(?a)) > STRLEN(STR(?b))) } "
    )
    with serve_with(query_seconds=0.05) as client:
        response = client.get("/sparql", params={"query": slow})
        assert response.status_code == 503
        assert response.headers["retry-after"]
        assert response.json()["limit"] == "query_seconds"


def test_default_graph_is_the_union_of_named_graphs(client):
    claims = f"?claim a <{MKG}Claim> ; <{MKG}hasEvidence> ?segment . ?segment ?p ?source"
    across = f"ASK {{ {claims} . ?source a ?kind }}"
    assert client.get("/sparql", params={"query": across}).json()["boolean"] is True
    inside = f"ASK {{ GRAPH ?g {{ {claims} . ?source a ?kind . ?claim ?r ?source }} }}"
    assert client.get("/sparql", params={"query": inside}).json()["boolean"] is False


def test_sparqlwrapper(address):
    client = SPARQLWrapper(f"{address}/sparql")
    client.setQuery(SELECT)
    client.setReturnFormat(JSON)
    assert len(client.queryAndConvert()["results"]["bindings"]) == 3
    client.setMethod("POST")
    assert len(client.queryAndConvert()["results"]["bindings"]) == 3
    client.setQuery(CONSTRUCT)
    client.setReturnFormat(TURTLE)
    graph = rdflib.Graph().parse(data=client.queryAndConvert(), format="turtle")
    assert len(graph) == 3


def test_sparqlwrapper_shows_what_is_wrong(address):
    client = SPARQLWrapper(f"{address}/sparql")
    client.setQuery("SELECT WHERE")
    with pytest.raises(QueryBadFormed, match="line 1"):
        client.query()


def test_rdflib_store(address):
    graph = rdflib.Graph(SPARQLStore(f"{address}/sparql"))
    cases = list(graph.subjects(rdflib.RDF.type, rdflib.URIRef(f"{MKG}Case")))
    assert len(cases) == len(set(cases)) > 3


TEXT = st.text(max_size=80)
FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "SELECT",
            "*",
            "ASK",
            "{",
            "}",
            "?s",
            "a",
            "<",
            ">",
            '"',
            "\\",
            "FILTER(",
            ")",
            "\x00",
            "#",
        ]
    ),
    max_size=12,
).map(" ".join)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(query=TEXT | FRAGMENTS, accept=st.sampled_from(["*/*", "text/html", "text/csv", "x"]))
def test_no_query_text_breaks_the_service(address, query, accept):
    response = httpx.post(f"{address}/sparql", data={"query": query}, headers={"Accept": accept})
    assert response.status_code in {200, 400, 403, 406}


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=60), kind=st.sampled_from(["x-www-form-urlencoded", "sparql-query"]))
def test_no_body_breaks_the_service(address, body, kind):
    headers = {"Content-Type": f"application/{kind}"}
    response = httpx.post(f"{address}/sparql", content=body, headers=headers)
    assert response.status_code in {200, 400, 403}


@settings(max_examples=80, deadline=None)
@given(pairs=st.lists(st.tuples(TEXT, TEXT), max_size=4))
def test_no_parameters_break_the_service(address, pairs):
    response = httpx.get(f"{address}/sparql", params=[("x", ""), *pairs])
    assert response.status_code in {200, 400, 403, 406}
    json.loads(response.text)
