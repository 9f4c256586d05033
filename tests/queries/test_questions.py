"""The question files themselves: headers, prefixes, parameters, terms, and what they cover."""

import re
from pathlib import Path

import pytest
from pyoxigraph import Store
from rdflib.plugins.sparql.parser import parseQuery

from ontology import curies
from ontology.names import MKG, VOCAB
from ontology.vocabulary import vocabulary
from queries.binding import bind, serialise, terms
from queries.library import checks, questions

BOTH = {**questions(), **checks()}
SHARED = Path(__file__).parents[3] / "shared" / "model" / "competency-questions.md"

ANSWERABLE = {
    f"CQ{number:02}"
    for number in (
        *range(1, 9), *range(11, 22), 23, 24, *range(26, 31), 32, 37, *range(40, 43),
        *range(45, 48), 49, 53, 54, *range(56, 73), 77, 79, *range(80, 85), 86, 87, 88,
        *range(93, 99),
    )
}  # fmt: skip
"""Competency questions that the founding document answers, in full or in part."""

BLOCK = re.compile(r"VALUES\s+\?(\w+)\s*\{([^{}]*)\}")
NAME = re.compile(r"(?<![\w<\"/:?$-])([a-z][a-z0-9-]*):([A-Za-z0-9][\w.-]*)")


def body(text: str) -> str:
    """The query without header, prologue, strings and full IRIs."""
    lines = (line for line in text.splitlines() if not line.startswith(("#", "PREFIX")))
    return re.sub(r'"[^"]*"|<[^>]*>', " ", "\n".join(lines))


def test_there_are_enough_questions_and_checks() -> None:
    assert len(questions()) >= 85
    assert len(checks()) >= 10
    assert all(name.endswith("-violation") for name in checks())


def test_titles_and_wordings_are_unique() -> None:
    for field in ("title", "question"):
        values = [getattr(question, field) for question in BOTH.values()]
        assert len(values) == len(set(values))


def test_every_answerable_competency_question_is_asked() -> None:
    asked = {cq for question in questions().values() for cq in question.cq}
    assert asked >= ANSWERABLE
    assert len(asked) >= 90


@pytest.mark.skipif(not SHARED.exists(), reason="the list of competency questions is not here")
def test_the_list_of_answerable_questions_is_the_documents() -> None:
    rows = re.findall(
        r"^\| (CQ\d\d) \|.*\| (yes|partly|no) \|[^|]*\|$", SHARED.read_text(), re.MULTILINE
    )
    assert len(rows) == 98
    assert {cq for cq, seed in rows if seed != "no"} == ANSWERABLE


@pytest.mark.parametrize("name", BOTH)
def test_parses_in_both_engines(name: str) -> None:
    parseQuery(BOTH[name].text)
    Store().query(BOTH[name].text)


@pytest.mark.parametrize("name", BOTH)
def test_declares_the_prefixes_it_uses_and_no_others(name: str) -> None:
    text = BOTH[name].text
    declared = dict(re.findall(r"^PREFIX ([\w-]+): <([^>]+)>$", text, re.MULTILINE))
    assert declared == {prefix: curies.PREFIXES[prefix] for prefix in declared}
    assert {prefix for prefix, _ in NAME.findall(body(text))} == set(declared)


@pytest.mark.parametrize("name", BOTH)
def test_speaks_only_of_terms_that_exist(name: str) -> None:
    known = vocabulary()
    terms_known = {*known.classes, *known.properties, *known.concepts}
    ours = [
        iri
        for prefix, local in NAME.findall(body(BOTH[name].text))
        if (iri := curies.expand(f"{prefix}:{local}")).startswith((MKG, VOCAB))
    ]
    assert [iri for iri in ours if iri not in terms_known] == []


@pytest.mark.parametrize("name", BOTH)
def test_select_has_an_order_and_no_doubles(name: str) -> None:
    question = BOTH[name]
    if question.form == "SELECT":
        assert "\nORDER BY " in question.text
        assert re.search(r"SELECT DISTINCT|GROUP BY", question.text)


@pytest.mark.parametrize("name", questions())
def test_each_parameter_has_one_block_that_holds_its_default(name: str) -> None:
    question = questions()[name]
    blocks = BLOCK.findall(question.text)
    for parameter in question.parameters:
        mine = [content for variable, content in blocks if variable == parameter.name]
        assert len(mine) == 1, parameter.name
        default = [serialise(each) for each in terms(question, parameter, parameter.default)]
        assert [expanded(token) for token in tokens(mine[0])] == (default or ["UNDEF"])


@pytest.mark.parametrize("name", questions())
def test_defaults_bind(name: str) -> None:
    parseQuery(bind(questions()[name], {}))


@pytest.mark.parametrize("name", questions())
def test_see_also_names_questions(name: str) -> None:
    assert set(questions()[name].see_also) <= set(questions())
    assert name not in questions()[name].see_also


def tokens(content: str) -> list[str]:
    return re.findall(r'"[^"]*"|\S+', content)


def expanded(token: str) -> str:
    if token.startswith('"') or token == "UNDEF":
        return token
    if token.isdigit():
        return f'"{token}"^^<http://www.w3.org/2001/XMLSchema#integer>'
    return f"<{curies.expand(token)}>"
