"""SPARQLWrapper: the client that most Python code uses."""

import csv
import io

import pytest
from rdflib import RDFS, Graph
from SPARQLWrapper import (
    CSV,
    JSON,
    JSONLD,
    N3,
    POST,
    POSTDIRECTLY,
    RDFXML,
    TSV,
    TURTLE,
    URLENCODED,
    XML,
    SPARQLWrapper,
)
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed, Unauthorized, URITooLong

pytestmark = [
    pytest.mark.usefixtures("forgetful"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

CONSTRUCT = (
    "CONSTRUCT { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?name } WHERE "
    "{ ?s a <https://w3id.org/mission-kg/ontology#MissionInitiative> ; "
    "<http://www.w3.org/2000/01/rdf-schema#label> ?name }"
)


def client(address, query, kind=JSON):
    wrapper = SPARQLWrapper(address)
    wrapper.setQuery(query)
    wrapper.setReturnFormat(kind)
    wrapper.setTimeout(30)
    return wrapper


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    ("method", "request_method"),
    [("GET", URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY)],
    ids=["get", "form", "direct"],
)
def test_select_in_json(sparql, slash, names, names_query, method, request_method):
    wrapper = client(sparql + slash, names_query)
    wrapper.setMethod(method)
    wrapper.setRequestMethod(request_method)
    rows = wrapper.queryAndConvert()["results"]["bindings"]
    assert {(row["initiative"]["value"], row["name"]["value"]) for row in rows} == names


def test_select_in_xml(sparql, names, names_query):
    document = client(sparql, names_query, XML).queryAndConvert()
    assert len(document.getElementsByTagName("result")) == len(names)


@pytest.mark.parametrize(("kind", "dialect"), [(CSV, "excel"), (TSV, "excel-tab")])
def test_select_in_csv_and_tsv(sparql, names, names_query, kind, dialect):
    text = client(sparql, names_query, kind).queryAndConvert().decode()
    head, *rows = csv.reader(io.StringIO(text), dialect)
    assert [each.lstrip("?") for each in head] == ["initiative", "name"]
    assert {row[0].strip("<>") for row in rows} == {initiative for initiative, _ in names}


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.parametrize("kind", [TURTLE, N3, RDFXML, JSONLD, XML])
def test_construct_in_each_format(sparql, names, kind):
    got = client(sparql, CONSTRUCT, kind).queryAndConvert()
    graph = got if isinstance(got, Graph) else Graph().parse(data=got, format="turtle")
    assert {(str(s), str(o)) for s, o in graph.subject_objects(RDFS.label)} == names


def test_describe(sparql, names):
    initiative, name = min(names)
    got = client(sparql, f"DESCRIBE <{initiative}>", TURTLE).queryAndConvert()
    assert name in {str(each) for each in Graph().parse(data=got).objects(None, RDFS.label)}


@pytest.mark.parametrize(("pattern", "truth"), [("", True), ("?s <urn:nothing:here> ?o", False)])
def test_ask(sparql, pattern, truth):
    assert client(sparql, f"ASK {{ {pattern} }}").queryAndConvert()["boolean"] is truth


def test_dataset_in_the_protocol(sparql):
    wrapper = client(sparql, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    whole = int(wrapper.queryAndConvert()["results"]["bindings"][0]["n"]["value"])
    wrapper.addParameter("default-graph-uri", "https://w3id.org/mission-kg/graph/inferred")
    part = int(wrapper.queryAndConvert()["results"]["bindings"][0]["n"]["value"])
    assert 0 < part < whole


def test_errors_arrive_as_the_client_names_them(base, sparql):
    with pytest.raises(QueryBadFormed, match="line"):
        client(sparql, "SELECT * {").query()
    with pytest.raises(URITooLong):
        client(sparql, f"ASK {{}} # {'x' * 40_000}").query()
    with pytest.raises(Unauthorized):
        client(f"{base}/workspace/sparql", "ASK {}").query()


def test_update_of_the_workspace(base, token):
    def workspace(path, text):
        wrapper = client(f"{base}/workspace/{path}", text)
        wrapper.addCustomHttpHeader("Authorization", f"Bearer {token}")
        return wrapper

    update = workspace("update", "INSERT DATA { <urn:w> <urn:by> 'SPARQLWrapper' }")
    update.setMethod(POST)
    for request_method in (URLENCODED, POSTDIRECTLY):
        update.setRequestMethod(request_method)
        update.query()
    asked = workspace("sparql", "ASK { <urn:w> <urn:by> 'SPARQLWrapper' }")
    assert asked.queryAndConvert()["boolean"] is True
