"""The same pages and data come from remote engines as from the embedded store."""

import time

import pyoxigraph as ox
import pytest

from api.linked.describing import describe
from api.linked.listing import listing
from api.linked.representing import represent
from api.wiring import Service
from kg.stores.oxigraph import OxigraphStore
from kg.stores.remote import RemoteStore
from ontology.names import (
    BASE,
    GRAPH_ASSERTED,
    GRAPH_INFERRED,
    GRAPH_PROVENANCE,
    GRAPH_VOCABULARIES,
    ID,
    MKG,
    VOCAB,
)

PILOT = f"{ID}initiative/pilot-e"
HUB = f"{VOCAB}scale/hub"
HUBBED = f"{ID}mission/hubbed-"
KEPT = (GRAPH_ASSERTED, GRAPH_INFERRED, GRAPH_VOCABULARIES, GRAPH_PROVENANCE)


def some_quads(store):
    """What is plain about everything, the claims about one initiative, and a hub."""
    for graph in KEPT:
        yield from store.quads(graph)
    claims = store.select(
        f"SELECT ?g ?c ?p ?o {{ GRAPH ?g {{ ?c <{MKG}claimSubject> <{PILOT}> ; ?p ?o }} }}"
    ).rows
    for graph, claim, prop, value in claims:
        yield ox.Quad(claim, prop, value, graph)
    for number in range(1_200):
        yield ox.Quad(
            ox.NamedNode(f"{HUBBED}{number}"),
            ox.NamedNode(f"{MKG}hasScale"),
            ox.NamedNode(HUB),
            ox.NamedNode(GRAPH_ASSERTED),
        )


@pytest.fixture(scope="module")
def embedded(service):
    store = OxigraphStore.memory()
    store.add(some_quads(service.store))
    return Service(service.settings, service.release, store)


@pytest.fixture(scope="module", params=["oxigraph_server", "virtuoso_server"])
def remote(request, service, embedded):
    store = RemoteStore(request.getfixturevalue(request.param))
    graphs = embedded.store.graphs()
    store.add(embedded.store.quads())
    yield Service(service.settings, service.release, store)
    for graph in graphs:
        store.clear(graph)
    store.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "iri",
    [
        PILOT,
        f"{VOCAB}scale/national",
        f"{VOCAB}scale",
        f"{MKG}MissionInitiative",
        f"{ID}source/article-6935aaf6",
        f"{BASE}graph/asserted",
    ],
)
def test_pages_and_data_are_the_same(embedded, remote, iri):
    for media in ("text/html", "application/n-quads", "text/turtle"):
        here = represent(embedded, iri, media, evidence=True).body
        assert represent(remote, iri, media, evidence=True).body == here


@pytest.mark.slow
def test_a_claim_is_named_the_same(embedded, remote):
    claim = embedded.store.select(
        f"SELECT (MIN(?c) AS ?x) {{ ?c <{MKG}claimSubject> <{PILOT}> }}"
    ).rows[0][0]
    assert describe(remote.store, claim.value).statements
    here = represent(embedded, claim.value, "text/html").body
    assert represent(remote, claim.value, "text/html").body == here


@pytest.mark.slow
def test_a_hub_is_counted_up_to_the_bound_and_paged(remote):
    start = time.perf_counter()
    page = represent(remote, HUB, "text/html").body.decode()
    assert time.perf_counter() - start < 10
    assert "1,000 or more" in page
    found = listing(remote, HUB, "in", f"{MKG}hasScale", 2, ("en",), "/page/vocab/scale/hub")
    assert found.count("hubbed") >= 100
