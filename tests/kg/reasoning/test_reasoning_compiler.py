import time
from pathlib import Path

import pytest

from kg.errors import RuleCompileError
from kg.reasoning import RuleSet, compile_rules, materialise
from kg.reasoning.rules import variables_of
from ontology.files import modules

KNOWN = {
    "subclass": (":A rdfs:subClassOf :B .", ":x a :A .", ":x a :B ."),
    "subclass of an intersection": (
        ":A rdfs:subClassOf [ owl:intersectionOf ( :B :C ) ] .",
        ":x a :A .",
        ":x a :B, :C .",
    ),
    "equivalent names": (
        ":A owl:equivalentClass :B .",
        ":x a :A . :y a :B .",
        ":x a :B . :y a :A .",
    ),
    "intersection": (
        ":A owl:equivalentClass [ owl:intersectionOf ( :B :C ) ] .",
        ":x a :B, :C . :y a :B .",
        ":x a :A .",
    ),
    "from class to its named parts": (
        ":A owl:equivalentClass [ owl:intersectionOf ( :B :C ) ] .",
        ":x a :A .",
        ":x a :B, :C .",
    ),
    "union": (
        ":A owl:equivalentClass [ owl:unionOf ( :B :C ) ] .",
        ":x a :B . :y a :C .",
        ":x a :A . :y a :A .",
    ),
    "some": (
        ":A owl:equivalentClass [ owl:onProperty :p ; owl:someValuesFrom :B ] .",
        ":x :p :b . :b a :B . :y :p :c .",
        ":x a :A .",
    ),
    "some thing at all": (
        ":A owl:equivalentClass [ owl:onProperty :p ; owl:someValuesFrom rdfs:Literal ] .",
        ':x :p "1" .',
        ":x a :A .",
    ),
    "some over an inverse": (
        ":A owl:equivalentClass [ owl:onProperty [ owl:inverseOf :p ] ; owl:someValuesFrom :B ] .",
        ":b :p :x . :b a :B .",
        ":x a :A .",
    ),
    "value": (
        ":A owl:equivalentClass [ owl:onProperty :p ; owl:hasValue :v ] .",
        ":x :p :v . :y a :A . :z :p :w .",
        ":x a :A . :y :p :v .",
    ),
    "literal value": (
        ':A owl:equivalentClass [ owl:onProperty :p ; owl:hasValue "yes" ] .',
        ':x :p "yes" . :y :p "no" .',
        ":x a :A .",
    ),
    "only, on the right": (
        ":A rdfs:subClassOf [ owl:onProperty :p ; owl:allValuesFrom :B ] .",
        ":x a :A ; :p :y .",
        ":y a :B .",
    ),
    "value, on the right": (
        ":A rdfs:subClassOf [ owl:onProperty :p ; owl:hasValue :v ] .",
        ":x a :A .",
        ":x :p :v .",
    ),
    "nested": (
        ":A owl:equivalentClass [ owl:intersectionOf ( :B [ owl:onProperty :p ; "
        "owl:someValuesFrom [ owl:unionOf ( [ owl:onProperty :q ; owl:hasValue :v ] :C ) ] ] ) ] .",
        ":x a :B ; :p :y . :y :q :v . :z a :B ; :p :c . :c a :C . :w a :B ; :p :d .",
        ":x a :A . :z a :A .",
    ),
    "subproperty": (":p rdfs:subPropertyOf :q .", ":x :p :y .", ":x :q :y ."),
    "subproperty of an inverse": (
        ":p rdfs:subPropertyOf [ owl:inverseOf :q ] .",
        ":x :p :y .",
        ":y :q :x .",
    ),
    "equivalent property": (
        ":p owl:equivalentProperty :q .",
        ":x :p :y . :a :q :b .",
        ":x :q :y . :a :p :b .",
    ),
    "inverse": (":p owl:inverseOf :q .", ":x :p :y . :a :q :b .", ":y :q :x . :b :p :a ."),
    "chain": (
        ":p owl:propertyChainAxiom ( :q :r :s ) .",
        ":a :q :b . :b :r :c . :c :s :d .",
        ":a :p :d .",
    ),
    "chain with an inverse": (
        ":p owl:propertyChainAxiom ( [ owl:inverseOf :q ] :r ) .",
        ":b :q :a . :b :r :c .",
        ":a :p :c .",
    ),
    "transitive": (
        ":p a owl:TransitiveProperty .",
        ":a :p :b . :b :p :c .",
        ":a :p :c .",
    ),
    "symmetric": (":p a owl:SymmetricProperty .", ":a :p :b .", ":b :p :a ."),
    "domain": (":p rdfs:domain :A .", ":x :p :y .", ":x a :A ."),
    "range": (":p rdfs:range :A .", ":x :p :y .", ":y a :A ."),
    "domain that is an intersection": (
        ":p rdfs:domain [ owl:intersectionOf ( :A :B ) ] .",
        ":x :p :y .",
        ":x a :A, :B .",
    ),
    "broader": (
        "skos:broader rdfs:subPropertyOf skos:broaderTransitive . "
        "skos:broaderTransitive a owl:TransitiveProperty .",
        ":a skos:broader :b . :b skos:broader :c .",
        ":a skos:broaderTransitive :b, :c . :b skos:broaderTransitive :c .",
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_construct_draws_just_what_it_should(
    name: str, compile_text, store_of, triples, inferred
) -> None:
    ontology, facts, expected = KNOWN[name]
    store = store_of(facts)

    materialise(store, compile_text(ontology))

    assert inferred(store) == triples(expected) - triples(facts)


FAULTS = {
    "functional": (":p a owl:FunctionalProperty .", ":x :p :y, :z .", 1),
    "functional, kept": (":p a owl:FunctionalProperty .", ":x :p :y . :z :p :y .", 0),
    "inverse functional": (":p a owl:InverseFunctionalProperty .", ":x :p :y . :z :p :y .", 1),
    "asymmetric": (":p a owl:AsymmetricProperty .", ":x :p :y . :y :p :x .", 1),
    "irreflexive": (":p a owl:IrreflexiveProperty .", ":x :p :x . :x :p :y .", 1),
    "disjoint": (":A owl:disjointWith :B .", ":x a :A, :B . :y a :A .", 1),
    "disjoint expression": (
        ":A owl:disjointWith [ owl:onProperty :p ; owl:hasValue :v ] .",
        ":x a :A ; :p :v .",
        1,
    ),
    "all disjoint": (
        "[] a owl:AllDisjointClasses ; owl:members ( :A :B :C ) .",
        ":x a :A, :C . :y a :B .",
        1,
    ),
    "complement": (":A rdfs:subClassOf [ owl:complementOf :B ] .", ":x a :A, :B .", 1),
    "nothing": (":A rdfs:subClassOf owl:Nothing .", ":x a :A .", 1),
    "disjoint properties": (":p owl:propertyDisjointWith :q .", ":x :p :y ; :q :y, :z .", 1),
    "disjoint after inference": (
        ":A owl:disjointWith :B . :p rdfs:domain :B .",
        ":x a :A ; :p :y .",
        1,
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_nothing_is_drawn_from_it(name: str, compile_text, store_of) -> None:
    ontology, facts, faults = FAULTS[name]
    store = store_of(facts)

    report = materialise(store, compile_text(ontology))

    assert len(report.findings) == faults
    assert all(one.severity == "warning" and one.remedy for one in report.findings)
    assert all("https://example.org/x" in one.message for one in report.findings)


def test_one_fault_is_not_told_without_end(compile_text, store_of) -> None:
    facts = " ".join(f":x{n} a :A, :B ." for n in range(150))

    report = materialise(store_of(facts), compile_text(":A owl:disjointWith :B ."))

    assert len(report.findings) == 100


UNKNOWN = {
    "owl:hasKey": ":A owl:hasKey ( :p ) .",
    "owl:maxCardinality": ":A rdfs:subClassOf [ owl:onProperty :p ; owl:maxCardinality 1 ] .",
    "owl:minCardinality": ":A owl:equivalentClass [ owl:onProperty :p ; owl:minCardinality 2 ] .",
    "owl:sameAs": ":a owl:sameAs :b .",
    "owl:oneOf": ":A owl:equivalentClass [ owl:oneOf ( :a :b ) ] .",
    "owl:allValuesFrom on the left": (
        "[ owl:onProperty :p ; owl:allValuesFrom :B ] rdfs:subClassOf :A ."
    ),
    "owl:complementOf on the left": "[ owl:complementOf :B ] rdfs:subClassOf :A .",
    "owl:ReflexiveProperty": ":p a owl:ReflexiveProperty .",
    "owl:imports": ":o a owl:Ontology ; owl:imports :other .",
    "everything": "owl:Thing rdfs:subClassOf :A .",
    "xsd:integer as a condition": (
        ":A owl:equivalentClass [ owl:onProperty :p ; owl:someValuesFrom xsd:integer ] ."
    ),
    "nothing in it": ":A rdfs:subClassOf [] .",
    "without owl:onProperty": ":A owl:equivalentClass [ owl:hasValue :v ] .",
    "inverse that is no name": ":p owl:inverseOf [ owl:inverseOf :q ] .",
    "no property": ":p rdfs:subPropertyOf [ rdfs:label 'q' ] .",
    "anonymous class among disjoint": (
        "[] a owl:AllDisjointClasses ; owl:members ( :A [ owl:unionOf ( :B :C ) ] ) ."
    ),
    "has no end": ":A owl:equivalentClass [ owl:intersectionOf [ rdf:first :B ] ] .",
}


@pytest.mark.parametrize("construct", UNKNOWN)
def test_an_unknown_construct_is_refused_by_name(construct: str, compile_text) -> None:
    with pytest.raises(RuleCompileError) as fault:
        compile_text(UNKNOWN[construct])

    assert "In the axiom" in str(fault.value)
    assert any(word in str(fault.value) for word in (construct, construct.split()[0]))


def test_broken_turtle_is_refused_with_its_file(compile_text) -> None:
    with pytest.raises(RuleCompileError, match=r"ontology\.ttl is not Turtle"):
        compile_text(":A rdfs:subClassOf")


def test_axioms_that_draw_nothing_are_listed(compile_text) -> None:
    rules = compile_text(
        ":A rdfs:subClassOf [ owl:onProperty :p ; owl:someValuesFrom :B ] . "
        ":p rdfs:domain [ owl:unionOf ( :A :B ) ] ; rdfs:range xsd:string ."
    )

    assert rules.rules == ()
    assert len(rules.silent) == 3


def test_annotations_are_no_axioms(compile_text) -> None:
    rules = compile_text(
        ':o a owl:Ontology ; owl:versionInfo "1" . :A a owl:Class ; rdfs:label "a"@en ; '
        'rdfs:comment "c" ; :note "n" . :x a :A .'
    )

    assert rules == RuleSet(())


def test_the_shipped_ontology_compiles_fast_and_names_every_rule_once() -> None:
    start = time.process_time()
    rules = compile_rules(modules())

    assert time.process_time() - start < 0.5
    names = [rule.name for rule in rules]
    assert len(names) == len(set(names)) > 500
    assert all(rule.sentence.endswith(".") for rule in rules)
    assert rules.named(names[0]).name == names[0]
    assert len(rules.guarded) == 10


def test_every_variable_of_a_head_is_in_its_body() -> None:
    for rule in compile_rules(modules()).rules:
        assert rule.head.variables() <= set(variables_of(rule.body)), rule.name


GOOD = """#+ name: twins
#+ sentence: Two of a kind are twins.
#+ tier: B
#+ guard: None needed.
#+ source: A test
#+ premises: |
#+   ?x a :A .
PREFIX : <https://example.org/>
CONSTRUCT { ?x a :Twin } WHERE { ?x a :A . ?y a :A FILTER(?x != ?y) }
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("#+ name: twins\n", "", "name"),
        ("#+ guard: None needed.\n", "#+ guard: [\n", "twins.rq"),
        (GOOD[: GOOD.index("PREFIX")], "", "no header"),
        ("CONSTRUCT { ?x a :Twin }", "SELECT *", "no CONSTRUCT"),
        ("{ ?x a :Twin }", "{ ?x a :Twin . ?y a :Twin }", "2 triples"),
        ("?x a :A .\nPREFIX", "?x a .\nPREFIX", "twins.rq"),
        ("?x a :A .\nPREFIX", "?x a [] .\nPREFIX", "may not stand in a rule"),
    ],
)
def test_a_faulty_rule_file_is_refused_by_name(
    old: str, new: str, says: str, tmp_path: Path
) -> None:
    assert old in GOOD
    (tmp_path / "construct-twins.rq").write_text(GOOD.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(RuleCompileError) as fault:
        compile_rules([], derive_dir=tmp_path)

    assert "construct-twins.rq" in str(fault.value)
    assert says in str(fault.value)


def test_a_rule_file_gives_a_rule_that_runs(tmp_path: Path, store_of, inferred, triples) -> None:
    (tmp_path / "construct-twins.rq").write_text(GOOD, encoding="utf-8")
    store = store_of(":a a :A . :b a :A .")

    report = materialise(store, compile_rules([], derive_dir=tmp_path))

    assert inferred(store) == triples(":a a :Twin . :b a :Twin .")
    assert report.by_rule == {"guarded twins": 2}
    assert report.inferences == 2
