"""Texts of cells as literals: numbers, dates, currencies, truth values, texts in a language."""

import re

from iso4217 import Currency
from pyoxigraph import Literal, NamedNode

from ingest import edtf
from ingest.faults import did_you_mean, shown
from ontology.names import XSD

_TYPED = re.compile(r'"(?P<text>.*)"\^\^<(?P<type>[^<>\s]+)>', re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_INTEGERS = {
    f"{XSD}{name}"
    for name in (
        "integer",
        "nonNegativeInteger",
        "positiveInteger",
        "nonPositiveInteger",
        "negativeInteger",
        "long",
        "int",
        "short",
        "byte",
        "unsignedLong",
        "unsignedInt",
        "unsignedShort",
        "unsignedByte",
    )
}
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_BOOLEANS = {"true": "true", "false": "false", "1": "true", "0": "false"}


class TermFault(ValueError):
    """A word that stands for no term; ``remedy`` says what would be right."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def literal(text: str, datatype: str, language: bool, tag: str, form: str, name: str) -> Literal:
    """``text`` as a literal of the property ``name``.

    ``datatype``: XSD type that the property takes. ``language``: whether its texts are in a
    language, English where ``tag`` is empty. ``form``: ``edtf``, ``currency`` or empty.
    Raises ``TermFault``.
    """
    if tag and not language:
        raise TermFault(
            f'the language {shown(tag)} does not fit: "{name}" takes no text in a language.',
            'Leave the column "lang" empty.',
        )
    if language:
        return Literal(text, language=_tag(tag or "en"))
    if form:
        return Literal(_formed(text, form))
    return canonical(text, datatype, name)


def canonical(text: str, datatype: str, name: str) -> Literal:
    """The literal in canonical form. Raises ``TermFault`` where the text is not of the type."""
    if datatype in _INTEGERS:
        return _integer(text, datatype, name)
    if datatype == f"{XSD}decimal":
        return Literal(_decimal(text, name), datatype=NamedNode(datatype))
    if datatype == f"{XSD}boolean":
        if text not in _BOOLEANS:
            raise _mistyped(text, name, "true or false", "Write true or false.")
        return Literal(_BOOLEANS[text], datatype=NamedNode(datatype))
    return Literal(text, datatype=NamedNode(datatype))


def typed(text: str, tag: str) -> Literal | None:
    """The literal of a cell written ``"text"^^<type>``; None where it is not written so.

    With a language tag in its own column the type must be ``xsd:string``; this is how a text
    with blanks at its ends, or one that looks like a CURIE, is kept apart.
    """
    found = _TYPED.fullmatch(text)
    if not found:
        return None
    plain = _ESCAPE.sub(_unescaped, found["text"])
    if tag:
        return Literal(plain, language=_tag(tag))
    return Literal(plain, datatype=NamedNode(found["type"]))


def written(value: Literal) -> str:
    """The cell ``"text"^^<type>`` that :func:`typed` reads (the tag goes to its own column)."""
    escaped = value.value.replace("\\", "\\\\").replace('"', '\\"')
    for letter, sign in _PLAIN.items():
        if letter in "nrt":
            escaped = escaped.replace(sign, f"\\{letter}")
    safe = "".join(
        sign if sign >= " " and sign != "\x7f" else f"\\u{ord(sign):04X}" for sign in escaped
    )
    datatype = f"{XSD}string" if value.language else value.datatype.value
    return f'"{safe}"^^<{datatype}>'


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    return chr(int(code[1:], 16)) if code[0] in "uU" and len(code) > 1 else _PLAIN.get(code, code)


def _integer(text: str, datatype: str, name: str) -> Literal:
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        hint = "Write digits only: no separators, units or decimals."
        raise _mistyped(text, name, "a whole number", hint)
    number = int(text)
    short = datatype.removeprefix(XSD)
    if (number < 0 and short in {"nonNegativeInteger", "positiveInteger"}) or (
        number == 0 and short == "positiveInteger"
    ):
        raise _mistyped(
            text,
            name,
            "a number from 0 up" if number else "a number from 1 up",
            "Write digits without a sign.",
        )
    return Literal(str(number), datatype=NamedNode(f"{XSD}integer"))


def _decimal(text: str, name: str) -> str:
    if not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", text):
        hint = "Write digits with a point for decimals: no separators, units or signs of money."
        raise _mistyped(text, name, "a number", hint)
    return text


def _formed(text: str, form: str) -> str:
    if form == "currency":
        return _currency(text)
    problem = edtf.fault(text)
    if problem:
        raise TermFault(f"the date {shown(text)} {problem}.", f"Write {edtf.EXPECTED}.")
    return text


def _currency(text: str) -> str:
    try:
        return str(Currency(text).value)
    except ValueError:
        codes = [str(each.value) for each in Currency]
        raise TermFault(
            f"there is no currency {shown(text)} in ISO 4217.",
            did_you_mean(text, codes, "Write its three letters, such as EUR or DKK."),
        ) from None


def _tag(tag: str) -> str:
    if not _TAG.fullmatch(tag):
        raise TermFault(
            f"{shown(tag)} is no language tag.", "Write one such as en, fr or da (BCP 47)."
        )
    return tag.lower()


def _mistyped(text: str, name: str, expected: str, hint: str) -> TermFault:
    return TermFault(f'{shown(text)} is not what "{name}" takes: {expected}.', hint)
