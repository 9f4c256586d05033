import random

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from bench.generator import Size, batches
from kg.derive import plain_triples
from kg.errors import NotDerivable
from kg.reasoning import GuardedRule, Proof, RuleSet, explain, materialise, shipped_rules
from kg.reasoning.facts import FactBase
from kg.reasoning.fixpoint import saturate
from kg.reasoning.proof import StoreFacts, prove
from kg.reasoning.rules import Pattern
from kg.stores.oxigraph import OxigraphStore
from ontology.files import scheme_files
from ontology.names import GRAPH_ASSERTED, GRAPH_INFERRED, GRAPH_VOCABULARIES, RDF

E = "https://example.org/"


def n(name: str) -> NamedNode:
    return NamedNode(f"{E}{name}")


def assert_valid(proof: Proof, facts: StoreFacts, store: OxigraphStore) -> None:
    """Each step is a rule instance whose premises are proven, and none rests on itself."""
    below: dict[Triple, set[Triple]] = {}
    for step in reversed(list(proof.steps())):
        if step.rule is None:
            assert facts.is_stated(step.triple)
        elif isinstance(step.rule, GuardedRule):
            assert step.triple in set(store.construct(step.rule.query))
            assert step.premises
        else:
            binding = step.rule.head.match(step.triple)
            assert binding is not None
            premises = {premise.triple for premise in step.premises}
            assert any(
                {pattern.triple(one) for pattern in step.rule.body} == premises
                for one in facts.solutions(step.rule.body, binding)
            )
        below[step.triple] = {premise.triple for premise in step.premises}
    assert_no_circle(proof, below)


def assert_no_circle(proof: Proof, below: dict[Triple, set[Triple]]) -> None:
    open_: set[Triple] = set()
    done: set[Triple] = set()
    waiting = [(proof.triple, False)]
    while waiting:
        triple, leaving = waiting.pop()
        if leaving:
            open_.discard(triple)
            done.add(triple)
        elif triple not in done:
            assert triple not in open_
            open_.add(triple)
            waiting.append((triple, True))
            waiting += [(each, False) for each in below[triple]]


@pytest.fixture(scope="module")
def generated() -> OxigraphStore:
    store = OxigraphStore.memory()
    for path in scheme_files():
        store.load(path, GRAPH_VOCABULARIES)
    graph = NamedNode(GRAPH_ASSERTED)
    for batch in batches(Size(40), seed=7):
        triples = plain_triples(batch.claims)
        store.add(Quad(t.subject, t.predicate, t.object, graph) for t in triples)
    materialise(store, shipped_rules())
    return store


def test_a_sample_of_inferred_triples_has_valid_proofs(generated) -> None:
    drawn = sorted((quad.triple for quad in generated.quads(GRAPH_INFERRED)), key=str)
    facts = StoreFacts(generated)

    for triple in random.Random(3).sample(drawn, 600):
        assert_valid(explain(generated, shipped_rules(), triple), facts, generated)


def test_every_inferred_triple_of_the_prototypes_has_a_valid_proof(prototypes) -> None:
    materialise(prototypes, shipped_rules())
    drawn = [quad.triple for quad in prototypes.quads(GRAPH_INFERRED)]

    assert len(drawn) > 300
    for triple in drawn:
        proof = explain(prototypes, shipped_rules(), triple)
        assert proof.rule is not None
        assert_valid(proof, StoreFacts(prototypes), prototypes)


def proven(rules: RuleSet, store: OxigraphStore, triple: Triple) -> Proof:
    materialise(store, rules)
    proof = explain(store, rules, triple)
    assert_valid(proof, StoreFacts(store), store)
    return proof


def test_a_stated_triple_is_its_own_proof(compile_text, store_of) -> None:
    proof = proven(compile_text(""), store_of(":x :p :y ."), Triple(n("x"), n("p"), n("y")))

    assert proof == Proof(Triple(n("x"), n("p"), n("y")))
    assert proof.stated() == (proof.triple,)


def test_a_long_transitive_chain_is_proven(compile_text, store_of) -> None:
    length = 150
    store = store_of(" ".join(f":n{i} :p :n{i + 1} ." for i in range(length)))
    goal = Triple(n("n0"), n("p"), n(f"n{length}"))

    proof = proven(compile_text(":p a owl:TransitiveProperty ."), store, goal)

    assert len(proof.stated()) == length


def test_a_long_chain_through_a_second_property_is_proven(compile_text, store_of) -> None:
    length = 60
    store = store_of(" ".join(f":n{i} skos:broader :n{i + 1} ." for i in range(length)))
    goal = Triple(n("x"), n("faces"), n(f"n{length}"))
    graph = NamedNode(GRAPH_ASSERTED)
    store.add([Quad(n("x"), n("faces"), n("n0"), graph)])

    proof = proven(
        compile_text(
            "skos:broader rdfs:subPropertyOf skos:broaderTransitive . "
            "skos:broaderTransitive a owl:TransitiveProperty . "
            ":faces owl:propertyChainAxiom ( :faces skos:broaderTransitive ) ."
        ),
        store,
        goal,
    )

    assert len(proof.stated()) == length + 1


def test_a_circle_has_proofs_that_do_not_go_round(compile_text, store_of) -> None:
    names = "abcdefgh"
    pairs = zip(names, names[1:] + names[0], strict=True)
    store = store_of(" ".join(f":{one} :p :{other} ." for one, other in pairs))
    rules = compile_text(":p a owl:TransitiveProperty, owl:SymmetricProperty .")
    materialise(store, rules)

    for quad in store.quads(GRAPH_INFERRED):
        assert_valid(explain(store, rules, quad.triple), StoreFacts(store), store)


def test_rules_that_lead_to_each_other_do_not_prove_each_other(compile_text, store_of) -> None:
    store = store_of(":x a :C .")
    rules = compile_text(":A owl:equivalentClass :B . :C rdfs:subClassOf :A .")

    proof = proven(rules, store, Triple(n("x"), NamedNode(f"{RDF}type"), n("B")))

    assert [step.triple.object for step in proof.steps()] == [n("B"), n("A"), n("C")]


def test_a_triple_that_stands_inferred_without_ground_is_not_proven(compile_text, store_of) -> None:
    store = store_of(":x a :C .")
    rules = compile_text(":A owl:equivalentClass :B .")
    kind, graph = NamedNode(f"{RDF}type"), NamedNode(GRAPH_INFERRED)
    store.add([Quad(n("x"), kind, n("A"), graph), Quad(n("x"), kind, n("B"), graph)])

    with pytest.raises(NotDerivable):
        explain(store, rules, Triple(n("x"), kind, n("A")))


def test_what_is_neither_stated_nor_implied_is_refused_in_words(compile_text, store_of) -> None:
    with pytest.raises(NotDerivable, match="Nothing in the graph states or implies"):
        explain(store_of(":x :p :y ."), compile_text(""), Triple(n("x"), n("p"), n("z")))


def test_more_instances_than_the_first_search_looks_at(compile_text, store_of) -> None:
    """Of a hundred instances only one has a ground; the others stand there without."""
    store = store_of(":x :q :good . :good :r :y .")
    graph = NamedNode(GRAPH_INFERRED)
    store.add(
        quad
        for i in range(100)
        for quad in (
            Quad(n("x"), n("q"), n(f"m{i}"), graph),
            Quad(n(f"m{i}"), n("r"), n("y"), graph),
        )
    )
    goal = Triple(n("x"), n("p"), n("y"))
    store.add([Quad(goal.subject, goal.predicate, goal.object, graph)])

    proof = explain(store, compile_text(":p owl:propertyChainAxiom ( :q :r ) ."), goal)

    assert [premise.triple.subject for premise in proof.premises] == [n("x"), n("good")]


def test_facts_in_memory_and_in_the_store_agree(compile_text, store_of) -> None:
    turtle = ":a :q :b . :b :r :c . :b :r :d . :a :q :e . :e :r :e . :a a :A . :e a :A ."
    rules = compile_text(
        ":p owl:propertyChainAxiom ( :q :r ) . :A rdfs:subClassOf :B . :r a owl:SymmetricProperty ."
    )
    store = store_of(turtle)
    memory = FactBase(rules)
    memory.take(store.quads(GRAPH_ASSERTED))
    materialise(store, rules)
    memory.take(store.quads(GRAPH_INFERRED))
    chain = rules.for_head(Triple(n("a"), n("p"), n("b")))[0]
    loops = (Pattern(chain.body[1].subject, n("r"), chain.body[1].subject),)

    for body, binding in (
        (chain.body, {}),
        (chain.body, {"X": n("a")}),
        (chain.body, {"X": n("a"), "Y": n("b"), "Z": n("c")}),
        (chain.body, {"Z": n("nothing")}),
        (loops, {}),
    ):
        found = [
            {frozenset(one.items()) for one in facts.solutions(body, binding)}
            for facts in (memory, StoreFacts(store))
        ]
        assert found[0] == found[1]


def test_a_blank_node_is_never_proven(compile_text) -> None:
    facts = FactBase(compile_text(":p a owl:SymmetricProperty ."))
    facts.take([Triple(BlankNode(), n("p"), n("x"))])

    assert facts.size() == 0
    assert prove(facts, RuleSet(()), Triple(n("x"), n("p"), n("y"))) is None


def test_a_pattern_with_a_literal_subject_makes_no_triple() -> None:
    with pytest.raises(TypeError, match="A literal cannot be a subject"):
        Pattern(Literal("x"), n("p"), n("y")).triple({})


def proofs_of(quads: list[Quad], more: list[Quad]) -> dict[Triple, tuple[Triple, ...]]:
    """Stated triples under each triple drawn from ``quads``, in a base that holds ``more`` too."""
    rules = shipped_rules()
    alone = FactBase(rules)
    alone.take(quads)
    saturate(alone, rules)
    facts = FactBase(rules)
    facts.take([*more, *quads])
    saturate(facts, rules)
    facts.settle()
    drawn = sorted((alone.triple(fact) for fact in alone.drawn()), key=str)
    return {each: found.stated() for each in drawn if (found := prove(facts, rules, each))}


def test_unrelated_facts_and_another_order_leave_the_premises_as_they_are() -> None:
    claims = [claim for batch in batches(Size(12)) for claim in batch.claims]
    graph = NamedNode(GRAPH_ASSERTED)
    quads = [Quad(t.subject, t.predicate, t.object, graph) for t in plain_triples(claims)]
    noise = [
        Quad(NamedNode(f"{E}new{i}"), quad.predicate, NamedNode(f"{E}other{i}"), graph)
        for i, quad in enumerate(quads[:300])
    ]
    shuffled = random.Random(7).sample(quads, len(quads))

    plain = proofs_of(quads, [])

    assert len(plain) > 100
    assert proofs_of(shuffled, noise) == plain
