"""What makes a test of the W3C pass must tell same from different."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import XSD, BNode, Literal, URIRef
from sparql_conformance.comparing import same_reduced, same_rows
from sparql_conformance.results import BadAnswer, Solutions, parsed

A, B, C, D = (BNode(name) for name in "abcd")
X, Y = URIRef("urn:x"), URIRef("urn:y")


def number(text, kind=XSD.integer):
    return Literal(text, datatype=kind, normalize=False)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ([(X,), (X,)], [(X,), (X,)], True),
        ([(X,), (X,)], [(X,)], False),
        ([(X,), (X,), (Y,)], [(X,), (Y,), (Y,)], False),
        ([(X,)], [(Literal("urn:x"),)], False),
        ([(None,)], [(X,)], False),
        ([(A, B)], [(C, D)], True),
        ([(A, A)], [(C, D)], False),
        ([(A, B)], [(C, C)], False),
        ([(A,)], [(X,)], False),
        ([(A,)], [(Literal("a"),)], False),
        ([(A, X), (A, Y)], [(C, X), (D, Y)], False),
        ([(A, B), (B, C), (C, A)], [(B, A), (A, C), (C, B)], True),
        ([(A, B), (B, A), (C, D), (D, C)], [(A, B), (B, C), (C, D), (D, A)], False),
        ([(number("01"),)], [(number("1"),)], True),
        ([(number("1"),)], [(number("1", XSD.decimal),)], False),
        ([(number("1.0", XSD.decimal),)], [(number("1", XSD.decimal),)], True),
        ([(number("1e0", XSD.double),)], [(number("1.0", XSD.double),)], True),
        ([(number("x"),)], [(number("y"),)], False),
        ([(number("1", XSD.boolean),)], [(number("true", XSD.boolean),)], True),
        ([(number("2001-01-01+00:00", XSD.date),)], [(number("2001-01-01Z", XSD.date),)], True),
        ([(number("2001-01-01", XSD.date),)], [(number("2001-01-01Z", XSD.date),)], False),
        ([(Literal("x"),)], [(Literal("x", datatype=XSD.string),)], True),
        ([(Literal("x", lang="en"),)], [(Literal("x", lang="EN"),)], True),
        ([(Literal("x", lang="en"),)], [(Literal("x"),)], False),
    ],
)
def test_bags(left, right, same):
    assert same_rows(left, right) is same
    assert same_rows(right, left) is same


def test_lists():
    rows = [(A, X), (B, Y)]
    assert same_rows(rows, [(C, X), (D, Y)], ordered=True)
    assert not same_rows(rows, [(D, Y), (C, X)], ordered=True)
    assert not same_rows([(A,), (A,)], [(A,), (B,)], ordered=True)


def test_reduced():
    assert same_reduced([(X,), (X,), (Y,)], [(X,), (Y,)])
    assert not same_reduced([(X,), (X,), (Y,)], [(X,), (X,)])
    assert not same_reduced([(X,), (Y,)], [(X,), (X,), (Y,)])


@given(
    st.lists(
        st.tuples(*[st.integers(0, 5).map(lambda n: BNode(f"n{n}")) | st.just(X)] * 3), max_size=12
    ),
    st.randoms(use_true_random=False),
)
def test_renaming_and_shuffling_change_nothing(rows, order: random.Random):
    fresh: dict[object, BNode] = {}
    renamed = [
        tuple(fresh.setdefault(t, BNode()) if isinstance(t, BNode) else t for t in row)
        for row in rows
    ]
    order.shuffle(renamed)
    assert same_rows(rows, renamed)
    if rows:
        broken = [(Y, *renamed[0][1:]), *renamed[1:]]
        assert not same_rows(rows, broken)


def test_a_long_answer_needs_no_deep_stack():
    rows = [(BNode(f"b{n}"), number(str(n))) for n in range(5000)]
    assert same_rows(rows, list(reversed(rows)))


JSON, XML = "application/sparql-results+json", "application/sparql-results+xml"
TERM = b'{"type":"uri","value":"urn:x"}'
HEAD = b'<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head><variable name="x"/></head>'
FOOT = b"</result></results></sparql>"


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":%b}]}}' % TERM, JSON),
        (HEAD + b'<results><result><binding name="x"><uri>urn:x</uri></binding>' + FOOT, XML),
        (b"?x\n<urn:x>\n", "text/tab-separated-values"),
    ],
)
def test_one_solution_in_each_format(body, media_type):
    result = parsed(body, media_type)
    assert isinstance(result, Solutions)
    assert (result.variables, result.rows) == (("x",), [(X,)])


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b'{"head":{"vars":[]},"results":{"bindings":[{"x":%b}]}}' % TERM, JSON),
        (b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"url"}}]}}', JSON),
        (b'{"head":{},"boolean":"true"}', JSON),
        (HEAD + b"<results>", XML),
        (HEAD + b"<boolean>yes</boolean></sparql>", XML),
        (b"x\n<urn:x>\n", "text/tab-separated-values"),
        (b"x,y\n1\n", "text/csv"),
        (b"<urn:x> a", "text/turtle"),
        (b"", "image/png"),
    ],
)
def test_what_is_not_of_its_type_is_told(body, media_type):
    with pytest.raises(BadAnswer, match=r"not|type"):
        parsed(body, media_type)
