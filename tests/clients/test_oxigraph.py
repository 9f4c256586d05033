"""Federation: pyoxigraph and an Oxigraph server ask us by SERVICE."""

import httpx
import pyoxigraph as ox
import pytest


def federated(sparql, names_query, local=""):
    prefixes, _, rest = names_query.partition("SELECT")
    inner = rest.partition("WHERE")[2]
    return f"{prefixes} SELECT ?initiative ?name WHERE {{ {local} SERVICE <{sparql}> {inner} }}"


@pytest.mark.parametrize("slash", ["", "/"])
def test_pyoxigraph(sparql, slash, names, names_query):
    rows = ox.Store().query(federated(sparql + slash, names_query))
    assert {(row["initiative"].value, row["name"].value) for row in rows} == names


def test_pyoxigraph_joins_its_own_data_with_ours(sparql, names, names_query):
    store = ox.Store()
    initiative, _ = min(names)
    node = ox.NamedNode("urn:mine")
    store.add(ox.Quad(node, ox.NamedNode("urn:likes"), ox.NamedNode(initiative)))
    rows = store.query(federated(sparql, names_query, "<urn:mine> <urn:likes> ?initiative ."))
    assert {(row["initiative"].value, row["name"].value) for row in rows} == {
        each for each in names if each[0] == initiative
    }


@pytest.mark.parametrize(
    "accept", ["application/sparql-results+json", "application/sparql-results+xml", "text/csv"]
)
def test_oxigraph_server(oxigraph_server, sparql, names, names_query, accept):
    answer = httpx.post(
        oxigraph_server.query,
        content=federated(sparql, names_query),
        headers={"Content-Type": "application/sparql-query", "Accept": accept},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    for initiative, _ in names:
        assert initiative in answer.text


def test_a_fault_of_ours_reaches_who_asked(oxigraph_server, sparql):
    answer = httpx.post(
        oxigraph_server.query,
        content=f"SELECT * {{ SERVICE <{sparql}-not-here> {{ ?s ?p ?o }} }}",
        headers={"Content-Type": "application/sparql-query"},
        timeout=30,
    )
    assert "404" in answer.text
