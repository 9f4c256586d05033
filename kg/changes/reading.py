"""Reads the record of changes: counts, and lists page by page.

Terms are N-Triples text in the record and become pyoxigraph terms here.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import pyoxigraph as ox
import zstandard

from kg.changes.claiming import CHANGES, Fields
from kg.changes.making import PATCH, RECORD
from kg.errors import ReleaseError
from kg.store import Cell

_PATCH_BLOCK: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class ClaimChange:
    """What happened to a claim (``claiming.CHANGES``); its fields as terms, before and after."""

    iri: str
    change: str
    before: Mapping[str, Cell] | None
    after: Mapping[str, Cell] | None

    @property
    def known(self) -> Mapping[str, Cell]:
        """The newest fields known."""
        return self.after or self.before or {}

    @property
    def differences(self) -> tuple[str, ...]:
        """Names of the fields that differ, for a claim that is in both releases."""
        if self.before is None or self.after is None:
            return ()
        names = dict.fromkeys((*self.before, *self.after))
        return tuple(n for n in names if self.before.get(n) != self.after.get(n))


@dataclass(frozen=True, slots=True)
class ThingChange:
    """An entity or term that was ``added``, ``removed`` or ``changed``.

    ``kind``: as in its IRI, ``term`` for the ontology and vocabularies; ``label``: where the
    change has it; ``added``, ``removed``: statements, those drawn by rules left out.
    """

    iri: str
    kind: str
    change: str
    label: str | None
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class TripleChange:
    """A statement added (``before`` is ``None``), removed (no ``after``) or replaced (both)."""

    graph: str
    subject: Cell
    predicate: Cell
    before: Cell
    after: Cell

    @property
    def change(self) -> str:
        """``added``, ``removed`` or ``replaced``."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "replaced"


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of a record.

    Pairs are old and new. ``triples`` and each of ``graphs``: ``added``, ``removed``, and
    ``replaced`` (how many of the removed have one added in their place). ``claims``: by what
    happened. ``kinds``: kind of entity -> ``added``, ``removed``, ``changed``. ``cut``: lists
    that hold only their first entries. ``seconds``: time it took to make.
    """

    releases: tuple[str, str]
    created: tuple[str, str]
    quads: tuple[int, int]
    ontology: tuple[str, str]
    software: tuple[str, str]
    triples: Mapping[str, int]
    graphs: Mapping[str, Mapping[str, int]]
    claims: Mapping[str, int]
    kinds: Mapping[str, Mapping[str, int]]
    cut: tuple[str, ...]
    seconds: float

    @property
    def same(self) -> bool:
        """Whether nothing changed."""
        return not self.triples["added"] and not self.triples["removed"]


class Changes:
    """The record in a directory that ``making.make_changes`` gave; may be used by any thread."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.summary = self._summary()

    def claims(
        self, change: str = "", subject: str = "", *, offset: int = 0, limit: int = 100
    ) -> tuple[ClaimChange, ...]:
        """Claims in order of what they are about: all, of one change, of one subject (IRI)."""
        where, values = _where(change=change, subject=f"<{subject}>" if subject else "")
        rows = self._rows(
            f"SELECT iri, change, before, after FROM claim {where} "  # noqa: S608
            "ORDER BY subject, n LIMIT ? OFFSET ?",
            (*values, limit, offset),
        )
        return tuple(ClaimChange(r[0], r[1], _fields(r[2]), _fields(r[3])) for r in rows)

    def things(
        self, section: str, change: str = "", iri: str = "", *, offset: int = 0, limit: int = 100
    ) -> tuple[ThingChange, ...]:
        """Entities (``things``) or ``terms`` in order of their IRIs, all or those of one change."""
        where, values = _where(section=section, change=change, iri=iri)
        rows = self._rows(
            f"SELECT iri, kind, change, label, added, removed FROM thing {where} "  # noqa: S608
            "ORDER BY n LIMIT ? OFFSET ?",
            (*values, limit, offset),
        )
        return tuple(
            ThingChange(iri, kind, change, _label(label), added, removed)
            for iri, kind, change, label, added, removed in rows
        )

    def triples(
        self, part: str = "", subject: str = "", *, offset: int = 0, limit: int = 100
    ) -> tuple[TripleChange, ...]:
        """Statements in order, all or those of one part (``record.part_of``) or one subject."""
        where, values = _where(part=part, subject=f"<{subject}>" if subject else "")
        rows = self._rows(
            "SELECT graph, subject, predicate, before, after FROM triple "  # noqa: S608
            f"{where} ORDER BY n LIMIT ? OFFSET ?",
            (*values, limit, offset),
        )
        return tuple(TripleChange(row[0], *map(term, row[1:])) for row in rows)

    def stated(self, iri: str, *, limit: int = 5) -> tuple[TripleChange, ...]:
        """The first statements about a thing that changed, those drawn by rules left out."""
        rows = self._rows(
            "SELECT graph, subject, predicate, before, after FROM triple "
            "WHERE subject = ? AND part IN ('asserted', 'ontology', 'vocabularies', 'provenance') "
            "ORDER BY n LIMIT ?",
            (f"<{iri}>", limit),
        )
        return tuple(TripleChange(row[0], *map(term, row[1:])) for row in rows)

    def count(self, table: str, **equal: str) -> int:
        """Rows kept in ``claim``, ``thing`` or ``triple`` with these values (empty: any)."""
        where, values = _where(**equal)
        rows = self._rows(f"SELECT COUNT(*) FROM {table} {where}", values)  # noqa: S608
        return int(rows[0][0])

    def patch(self) -> Iterator[bytes]:
        """All of the differences as RDF Patch, in blocks."""
        with (
            (self.place / PATCH).open("rb") as raw,
            zstandard.ZstdDecompressor().stream_reader(raw) as reader,
        ):
            while block := reader.read(_PATCH_BLOCK):
                yield block

    def _summary(self) -> Summary:
        facts: dict[str, Any] = {
            name: json.loads(value) for name, value in self._rows("SELECT * FROM fact", ())
        }
        try:
            pairs = ("releases", "created", "quads", "ontology", "software", "cut")
            facts.update({name: tuple(facts[name]) for name in pairs})
            return Summary(**facts)
        except (KeyError, TypeError) as error:
            raise self._damaged(error) from error

    def _rows(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        address = f"{(self.place / RECORD).absolute().as_uri()}?mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(address, uri=True)) as base:
                return base.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> ReleaseError:
        return ReleaseError(
            f"{self.place / RECORD}: the record of changes is damaged ({error}). Remove its "
            "directory; it is made anew when asked for."
        )


def term(text: str | None) -> Cell:
    """The term that N-Triples text stands for."""
    if text is None:
        return None
    if text.startswith("<"):
        return ox.NamedNode(text[1:-1]) if "\\" not in text else _parsed(text)
    return _parsed(text)


def _parsed(text: str) -> Cell:
    quad = next(iter(ox.parse(f"<urn:s> <urn:p> {text} .", ox.RdfFormat.N_TRIPLES)))
    return cast("Cell", quad.object)


def _fields(text: str | None) -> Mapping[str, Cell] | None:
    if text is None:
        return None
    fields: Fields = json.loads(text)
    return {
        name: ox.NamedNode(value) if name == "graph" else term(value)
        for name, value in fields.items()
    }


def _label(text: str | None) -> str | None:
    found = term(text)
    return found.value if isinstance(found, ox.Literal) else None


def _where(**equal: str) -> tuple[str, tuple[str, ...]]:
    """A WHERE clause of the columns (our own names) that have a value."""
    given = {name: value for name, value in equal.items() if value}
    clause = " AND ".join(f"{name} = ?" for name in given)
    return (f"WHERE {clause}" if given else "", tuple(given.values()))


__all__ = ["CHANGES", "Changes", "ClaimChange", "Summary", "ThingChange", "TripleChange", "term"]
