import re

import pyoxigraph as ox
import pytest

from api.linked.addresses import FORMATS
from ontology.names import BASE, MKG, OWL, RDF, SHAPES, SKOS
from ontology.vocabulary import vocabulary

HTML = {"Accept": "text/html"}


def parsed(response, form):
    return list(ox.parse(response.content, format=form.rdf))


@pytest.mark.parametrize(
    "path", ["/ontology", "/shapes", "/alignments/prov-o", "/data/vocab/scale"]
)
def test_a_document_is_the_same_graph_in_all_forms(client, path):
    graphs = []
    for form in FORMATS:
        response = client.get(path, headers={"Accept": form.media_type})
        assert response.status_code == 200
        assert response.headers["content-location"].endswith(f".{form.suffix}")
        again = client.get(f"{path}.{form.suffix}")
        assert again.content == response.content
        dataset = ox.Dataset(
            ox.Quad(quad.subject, quad.predicate, quad.object) for quad in parsed(response, form)
        )
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        graphs.append({str(quad) for quad in dataset})
    assert all(graph == graphs[0] for graph in graphs)
    assert len(graphs[0]) > 5


def test_the_ontology_has_one_header_and_every_term(client):
    told = parsed(client.get("/ontology.ttl"), FORMATS[0])
    headers = [
        quad.subject.value
        for quad in told
        if quad.predicate.value == f"{RDF}type" and quad.object.value == f"{OWL}Ontology"
    ]
    assert headers == [f"{BASE}ontology"]
    subjects = {quad.subject.value for quad in told}
    words = vocabulary()
    assert {*words.classes, *words.properties} <= subjects


def test_each_term_has_an_anchor_on_the_page(client):
    page = client.get("/ontology", headers=HTML).text
    anchors = set(re.findall(r'<div id="([^"]+)"', page))
    words = vocabulary()
    assert anchors == {iri.removeprefix(MKG) for iri in (*words.classes, *words.properties)}
    inside = set(re.findall(r'href="#([^"]+)"', page)) - {"main", "classes", "properties"}
    assert inside <= anchors


def test_a_term_has_a_page_with_its_uses_and_data_with_its_definition(client):
    page = client.get("/page/ontology/LMICInitiative", headers=HTML).text
    assert "a kind of" in page
    assert "expression over other terms" in page
    told = parsed(client.get("/data/ontology/LMICInitiative.nt"), FORMATS[3])
    assert any(quad.predicate.value == f"{OWL}unionOf" for quad in told)


def test_a_shape_has_a_page_and_data(client):
    page = client.get("/page/shapes/label", headers=HTML)
    assert page.status_code == 200
    told = parsed(client.get("/data/shapes/label.nt"), FORMATS[3])
    assert {quad.subject.value for quad in told} >= {f"{SHAPES}label"}


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/ontology/0.1.0", "/ontology"),
        ("/ontology/axioms", "/ontology"),
        ("/shapes/common", "/shapes"),
        ("/vocab/scale", "/page/vocab/scale"),
        ("/vocab/scale/national", "/page/vocab/scale/national"),
        ("/graph/asserted", "/page/graph/asserted"),
        ("/graph/claims/curation", "/page/graph/claims/curation"),
        ("/dataset", "/catalog"),
        ("/dataset/asserted", "/.well-known/void"),
    ],
)
def test_other_iris_lead_to_a_document(client, path, target):
    response = client.get(path, headers=HTML)
    assert (response.status_code, response.headers["location"]) == (303, target)
    assert client.get(path, headers=HTML, follow_redirects=True).status_code == 200


def test_every_scheme_is_listed_and_holds_its_terms(client):
    page = client.get("/vocab", headers=HTML).text
    for iri, scheme in vocabulary().schemes.items():
        assert f'href="/page/{iri.removeprefix(BASE)}"' in page
        assert scheme.name in iri
    told = parsed(client.get("/data/vocab/scale.nt"), FORMATS[3])
    terms = {quad.subject.value for quad in told if quad.predicate.value == f"{SKOS}prefLabel"}
    known = vocabulary().concepts.values()
    assert terms == {each.iri for each in known if each.scheme == f"{BASE}vocab/scale"}
    tree = client.get("/page/vocab/scale", headers=HTML).text
    assert all(f'href="/page/{term.removeprefix(BASE)}"' in tree for term in terms)


def test_unknown_documents_are_said(client):
    response = client.get("/alignments/nothing")
    assert response.status_code == 404
    assert "prov-o" in response.json()["detail"]
    assert client.get("/ontology.doc").status_code == 406
    assert client.get("/ontology", headers={"Accept": "image/png"}).status_code == 406


def test_every_kind_of_problem_has_a_page(client):
    wrong = client.get("/id/initiative/nothing").json()
    page = client.get(wrong["type"].removeprefix(BASE.rstrip("/")), headers=HTML)
    assert page.status_code == 200
    assert wrong["title"] in page.text
    listed = client.get("/problem", headers=HTML).text
    for href in set(re.findall(r'href="(/problem/[^"]+)"', listed)):
        assert client.get(href).status_code == 200
    assert client.get("/problem/nothing").status_code == 404
