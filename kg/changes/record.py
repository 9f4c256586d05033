"""What changed between two releases, as a record: counts and lists in one SQLite file.

Made in one pass over both dumps (``kg.changes.merge``). Counts are always whole; of each list at
most :data:`LISTED` entries are kept, and the counts say where that cut something. The patch beside
the record has every single line.

    claim    one row per claim that came, went, or whose record changed; before and after
    thing    one row per entity or term with a change in what is stated of it
    triple   one row per triple added or removed; one replaced by another is one row
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kg.changes.claiming import CHANGES, Fields, change_of, fields_of
from kg.changes.merge import ADDED, BOTH, REMOVED
from ontology.names import (
    BASE,
    GRAPH_ASSESSMENTS,
    GRAPH_CLAIMS,
    GRAPH_INFERENCES,
    GRAPH_INFERRED,
    ID,
    MKG,
    RDF,
    RDFS,
    SKOS,
    VOCAB,
)

LISTED: Final = 50_000
"""Entries kept of each list (all claims' graphs count as one)."""

SCHEMA: Final = """
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE claim (n INTEGER PRIMARY KEY, iri TEXT, change TEXT, subject TEXT, key TEXT, cell TEXT,
    before TEXT, after TEXT);
CREATE TABLE thing (n INTEGER PRIMARY KEY, section TEXT, iri TEXT, kind TEXT, change TEXT,
    label TEXT, added INTEGER, removed INTEGER);
CREATE TABLE triple (n INTEGER PRIMARY KEY, part TEXT, graph TEXT, subject TEXT, predicate TEXT,
    before TEXT, after TEXT);
"""
INDEXES: Final = """
CREATE INDEX claim_change ON claim (change, subject);
CREATE INDEX claim_subject ON claim (subject);
CREATE INDEX thing_change ON thing (section, change);
CREATE INDEX triple_part ON triple (part);
CREATE INDEX triple_subject ON triple (subject);
"""

RECORDS: Final = ("assessment", "inference", "ingest-run", "segment")
"""Kinds of entities that the software makes beside what people state; counted, not listed."""

_CLAIM: Final = f"<{ID}claim/".encode()
_CLAIMS: Final = f"<{GRAPH_CLAIMS}".encode()
_TERMS: Final = (f"<{MKG}".encode(), f"<{VOCAB}".encode(), f"<{BASE}ontology>".encode())
_ENTITY: Final = f"<{ID}".encode()
_LABELS: Final = (f"<{RDFS}label>".encode(), f"<{SKOS}prefLabel>".encode())
_TYPE: Final = f"<{RDF}type>".encode()
_DERIVED: Final = tuple(
    f"<{graph}>".encode() for graph in (GRAPH_INFERRED, GRAPH_ASSESSMENTS, GRAPH_INFERENCES)
)
_BATCH: Final = 5_000
_SIDES: Final = {ADDED: "added", BOTH: "changed", REMOVED: "removed"}
_TRIPLES: Final = ("added", "removed", "replaced")
Quad = tuple[bytes, bytes, bytes]
"""Predicate, object and graph of a line, as N-Triples terms."""


@dataclass(slots=True)
class _Subject:
    """What passed of one subject.

    ``sides``: in which dump it is; ``pending``: changes of one predicate, not yet counted.
    """

    name: bytes = b" "
    sides: int = 0
    claim: bool = False
    lines: list[tuple[int, bytes]] = field(default_factory=list)
    label: str | None = None
    added: int = 0
    removed: int = 0
    differs: bool = False
    predicate: bytes = b""
    pending: list[tuple[int, Quad]] = field(default_factory=list)


class Recorder:
    """Takes the lines of two merged dumps in order and writes the record to a new SQLite file."""

    def __init__(self, path: Path, facts: dict[str, Any]) -> None:
        self._base = sqlite3.connect(path, isolation_level=None)
        self._base.execute("PRAGMA journal_mode = OFF")
        self._base.execute("PRAGMA synchronous = OFF")
        self._base.executescript(SCHEMA)
        self._base.execute("BEGIN")
        self._facts = facts
        self._rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self._kept: Counter[str] = Counter()
        self._graphs: dict[bytes, Counter[str]] = defaultdict(Counter)
        self._claims: Counter[str] = Counter()
        self._kinds: dict[str, Counter[str]] = defaultdict(Counter)
        self._here = _Subject()

    def see(self, side: int, line: bytes) -> None:
        """Take one line; ``side``: ``REMOVED``, ``ADDED`` or ``BOTH``."""
        here = self._here
        if not line.startswith(here.name):
            self._close()
            name = line[: line.index(b" ") + 1]
            here = self._here = _Subject(name, claim=name.startswith(_CLAIM))
        here.sides |= side
        if here.claim:
            here.lines.append((side, line))
        if side != BOTH:
            self._differ(here, side, line)

    def finish(self, **facts: Any) -> None:
        """Write what is left and ``facts`` with it, and pair corrected claims."""
        self._close()
        for table in list(self._rows):
            self._flush(table)
        self._claims["corrected"] = self._pair("key") + self._pair("cell")
        self._claims["added"] -= self._claims["corrected"]
        self._claims["removed"] -= self._claims["corrected"]
        totals = sum(self._graphs.values(), Counter())
        whole = {
            **self._facts,
            **facts,
            "triples": _plain(totals, _TRIPLES),
            "graphs": {
                graph.decode().strip("<>"): _plain(counts, _TRIPLES)
                for graph, counts in sorted(self._graphs.items())
            },
            "claims": _plain(self._claims, CHANGES),
            "kinds": {
                kind: _plain(counts, _SIDES.values())
                for kind, counts in sorted(self._kinds.items())
            },
            "cut": sorted(name for name, count in self._kept.items() if count > LISTED),
        }
        self._base.executemany(
            "INSERT INTO fact VALUES (?, ?)",
            [(name, json.dumps(value, ensure_ascii=False)) for name, value in whole.items()],
        )
        self._base.execute("COMMIT")
        self._base.executescript(INDEXES)

    def close(self) -> None:
        """Close the file, finished or not."""
        self._base.close()

    def _differ(self, here: _Subject, side: int, line: bytes) -> None:
        _, predicate, rest = line.split(b" ", 2)
        value, graph = rest[:-2].rsplit(b" ", 1)
        if predicate != here.predicate or len(here.pending) >= _BATCH:
            self._settle(here)
            here.predicate = predicate
        here.pending.append((side, (predicate, value, graph)))
        here.differs = True
        if graph in _DERIVED:
            return
        here.added += side == ADDED
        here.removed += side == REMOVED
        if predicate in _LABELS and (here.label is None or value.endswith(b'"@en')):
            here.label = value.decode()

    def _settle(self, here: _Subject) -> None:
        """Count and list the changes of one predicate; one gone for one come is a replacement."""
        by_graph: dict[bytes, tuple[list[bytes], list[bytes]]] = defaultdict(lambda: ([], []))
        for side, (_, value, graph) in here.pending:
            by_graph[graph][side == ADDED].append(value)
        subject, predicate = here.name[:-1].decode(), here.predicate.decode()
        for graph, (gone, come) in by_graph.items():
            self._graphs[graph].update(added=len(come), removed=len(gone))
            pairs: Iterable[tuple[bytes | None, bytes | None]]
            if len(gone) == len(come) == 1:
                self._graphs[graph]["replaced"] += 1
                pairs = [(gone[0], come[0])]
            else:
                pairs = [*((each, None) for each in gone), *((None, each) for each in come)]
            part = part_of(graph)
            for before, after in pairs:
                row = (part, graph.decode().strip("<>"), subject, predicate, _text(before))
                self._keep(part, "triple", (*row, _text(after)))
        here.pending.clear()

    def _close(self) -> None:
        """Account for the subject whose lines have all passed."""
        here = self._here
        self._settle(here)
        if not here.differs:
            return
        if here.claim:
            self._close_claim(here)
            return
        change = _SIDES[here.sides]
        if here.name.startswith(_ENTITY):
            kind = here.name[len(_ENTITY) :].partition(b"/")[0].decode()
        elif here.name.startswith(_TERMS):
            kind = "term"
        else:
            return
        stated = bool(here.added or here.removed)
        if kind in RECORDS or stated or change != "changed":
            self._kinds[kind][change] += 1
        if kind not in RECORDS and stated:
            section = "terms" if kind == "term" else "things"
            row = (section, here.name[1:-2].decode(), kind, change, here.label)
            self._keep(section, "thing", (*row, here.added, here.removed))

    def _close_claim(self, here: _Subject) -> None:
        before, after = fields_of(here.lines, REMOVED), fields_of(here.lines, ADDED)
        change = change_of(before, after)
        self._claims[change] += 1
        known = after or before or {}
        cell = " ".join(known.get(name, "") for name in ("graph", "subject", "property"))
        row = (here.name[1:-2].decode(), change, known.get("subject"), known.get("key"), cell)
        self._keep("claims", "claim", (*row, _json(before), _json(after)))

    def _keep(self, part: str, table: str, row: tuple[Any, ...]) -> None:
        self._kept[part] += 1
        if self._kept[part] > LISTED:
            return
        self._rows[table].append(row)
        if len(self._rows[table]) >= _BATCH:
            self._flush(table)

    def _flush(self, table: str) -> None:
        rows = self._rows[table]
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._base.executemany(f"INSERT INTO {table} VALUES (NULL, {marks})", rows)  # noqa: S608
            rows.clear()

    def _pair(self, column: str) -> int:
        """Join a removed and an added claim that alone share a ``column``: one corrected claim."""
        self._base.execute(f"CREATE INDEX claim_{column} ON claim ({column}, change)")
        with closing(self._base.cursor()) as cursor:
            pairs = cursor.execute(
                f"SELECT MAX(n * (change = 'removed')), MAX(n * (change = 'added')) FROM claim "  # noqa: S608
                f"WHERE {column} IS NOT NULL AND change IN ('added', 'removed') "
                f"GROUP BY {column} HAVING COUNT(*) = 2 AND COUNT(DISTINCT change) = 2"
            ).fetchall()
            for gone, come in pairs:
                cursor.execute(
                    "UPDATE claim SET change = 'corrected', "
                    "before = (SELECT before FROM claim WHERE n = ?) WHERE n = ?",
                    (gone, come),
                )
                cursor.execute("DELETE FROM claim WHERE n = ?", (gone,))
        return len(pairs)


def part_of(graph: bytes) -> str:
    """The list that a graph's triples go to: its own name, one for the claims of all sources."""
    if graph.startswith(_CLAIMS):
        return "claims-graphs"
    return graph.decode().strip("<>").rpartition("/")[2]


def _plain(counts: Counter[str], names: Iterable[str]) -> dict[str, int]:
    return {name: counts[name] for name in names}


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def _json(value: Fields | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
