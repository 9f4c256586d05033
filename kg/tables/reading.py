"""Answers lists of cases from the tables of a release.

A facet's value is a whole number whose bits are the cases that have it; choosing is ``and`` and
``or`` of such numbers, counting is the number of bits. With thousands of cases that takes
microseconds.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from pathlib import Path
from threading import local
from typing import Any, Final

from kg.errors import TablesMissing
from kg.tables.writing import STATUSES, TABLES
from queries.errors import UnknownFacet
from queries.facets import ORDER, Chosen

_WORD: Final = re.compile(r"\w+")
UNKNOWN: Final = STATUSES[0]
_MOST_WORDS: Final = 12
"""Words of a search that are looked at; more would only find less."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case: IRI and label; what it describes, by IRI and name; how many cells are known."""

    iri: str
    label: str
    initiative: str
    name: str
    known: int


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a facet: IRI, label, and how many cases would be found with it."""

    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Cases found: how many in all, those of the page, and the facets with counts."""

    total: int
    cases: tuple[CaseRow, ...]
    facets: Mapping[str, tuple[FacetValue, ...]]


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """A feature over the cases compared: its block, and a status for each case, in their order.

    ``differs``: two cases are known and not alike.
    """

    feature: str
    label: str
    block: str
    block_label: str
    statuses: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether two of the statuses that are known are not the same."""
        return len({each for each in self.statuses if each != UNKNOWN}) > 1

    @property
    def known(self) -> int:
        """For how many of the cases something is known."""
        return sum(each != UNKNOWN for each in self.statuses)


@dataclass(frozen=True, slots=True)
class Matrix:
    """How many cases have both values: ``counts[row][column]``, rows and columns by label."""

    rows: tuple[FacetValue, ...]
    columns: tuple[FacetValue, ...]
    counts: tuple[tuple[int, ...], ...]


class CaseTables:
    """The tables of one release, opened for reading; may be used from several threads."""

    def __init__(self, release: Path) -> None:
        """Open the tables in a release's directory. Raises ``TablesMissing``."""
        self._path = release / TABLES
        if not self._path.is_file():
            raise TablesMissing(
                f"{self._path}: the release has no tables. Build again with this version."
            )
        self._local = local()
        self._cases = tuple(
            CaseRow(*row)
            for row in self._ask(
                "SELECT iri, label, initiative, name, known FROM cases ORDER BY number"
            )
        )
        self._numbers = {case.initiative: n for n, case in enumerate(self._cases)}
        self._numbers.update((case.iri, n) for n, case in enumerate(self._cases))
        self._features = self._ask(
            "SELECT iri, label, block, block_label FROM features ORDER BY place"
        )
        self._cells = [row for (row,) in self._ask("SELECT statuses FROM cells ORDER BY number")]
        self._all = (1 << len(self._cases)) - 1
        self._bits: dict[str, dict[str, int]] = {name: {} for name in ORDER}
        self._labels: dict[str, dict[str, str]] = {name: {} for name in ORDER}
        for name, value, label, cases in self._ask("SELECT facet, value, label, cases FROM facets"):
            self._bits[name][value] = int.from_bytes(cases, "little")
            self._labels[name][value] = label

    def cases(
        self, chosen: Chosen, text: str = "", sort: str = "label", start: int = 0, count: int = 20
    ) -> Page:
        """Find cases: those of all facets chosen, with any of their values, that the text finds.

        ``sort``: ``label``, ``known`` (most first) or ``relevance`` (as ``label`` without a text).
        Raises ``UnknownFacet``.
        """
        per_facet = self._chosen(chosen)
        found, matched = self._matched(text)
        selected = reduce(and_, per_facet.values(), matched)
        order = self._ordered(selected, sort, found)
        return Page(
            total=selected.bit_count(),
            cases=tuple(self._cases[number] for number in order[start : start + count]),
            facets={name: self._counts(name, chosen, per_facet, matched) for name in ORDER},
        )

    def all(self) -> tuple[CaseRow, ...]:
        """Every case, in the order of their labels."""
        return self._cases

    def case(self, iri: str) -> CaseRow | None:
        """The case with this IRI, or the one that describes it; ``None`` where there is none."""
        number = self._numbers.get(iri)
        return None if number is None else self._cases[number]

    def compare(self, cases: Sequence[CaseRow]) -> tuple[FeatureRow, ...]:
        """Every comparison feature over some cases, by block and name."""
        cells = [self._cells[self._numbers[case.iri]] for case in cases]
        return tuple(
            FeatureRow(iri, label, block, name, tuple(STATUSES[row[place]] for row in cells))
            for place, (iri, label, block, name) in enumerate(self._features)
        )

    def matrix(self, rows: str, columns: str, chosen: Chosen, text: str = "") -> Matrix:
        """Count the cases chosen by the values of two facets. Raises ``UnknownFacet``."""
        page = self.cases(chosen, text, count=0)
        selected = self._selected(chosen, text)
        for name in (rows, columns):
            self.values(name)
        down, across = (
            sorted(page.facets[name], key=lambda each: each.label.casefold())
            for name in (rows, columns)
        )
        bits = [self._bits[columns][each.value] & selected for each in across]
        counts = tuple(
            tuple((self._bits[rows][each.value] & other).bit_count() for other in bits)
            for each in down
        )
        return Matrix(tuple(down), tuple(across), counts)

    def values(self, name: str) -> Mapping[str, str]:
        """IRIs of a facet's values -> their labels. Raises ``UnknownFacet``."""
        if name not in self._labels:
            raise UnknownFacet(name, ORDER)
        return self._labels[name]

    def _selected(self, chosen: Chosen, text: str) -> int:
        return reduce(and_, self._chosen(chosen).values(), self._matched(text)[1])

    def _matched(self, text: str) -> tuple[list[int] | None, int]:
        """Numbers that the text finds, the best first (``None`` without a text), and as bits."""
        if not text.strip():
            return None, self._all
        found = self._search(text)
        return found, reduce(or_, (1 << number for number in found), 0)

    def _chosen(self, chosen: Chosen) -> dict[str, int]:
        """Facet -> the cases that have any of the values chosen of it."""
        for name in chosen:
            if name not in self._bits:
                raise UnknownFacet(name, ORDER)
        return {
            name: reduce(or_, (self._bits[name].get(value, 0) for value in values), 0)
            for name, values in chosen.items()
            if values
        }

    def _counts(
        self, name: str, chosen: Chosen, per_facet: Mapping[str, int], matched: int
    ) -> tuple[FacetValue, ...]:
        """Values of a facet among the cases that all *other* facets leave, most cases first."""
        others = (bits for other, bits in per_facet.items() if other != name)
        left = reduce(and_, others, matched)
        wanted = chosen.get(name, ())
        values = (
            FacetValue(value, self._labels[name][value], (bits & left).bit_count(), value in wanted)
            for value, bits in self._bits[name].items()
        )
        shown = (each for each in values if each.count or each.chosen)
        return tuple(sorted(shown, key=lambda each: (-each.count, each.label.casefold())))

    def _ordered(self, selected: int, sort: str, found: Sequence[int] | None) -> list[int]:
        if sort == "relevance" and found is not None:
            return [number for number in found if selected >> number & 1]
        numbers = list(_numbers(selected))
        if sort == "known":
            numbers.sort(key=lambda number: -self._cases[number].known)
        return numbers

    def _search(self, text: str) -> list[int]:
        """Numbers of the cases of which something said holds all words, the best first."""
        words = _WORD.findall(text)[:_MOST_WORDS]
        if not words:
            return []
        match = " ".join(f'"{word}"' for word in words) + "*"
        rows = self._ask(
            "SELECT number, MIN(rank) AS best FROM said JOIN belongs USING (thing) "
            "WHERE said MATCH ? GROUP BY number ORDER BY best, number",
            match,
        )
        return [number for number, _ in rows]

    def _ask(self, sql: str, *values: str) -> list[tuple[Any, ...]]:
        return self._connection().execute(sql, values).fetchall()

    def _connection(self) -> sqlite3.Connection:
        """One connection a thread: SQLite's may not cross threads while asking."""
        opened: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if opened is None:
            opened = sqlite3.connect(f"{self._path.as_uri()}?mode=ro&immutable=1", uri=True)
            self._local.connection = opened
        return opened


def _numbers(bits: int) -> Iterator[int]:
    """Places of the bits that are set, lowest first."""
    text = bin(bits)[:1:-1]
    place = text.find("1")
    while place != -1:
        yield place
        place = text.find("1", place + 1)
