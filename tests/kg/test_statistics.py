"""VoID statistics equal what SPARQL counts in the same graph."""

from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat

from kg.statistics import DATASET, Statistics
from kg.stores.oxigraph import OxigraphStore
from ontology.names import GRAPH_ASSERTED, GRAPH_CLAIMS, ID, MKG, RDF

GRAPHS = [GRAPH_ASSERTED, f"{GRAPH_CLAIMS}one", f"{GRAPH_CLAIMS}two"]
NODES = st.sampled_from([NamedNode(f"{ID}mission/{name}") for name in "abc"])
TERMS = NODES | st.text(max_size=5).map(Literal) | st.just(BlankNode("b"))
PROPERTIES = st.sampled_from(
    [NamedNode(f"{RDF}type"), NamedNode(f"{MKG}modality"), NamedNode(f"{MKG}label")]
)
QUADS = st.builds(
    Quad, NODES | st.just(BlankNode("b")), PROPERTIES, TERMS, st.sampled_from(GRAPHS).map(NamedNode)
)


def counted(store: OxigraphStore) -> Statistics:
    out = BytesIO()
    store.dump(out)
    statistics = Statistics()
    for line in sorted(out.getvalue().splitlines(keepends=True)):
        statistics.see(line)
    return statistics


def number(store: OxigraphStore, what: str, pattern: str) -> int:
    query = f"SELECT (COUNT({what}) AS ?n) {{ GRAPH ?g {{ {pattern} }} }}"
    return int(store.select(query).rows[0][0].value)  # type: ignore[union-attr]


@given(st.lists(QUADS, max_size=25))
def test_counts_equal_those_of_sparql(quads: list[Quad]) -> None:
    store = OxigraphStore.memory()
    store.add(quads)
    whole = counted(store).whole
    assert whole.triples == store.size()
    assert whole.subjects == number(store, "DISTINCT ?s", "?s ?p ?o")
    assert len(whole.objects) == number(store, "DISTINCT ?o", "?s ?p ?o")
    assert len(whole.properties) == number(store, "DISTINCT ?p", "?s ?p ?o")
    assert whole.classes.total() == number(store, "*", f"?s <{RDF}type> ?o")
    assert sum(counted(store).by_graph().values()) == store.size()


@given(st.lists(QUADS, max_size=25))
def test_void_is_turtle_that_says_the_same(quads: list[Quad]) -> None:
    store = OxigraphStore.memory()
    store.add(quads)
    statistics = counted(store)
    described = OxigraphStore.memory()
    described._store.load(statistics.void("x", "2026-01-01T00:00:00Z"), RdfFormat.TURTLE)
    prefix = "PREFIX void: <http://rdfs.org/ns/void#> "
    assert described.ask(f"{prefix} ASK {{ <{DATASET}> void:triples {store.size()} }}")
    parts = described.select(
        f"{prefix} SELECT (COUNT(?p) AS ?n) {{ <{DATASET}> void:subset ?p . ?p void:triples ?t }}"
    )
    claims = {graph for graph in store.graphs() if graph.startswith(GRAPH_CLAIMS)}
    expected = len(store.graphs()) + bool(claims)
    assert int(parts.rows[0][0].value) == expected  # type: ignore[union-attr]


def test_modalities_are_slugs() -> None:
    statistics = Statistics()
    statistics.see(f"<a:c> <{MKG}modality> <a:m/asserted> <{GRAPH_ASSERTED}> .\n".encode())
    assert statistics.by_modality() == {"asserted": 1}
    assert statistics.by_class() == {}
