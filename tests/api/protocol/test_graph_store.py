"""Graph Store Protocol: the release to read, the workspace to read and write."""

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.compare import isomorphic

ASSERTED = "https://w3id.org/mission-kg/graph/asserted"
STORE = "/workspace/graph-store"
NAMED = {"graph": "http://x.org/g"}
TURTLE = {"Content-Type": "text/turtle"}
TEXT = '<> a <#Thing> ; <#says> "hei"@no, [ <#p> 2 ] .'


def graph(response, form="turtle"):
    assert response.status_code == 200, response.text
    return rdflib.Graph().parse(data=response.content, format=form)


def as_sent(text, base):
    return rdflib.Graph().parse(data=text, format="turtle", publicID=base)


def test_release_gives_its_graphs(client, service):
    got = graph(client.get("/graph-store", params={"graph": ASSERTED}))
    assert len(got) == service.release.manifest.graphs[ASSERTED]
    head = client.head("/graph-store", params={"graph": ASSERTED})
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    "accept",
    [
        "application/n-triples",
        "application/rdf+xml",
        "application/ld+json",
        "application/trig",
        "application/n-quads",
    ],
)
def test_release_in_every_format(client, service, accept):
    params = {"graph": "https://w3id.org/mission-kg/graph/claims/agents"}
    response = client.get("/graph-store", params=params, headers={"Accept": accept})
    assert response.headers["content-type"] == accept
    found = list(ox.parse(response.content, ox.RdfFormat.from_media_type(accept)))
    assert len(found) == service.release.manifest.graphs[params["graph"]]


def test_release_default_graph_is_the_union(client):
    rows = graph(client.get("/graph-store", params={"default": "", "max-rows": 9}))
    assert len(rows) > 1000


def test_release_has_no_such_graph(client):
    response = client.get("/graph-store", params={"graph": "http://x.org/none"})
    assert (response.status_code, response.json()["status"]) == (404, 404)


def test_release_without_a_name_lists_its_graphs(client):
    assert ASSERTED in client.get("/graph-store").text


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_release_never_changes(client, method):
    response = client.request(method, "/graph-store", params=NAMED, content=TEXT, headers=TURTLE)
    assert response.status_code == 403
    assert "/workspace/graph-store" in response.json()["detail"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"graph": "relative"}, "relative"),
        ({"graph": "http://x.org/a b"}, "a b"),
        ({"graph": "http://x.org/", "default": ""}, "one graph"),
        ({"graph": ["http://x.org/", "http://y.org/"]}, "2 times"),
        ({"grahp": "http://x.org/"}, "grahp"),
    ],
)
def test_names_that_name_nothing(client, params, words):
    response = client.get("/graph-store", params=params)
    assert response.status_code == 400
    assert words in response.json()["detail"]


def test_put_get_and_delete(writer):
    assert writer.get(STORE, params=NAMED).status_code == 404
    assert writer.put(STORE, params=NAMED, content=TEXT, headers=TURTLE).status_code == 201
    assert isomorphic(graph(writer.get(STORE, params=NAMED)), as_sent(TEXT, NAMED["graph"]))
    other = "<> <#p> <#q> ."
    assert writer.put(STORE, params=NAMED, content=other, headers=TURTLE).status_code == 204
    assert isomorphic(graph(writer.get(STORE, params=NAMED)), as_sent(other, NAMED["graph"]))
    assert writer.head(STORE, params=NAMED).status_code == 200
    assert writer.delete(STORE, params=NAMED).status_code == 204
    assert writer.delete(STORE, params=NAMED).status_code == 404
    assert writer.head(STORE, params=NAMED).status_code == 404


def test_empty_graph_is_a_graph(writer):
    assert writer.put(STORE, params=NAMED, content="", headers=TURTLE).status_code == 201
    assert len(graph(writer.get(STORE, params=NAMED))) == 0
    assert writer.post(STORE, params=NAMED, content="", headers=TURTLE).status_code == 204


def test_post_adds_and_keeps_blank_nodes_apart(writer):
    text = "_:same <http://x.org/p> 1 ."
    assert writer.post(STORE, params=NAMED, content=text, headers=TURTLE).status_code == 201
    assert writer.post(STORE, params=NAMED, content=text, headers=TURTLE).status_code == 204
    assert len(set(graph(writer.get(STORE, params=NAMED)).subjects())) == 2


def test_post_without_a_name_makes_one(writer):
    response = writer.post(STORE, content=TEXT, headers=TURTLE)
    assert response.status_code == 201
    made = response.headers["location"]
    for got in (writer.get(made), writer.get(STORE, params={"graph": made})):
        assert isomorphic(graph(got), as_sent(TEXT, made))


def test_address_below_the_store_names_a_graph(writer, open_address):
    name = f"{open_address}{STORE}/persons/%C3%A5se.ttl"
    assert writer.put(name, content=TEXT, headers=TURTLE).status_code == 201
    assert isomorphic(graph(writer.get(STORE, params={"graph": name})), as_sent(TEXT, name))
    assert writer.delete(name).status_code == 204


def test_name_is_decoded_once(writer):
    for part in ("%31", "%2531"):
        address = f"{STORE}?graph=http://x.org/{part}"
        assert writer.put(address, content=TEXT, headers=TURTLE).status_code == 201
    assert writer.get(f"{STORE}?graph=http://x.org/1").status_code == 200


def test_default_graph_of_the_workspace_is_its_own(writer):
    writer.put(STORE, params=NAMED, content=TEXT, headers=TURTLE)
    assert len(graph(writer.get(STORE, params={"default": ""}))) == 0
    params = {"default": ""}
    sent = writer.put(STORE, params=params, content="<a:a> <a:b> 1 .", headers=TURTLE)
    assert sent.status_code == 204
    assert len(graph(writer.get(STORE, params=params))) == 1
    assert writer.delete(STORE, params=params).status_code == 204


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/turtle; charset=utf-8", "<a:a> <a:b> <a:c> ."),
        ("application/n-triples", "<a:a> <a:b> <a:c> ."),
        ("text/plain", "<a:a> <a:b> <a:c> ."),
        ("application/n-quads", "<a:a> <a:b> <a:c> ."),
        ("application/trig", "<a:a> <a:b> <a:c> ."),
        ("application/ld+json", '{"@id": "a:a", "a:b": {"@id": "a:c"}}'),
        (
            "application/rdf+xml",
            '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="a:">'
            '<r:Description r:about="a:a"><x:b r:resource="a:c"/></r:Description></r:RDF>',
        ),
    ],
)
def test_every_format_is_read(writer, kind, body):
    headers = {"Content-Type": kind}
    assert writer.put(STORE, params=NAMED, content=body, headers=headers).status_code == 201
    got = graph(writer.get(STORE, params=NAMED, headers={"Accept": "application/n-triples"}), "nt")
    assert [tuple(map(str, each)) for each in got] == [("a:a", "a:b", "a:c")]


def test_files_of_a_form_are_added_together(writer):
    files = [
        ("one", ("one.ttl", b"<a:a> <a:b> 1 .", "text/turtle")),
        ("two", ("two.nt", b"<a:a> <a:b> <a:c> .", "application/n-triples; charset=utf-8")),
    ]
    assert writer.post(STORE, params=NAMED, files=files).status_code == 201
    assert len(graph(writer.get(STORE, params=NAMED))) == 2


@pytest.mark.parametrize(
    ("kind", "body", "status", "words"),
    [
        ("text/turtle", "<a:a> <a:b> ", 400, "Turtle"),
        ("application/n-quads", "<a:a> <a:b> 1 .", 400, ""),
        ("application/n-quads", "<a:a> <a:b> <a:c> <a:g> .", 400, "named graph"),
        ("application/ld+json", '{"@context": "http://127.0.0.1/"}', 400, ""),
        ("text/csv", "a,b", 415, "text/turtle"),
        ("", "<a:a> <a:b> 1 .", 415, "Content-Type"),
        ("multipart/form-data", "x", 400, "form"),
        ("multipart/form-data; boundary=b", "--b--", 400, "no file"),
        ("text/turtle; charset=utf-16", "", 400, "utf-16"),
    ],
)
def test_what_is_no_graph_changes_nothing(writer, kind, body, status, words):
    writer.put(STORE, params=NAMED, content=TEXT, headers=TURTLE)
    sent = writer.put(STORE, params=NAMED, content=body, headers={"Content-Type": kind})
    assert sent.status_code == status
    assert words.lower() in sent.json()["detail"].lower()
    assert isomorphic(graph(writer.get(STORE, params=NAMED)), as_sent(TEXT, NAMED["graph"]))


def test_syntax_error_has_line_and_column(writer):
    sent = writer.put(STORE, params=NAMED, content="<a:a> <a:b>\n  ] .", headers=TURTLE)
    assert (sent.json()["line"], sent.json()["column"]) == (2, 3)


def test_conditions(writer):
    new = {**TURTLE, "If-None-Match": "*"}
    assert writer.put(STORE, params=NAMED, content=TEXT, headers=new).status_code == 201
    assert writer.put(STORE, params=NAMED, content=TEXT, headers=new).status_code == 412
    tag = writer.get(STORE, params=NAMED).headers["etag"]
    known = writer.get(STORE, params=NAMED, headers={"If-None-Match": tag})
    assert (known.status_code, known.content) == (304, b"")
    same = {**TURTLE, "If-Match": tag}
    assert writer.put(STORE, params=NAMED, content="", headers=same).status_code == 204
    assert writer.put(STORE, params=NAMED, content=TEXT, headers=same).status_code == 412
    assert writer.delete(STORE, params=NAMED, headers={"If-Match": tag}).status_code == 412
    assert len(graph(writer.get(STORE, params=NAMED))) == 0
