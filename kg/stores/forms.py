"""Reads a query before it is sent to a remote engine: its form, its faults, what it must not do.

Engines differ in what they take beside SPARQL 1.1: pragmas, functions that reach into their
database, codepoint escapes read before or after the words are told apart. So each text is read
by the grammar here first, by the same parser as in the embedded store; the faults it finds are told
alike for all engines, and a text means the same here and there.
"""

import re
from typing import Final, Literal, cast
from uuid import uuid4

import pyoxigraph as ox

from kg.errors import QueryFault, QueryForbidden
from kg.stores.faults import syntax_fault
from kg.stores.scanning import refuse_oversize, refuse_remote

Form = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]

_FORMS: Final = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_START: Final = re.compile(r"#[^\n\r]*|<[^>]*>|[^\s<#:{}()*?$]*:|(?P<word>[A-Za-z]+)")
_ESCAPED: Final = re.compile(r"\\(?:u00|U000000)[0-7]", re.IGNORECASE)
_INWARD: Final = re.compile(r"<\s*(bif|sql|java|jdbc|jndi|file):", re.IGNORECASE)
"""Schemes by which engines name their own functions, classes and files."""


def check_query(text: str) -> tuple[Form, bool]:
    """The form of a query, and whether it names its own dataset (``FROM``).

    Raises ``QuerySyntaxError``, ``QueryForbidden`` or ``QueryFault``; evaluates nothing.
    """
    found = refuse_remote(text)
    refuse_oversize(text)
    _refuse_inward(text)
    unheard = ox.Variable(f"v{uuid4().hex}")
    try:
        # The parser is not to be had alone. To bind a variable that a query does not have is an
        # error that comes after parsing and before anything is evaluated.
        ox.Store().query(text, substitutions={unheard: ox.Literal("")})
    except SyntaxError as error:
        raise syntax_fault(text, error, "query") from error
    except (RuntimeError, ValueError):
        pass
    return _form(text), "FROM" in found


def check_update(text: str) -> None:
    """Raise what :func:`check_query` raises, for an update."""
    refuse_remote(text)
    refuse_oversize(text)
    _refuse_inward(text)
    try:
        ox.Store().update(text)
    except SyntaxError as error:
        raise syntax_fault(text, error, "update") from error


def _form(text: str) -> Form:
    """The first word of the query after its prologue (SPARQL 1.1, grammar rules 2 and 4)."""
    for found in _START.finditer(text):
        word = (found["word"] or "").upper()
        if word in _FORMS:
            return cast("Form", word)
    raise QueryFault("The query is none of SELECT, ASK, CONSTRUCT and DESCRIBE.")


def _refuse_inward(text: str) -> None:
    """What one engine reads as a name may be code to another."""
    if found := _INWARD.search(text):
        raise QueryForbidden(
            f"The query names something inside the engine ({found[1].lower()}:); it is refused. "
            "Use the functions of SPARQL 1.1."
        )
    if _ESCAPED.search(text):
        raise QueryFault(
            "The query writes a plain ASCII sign as a codepoint escape (\\u00..), which engines "
            "read at different moments. Write the sign itself."
        )
