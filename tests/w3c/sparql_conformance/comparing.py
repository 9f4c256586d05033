"""Are two bags of solutions, two lists of them or two graphs the same?

Blank nodes are the same when one renaming of them makes everything equal (RDF 1.1 Concepts 3.6;
for solutions the renaming goes through the whole answer, SPARQL 1.1 Query 18). Literals of XSD's
numeric types, booleans, dates and times are compared by value within one datatype, since a store
may keep the value and not the spelling; all others by their spelling.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

from rdflib import XSD, BNode, Literal
from rdflib.term import Node

Row = tuple[Node | None, ...]
_INTEGERS = frozenset(
    str(XSD[f"{sign}{name}"])
    for sign, name in (
        *(("", name) for name in ("integer", "long", "int", "short", "byte")),
        *(("unsigned", name) for name in ("Long", "Int", "Short", "Byte")),
        *(("non", name) for name in ("NegativeInteger", "PositiveInteger")),
        *(("", name) for name in ("negativeInteger", "positiveInteger")),
    )
)
_DOUBLES = frozenset({str(XSD.double), str(XSD.float)})
_TIMES = frozenset({str(XSD.date), str(XSD.dateTime), str(XSD.time)})


class Blank(str):
    """The label of a blank node inside a prepared row."""


def prepared(term: Node | None) -> object:
    """Make a term comparable: equal exactly when the terms are the same, blank nodes aside."""
    if isinstance(term, BNode):
        return Blank(term)
    if not isinstance(term, Literal):
        return term if term is None else ("iri", str(term))
    datatype = str(term.datatype or XSD.string)
    return "literal", _value(str(term), datatype), datatype, (term.language or "").lower()


def _value(text: str, datatype: str) -> object:
    try:
        if datatype in _INTEGERS:
            return int(text)
        if datatype == str(XSD.decimal):
            return Decimal(text)
        if datatype in _DOUBLES:
            return repr(float(text.replace("INF", "inf")))
    except (ValueError, InvalidOperation):
        return text
    if datatype in _TIMES:
        return re.sub(r"[+-]00:00$", "Z", re.sub(r"\.0+(?!\d)", "", text))
    if datatype == str(XSD.boolean):
        return {"1": "true", "0": "false"}.get(text, text)
    return text


def same_rows(expected: Iterable[Row], actual: Iterable[Row], *, ordered: bool = False) -> bool:
    """Compare two bags of rows, or two lists of them."""
    left = [tuple(map(prepared, row)) for row in expected]
    right = [tuple(map(prepared, row)) for row in actual]
    if len(left) != len(right):
        return False
    if ordered:
        return _follow(left, [[row] for row in right], {}, {}, set())
    left_colours, right_colours = _colours(left), _colours(right)
    seen = [_painted(row, left_colours) for row in left]
    offers = [_painted(row, right_colours) for row in right]
    if Counter(seen) != Counter(offers):
        return False
    by_colour = defaultdict(list)
    for row, colour in zip(right, offers, strict=True):
        by_colour[colour].append(row)
    hard = [
        (row, by_colour[colour])
        for row, colour in zip(left, seen, strict=True)
        if any(isinstance(term, Blank) for term in row)
    ]
    hard.sort(key=lambda pair: len(pair[1]))
    return _follow([row for row, _ in hard], [found for _, found in hard], {}, {}, set())


def _colours(rows: Sequence[tuple[object, ...]]) -> dict[Blank, int]:
    """Tell blank nodes apart by the rows they stand in, as far as that goes."""
    colours = {term: 0 for row in rows for term in row if isinstance(term, Blank)}
    for _ in range(len(colours)):
        around: dict[Blank, list[object]] = defaultdict(list)
        for row in rows:
            for place, term in enumerate(row):
                if isinstance(term, Blank):
                    around[term].append((place, _painted(row, colours, term)))
        new = {
            term: hash((colours[term], frozenset(Counter(around[term]).items())))
            for term in colours
        }
        if len(set(new.values())) == len(set(colours.values())):
            return new
        colours = new
    return colours


def _painted(
    row: tuple[object, ...], colours: dict[Blank, int], own: Blank | None = None
) -> tuple[object, ...]:
    return tuple(
        ("blank", term == own, colours[term]) if isinstance(term, Blank) else term for term in row
    )


def _follow(
    rows: Sequence[tuple[object, ...]],
    offers: Sequence[Sequence[tuple[object, ...]]],
    there: dict[Blank, Blank],
    back: dict[Blank, Blank],
    used: set[tuple[int, int]],
) -> bool:
    """Search for one renaming by trying, row after row, each row it may stand for.

    Depth-first without recursion: a long answer would exceed Python's stack.
    """
    trail: list[tuple[int, list[Blank], tuple[int, int]]] = []
    position, choice = 0, 0
    while position < len(rows):
        choices = offers[position]
        while choice < len(choices):
            mark = (id(choices), choice)
            if mark not in used:
                fresh = _unify(rows[position], choices[choice], there, back)
                if fresh is not None:
                    break
            choice += 1
        else:
            if not trail:
                return False
            choice, fresh, mark = trail.pop()
            _forget(fresh, there, back)
            used.discard(mark)
            position, choice = position - 1, choice + 1
            continue
        used.add(mark)
        trail.append((choice, fresh, mark))
        position, choice = position + 1, 0
    return True


def _unify(
    row: tuple[object, ...],
    other: tuple[object, ...],
    there: dict[Blank, Blank],
    back: dict[Blank, Blank],
) -> list[Blank] | None:
    """Extend the renaming so that ``row`` becomes ``other``; give what is new, ``None``: cannot."""
    fresh: list[Blank] = []
    for mine, theirs in zip(row, other, strict=True):
        if isinstance(mine, Blank) and isinstance(theirs, Blank):
            if mine not in there and theirs not in back:
                there[mine], back[theirs] = theirs, mine
                fresh.append(mine)
                continue
            if there.get(mine) == theirs:
                continue
        elif mine == theirs and isinstance(mine, Blank) == isinstance(theirs, Blank):
            continue
        _forget(fresh, there, back)
        return None
    return fresh


def _forget(fresh: list[Blank], there: dict[Blank, Blank], back: dict[Blank, Blank]) -> None:
    for blank in fresh:
        del back[there.pop(blank)]


def same_reduced(expected: Iterable[Row], actual: Iterable[Row]) -> bool:
    """Compare answers of REDUCED: each row at least once, at most as often as without it."""
    left = Counter(tuple(map(prepared, row)) for row in expected)
    right = Counter(tuple(map(prepared, row)) for row in actual)
    return left.keys() == right.keys() and all(right[row] <= left[row] for row in left)
