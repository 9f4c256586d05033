"""Declarations between the operations of an update, put before the first.

SPARQL 1.1 lets each operation of a request begin with its own prologue (grammar rule 29); the
engine reads none behind a semicolon. What is moved leaves space behind, so that lines stay lines.
"""

import re
from typing import Final

from kg.errors import QueryFault
from kg.stores.scanning import Token, tokens

_BETWEEN: Final = re.compile(r";\s*(?:#[^\n\r]*\s*)*(?:PREFIX|BASE)\b", re.IGNORECASE)
_SIGN: Final = re.compile(r"\S")


def with_one_prologue(update: str) -> str:
    """The update with all its declarations at the beginning.

    As it is where there is nothing to move, or where a name is declared with two meanings
    or a new base: the engine then says where it stops.
    """
    if not _BETWEEN.search(update):
        return update
    try:
        found = tokens(update)
    except QueryFault:
        return update
    first = _declarations(found, 0)
    later = [each for place in _starts(found) for each in _declarations(found, place)]
    meanings = {(_name(each, update), each[-1].text) for each in (*first, *later)}
    bases = {each[-1].text for each in first if len(each) == 2}
    if any(len(each) == 2 and each[-1].text not in bases for each in later):
        return update  # a base would change the meaning of what stands before it
    if len({name for name, _ in meanings}) < len(meanings):
        return update
    at = first[-1][-1].end if first else 0
    moved = " ".join(update[each[0].start : each[-1].end] for each in later)
    blank = update
    for each in later:
        start, end = each[0].start, each[-1].end
        blank = blank[:start] + _SIGN.sub(" ", blank[start:end]) + blank[end:]
    return f"{blank[:at]} {moved} {blank[at:]}"


def _starts(found: list[Token]) -> list[int]:
    """Where an operation begins: behind each semicolon outside of braces."""
    depth = 0
    starts = []
    for place, token in enumerate(found):
        if token.kind == "sign":
            depth += {"{": 1, "}": -1}.get(token.text, 0)
            if token.text == ";" and depth == 0:
                starts.append(place + 1)
    return starts


def _declarations(found: list[Token], place: int) -> list[list[Token]]:
    """The declarations that begin at a place, each with its tokens."""
    made = []
    while True:
        part = found[place : place + 3]
        match [each.kind for each in part]:
            case ["word", "name", "iri"] if part[0].text == "PREFIX":
                made.append(part)
            case ["word", "iri", *_] if part[0].text == "BASE":
                made.append(part[:2])
            case _:
                return made
        place += len(made[-1])


def _name(declaration: list[Token], update: str) -> str:
    """What is declared: a prefix as written, or the base (an empty name)."""
    if len(declaration) == 2:
        return ""
    return update[declaration[1].start : declaration[1].end]
