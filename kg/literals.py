"""Literals in the one form that the store keeps.

Oxigraph rewrites some literals on entry (``1.50`` to ``1.5``, ``en-GB`` to ``en-gb``, an offset of
``+00:00`` to ``Z``). What is hashed or compared is brought to that form first.
"""

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final, cast

from pyoxigraph import Literal, NamedNode, Quad, Store

from kg.model import Term
from ontology.names import MKG, XSD

ANY_URI: Final = NamedNode(f"{XSD}anyURI")
_DECIMAL: Final = NamedNode(f"{XSD}decimal")
_DATE_TIME: Final = NamedNode(f"{XSD}dateTime")
_STRING: Final = f"{XSD}string"
_ANY: Final = NamedNode(f"{MKG}claimValue")


def normal_term(term: Term) -> Term:
    """A term in the form that the store keeps: tags in lower case, numbers in canonical form."""
    if isinstance(term, NamedNode) or term.datatype.value == _STRING:
        return term
    if term.language is not None:
        lower = term.language.lower()
        return term if lower == term.language else Literal(term.value, language=lower)
    return _stored(term)


def seconds(value: float) -> Literal:
    """Seconds as an xsd:decimal."""
    return decimal(Decimal(str(value)))


def decimal(number: Decimal) -> Literal:
    """An xsd:decimal in canonical form."""
    return Literal(decimal_text(number), datatype=_DECIMAL)


def decimal_text(number: Decimal) -> str:
    """A decimal without exponent and without trailing zeros: ``2583``, ``0.5``."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


@lru_cache(maxsize=8_192)
def date_time(moment: datetime) -> Literal:
    """An instant as xsd:dateTime, in UTC where its offset is known."""
    text = instant(moment).isoformat().replace("+00:00", "Z")
    return _stored(Literal(text, datatype=_DATE_TIME))


def instant(moment: datetime) -> datetime:
    """In UTC where an offset is known, else unchanged."""
    return moment.astimezone(UTC) if moment.tzinfo else moment


def clock(value: float) -> str:
    """Seconds as ``hh:mm:ss``, with a fraction only where it is not zero."""
    whole, thousandths = divmod(round(value * 1000), 1000)
    text = f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{text}.{thousandths:03}".rstrip("0") if thousandths else text


@lru_cache(maxsize=65_536)
def _stored(literal: Literal) -> Literal:
    """A typed literal as Oxigraph gives it back: put into a store and taken out."""
    store = Store()
    store.add(Quad(_ANY, _ANY, literal))
    return cast("Literal", next(iter(store)).object)
