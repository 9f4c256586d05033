"""Every kind of IRI answers, and no page leads into nothing."""

import re
from html import unescape

import pytest

from ontology.names import BASE, ID, KINDS, VOCAB

HTML = {"Accept": "text/html"}
MOST = 12
"""Links followed per page: the crawl stays a sample."""


def one_of_each_kind(service):
    rows = service.store.select(
        f"SELECT ?kind (MIN(?x) AS ?one) {{ SELECT DISTINCT ?kind ?x {{ ?x a ?c "
        f'FILTER(STRSTARTS(STR(?x), "{ID}")) BIND(STRBEFORE(STRAFTER(STR(?x), "/id/"), "/") '
        "AS ?kind) } } GROUP BY ?kind"
    ).rows
    return {kind.value: str(one.value) for kind, one in rows}


def internal(page):
    found = dict.fromkeys(unescape(href) for href in re.findall(r'href="(/[^"]*)"', page))
    return [href for href in found if not href.startswith("/static/")]


def test_an_iri_of_every_kind_answers_as_page_and_data(client, service):
    known = one_of_each_kind(service)
    assert set(known) <= set(KINDS.values())
    assert len(known) > 40
    for iri in known.values():
        path = iri.removeprefix(BASE.rstrip("/"))
        for accept in ("text/html", "text/turtle"):
            response = client.get(path, headers={"Accept": accept}, follow_redirects=True)
            assert response.status_code == 200, (iri, accept)
            assert response.headers["content-type"].startswith(accept)


def test_every_graph_and_scheme_and_foreign_term_answers(client, service):
    for graph in service.release.manifest.graphs:
        path = graph.removeprefix(BASE.rstrip("/"))
        assert client.get(path, headers=HTML, follow_redirects=True).status_code == 200
    rows = service.store.select(
        "SELECT DISTINCT ?x { ?x ?p ?o FILTER(isIRI(?x)) "
        f'FILTER(!STRSTARTS(STR(?x), "{ID}") && !STRSTARTS(STR(?x), "{VOCAB}")) }}'
    ).rows
    foreign = [thing.value for (thing,) in rows if not thing.value.startswith(f"{BASE}ontology#")]
    assert len(foreign) > 20
    for iri in foreign:
        for path in ("/page", "/data"):
            response = client.get(path, params={"iri": iri}, follow_redirects=True)
            assert response.status_code == 200, iri


@pytest.mark.slow
@pytest.mark.usefixtures("made_dumps")
def test_links_of_pages_lead_somewhere(client, service):
    starts = [
        "/",
        "/ontology",
        "/vocab",
        "/shapes",
        "/catalog",
        "/dumps/",
        "/page/initiative/pilot-e",
        "/page/initiative/pilot-e?in=mkg:claimSubject",
        "/page/vocab/value-status/present?in=mkg:valueStatus&page=3",
        "/page/vocab/scale",
        "/page/vocab/scale/national",
        "/page/ontology/MissionInitiative",
        "/page/graph/asserted",
        "/page/shapes/label",
        *(f"/page/{iri.removeprefix(ID)}" for iri in one_of_each_kind(service).values()),
    ]
    seen, dead = set(), []
    for start in starts:
        page = client.get(start, headers=HTML)
        assert page.status_code == 200, start
        links = internal(page.text)
        assert links
        for href in links[:: max(1, len(links) // MOST)]:
            if href not in seen:
                seen.add(href)
                answer = client.get(href, headers=HTML, follow_redirects=True)
                if answer.status_code != 200:
                    dead.append((start, href, answer.status_code))
    assert not dead
    assert len(seen) > 200
