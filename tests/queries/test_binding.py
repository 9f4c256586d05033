"""Arguments become RDF terms, and nothing else, whatever they hold."""

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Store
from rdflib import Graph
from rdflib.plugins.sparql.parser import parseQuery

from ontology.names import ID, VOCAB, XSD
from queries.binding import bind, expected, serialise, terms
from queries.errors import ArgumentError, BadArgument, MissingArgument, UnknownParameter
from queries.library import Parameter, Question, questions, read_question

TYPES = ("iri", "concept", "string", "integer", "decimal", "date", "language")
HOSTILE = st.text(alphabet="\\uU0022\"'}{<>|;. \n\r\t#\x00\x1f", min_size=1)
TEXTS = HOSTILE | st.text(min_size=1)
EMPTY_GRAPH = Graph()
EMPTY_STORE = Store()


def asking(type_: str, **more: Any) -> Question:
    default = {"iri": "init:pilot-e", "integer": "1", "decimal": "1", "date": "2021"}
    first = default.get(type_.partition("(")[0], "en")
    if type_.startswith("concept"):
        first = "ctype:mission-lock-in"
    parameter = Parameter(name="x", type=type_, default=first, label="X", **more)
    text = "#+ title: t\nSELECT ?x ?y WHERE { VALUES ?x { UNDEF }\n  VALUES ?y { 2 } }"
    return Question(
        name="a", title="t", question="q", asks=("tool",), tags=("t",), answer="a",
        parameters=(parameter,), text=text,
    )  # fmt: skip


def value(type_: str, argument: str, **more: Any) -> Any:
    question = asking(type_, **more)
    found = terms(question, question.parameters[0], argument)
    return found if more.get("many") else found[0]


def shape(node: Any) -> Any:
    """The query's structure: its parse tree with the terms of VALUES taken out."""
    if getattr(node, "name", None) == "InlineData":
        return ("InlineData", [str(variable) for variable in node["var"]])
    if isinstance(node, dict):
        return {key: shape(child) for key, child in node.items()}
    if isinstance(node, str):
        return str(node)
    return [shape(child) for child in node] if hasattr(node, "__iter__") else repr(node)


@pytest.mark.parametrize(
    ("type_", "argument", "term"),
    [
        ("iri(init)", "init:pilot-e", NamedNode(f"{ID}initiative/pilot-e")),
        ("iri(init)", " pilot-e ", NamedNode(f"{ID}initiative/pilot-e")),
        ("iri(init)", f"{ID}initiative/pilot-e", NamedNode(f"{ID}initiative/pilot-e")),
        ("iri(init)", f"<{ID}initiative/pilot-e>", NamedNode(f"{ID}initiative/pilot-e")),
        ("iri(init|mission)", "mission:x", NamedNode(f"{ID}mission/x")),
        ("iri", "urn:isbn:1", NamedNode("urn:isbn:1")),
        ("iri", "https://example.org/é?a=b#c", NamedNode("https://example.org/é?a=b#c")),
        ("concept(challenge-type)", "mission-lock-in",
         NamedNode(f"{VOCAB}challenge-type/mission-lock-in")),
        ("concept", "dim:policy-coordination", NamedNode(f"{VOCAB}dimension/policy-coordination")),
        ("concept(technology)", "tech:new", NamedNode(f"{VOCAB}technology/new")),
        ("string", ' a "b" ', Literal(' a "b" ')),
        ("integer", " -12 ", Literal(-12)),
        ("decimal", "1.50", Literal("1.50", datatype=NamedNode(f"{XSD}decimal"))),
        ("decimal", ".5", Literal("0.5", datatype=NamedNode(f"{XSD}decimal"))),
        ("date", "2021", Literal("2021")),
        ("date", "2021-02", Literal("2021-02")),
        ("date", "2024-02-29", Literal("2024-02-29")),
        ("language", "pt-BR", Literal("pt-br")),
    ],
)  # fmt: skip
def test_arguments_become_terms(type_: str, argument: str, term: Any) -> None:
    assert value(type_, argument) == term


@pytest.mark.parametrize(
    ("type_", "argument", "said"),
    [
        ("iri(init)", "mission:x", "initiative (init:...)"),
        ("iri(init)", "init:pilot e", "initiative (init:...)"),
        ("iri(init)", "init:a/b", "initiative (init:...)"),
        ("iri(init|mission)", "plan:x", "initiative (init:...) or mission (mission:...)"),
        ("iri", "no-colon", "a CURIE such as init:pilot-e or an IRI"),
        ("iri", "nosuchprefix:x", "a CURIE"),
        ("iri", "https://example.org/a> ?x", "a CURIE"),
        ("concept(challenge-type)", "ctype:mission-lockin", "Did you mean ctype:mission-lock-in"),
        ("concept(challenge-type)", "dim:policy-coordination", "challenge-type (ctype:...)"),
        ("concept(coordination-level)", "x y", "coordination-level (coordination-level:...)"),
        ("concept", "no colon", "the CURIE or IRI of a concept"),
        ("string", "\ud800", "text"),
        ("integer", "12.5", "a whole number such as 12"),
        ("integer", "9" * 19, "a whole number"),
        ("decimal", "1e5", "a number such as 0.5"),
        ("decimal", "١", "a number such as 0.5"),
        ("date", "2021-02-30", "YYYY-MM-DD"),
        ("date", "2021-13", "YYYY-MM-DD"),
        ("date", "tomorrow", "YYYY-MM-DD"),
        ("language", "not a tag", "a language tag such as en or fr"),
    ],
)
def test_wrong_values_are_named_with_what_was_expected(
    type_: str, argument: str, said: str
) -> None:
    with pytest.raises(BadArgument) as caught:
        value(type_, argument)
    assert (caught.value.question, caught.value.parameter) == ("a", "x")
    assert caught.value.value == argument
    assert repr(argument) in str(caught.value)
    assert said in str(caught.value)


def test_a_bare_name_of_the_wrong_kind_gets_the_right_prefix() -> None:
    with pytest.raises(BadArgument, match="Did you mean init:pilot-e"):
        value("iri(init)", "mission:pilot-e")


def test_unknown_parameters_are_named_with_those_there_are() -> None:
    with pytest.raises(UnknownParameter, match=r"no parameter 'z'\. It takes x\.$"):
        bind(asking("string"), {"z": "1"})
    with pytest.raises(UnknownParameter, match=r"It takes no parameters\.$"):
        bind(questions()["practices-in-the-library"], {"z": "1"})
    with pytest.raises(UnknownParameter, match="Did you mean property"):
        bind(questions()["evidence-of-a-statement"], {"propery": "1"})


@pytest.mark.parametrize("argument", ["", "  "])
def test_an_empty_argument_is_missing(argument: str) -> None:
    with pytest.raises(MissingArgument, match=r"'x' was given without a value\. Expected text"):
        bind(asking("string"), {"x": argument})


@pytest.mark.parametrize("argument", [",", " , "])
def test_only_commas_are_no_value(argument: str) -> None:
    with pytest.raises(MissingArgument):
        bind(asking("string", many=True), {"x": argument})


def test_several_values_are_split_at_commas() -> None:
    assert value("integer", "1, 2,3", many=True) == (Literal(1), Literal(2), Literal(3))
    assert value("string", "a, b", many=False) == Literal("a, b")


def test_any_value_is_undef_where_it_is_allowed() -> None:
    assert "VALUES ?x { UNDEF }" in bind(asking("string", optional=True), {"x": "*"})
    assert 'VALUES ?x { "*" }' in bind(asking("string"), {"x": "*"})
    with pytest.raises(BadArgument):
        bind(asking("integer"), {"x": "*"})


@pytest.mark.parametrize("type_", TYPES)
def test_what_is_expected_is_said_for_every_type(type_: str) -> None:
    plain = expected(Parameter(name="x", type=type_, default="x", label="X"))
    more = expected(
        Parameter(name="x", type=type_, default="x", label="X", optional=True, many=True)
    )
    assert more == f"{plain}, or several with commas between, or * for any"


def test_blocks_of_other_variables_stay() -> None:
    assert "VALUES ?y { 2 }" in bind(asking("integer"), {"x": "7"})


def test_defaults_are_bound_where_nothing_is_given() -> None:
    assert 'VALUES ?x { "1"^^<http://www.w3.org/2001/XMLSchema#integer> }' in bind(
        asking("integer"), {}
    )


@given(TEXTS)
@example("\\u0022 } { SELECT * WHERE { ?s ?p ?o } } #")
@example("\\\\u0022")
@example("\\\x1f")
@example("VALUES ?y { 3 }")
def test_no_string_changes_the_query(text: str) -> None:
    question = asking("string")
    try:
        bound = bind(question, {"x": text})
    except ArgumentError:
        assert not text.strip()
        return
    assert shape(parseQuery(bound)) == shape(parseQuery(question.text))
    (row,) = EMPTY_STORE.query(bound)
    assert (row["x"], row["y"]) == (Literal(text), Literal(2))
    (other,) = EMPTY_GRAPH.query(bound)
    assert (str(other.x), int(other.y)) == (text, 2)


@given(st.sampled_from(TYPES), TEXTS, st.booleans(), st.booleans())
@example("iri", "http://e.org/\\u003e } { ?s ?p ?o } #", False, True)
@example("decimal", "1\n}", False, False)
def test_no_argument_of_any_type_changes_the_query(
    type_: str, text: str, optional: bool, many: bool
) -> None:
    question = asking(type_, optional=optional, many=many)
    try:
        bound = bind(question, {"x": text})
    except ArgumentError:
        return
    assert shape(parseQuery(bound)) == shape(parseQuery(question.text))
    assert all(row["y"] == Literal(2) for row in EMPTY_STORE.query(bound))


@given(TEXTS)
def test_serialised_text_has_no_bare_delimiter(text: str) -> None:
    inside = serialise(Literal(text))[1:-1]
    assert re.search(r'(?<!\\)(\\\\)*"', inside) is None
    assert not re.search(r"[\x00-\x1f\x7f]", inside)


def test_language_tagged_text_keeps_its_tag() -> None:
    assert serialise(Literal("a", language="fr")) == '"a"@fr'


def test_a_question_of_two_parameters_is_bound_in_one_pass() -> None:
    text = (
        "#+ title: t\n#+ question: q\n#+ asks: [tool]\n#+ tags: [t]\n#+ answer: a\n#+ parameters:\n"
        "#+   - {name: a, type: string, default: a, label: A}\n"
        "#+   - {name: b, type: string, default: b, label: B}\n"
        'SELECT ?a ?b WHERE { VALUES ?a { "a" } VALUES ?b { "b" } }'
    )
    bound = bind(read_question("two", text), {"a": "VALUES ?b { 1 }", "b": "c"})
    assert 'VALUES ?a { "VALUES ?b { 1 }" } VALUES ?b { "c" }' in bound
