from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Triple

from bench.generator import Size, batches
from kg.derive import plain_triples
from kg.reasoning import RuleSet, compile_rules, materialise, shipped_rules
from kg.reasoning.facts import FactBase
from kg.reasoning.fixpoint import saturate
from kg.stores.oxigraph import OxigraphStore
from ontology.files import modules, scheme_files
from ontology.names import (
    GRAPH_ASSERTED,
    GRAPH_INFERENCES,
    GRAPH_INFERRED,
    GRAPH_VOCABULARIES,
    MKG,
    RDF,
)

E = "https://example.org/"
TYPE = NamedNode(f"{RDF}type")


def closure(rules: RuleSet, stated: list[Triple]) -> set[Triple]:
    """What the rules make of the triples, those included that were stated."""
    facts = FactBase(rules)
    facts.take(stated)
    saturate(facts, rules)
    return {*stated, *(facts.triple(fact) for fact in facts.drawn())}


@pytest.fixture(scope="module")
def generated() -> OxigraphStore:
    store = OxigraphStore.memory()
    for path in scheme_files():
        store.load(path, GRAPH_VOCABULARIES)
    graph = NamedNode(GRAPH_ASSERTED)
    for batch in batches(Size(30)):
        triples = plain_triples(batch.claims)
        store.add(Quad(t.subject, t.predicate, t.object, graph) for t in triples)
    return store


def test_a_second_run_adds_nothing_and_changes_nothing(generated, inferred) -> None:
    first = materialise(generated, shipped_rules())
    before = inferred(generated), set(generated.quads(GRAPH_INFERENCES))
    second = materialise(generated, shipped_rules())

    assert first == second
    assert (inferred(generated), set(generated.quads(GRAPH_INFERENCES))) == before
    assert first.inferred == len(before[0]) > 1_000


def test_nothing_follows_from_what_was_inferred(generated) -> None:
    materialise(generated, shipped_rules())
    rules = shipped_rules()
    facts = FactBase(rules)
    for graph in (GRAPH_ASSERTED, GRAPH_VOCABULARIES, GRAPH_INFERRED):
        facts.take(generated.quads(graph))

    assert saturate(facts, rules).drawn == {}


def test_what_is_stated_is_not_written_again(generated, inferred) -> None:
    materialise(generated, shipped_rules())
    stated = {
        quad.triple
        for graph in (GRAPH_ASSERTED, GRAPH_VOCABULARIES)
        for quad in generated.quads(graph)
    }

    assert inferred(generated) & stated == set()


def test_what_no_longer_follows_is_gone(compile_text, store_of, inferred) -> None:
    store = store_of(":x a :A .")
    rules = compile_text(":A rdfs:subClassOf :B .")
    materialise(store, rules)
    store.clear(GRAPH_ASSERTED)

    report = materialise(store, rules)

    assert inferred(store) == set()
    assert report.facts == report.inferred == 0


def test_progress_is_said(compile_text, store_of) -> None:
    lines: list[str] = []

    materialise(store_of(":x a :A ."), compile_text(":A rdfs:subClassOf :B ."), lines.append)

    assert lines[0] == "1 facts to reason over"
    assert len(lines) > 1


def test_a_literal_never_becomes_a_subject(compile_text, store_of, inferred) -> None:
    store = store_of(':x :p "y" .')

    materialise(
        store, compile_text(":p owl:inverseOf :q ; rdfs:range :A ; a owl:SymmetricProperty .")
    )

    assert inferred(store) == set()


def test_a_circle_of_broader_ends(compile_text, store_of, inferred) -> None:
    names = "abcdefghij"
    ring = " ".join(
        f":{one} skos:broader :{other} ." for one, other in zip(names, names[1:] + "a", strict=True)
    )
    store = store_of(ring)

    materialise(
        store,
        compile_text(
            "skos:broader rdfs:subPropertyOf skos:broaderTransitive . "
            "skos:broaderTransitive a owl:TransitiveProperty ."
        ),
    )

    assert len(inferred(store)) == 100


def test_a_long_chain_is_closed(compile_text, store_of, inferred) -> None:
    length = 120
    store = store_of(" ".join(f":n{i} :p :n{i + 1} ." for i in range(length)))

    report = materialise(store, compile_text(":p a owl:TransitiveProperty ."))

    assert len(inferred(store)) == length * (length - 1) // 2
    assert report.rounds < 12


def test_a_chain_may_call_itself(compile_text, store_of, inferred, triples) -> None:
    store = store_of(":a :in :b . :b :part :c . :c :part :d .")

    materialise(store, compile_text(":in owl:propertyChainAxiom ( :in :part ) ."))

    assert inferred(store) == triples(":a :in :c, :d .")


def test_the_same_thing_twice_in_a_pattern(compile_text, store_of, inferred, triples) -> None:
    rules = compile_text(":p owl:propertyChainAxiom ( :q :q ) .")
    store = store_of(":a :q :a . :b :q :c . :c :q :c .")

    materialise(store, rules)

    assert inferred(store) == triples(":a :p :a . :b :p :c . :c :p :c .")


def test_a_conditions_order_does_not_matter(compile_text, store_of, inferred) -> None:
    facts = ":x a :B, :C ; :p :y . :y a :D . :z a :B ; :p :y . :w a :C ; :p :y ."
    parts = [":B", ":C", "[ owl:onProperty :p ; owl:someValuesFrom :D ]"]
    found = []
    for order in (parts, parts[::-1], parts[1:] + parts[:1]):
        store = store_of(facts)
        members = " ".join(order)
        materialise(
            store, compile_text(f":A owl:equivalentClass [ owl:intersectionOf ( {members} ) ] .")
        )
        found.append({t for t in inferred(store) if t.object == NamedNode(f"{E}A")})

    assert found[0] == {Triple(NamedNode(f"{E}x"), TYPE, NamedNode(f"{E}A"))}
    assert all(one == other for one, other in combinations(found, 2))


PLAIN = compile_rules(modules(), derive_dir=None)
NAMES = st.integers(0, 5).map(lambda number: NamedNode(f"{E}{number}"))
PREDICATES = st.sampled_from(
    [
        *(
            f"{MKG}{name}"
            for name in ["pursues", "targetsChange", "locatedIn", "operatesIn", "partnerOf"]
        ),
        *(
            f"{MKG}{name}"
            for name in ["facesChallenge", "ofChallengeType", "hasPolicyMix", "hasScale"]
        ),
        "http://www.w3.org/2004/02/skos/core#broader",
    ]
).map(NamedNode)
CLASSES = st.sampled_from(
    [
        f"{MKG}{name}"
        for name in ["MissionScheme", "Mission", "Agency", "SystemicChangeType", "Country"]
    ]
).map(NamedNode)
TRIPLES = st.one_of(
    st.builds(Triple, NAMES, PREDICATES, NAMES),
    st.builds(Triple, NAMES, st.just(TYPE), CLASSES),
    st.builds(Triple, NAMES, PREDICATES, st.just(Literal("text"))),
)
GRAPHS = st.lists(TRIPLES, max_size=25)


@given(GRAPHS, GRAPHS)
@settings(max_examples=60, deadline=None)
def test_more_facts_never_take_an_inference_away(some: list[Triple], more: list[Triple]) -> None:
    assert closure(PLAIN, some) <= closure(PLAIN, [*some, *more])


@given(GRAPHS)
@settings(max_examples=60, deadline=None)
def test_the_closure_of_a_closure_is_itself(some: list[Triple]) -> None:
    once = closure(PLAIN, some)

    assert closure(PLAIN, sorted(once, key=str)) == once


@given(GRAPHS, GRAPHS)
@settings(max_examples=60, deadline=None)
def test_facts_in_two_steps_give_what_they_give_at_once(
    some: list[Triple], more: list[Triple]
) -> None:
    facts = FactBase(PLAIN)
    facts.take(some)
    saturate(facts, PLAIN)
    delta: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for triple in more:
        fact = facts.fact(triple)
        if fact is not None and facts.insert(fact.key, (fact.subject, fact.object)):
            delta.setdefault(fact.key, []).append((fact.subject, fact.object))
    saturate(facts, PLAIN, delta)

    found = {facts.triple(fact) for fact in facts.drawn()} | {*some, *more}

    assert found == closure(PLAIN, [*some, *more])
