import json
import re
import time

import httpx
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.linked.addresses import FORMATS
from api.linked.incoming import incoming
from api.wiring import Service
from kg.stores.oxigraph import OxigraphStore
from ontology.names import DCT, GRAPH_ASSERTED, ID, MKG, OWL, RDF, RDFS, SKOS, VOCAB

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PILOT = f"{ID}initiative/pilot-e"
PAGE = "/page/initiative/pilot-e"
DATA = "/data/initiative/pilot-e"


def select(client, query):
    found = client.get("/sparql", params={"query": query, "format": "json"}).json()
    return [
        {name: cell["value"] for name, cell in row.items()} for row in found["results"]["bindings"]
    ]


def triples(response):
    form = next(
        each
        for each in FORMATS
        if each.media_type == response.headers["content-type"].partition(";")[0]
    )
    return {quad.triple for quad in ox.parse(response.content, format=form.rdf)}


def links(response):
    found = {}
    for part in re.split(r", (?=<)", response.headers["link"]):
        target, _, rest = part.partition(">")
        found.setdefault(re.search(r'rel="([^"]+)"', rest)[1], []).append(target[1:])
    return found


@pytest.mark.parametrize(
    ("accept", "target"),
    [
        (HTML["Accept"], PAGE),
        ("text/html", PAGE),
        ("text/turtle", DATA),
        ("application/ld+json, */*;q=0.1", DATA),
        ("text/html;q=0.5, application/rdf+xml", DATA),
        ("*/*", DATA),
        ("", DATA),
    ],
)
def test_an_entity_leads_on_by_accept(client, accept, target):
    response = client.get("/id/initiative/pilot-e", headers={"Accept": accept})
    assert (response.status_code, response.headers["location"]) == (303, target)
    assert "accept" in response.headers["vary"].lower()
    followed = client.get(
        "/id/initiative/pilot-e", headers={"Accept": accept}, follow_redirects=True
    )
    assert followed.status_code == 200


def test_no_acceptable_form_is_said_with_the_offers(client):
    response = client.get("/id/initiative/pilot-e", headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert "text/turtle" in response.text
    assert client.get(DATA, params={"format": "doc"}).status_code == 406


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)
def test_each_form_holds_what_the_graph_says(client, form):
    by_suffix = client.get(f"{DATA}.{form.suffix}")
    assert by_suffix.headers["content-type"].startswith(form.media_type)
    by_accept = client.get(DATA, headers={"Accept": form.media_type})
    assert by_accept.headers["content-location"] == f"{DATA}.{form.suffix}"
    assert by_accept.content == by_suffix.content
    assert client.get(DATA, params={"format": form.suffix}).content == by_suffix.content
    told = {triple for triple in triples(by_suffix) if triple.subject.value == PILOT}
    query = f"SELECT DISTINCT ?p ?o {{ <{PILOT}> ?p ?o }}"
    assert {(t.predicate.value, t.object.value) for t in told} == {
        (row["p"], row["o"]) for row in select(client, query)
    }


def test_forms_of_quads_keep_the_graphs(client):
    for suffix in ("nq", "trig"):
        response = client.get(f"{DATA}.{suffix}")
        form = next(each for each in FORMATS if each.suffix == suffix)
        graphs = {
            quad.graph_name.value
            for quad in ox.parse(response.content, format=form.rdf)
            if quad.subject.value == PILOT
        }
        assert GRAPH_ASSERTED in graphs
        assert len(graphs) == 2


def test_data_names_what_it_leads_to_and_itself(client):
    told = triples(client.get(f"{DATA}.ttl"))
    norway = ox.NamedNode(f"{ID}country/no")
    label = ox.NamedNode(f"{RDFS}label")
    assert ox.Triple(norway, label, ox.Literal("Norway", language="en")) in told
    topic = ox.NamedNode("http://xmlns.com/foaf/0.1/primaryTopic")
    assert any(t.predicate == topic and t.object.value == PILOT for t in told)
    assert any(t.predicate.value == f"{DCT}license" for t in told)


def test_data_with_evidence_holds_each_claim_and_its_place(client):
    told = triples(client.get(f"{DATA}.ttl", params={"evidence": "true"}))
    asked = select(client, f"SELECT ?c {{ ?c <{MKG}claimSubject> <{PILOT}> }}")
    said = {t.subject.value for t in told if t.predicate.value == f"{MKG}claimSubject"}
    assert said == {row["c"] for row in asked}
    assert any(t.predicate.value == f"{MKG}mediaFragment" for t in told)


def test_links_tell_alternates_licence_and_how_to_cite(client):
    for path in (PAGE, f"{DATA}.ttl", "/id/initiative/pilot-e"):
        found = links(client.get(path))
        assert found["cite-as"] == [PILOT]
        assert found["license"] == ["https://creativecommons.org/licenses/by/4.0/"]
        assert found["describedby"] == ["/.well-known/void"]
        assert len(found["alternate"]) == 7
        assert all(client.get(href).status_code == 200 for href in found["alternate"])


def test_the_page_shows_names_evidence_and_reasons(client):
    page = client.get(PAGE, headers=HTML).text
    assert '<h1 lang="en">PILOT-E</h1>' in page
    assert ">Research Council of Norway</a>" in page
    assert re.search(
        r'<a class="spot" href="https://www\.youtube\.com/[^"]*t=2540s?">00:42:20', page
    )
    assert "Asserted" in page
    assert "Machine-extracted" in page
    why = re.search(r'href="(/api/v1/why\?[^"]+)"', page)[1].replace("&amp;", "&")
    explained = client.get(why)
    assert explained.status_code == 200
    assert explained.json()["steps"][0]["origin"] == "rule"


def test_what_is_claimed_but_not_a_fact_stands_apart(client):
    query = f"""
    PREFIX mkg: <{MKG}>
    SELECT ?s {{
      ?c mkg:claimSubject ?s ; mkg:claimProperty ?p ; mkg:claimObject|mkg:claimValue ?o .
      FILTER NOT EXISTS {{ ?s ?p ?o }}
    }} LIMIT 1"""
    (row,) = select(client, query)
    page = client.get("/page", params={"iri": row["s"]}, follow_redirects=True).text
    assert "Claimed, but not stated as fact" in page


def test_the_page_carries_its_data_and_runs_nothing(client):
    response = client.get(PAGE, headers=HTML)
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", response.text, re.DOTALL)
    assert [attributes.strip() for attributes, _ in scripts] == ['type="application/ld+json"']
    assert "script-src" not in response.headers["content-security-policy"]
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert json.loads(scripts[0][1])
    told = ox.parse(scripts[0][1], format=ox.RdfFormat.JSON_LD)
    assert PILOT in {quad.subject.value for quad in told}


def test_the_queries_of_a_page_give_what_it_shows(client):
    page = client.get(PAGE, headers=HTML).text
    for href in re.findall(r'<a href="(/sparql\?query=[^"]+)">Run it', page):
        answer = client.get(href.replace("&amp;", "&").replace("format=html", "format=json"))
        assert answer.status_code == 200
        assert answer.json()["results"]["bindings"]


def test_names_come_in_the_readers_language(client):
    usual = client.get("/page/vocab/scale", headers=HTML)
    assert '<h1 lang="en">Geographic reach</h1>' in usual.text
    assert "accept-language" in usual.headers["vary"].lower()
    french = client.get("/page/vocab/scale", headers={**HTML, "Accept-Language": "fr-CH, en;q=0.5"})
    assert '<h1 lang="fr">Portée géographique</h1>' in french.text
    chosen = client.get("/page/vocab/scale", params={"lang": "fr"}, headers=HTML)
    assert '<h1 lang="fr">Portée géographique</h1>' in chosen.text


def test_long_lists_are_paged(client):
    path = "/page/vocab/value-status/present"
    page = client.get(path, headers=HTML).text
    assert "1,000 or more" in page
    seen = set()
    for number in (1, 2, 3):
        listed = client.get(path, params={"in": "mkg:valueStatus", "page": number}, headers=HTML)
        things = set(re.findall(r'<li><a href="(/page/[^"]+)"', listed.text))
        assert len(things) == 100
        assert not things & seen
        seen |= things
    short = client.get(PAGE, params={"in": "mkg:claimSubject"}, headers=HTML).text
    count = select(client, f"SELECT ?c {{ ?c <{MKG}claimSubject> <{PILOT}> }}")
    assert f"{len(count)} lead here" in short


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        (f"{PAGE}?in=mkg:claimSubject&page=0", 400, "page number"),
        (f"{PAGE}?in=mkg:claimSubject&page=x", 400, "page number"),
        (f"{PAGE}?in=mkg:claimSubject&page=99", 400, "no page 99"),
        (f"{PAGE}?in=nothing", 400, "nothing"),
        ("/page/vocab/value-status/present?in=mkg:valueStatus&page=2000", 400, "query"),
        ("/page?iri=foo:bar", 400, "foo"),
        ("/page", 400, "iri"),
        ("/data?iri=no", 400, "no"),
        ("/id/", 404, "says nothing"),
        ("/id/initiative/%3Cx%3E", 404, "says nothing"),
        ("/page/initiative/a%20b", 404, "says nothing"),
        ("/graph/claims/nothing", 404, "says nothing"),
        ("/data/initiative/nothing.ttl", 404, "says nothing"),
    ],
)
def test_faults_are_said_in_words(client, path, status, words):
    response = client.get(path)
    assert response.status_code == status
    assert words in response.json()["detail"]
    assert client.get(path, headers=HTML).status_code == status


def test_an_unknown_thing_has_near_names(client):
    for wrong in (
        "/id/mission/pilot-e",
        "/page/initiative/pilott-e",
        "/data/organisation/pilot-e.nt",
    ):
        response = client.get(wrong)
        assert response.status_code == 404
        assert PAGE in response.json()["links"]
        page = client.get(wrong, headers=HTML).text
        assert f'href="{PAGE}"' in page


def _with(service, *quads):
    store = OxigraphStore.memory()
    store.add(quads)
    return Service(service.settings, service.release, store)


def _quad(subject, prop, value):
    return ox.Quad(ox.NamedNode(subject), ox.NamedNode(prop), value, ox.NamedNode(GRAPH_ASSERTED))


def test_a_replaced_thing_leads_to_its_successor(service, served):
    old, new = f"{ID}initiative/old", f"{ID}initiative/new"
    changed = _with(
        service,
        _quad(old, f"{DCT}isReplacedBy", ox.NamedNode(new)),
        _quad(new, f"{RDFS}label", ox.Literal("New", language="en")),
    )
    with served(changed) as base, httpx.Client(base_url=base) as client:
        for path, target in (
            ("/id/initiative/old", "/page/initiative/new"),
            ("/page/initiative/old", "/page/initiative/new"),
            ("/data/initiative/old.nt", "/data/initiative/new.nt"),
        ):
            response = client.get(path, headers=HTML)
            assert (response.status_code, response.headers["location"]) == (301, target)


def test_a_withdrawn_thing_is_gone(service, served):
    old = f"{ID}initiative/old"
    true = ox.Literal("true", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#boolean"))
    changed = _with(service, _quad(old, f"{OWL}deprecated", true))
    with served(changed) as base, httpx.Client(base_url=base) as client:
        for path in ("/id/initiative/old", "/page/initiative/old", "/data/initiative/old"):
            response = client.get(path)
            assert response.status_code == 410
            assert "withdrawn" in response.json()["detail"]


def test_names_cannot_break_out_of_the_page(service, served):
    thing = f"{ID}initiative/evil"
    evil = '</script><script>alert(1)</script><img src=x onerror="a">'
    changed = _with(
        service,
        _quad(thing, f"{RDFS}label", ox.Literal(evil)),
        _quad(thing, f"{RDFS}comment", ox.Literal(evil, language="en")),
        _quad(thing, f"{RDFS}seeAlso", ox.NamedNode("javascript:alert(1)")),
    )
    with served(changed) as base:
        page = httpx.get(f"{base}/page/initiative/evil", headers=HTML).text
    assert page.count("<script") == 1
    assert "<img src=x" not in page
    assert 'href="javascript' not in page
    embedded = re.search(r'ld\+json">(.*?)</script>', page, re.DOTALL)[1]
    told = ox.parse(embedded, format=ox.RdfFormat.JSON_LD)
    assert evil in {quad.object.value for quad in told}


def test_a_hub_of_a_hundred_thousand_is_as_fast_as_a_small_one():
    store = OxigraphStore.memory()
    small, large = f"{VOCAB}scale/small", f"{VOCAB}scale/large"
    kind, other = f"{MKG}hasScale", f"{RDF}type"

    def quads():
        for number in range(101_000):
            hub = small if number < 1_100 else large
            yield _quad(f"{ID}mission/m{number}", kind, ox.NamedNode(hub))
        yield _quad(f"{ID}mission/other", other, ox.NamedNode(large))

    store.add(quads())
    known = [kind, other, *(f"{MKG}p{number}" for number in range(150))]

    def best(hub):
        taken = []
        for _ in range(5):
            start = time.perf_counter()
            groups = incoming(store, hub, known)
            taken.append(time.perf_counter() - start)
        return min(taken), groups

    few, _ = best(small)
    many, groups = best(large)
    assert many < 4 * few
    assert {(group.prop, group.number, group.many) for group in groups} == {
        (kind, 1_000, True),
        (other, 1, False),
    }


def test_what_is_cut_is_said(service, served):
    much, spoken = f"{ID}initiative/much", f"{ID}initiative/spoken"
    label = ox.NamedNode(f"{SKOS}altLabel")
    name = ox.NamedNode(much)
    graph = ox.NamedNode(GRAPH_ASSERTED)
    store = OxigraphStore.memory()
    store.add(ox.Quad(name, label, ox.Literal(f"n{n}"), graph) for n in range(5_001))
    for n in range(2_001):
        claim = f"{ID}claim/c{n}"
        store.add(
            [
                _quad(claim, f"{MKG}claimSubject", ox.NamedNode(spoken)),
                _quad(claim, f"{MKG}claimProperty", label),
                _quad(claim, f"{MKG}claimValue", ox.Literal(f"n{n}")),
            ]
        )
    store.add([_quad(spoken, f"{SKOS}altLabel", ox.Literal("n1"))])
    changed = Service(service.settings, service.release, store)
    with served(changed) as base, httpx.Client(base_url=base, timeout=60) as client:
        for path, cut in (
            ("/data/initiative/much.nt", "statements"),
            ("/page/initiative/much", "statements"),
            ("/data/initiative/spoken.nt?evidence=true", "claims"),
            ("/page/initiative/spoken", "claims"),
            ("/data/initiative/spoken.nt", None),
        ):
            response = client.get(path)
            assert response.headers.get("mission-kg-cut") == cut
            assert (f"more {cut} than" in response.text) is (path.startswith("/page"))


PATHS = st.text(max_size=40)


@settings(max_examples=60, deadline=None)
@given(path=PATHS, language=st.text(max_size=20))
def test_no_path_and_no_language_break_a_page(address, path, language):
    with httpx.Client(base_url=address, timeout=60) as client:
        for response in (
            client.get("/page", params={"iri": path, "lang": language}),
            client.get("/data", params={"iri": f"init:{path}"}),
            client.get(f"/id/initiative/{httpx.QueryParams({'x': path})}"[:2000]),
        ):
            assert response.status_code in {200, 303, 307, 400, 404}
