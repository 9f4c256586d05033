"""Updates of SPARQL 1.1 Protocol, section 2.2, behind the token, one transaction each."""

import threading

import httpx
import pytest
from pydantic import SecretStr

from api.settings import Settings
from api.wiring import open_service

TOKEN = "a token for tests, long enough"
QUERY = "/workspace/sparql"
UPDATE = {"Content-Type": "application/sparql-update"}
PEOPLE = """
PREFIX p: <http://x.org/>
INSERT DATA { p:a p:age 1 .
  GRAPH p:one { p:a p:knows p:b } GRAPH p:two { p:b p:knows p:c } }
"""


def run(client, text, **using):
    return client.post("/update", content=text, headers=UPDATE, params=using)


def ask(client, query):
    response = client.post(QUERY, data={"query": query})
    assert response.status_code == 200, response.text
    return response.json()["boolean"]


def rows(client, query):
    found = client.get(QUERY, params={"query": query}).json()["results"]["bindings"]
    return sorted(tuple(cell["value"] for cell in row.values()) for row in found)


@pytest.mark.parametrize("path", ["/update", "/update/", "/workspace/update", QUERY, f"{QUERY}/"])
def test_update_as_form_and_as_text(writer, path):
    assert writer.post(path, data={"update": PEOPLE}).status_code == 204
    assert writer.post(path, content=PEOPLE, headers=UPDATE).status_code == 204
    assert ask(writer, "ASK { <http://x.org/a> <http://x.org/age> 1 }") is True


def test_default_graph_is_no_union(writer):
    run(writer, PEOPLE)
    assert rows(writer, "SELECT ?s { ?s ?p ?o }") == [("http://x.org/a",)]
    assert len(rows(writer, "SELECT ?s { GRAPH ?g { ?s ?p ?o } }")) == 2


def test_query_of_the_release_does_not_see_the_workspace(writer):
    run(writer, PEOPLE)
    seen = writer.get("/sparql", params={"query": "ASK { <http://x.org/a> ?p ?o }"})
    assert seen.json()["boolean"] is False


@pytest.mark.parametrize(
    ("using", "expected"),
    [
        ({"using-graph-uri": "http://x.org/one"}, [("http://x.org/a", "http://x.org/b")]),
        (
            {"using-graph-uri": ["http://x.org/one", "http://x.org/two"]},
            [("http://x.org/a", "http://x.org/b"), ("http://x.org/b", "http://x.org/c")],
        ),
        ({"using-graph-uri": "http://x.org/none"}, []),
        ({"using-named-graph-uri": "http://x.org/one"}, []),
    ],
)
def test_dataset_beside_an_update(writer, using, expected):
    run(writer, PEOPLE)
    copy = """PREFIX p: <http://x.org/> INSERT { GRAPH p:out { ?s p:knows ?o } }
              WHERE { ?s p:knows ?o }"""
    assert run(writer, copy, **using).status_code == 204
    assert rows(writer, "SELECT ?s ?o { GRAPH <http://x.org/out> { ?s ?p ?o } }") == expected


def test_named_graphs_beside_an_update(writer):
    run(writer, PEOPLE)
    copy = "INSERT { ?s <http://x.org/in> ?g } WHERE { GRAPH ?g { ?s ?p ?o } }"
    using = {"using-named-graph-uri": "http://x.org/two"}
    assert run(writer, copy, **using).status_code == 204
    found = rows(writer, "SELECT ?s ?g { ?s <http://x.org/in> ?g }")
    assert found == [("http://x.org/b", "http://x.org/two")]


def test_dataset_beside_delete_where(writer):
    run(writer, PEOPLE)
    using = {"using-graph-uri": "http://x.org/one"}
    removed = run(writer, "DELETE WHERE { ?s <http://x.org/knows> ?o }", **using)
    assert removed.status_code == 204
    # USING says where the pattern looks; what is deleted is in the default graph (3.1.3).
    assert ask(writer, "ASK { GRAPH <http://x.org/one> { ?s ?p ?o } }") is True


@pytest.mark.parametrize(
    "text",
    [
        "INSERT { ?s ?p 1 } USING <http://x.org/one> WHERE { ?s ?p ?o }",
        "WITH <http://x.org/one> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    ],
)
def test_dataset_given_twice_is_refused(writer, text):
    response = run(writer, text, **{"using-named-graph-uri": "http://x.org/two"})
    assert response.status_code == 400
    assert "using-graph-uri" in response.json()["detail"]


@pytest.mark.parametrize(
    ("content_type", "body", "status", "words"),
    [
        ("application/sparql-update", "CLEAR XYZ", 400, "line 1"),
        ("application/sparql-update", "INSERT DATA { <a:a> }", 400, "line 1"),
        ("application/sparql-update", "CLEAR ALL".encode("utf-16"), 400, "UTF-8"),
        ("application/sparql-update; charset=UTF-16", "CLEAR ALL", 400, "utf-16"),
        ("application/x-www-form-urlencoded", "update=CLEAR+ALL&update=CLEAR+ALL", 400, "2 times"),
        ("text/plain", "CLEAR ALL", 415, "application/sparql-update"),
        ("", "update=CLEAR+ALL", 415, "application/sparql-update"),
        ("application/sparql-update", "LOAD <http://127.0.0.1/>", 403, "LOAD"),
        ("application/sparql-update", "LOAD <file:///etc/passwd>", 403, "LOAD"),
        (
            "application/sparql-update",
            "INSERT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
            403,
            "SERVICE",
        ),
        ("application/x-www-form-urlencoded", "update=CLEAR+ALL&default-graph-uri=a:a", 400, "u"),
    ],
)
def test_updates_that_are_not_run(writer, content_type, body, status, words):
    run(writer, PEOPLE)
    response = writer.post(QUERY, content=body, headers={"Content-Type": content_type})
    assert response.status_code == status, response.text
    assert words in response.json()["detail"]
    assert ask(writer, "ASK { <http://x.org/a> ?p ?o }") is True


def test_update_by_get_or_query_is_refused(writer):
    assert writer.get(QUERY, params={"update": "CLEAR ALL"}).status_code == 400
    assert writer.request("QUERY", QUERY, content="CLEAR ALL", headers=UPDATE).status_code == 400
    assert writer.put(QUERY, content="CLEAR ALL", headers=UPDATE).status_code == 405


def test_one_failing_operation_undoes_all(writer):
    text = "INSERT DATA { <a:a> <a:b> 1 } ; CREATE GRAPH <a:g> ; CREATE GRAPH <a:g>"
    assert 400 <= run(writer, text).status_code < 500 or run(writer, text).status_code == 503
    assert ask(writer, "ASK { <a:a> <a:b> 1 }") is False


def test_each_operation_may_begin_with_a_prologue(writer):
    text = "DROP ALL ; PREFIX p: <http://x.org/> INSERT DATA { p:a p:b 1 }"
    assert run(writer, text).status_code == 204
    assert ask(writer, "ASK { <http://x.org/a> <http://x.org/b> 1 }") is True


def test_update_over_its_time_changes_nothing(writer):
    run(writer, PEOPLE)
    many = " ".join(f"<a:{n}> <a:p> {n} ." for n in range(800))
    assert run(writer, f"INSERT DATA {{ {many} }}").status_code == 204
    slow = "DELETE { ?a ?b ?c } WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    stopped = run(writer, slow, timeout="0.5")
    assert stopped.status_code in {400, 503}  # 503: over time
    assert stopped.json()["limit"] in {"query_seconds", "query_memory_bytes"}
    assert stopped.headers["retry-after"]
    # A new process has taken over, with everything as it was.
    assert rows(writer, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == [("801",)]


def test_answers_of_the_workspace_are_kept_by_nobody(writer):
    run(writer, "INSERT DATA { <a:a> <a:b> 1 }")
    first = writer.get(QUERY, params={"query": "SELECT * { ?s ?p ?o }"})
    run(writer, "INSERT DATA { <a:a> <a:b> 2 }")
    second = writer.get(QUERY, params={"query": "SELECT * { ?s ?p ?o }"})
    assert first.headers["cache-control"] == "no-store"
    assert len(second.json()["results"]["bindings"]) == 2


def test_writers_at_the_same_time_lose_nothing(open_address, writer):
    def write(number):
        text = f"INSERT DATA {{ <a:{number}> <a:b> {number} }}"
        with httpx.Client(base_url=open_address, headers=writer.headers, timeout=60) as each:
            assert run(each, text).status_code == 204

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(writer, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == [("20",)]


def test_workspace_describes_itself(writer):
    run(writer, PEOPLE)
    told = writer.get(QUERY).text
    assert "sd:SPARQL11Update" in told
    assert "UnionDefaultGraph" not in told
    assert "<http://x.org/one>" in told


ADDRESSES = [QUERY, "/workspace/update", "/update", "/workspace/graph-store?default"]


@pytest.mark.parametrize("path", ADDRESSES)
def test_without_the_token_nobody_reads_or_writes(stranger, path):
    for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}):
        response = stranger.get(path, headers=headers)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == 'Bearer realm="workspace"'
    wrong = stranger.post(path, data={"update": "CLEAR ALL"}, headers={"Authorization": "Bearer x"})
    assert wrong.status_code == 401
    assert 'error="invalid_token"' in wrong.headers["www-authenticate"]


@pytest.mark.parametrize("path", ADDRESSES)
def test_workspace_that_is_not_open(client, path):
    response = client.post(path, data={"update": "CLEAR ALL"})
    assert response.status_code == 403
    assert "MISSION_KG_WRITE_TOKEN" in response.json()["detail"]


def test_body_over_its_limit(open_home, served):
    settings = Settings(home=open_home, write_token=SecretStr(TOKEN), workspace_bytes=2000)
    headers = {"Authorization": f"Bearer {TOKEN}", **UPDATE}
    # No other server may have the workspace open, and none is needed to refuse.
    with served(open_service(settings)) as base, httpx.Client(base_url=base) as client:
        refused = client.post("/update", content="#" * 3000, headers=headers)
    assert (refused.status_code, refused.json()["limit"]) == (413, "workspace_bytes")
