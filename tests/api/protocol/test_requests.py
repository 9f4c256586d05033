"""Requests of SPARQL 1.1 Protocol, sections 2.1.1 to 2.1.4, and of the drafts of 1.2."""

import pytest

MKG = "https://w3id.org/mission-kg/ontology#"
ASSERTED = "https://w3id.org/mission-kg/graph/asserted"
ONTOLOGY = "https://w3id.org/mission-kg/graph/ontology"
QUERY = "application/sparql-query"
FORM = "application/x-www-form-urlencoded"
IS_CLASS = f"ASK {{ <{MKG}Case> a <http://www.w3.org/2002/07/owl#Class> }}"
HAS_CASE = f"ASK {{ ?case a <{MKG}Case> }}"


def truth(response):
    assert response.status_code == 200, response.text
    return response.json()["boolean"]


def ask(client, query, **dataset):
    return truth(client.get("/sparql", params={"query": query, **dataset}))


@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
@pytest.mark.parametrize("kind", [QUERY, f"{QUERY}; charset=UTF-8", f"{QUERY};version=1.2"])
def test_method_query_reads_a_body(client, path, kind):
    response = client.request("QUERY", path, content=HAS_CASE, headers={"Content-Type": kind})
    assert truth(response) is True


def test_method_query_reads_a_form(client):
    headers = {"Content-Type": FORM}
    response = client.request("QUERY", "/sparql", content="query=ASK%20%7B%7D", headers=headers)
    assert truth(response) is True


def test_dataset_stands_in_the_address_of_a_direct_query(client):
    headers = {"Content-Type": QUERY}
    for graph, expected in ((ASSERTED, False), (ONTOLOGY, True)):
        params = {"default-graph-uri": graph}
        response = client.post("/sparql", params=params, content=IS_CLASS, headers=headers)
        assert truth(response) is expected


def test_dataset_of_a_form_stands_in_form_or_address(client):
    in_form = {"query": IS_CLASS, "default-graph-uri": ASSERTED}
    assert truth(client.post("/sparql", data=in_form)) is False
    in_address = {"default-graph-uri": ASSERTED}
    assert truth(client.post("/sparql", params=in_address, data={"query": IS_CLASS})) is False


def test_several_default_graphs_are_merged(client):
    both = f"ASK {{ ?case a <{MKG}Case> . <{MKG}Case> a <http://www.w3.org/2002/07/owl#Class> }}"
    assert ask(client, both, **{"default-graph-uri": [ASSERTED, ONTOLOGY]}) is True
    assert ask(client, both, **{"default-graph-uri": [ASSERTED]}) is False


def test_named_graphs_alone_leave_the_default_graph_empty(client):
    named = {"named-graph-uri": ASSERTED}
    assert ask(client, "ASK { ?s ?p ?o }", **named) is False
    assert ask(client, f"ASK {{ GRAPH ?g {{ ?case a <{MKG}Case> }} }}", **named) is True
    assert ask(client, f"ASK {{ GRAPH <{ONTOLOGY}> {{ ?s ?p ?o }} }}", **named) is False


def test_default_graph_alone_leaves_no_named_graph(client):
    query = "ASK { GRAPH ?g { ?s ?p ?o } }"
    assert ask(client, query, **{"default-graph-uri": ASSERTED}) is False


def test_protocol_dataset_overrides_from(client):
    query = f"ASK FROM <{ONTOLOGY}> {{ <{MKG}Case> a <http://www.w3.org/2002/07/owl#Class> }}"
    assert ask(client, query) is True
    assert ask(client, query, **{"default-graph-uri": ASSERTED}) is False


def test_unknown_graph_is_empty(client):
    missing = {"default-graph-uri": "http://kasei.us/2009/09/sparql/data/data0.rdf"}
    assert ask(client, "ASK { ?s ?p ?o }", **missing) is False
    assert ask(client, "ASK {}", **missing) is True


def test_relative_iris_are_read_against_the_base_of_the_graph(client):
    assert ask(client, "ASK { ?case a <ontology#Case> }") is True
    assert ask(client, "BASE <http://x.org/> ASK { ?case a <ontology#Case> }") is False


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.2-basic"])
def test_version_is_taken(client, version):
    assert ask(client, "ASK {}", version=version) is True


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"query": "ASK {}", "version": "2.0"}, "version=2.0"),
        ({"query": ["ASK {}", "ASK {}"]}, "2 times"),
        ({"query": "ASK {}", "using-graph-uri": "http://x.org/"}, "using-graph-uri"),
        ({"query": "ASK {}", "default-graph-uri": "relative"}, "relative"),
        ({"query": "ASK {}", "timeout": "soon"}, "timeout=soon"),
        ({"query": "ASK {}", "timeout": "-1"}, "timeout=-1"),
        ({"query": "ASK {}", "timeout": "nan"}, "timeout=nan"),
        ({"query": "ASK {}", "max-rows": "0"}, "max-rows=0"),
        ({"query": ""}, "line 1"),
        ({"unknown": "x"}, "query is missing"),
        ({"update": "CLEAR ALL"}, "by POST"),
    ],
)
def test_what_cannot_be_read_is_named(client, params, words):
    response = client.get("/sparql", params=params)
    assert response.status_code == 400
    assert words in response.json()["detail"]


@pytest.mark.parametrize(
    ("kind", "body", "status", "words"),
    [
        (QUERY, "ASK {}".encode("utf-16"), 400, "UTF-8"),
        (f"{QUERY}; charset=UTF-16", "ASK {}", 400, "utf-16"),
        (FORM, b"query=\xff", 400, "UTF-8"),
        (FORM, "query=ASK%FF", 400, "UTF-8"),
        (FORM, "query=ASK+%7B%7D&query=ASK+%7B%7D", 400, "2 times"),
        (FORM, "query=ASK+%7B%7D&update=CLEAR+ALL", 400, "Both"),
        (FORM, "x=1", 400, "query is missing"),
        (f"{QUERY};version=9", "ASK {}", 400, "version=9"),
        ("text/plain", "ASK {}", 415, QUERY),
        ("application/json", "{}", 415, QUERY),
        ("", "ASK {}", 415, QUERY),
        (";;;", "ASK {}", 415, QUERY),
        (FORM, "update=CLEAR+ALL", 403, "/workspace"),
        ("application/sparql-update", "CLEAR ALL", 403, "/workspace"),
    ],
)
def test_bodies_that_are_not_taken(client, kind, body, status, words):
    response = client.post("/sparql", content=body, headers={"Content-Type": kind})
    assert response.status_code == status
    assert words in response.json()["detail"]


def test_query_in_address_and_body_is_one_too_many(client):
    headers = {"Content-Type": QUERY}
    params = {"query": "ASK {}"}
    response = client.post("/sparql", params=params, content="ASK {}", headers=headers)
    assert response.status_code == 400


def test_a_caller_may_ask_for_less(client):
    everything = "SELECT * { ?s ?p ?o }"
    fewer = client.get("/sparql", params={"query": everything, "max-rows": 3})
    assert len(fewer.json()["results"]["bindings"]) == 3
    assert fewer.headers["mission-kg-cut"] == "rows"
    assert "rows=3" in fewer.headers["mission-kg-limits"]
    slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    stopped = client.get("/sparql", params={"query": slow, "timeout": 0.2})
    assert (stopped.status_code, stopped.json()["value"]) == (503, 0.2)
    assert stopped.headers["retry-after"]


def test_a_caller_cannot_ask_for_more(client):
    params = {"query": "ASK {}", "timeout": 1e9, "max-rows": 1e12}
    told = client.get("/sparql", params=params).headers["mission-kg-limits"]
    assert told == client.get("/sparql?query=ASK{}").headers["mission-kg-limits"]
