"""Fills the tables of a release from its graph."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode

from kg.naming import Labels
from kg.store import Cell, GraphStore
from ontology.names import GRAPH_ASSERTED, ID, MKG, RDFS, SKOS, VOCAB
from queries.facets import ORDER, facet

TABLES: Final = "tables.sqlite"
"""Name of the file in a release's directory."""

_SCHEMA: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE cases (
  number INTEGER PRIMARY KEY, iri TEXT NOT NULL UNIQUE, label TEXT NOT NULL,
  initiative TEXT NOT NULL, name TEXT NOT NULL, known INTEGER NOT NULL
);
CREATE TABLE facets (
  facet TEXT NOT NULL, value TEXT NOT NULL, label TEXT NOT NULL, cases BLOB NOT NULL,
  PRIMARY KEY (facet, value)
) WITHOUT ROWID;
CREATE TABLE features (
  place INTEGER PRIMARY KEY, iri TEXT NOT NULL UNIQUE, label TEXT NOT NULL,
  block TEXT NOT NULL, block_label TEXT NOT NULL
);
CREATE TABLE cells (number INTEGER PRIMARY KEY, statuses BLOB NOT NULL);
CREATE TABLE belongs (thing TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (thing, number))
WITHOUT ROWID;
CREATE VIRTUAL TABLE said USING fts5(
  text, thing UNINDEXED, kind UNINDEXED, lang UNINDEXED,
  tokenize = "unicode61 remove_diacritics 2", prefix = "2 3"
);
"""
_CASES: Final = f"""
SELECT ?case ?initiative (COUNT(?cell) AS ?known) WHERE {{
  ?case a <{MKG}Case> ; <{MKG}describes> ?initiative .
  OPTIONAL {{
    ?cell <{MKG}assesses> ?initiative ; <{MKG}valueStatus> ?status .
    FILTER(!STRENDS(STR(?status), "/unknown"))
  }}
}} GROUP BY ?case ?initiative ORDER BY ?case DESC(?initiative)"""
STATUSES: Final = ("unknown", "present", "absent", "planned", "not-applicable", "disputed")
"""Statuses of a comparison cell; in ``cells`` each is one byte, its place here."""
_FEATURES: Final = f"""
SELECT DISTINCT ?feature ?block WHERE {{
  ?feature <{SKOS}inScheme> <{VOCAB}comparison-feature> ; <{MKG}inDimension> ?block
}} ORDER BY ?feature ?block"""
_CELLS: Final = f"""
SELECT ?case ?feature ?status WHERE {{
  ?case a <{MKG}Case> ; <{MKG}describes> ?initiative .
  ?cell <{MKG}assesses> ?initiative ; <{MKG}onFeature> ?feature ; <{MKG}valueStatus> ?status
}}"""
_NEAR: Final = f"""
SELECT DISTINCT ?case ?thing
FROM <{GRAPH_ASSERTED}>
WHERE {{
  {{ ?case <{MKG}describes> ?thing }}
  UNION
  {{ ?case <{MKG}describes> ?initiative . ?initiative ?p ?thing }}
  FILTER(STRSTARTS(STR(?thing), "{ID}"))
}}"""  # noqa: S608  SPARQL made of our own constants
_SAID: Final = f"""
SELECT DISTINCT ?thing ?p ?text
FROM <{GRAPH_ASSERTED}>
WHERE {{
  VALUES ?p {{
    <{RDFS}label> <{SKOS}prefLabel> <{SKOS}altLabel> <{SKOS}definition> <{SKOS}note>
    <{MKG}statement>
  }}
  ?thing ?p ?text
}}"""  # noqa: S608  SPARQL made of our own constants


def write_tables(store: GraphStore, path: Path) -> None:
    """Write the tables of a finished graph to a new file.

    Time grows with the cases, their links and their texts. The same graph gives the same tables.
    """
    with closing(sqlite3.connect(path)) as database:
        database.executescript(_SCHEMA)
        with database:
            numbers = _write_cases(store, database)
            _write_facets(store, database, numbers)
            _write_cells(store, database, numbers)
            _write_texts(store, database, numbers)
        database.execute("INSERT INTO said(said) VALUES ('optimize')")
        database.commit()


def _write_cases(store: GraphStore, database: sqlite3.Connection) -> dict[str, int]:
    """Cases in the order of their labels; returns their numbers."""
    rows = store.select(_CASES).rows
    about = {_text(case): (_text(described), int(_text(known))) for case, described, known in rows}
    labels = Labels(store)
    labels.learn(iri for case, (described, _) in about.items() for iri in (case, described))
    names = {case: labels(NamedNode(case)) for case in about}
    ordered = sorted(about, key=lambda case: (names[case].casefold(), case))
    database.executemany(
        "INSERT INTO cases VALUES (?, ?, ?, ?, ?, ?)",
        (
            (number, case, names[case], described, labels(NamedNode(described)), known)
            for number, case in enumerate(ordered)
            for described, known in [about[case]]
        ),
    )
    return {case: number for number, case in enumerate(ordered)}


def _write_facets(store: GraphStore, database: sqlite3.Connection, numbers: dict[str, int]) -> None:
    labels = Labels(store)
    for name in ORDER:
        found: dict[str, int] = {}
        for case, value in store.select(facet(name).text).rows:
            if isinstance(value, NamedNode):
                bit = 1 << numbers[_text(case)]
                found[value.value] = found.get(value.value, 0) | bit
        labels.learn(found)
        database.executemany(
            "INSERT INTO facets VALUES (?, ?, ?, ?)",
            (
                (name, value, labels(NamedNode(value)), _packed(bits))
                for value, bits in sorted(found.items())
            ),
        )


def _write_cells(store: GraphStore, database: sqlite3.Connection, numbers: dict[str, int]) -> None:
    """The comparison features by block and name, and a byte for each case and feature."""
    blocks = {_text(feature): _text(block) for feature, block in store.select(_FEATURES).rows}
    labels = Labels(store)
    labels.learn({*blocks, *blocks.values()})
    named = {iri: labels(NamedNode(iri)) for iri in {*blocks, *blocks.values()}}
    ordered = sorted(blocks, key=lambda feature: (blocks[feature], named[feature], feature))
    database.executemany(
        "INSERT INTO features VALUES (?, ?, ?, ?, ?)",
        (
            (place, feature, named[feature], blocks[feature], named[blocks[feature]])
            for place, feature in enumerate(ordered)
        ),
    )
    places = {feature: place for place, feature in enumerate(ordered)}
    cells = {number: bytearray(len(ordered)) for number in numbers.values()}
    for case, feature, status in store.select(_CELLS).rows:
        code = STATUSES.index(_text(status).rpartition("/")[2])
        cells[numbers[_text(case)]][places[_text(feature)]] = code
    database.executemany(
        "INSERT INTO cells VALUES (?, ?)", ((number, bytes(row)) for number, row in cells.items())
    )


def _write_texts(store: GraphStore, database: sqlite3.Connection, numbers: dict[str, int]) -> None:
    near = {(_text(thing), numbers[_text(case)]) for case, thing in store.select(_NEAR).rows}
    near |= set(numbers.items())
    database.executemany("INSERT INTO belongs VALUES (?, ?)", sorted(near))
    known = {thing for thing, _ in near}
    database.executemany("INSERT INTO said VALUES (?, ?, ?, ?)", sorted(_said(store, known)))


def _said(store: GraphStore, known: set[str]) -> Iterator[tuple[str, str, str, str]]:
    """Text, the thing it is said of, by which property, in which language."""
    for thing, kind, text in store.select(_SAID).rows:
        if isinstance(text, Literal) and _text(thing) in known:
            yield text.value, _text(thing), _text(kind), text.language or ""


def _packed(bits: int) -> bytes:
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def _text(cell: Cell) -> str:
    return cell.value if isinstance(cell, NamedNode | Literal) else str(cell)
