"""A dataset is written into a query where the grammar wants it, and changes nothing else."""

import pyoxigraph as ox
import pytest

from kg.errors import StoreError
from kg.stores.forms import check_query
from kg.stores.listing import MOST_GRAPHS, with_dataset
from queries.library import questions

QUERIES = [
    "SELECT * { ?s ?p ?o }",
    "PREFIX where: <a:b> SELECT (EXISTS {?a ?b ?c} AS ?x) (1<2 AS ?y) WHERE { }",
    "SELECT ?where { ?where <a:p> ?o FILTER(?o != '} WHERE {') }",
    "ASK{?s ?p ?o}",
    "CONSTRUCT { ?s <a:where> ?o } WHERE { ?s ?p ?o }",
    "CONSTRUCT WHERE { ?s ?p ?o }",
    "DESCRIBE <a:a>",
    "DESCRIBE ?x WHERE { ?x ?p 1 } LIMIT 1",
    "DESCRIBE <a:a> # the end",
    "SELECT * {{ SELECT * WHERE { ?s ?p ?o } }} VALUES ?x { 1 }",
    "# SELECT FROM\nBASE <http://select.example/> SELECT ?s ?g { GRAPH ?g { ?s ?p ?o } }",
]


def answer(query: str, default: str) -> object:
    """What a store answers that has one triple in each of two graphs."""
    store = ox.Store()
    for number, graph in enumerate(("a:g1", "a:g2")):
        quad = ox.Quad(ox.NamedNode("a:a"), ox.NamedNode("a:p"), ox.Literal(number))
        store.add(ox.Quad(*quad.triple, ox.NamedNode(graph)))
    found = store.query(query, use_default_graph_as_union=default == "union")
    return bool(found) if isinstance(found, ox.QueryBoolean) else {str(each) for each in found}


@pytest.mark.parametrize("query", QUERIES)
def test_all_graphs_listed_are_the_union(query: str) -> None:
    graphs = ("a:g1", "a:g2")
    listed = with_dataset(query, graphs, graphs)
    assert answer(listed, "none") == answer(query, "union")
    assert check_query(listed)[1]


@pytest.mark.parametrize("query", [each.text for each in questions().values()])
def test_every_question_takes_a_dataset(query: str) -> None:
    form, _ = check_query(query)
    assert check_query(with_dataset(query, ["a:g"], ["a:g"])) == (form, True)


def test_too_many_graphs_are_told() -> None:
    graphs = [f"a:g{number}" for number in range(MOST_GRAPHS + 1)]
    with pytest.raises(StoreError, match="union: engine"):
        with_dataset("ASK {}", graphs, ())


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ("PREFIX ask: <a:b> # SELECT\nDESCRIBE ask:x", "DESCRIBE"),
        ("BASE <http://select/> ASK{}", "ASK"),
        ("select(count(*) as ?n){}", "SELECT"),
        ("PREFIX construct: <a:b>\nCONSTRUCT{}WHERE{}", "CONSTRUCT"),
    ],
)
def test_the_form_is_told_by_the_first_word(query: str, form: str) -> None:
    assert check_query(query) == (form, False)


def test_reading_a_query_runs_nothing_of_it() -> None:
    """A cross product of 10^12 rows, and a text that grows: over at once."""
    values = " ".join(f"VALUES ?x{n} {{ {' '.join(map(str, range(1000)))} }}" for n in range(4))
    assert check_query(f"SELECT (COUNT(*) AS ?n) {{ {values} }}")[0] == "SELECT"
