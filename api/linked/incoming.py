"""What leads to an IRI: incoming statements by property, counted up to a bound, and in pages.

A term may have hundreds of thousands of incoming statements. Nothing here reads them all: a first
look takes ``LOOK`` of them; where there are more, each property that the release is known to use
is asked for apart, and counted up to ``LOOK``.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pyoxigraph import Literal, NamedNode

from kg.store import Cell, GraphStore

LOOK: Final = 1_000
"""A group is counted, and sorted by name, up to this many."""
FIRST: Final = 10
"""Members of a group on the page of a thing."""
DEEPEST: Final = 100_000
"""Members of a group that can be paged through; further ones need a query."""
_TOGETHER: Final = 100
"""Properties asked about in one query."""

_FIRST_LOOK: Final = "SELECT DISTINCT ?s ?p {{ ?s ?p <{iri}> }} LIMIT {limit}"
_ONE: Final = (
    "{{ SELECT (<{prop}> AS ?p) ?s {{ {{ SELECT DISTINCT ?s {{ ?s <{prop}> <{iri}> }} "
    "LIMIT {limit} }} }} }}"
)
_COUNT: Final = (
    "{{ SELECT (<{prop}> AS ?p) (COUNT(*) AS ?n) {{ {{ SELECT DISTINCT ?s "
    "{{ ?s <{prop}> <{iri}> }} LIMIT {limit} }} }} }}"
)


@dataclass(frozen=True, slots=True)
class Group:
    """Things that lead to an IRI by ``prop``: some ``members``, and how many there are.

    ``number`` is exact below ``LOOK``; at ``LOOK`` there are as many or more (``many``).
    """

    prop: str
    members: tuple[str, ...]
    number: int
    many: bool = False


def incoming(store: GraphStore, iri: str, known: Iterable[str]) -> tuple[Group, ...]:
    """Groups of what leads to ``iri``. ``known``: the properties that the release uses."""
    rows = store.select(_FIRST_LOOK.format(iri=iri, limit=LOOK + 1)).rows
    if len(rows) > LOOK:
        return _of_a_hub(store, iri, known)
    found: dict[str, list[str]] = defaultdict(list)
    for subject, prop in rows:
        if isinstance(subject, NamedNode) and isinstance(prop, NamedNode):
            found[prop.value].append(subject.value)
    return tuple(
        Group(prop, tuple(sorted(members)), len(members)) for prop, members in sorted(found.items())
    )


def members(store: GraphStore, iri: str, prop: str, page: int, size: int) -> tuple[str, ...]:
    """One page (from 1) of the things that lead to ``iri`` by ``prop``, in the store's order."""
    rows = store.select(
        f"SELECT DISTINCT ?s {{ ?s <{prop}> <{iri}> }} OFFSET {(page - 1) * size} LIMIT {size}"
    ).rows
    return tuple(subject.value for (subject,) in rows if isinstance(subject, NamedNode))


def group(store: GraphStore, iri: str, prop: str) -> Group:
    """One group with all its members up to ``LOOK``."""
    rows = store.select(f"SELECT DISTINCT ?s {{ ?s <{prop}> <{iri}> }} LIMIT {LOOK + 1}").rows
    found = [subject.value for (subject,) in rows if isinstance(subject, NamedNode)]
    return Group(prop, tuple(sorted(found[:LOOK])), min(len(found), LOOK), len(found) > LOOK)


def _of_a_hub(store: GraphStore, iri: str, known: Iterable[str]) -> tuple[Group, ...]:
    some: dict[str, list[str]] = defaultdict(list)
    for prop, subject in _union(store, _ONE, iri, known, FIRST):
        if isinstance(subject, NamedNode):
            some[prop].append(subject.value)
    numbers = {
        prop: int(number.value)
        for prop, number in _union(store, _COUNT, iri, some, LOOK + 1)
        if isinstance(number, Literal)
    }
    return tuple(
        Group(prop, tuple(found), min(numbers[prop], LOOK), numbers[prop] > LOOK)
        for prop, found in sorted(some.items())
    )


def _union(
    store: GraphStore, part: str, iri: str, props: Iterable[str], limit: int
) -> Iterator[tuple[str, Cell]]:
    """Rows of one small query per property, many asked together."""
    column = "?s" if part is _ONE else "?n"
    rest = iter(sorted(set(props)))
    while batch := list(islice(rest, _TOGETHER)):
        parts = " UNION ".join(part.format(prop=prop, iri=iri, limit=limit) for prop in batch)
        for prop, cell in store.select(f"SELECT ?p {column} {{ {parts} }}").rows:
            if isinstance(prop, NamedNode):
                yield prop.value, cell
