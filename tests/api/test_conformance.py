"""The page of conformance shows what the shipped report says, no more and no less."""

import re

from rdflib import Graph, Namespace

EARL = Namespace("http://www.w3.org/ns/earl#")


def test_page_counts_what_the_report_holds(client):
    page = client.get("/conformance", headers={"Accept": "text/html"})
    report = client.get("/conformance", headers={"Accept": "text/turtle"})
    graph = Graph().parse(data=report.text, format="turtle")
    passed = len(list(graph.subjects(EARL.outcome, EARL.passed)))
    failed = len(list(graph.subjects(EARL.outcome, EARL.failed)))
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert report.headers["content-type"] == "text/turtle; charset=utf-8"
    assert "Accept" in page.headers["vary"]
    assert passed > 900, "most tests of the W3C pass"
    table = page.text.partition("</table>")[0]
    numbers = [
        [int(n) for n in re.findall(r">(\d+)<", row)] for row in re.findall("<tr><td>.*", table)
    ]
    assert sum(row[0] for row in numbers) == passed + failed
    assert sum(row[1] for row in numbers) == passed
    assert sum(row[2] for row in numbers) == failed


def test_each_failure_has_its_reason(client):
    report = client.get("/conformance?format=turtle", headers={"Accept": "text/html"})
    found = (
        Graph()
        .parse(data=report.text, format="turtle")
        .query(
            """PREFIX earl: <http://www.w3.org/ns/earl#> PREFIX dct: <http://purl.org/dc/terms/>
        SELECT ?test ?reason { [] earl:test ?test ; earl:result ?r . ?r earl:outcome earl:failed
          OPTIONAL { ?r dct:description ?reason } }"""
        )
    )
    assert [str(row.test) for row in found if not row.reason] == []


def test_nothing_else_is_offered(client):
    refused = client.get("/conformance", headers={"Accept": "image/png"})
    assert refused.status_code == 406
    assert "text/turtle" in refused.text


def test_head_says_the_same_without_a_body(client):
    head = client.head("/conformance", headers={"Accept": "text/turtle"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == "text/turtle; charset=utf-8"
