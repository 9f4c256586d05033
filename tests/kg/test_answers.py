"""Questions of any form answer as rows."""

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from kg.answers import ask
from kg.stores.oxigraph import OxigraphStore
from queries.errors import BadArgument
from queries.library import read_question

HEADER = """#+ title: A question
#+ question: What is there?
#+ asks: [analyst]
#+ tags: [test]
#+ parameters:
#+   - {name: who, type: iri, default: "init:a", label: Who}
#+ answer: What is there.
"""
A, B, P = (NamedNode(f"https://w3id.org/mission-kg/id/initiative/{x}") for x in "abp")
BLOCK = "VALUES ?who { init:a }"
PREFIX = "PREFIX init: <https://w3id.org/mission-kg/id/initiative/>\n"


@pytest.fixture
def store() -> OxigraphStore:
    store = OxigraphStore.memory()
    store.add([Quad(A, P, Literal("one"), A), Quad(B, P, Literal("two"), A)])
    return store


def test_rows(store: OxigraphStore) -> None:
    text = f"{HEADER}{PREFIX}SELECT ?v WHERE {{ {BLOCK} ?who ?p ?v }}"
    question = read_question("rows", text)
    assert ask(store, question, {}).rows == ((Literal("one"),),)
    assert ask(store, question, {"who": "init:b"}).rows == ((Literal("two"),),)


def test_truth(store: OxigraphStore) -> None:
    question = read_question("truth", f"{HEADER}{PREFIX}ASK WHERE {{ {BLOCK} ?who ?p ?v }}")
    table = ask(store, question, {})
    assert (table.variables, table.rows) == (("answer",), ((Literal(True),),))
    store.add([Quad(A, P, NamedNode(f"{A.value}z"), A)])
    assert ask(store, question, {"who": "init:az"}).rows == ((Literal(False),),)


def test_triples(store: OxigraphStore) -> None:
    text = f"{HEADER}{PREFIX}CONSTRUCT {{ ?who ?p ?v }} WHERE {{ {BLOCK} ?who ?p ?v }}"
    table = ask(store, read_question("triples", text), {})
    assert table.variables == ("subject", "predicate", "object")
    assert table.rows == ((A, P, Literal("one")),)


def test_a_bad_argument_is_told(store: OxigraphStore) -> None:
    text = f"{HEADER}{PREFIX}SELECT ?v WHERE {{ {BLOCK} ?who ?p ?v }}"
    with pytest.raises(BadArgument):
        ask(store, read_question("rows", text), {"who": "not a thing {}"})


def test_a_thing_of_which_nothing_is_known_is_refused_with_near_names(
    store: OxigraphStore,
) -> None:
    kind = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    pilot = NamedNode("https://w3id.org/mission-kg/id/initiative/pilot-e")
    store.add([Quad(pilot, kind, P, A)])
    question = read_question("rows", f"{HEADER}{PREFIX}SELECT ?v WHERE {{ {BLOCK} ?who ?p ?v }}")
    with pytest.raises(BadArgument, match=r"'who' cannot be 'init:pilot-ee'.*init:pilot-e"):
        ask(store, question, {"who": "init:pilot-ee"})
    with pytest.raises(BadArgument, match=r"says anything of"):
        ask(store, question, {"who": "<https://example.org/nowhere>"})
