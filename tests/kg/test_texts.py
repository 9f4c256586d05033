"""What is written into queries and updates before an engine reads them."""

import contextlib

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import KgError, QueryFault, QueryForbidden
from kg.store import Dataset
from kg.stores.calls import NOTHING_KNOWN, answered, calls, values
from kg.stores.prologue import with_one_prologue
from kg.stores.scanning import tokens
from kg.stores.using import with_dataset

BOTH = Dataset(("http://x.org/d",), ("http://x.org/n",))
CLAUSES = "USING <http://x.org/d> USING NAMED <http://x.org/n> "
KEYWORDS = ["SERVICE", "SILENT", "WHERE", "DELETE", "INSERT,DATA", "PREFIX,a:,<a:>", "BASE,<a:>"]
PARTS = st.lists(
    st.sampled_from(
        [*"{};.<>\"'#\\? \n1", "'''", '"""', "<http://x.org/>", "?x", "a:b", *KEYWORDS]
    ),
    max_size=14,
).map(lambda parts: "".join(parts).replace(",", " "))


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        (
            "INSERT { ?s ?p 1 } WHERE { ?s ?p ?o }",
            f"INSERT {{ ?s ?p 1 }} {CLAUSES}WHERE {{ ?s ?p ?o }}",
        ),
        ("DELETE WHERE { ?s ?p ?o }", f"DELETE {{ ?s ?p ?o }} {CLAUSES}WHERE {{ ?s ?p ?o }}"),
        ("INSERT DATA { <a:a> <a:b> 'WHERE' }", "INSERT DATA { <a:a> <a:b> 'WHERE' }"),
        ("CLEAR ALL # WHERE", "CLEAR ALL # WHERE"),
        (
            "INSERT { } WHERE { { SELECT * WHERE { ?s ?p ?o } } } ; CLEAR ALL",
            f"INSERT {{ }} {CLAUSES}WHERE {{ {{ SELECT * WHERE {{ ?s ?p ?o }} }} }} ; CLEAR ALL",
        ),
    ],
)
def test_dataset_of_an_update(update, expected):
    written = with_dataset(update, BOTH)
    assert written == expected
    ox.Store().update(written)


@pytest.mark.parametrize(
    "update",
    [
        "WITH <a:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "INSERT { ?s ?p 1 } using <a:g> WHERE { ?s ?p ?o }",
        "DELETEWHERE { ?s ?p ?o }",
    ],
)
def test_update_with_a_dataset_of_its_own(update):
    with pytest.raises(QueryFault):
        with_dataset(update, BOTH)


def test_dataset_that_would_end_the_clause():
    with pytest.raises(QueryFault, match="names no graph"):
        with_dataset("DELETE WHERE { ?s ?p ?o }", Dataset(("a:b> WHERE {} ; CLEAR ALL #",), ()))


def test_text_that_reads_two_ways_is_not_touched():
    text = "INSERT { ?s ?p 1 } WHERE { ?s ?p ?o FILTER(?o<'}'&&?s>?o) FILTER(?o<'a'&&?s>'b') }"
    with pytest.raises(QueryFault, match="line 1"):
        with_dataset(text, BOTH)


def test_calls_of_a_query():
    text = """PREFIX a: <http://x.org/> # SERVICE <a:b> {}
    SELECT * { ?s a:p 'SERVICE <a:c> {}' SERVICE SILENT a:q { { ?s ?p "}" } } service<b:c>{} }"""
    first, second = calls(text)
    assert (first.target, first.silent) == ("http://x.org/q", True)
    assert (second.target, second.silent) == ("b:c", False)
    assert first.query.startswith("PREFIX a: <http://x.org/>")
    assert first.query.endswith('SELECT * WHERE { { ?s ?p "}" } }')
    ox.Store().query(first.query)
    written = answered(text, (first, second), (NOTHING_KNOWN, "VALUES (?s) { (1) }"))
    assert "SERVICE SILENT" not in written
    assert not list(ox.Store().query(written))


@pytest.mark.parametrize("where", ["?x", "a:b", "", "'x'", "<http://x.org/"])
def test_call_to_no_address(where):
    with pytest.raises((QueryForbidden, QueryFault)):
        calls(f"SELECT * {{ SERVICE {where} {{ ?s ?p ?o }} }}")


TERMS = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8")).map(ox.Literal),
    st.text(st.characters(codec="utf-8")).map(lambda text: ox.Literal(text, language="en")),
    st.integers().map(ox.Literal),
    st.just(ox.NamedNode("http://x.org/a")),
)


@given(st.lists(st.tuples(TERMS, TERMS), max_size=5))
def test_values_say_the_rows(rows):
    written = values(["a", "b"], rows, "http://x.org/")
    found = ox.Store().query(f"SELECT ?a ?b {{ {written} }}")
    assert [tuple(row) for row in found] == rows


def test_values_of_blank_nodes_and_triples():
    node = ox.BlankNode("x")
    triple = ox.Triple(node, ox.NamedNode("a:p"), ox.Literal("1"))
    (row,) = ox.Store().query(f"SELECT * {{ {values(['a', 'b'], [(node, triple)], 'http://x')} }}")
    assert row["b"].subject == row["a"]
    assert row["a"].value.startswith("https://w3id.org/mission-kg/.well-known/genid/")


@pytest.mark.parametrize("count", [0, 1, 3])
def test_values_of_no_variables_keep_their_number(count):
    written = values([], [()] * count, "http://x")
    assert len(list(ox.Store().query(f"SELECT * {{ {written} }}"))) == count


@pytest.mark.parametrize(
    "update",
    [
        "CLEAR ALL ; PREFIX a: <a:> INSERT DATA { a:x a:y 1 }",
        "CLEAR ALL;#x\nprefix a: <a:> INSERT DATA { a:x a:y ';PREFIX a: <b:>' }",
        "PREFIX a: <a:> CLEAR ALL ; PREFIX a: <a:> INSERT DATA { a:x a:y 1 }",
        "BASE <a:b> CLEAR ALL ; BASE <a:b> CLEAR ALL",
        "CLEAR ALL",
    ],
)
def test_prologues_between_operations(update):
    written = with_one_prologue(update)
    ox.Store().update(written)
    assert written.count("\n") == update.count("\n")


@pytest.mark.parametrize(
    "update",
    [
        "PREFIX a: <a:> CLEAR ALL ; PREFIX a: <b:> INSERT DATA { a:x a:y 1 }",
        "INSERT DATA { <x> <y> 1 } ; BASE <http://x.org/> CLEAR ALL",
    ],
)
def test_declarations_that_would_change_others_stay(update):
    assert with_one_prologue(update) == update


@given(PARTS)
def test_any_text_is_read_or_refused(text):
    for read in (tokens, calls, with_one_prologue, lambda each: with_dataset(each, BOTH)):
        with contextlib.suppress(KgError):
            read(text)


@given(PARTS)
def test_every_call_that_the_engine_would_make_is_found(text):
    """A query in which no call is found never makes the engine ask anyone."""
    query = f"SELECT * {{ {text} }}"
    try:
        found = calls(query)
    except KgError:
        return
    written = answered(query, found, [NOTHING_KNOWN] * len(found))
    assert not calls(written)
