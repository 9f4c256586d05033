"""SERVICE in the text of a query: found, cut out as queries of their own, replaced by answers.

No engine here sends a request. What a SERVICE asks is asked by whoever is allowed to, and its rows
take its place as ``VALUES``: SPARQL 1.1 Federated Query, section 4, evaluates it by itself and
joins its solutions, which is what VALUES does. Blank nodes of the other side become IRIs of ours
(RDF 1.1 Concepts, section 3.5), since VALUES holds none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from pyoxigraph import BlankNode, Triple

from kg.errors import QueryFault, QueryForbidden
from kg.store import Cell
from kg.stores.scanning import Token, tokens
from ontology.names import BASE

NOTHING_KNOWN: Final = "VALUES () { () }"
"""One solution without bindings: what SERVICE SILENT gives where it fails."""
_GENID: Final = f"{BASE}.well-known/genid/"


@dataclass(frozen=True, slots=True)
class Call:
    """One SERVICE: its ``target``, whether it is ``silent``, its ``query``, its place."""

    target: str
    silent: bool
    query: str
    start: int
    end: int


def calls(text: str) -> list[Call]:
    """The outermost SERVICE patterns of a query, in order.

    Raises ``QueryForbidden`` for one whose address is a variable or no absolute IRI, and
    ``QueryFault`` where the text cannot be read with certainty.
    """
    if "service" not in text.lower():
        return []
    found = tokens(text)
    prologue, prefixes = _prologue(text, found)
    made: list[Call] = []
    place = 0
    while place < len(found):
        token = found[place]
        if (token.kind, token.text) == ("word", "SERVICE"):
            call, place = _call(text, found, place, prologue, prefixes)
            made.append(call)
        place += 1
    return made


def answered(text: str, made: Sequence[Call], answers: Iterable[str]) -> str:
    """The text with each call replaced by its answer, as :func:`values` writes it."""
    parts: list[str] = []
    done = 0
    for call, answer in zip(made, answers, strict=True):
        parts += (text[done : call.start], f" {answer} ")
        done = call.end
    return "".join([*parts, text[done:]])


def values(variables: Sequence[str], rows: Iterable[Sequence[Cell]], target: str) -> str:
    """Rows as a VALUES clause; ``target`` tells whose blank nodes they are."""
    written = " ".join(f"({' '.join(_term(cell, target) for cell in row)})" for row in rows)
    return f"VALUES ({' '.join(f'?{name}' for name in variables)}) {{ {written} }}"


def _call(
    text: str, found: list[Token], place: int, prologue: str, prefixes: Mapping[str, str]
) -> tuple[Call, int]:
    start = found[place].start
    rest = iter(range(place + 1, len(found)))
    at = next(rest, None)
    silent = at is not None and (found[at].kind, found[at].text) == ("word", "SILENT")
    if silent:
        at = next(rest, None)
    target = _target(text, found[at] if at is not None else None, prefixes)
    opened = next(rest, None)
    if opened is None or found[opened].text != "{":
        raise QueryFault(f"SERVICE <{target}> has no pattern in braces behind it.")
    closed = _closing(found, opened)
    block = text[found[opened].start : found[closed].end]
    query = f"{prologue}\nSELECT * WHERE {block}"
    return Call(target, silent, query, start, found[closed].end), closed


def _target(text: str, token: Token | None, prefixes: Mapping[str, str]) -> str:
    if token is not None and token.kind == "iri":
        return token.text
    if token is not None and token.kind == "name":
        prefix, _, local = text[token.start : token.end].partition(":")
        if prefix in prefixes and "\\" not in local:
            return prefixes[prefix] + local
    said = text[token.start : token.end] if token is not None else "nothing"
    raise QueryForbidden(
        f"SERVICE names {said[:60]}; only an IRI written out is asked here, no variable."
    )


def _closing(found: list[Token], opened: int) -> int:
    depth = 0
    for place in range(opened, len(found)):
        if found[place].kind == "sign":
            depth += {"{": 1, "}": -1}.get(found[place].text, 0)
        if depth == 0:
            return place
    raise QueryFault("A brace behind SERVICE is not closed.")


def _prologue(text: str, found: list[Token]) -> tuple[str, dict[str, str]]:
    """The text up to the end of the last declaration, and the prefixes it declares."""
    prefixes: dict[str, str] = {}
    place, end = 0, 0
    while place < len(found):
        match [(each.kind, each.text) for each in found[place : place + 3]]:
            case [("word", "PREFIX"), ("name", _), ("iri", iri)]:
                name = found[place + 1]
                prefixes[text[name.start : name.end].partition(":")[0]] = iri
                place += 3
            case [("word", "BASE"), ("iri", _), *_]:
                place += 2
            case _:
                break
        end = found[place - 1].end
    return text[:end], prefixes


def _term(cell: Cell, target: str) -> str:
    if cell is None:
        return "UNDEF"
    if isinstance(cell, BlankNode):
        digest = sha256(f"{target} {cell.value}".encode()).hexdigest()[:24]
        return f"<{_GENID}{digest}>"
    if isinstance(cell, Triple):
        inner = (_term(each, target) for each in (cell.subject, cell.predicate, cell.object))
        return f"<<( {' '.join(inner)} )>>"
    return str(cell)
