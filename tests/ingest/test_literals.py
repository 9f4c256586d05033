"""Literals of cells, and the written form that keeps any literal apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode

from ingest.literals import TermFault, canonical, literal, typed, written
from ontology.names import XSD

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
TYPES = st.sampled_from([f"{XSD}string", f"{XSD}date", "http://example.org/type"])


@given(TEXTS, TYPES)
def test_typed_literals_round_trip(text: str, datatype: str) -> None:
    value = Literal(text, datatype=NamedNode(datatype))
    assert typed(written(value), "") == value


@given(TEXTS, st.sampled_from(["en", "fr", "en-gb"]))
def test_texts_in_a_language_round_trip(text: str, tag: str) -> None:
    value = Literal(text, language=tag)
    assert typed(written(value), tag) == value


def test_plain_text_is_not_typed() -> None:
    assert typed('a "quoted" word', "") is None


@given(st.integers())
def test_integers(number: int) -> None:
    made = canonical(str(number), f"{XSD}integer", "n")
    assert (made.value, made.datatype.value) == (str(number), f"{XSD}integer")


@pytest.mark.parametrize(
    ("text", "datatype", "value"),
    [
        ("+007", "nonNegativeInteger", "7"),
        ("1", "boolean", "true"),
        ("false", "boolean", "false"),
        (".5", "decimal", ".5"),
        ("2021-01-01", "date", "2021-01-01"),
    ],
)
def test_canonical(text: str, datatype: str, value: str) -> None:
    assert canonical(text, f"{XSD}{datatype}", "n").value == value


@pytest.mark.parametrize(
    ("text", "datatype", "said"),
    [
        ("0", "positiveInteger", "a number from 1 up"),
        ("-1", "positiveInteger", "a number from 0 up"),
        ("1.0", "integer", "a whole number"),
        (".", "decimal", "a number"),
        ("1e3", "decimal", "a number"),
        ("yes", "boolean", "true or false"),
    ],
)
def test_mistyped(text: str, datatype: str, said: str) -> None:
    with pytest.raises(TermFault, match=said):
        canonical(text, f"{XSD}{datatype}", "n")


def test_forms() -> None:
    assert literal("EUR", "", False, "", "currency", "currency") == Literal("EUR")
    assert literal("2021~", "", False, "", "edtf", "startDate") == Literal("2021~")
    with pytest.raises(TermFault, match='no currency "QQQ"') as caught:
        literal("QQQ", "", False, "", "currency", "currency")
    assert caught.value.remedy == "Write its three letters, such as EUR or DKK."
