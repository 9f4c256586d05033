"""Each question's answer on the shipped graph: as kept in golden/, and alike in two engines.

After a change of the library, of the rules or of a question, write the golden files anew with

    GOLDEN=write uv run --group dev pytest tests/queries/test_answers.py -k golden

and read the difference before committing it: a golden file is an answer that somebody judged to
be true. A question without rows needs ``empty: reason`` in its header.
"""

import csv
import os
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode
from rdflib import Dataset
from rdflib.term import Literal as RdflibLiteral
from rdflib.term import URIRef

from kg.answers import ask
from kg.store import GraphStore
from ontology import curies
from queries.library import checks, questions

GOLDEN = Path(__file__).parent / "golden"
WRITING = os.environ.get("GOLDEN") == "write"
NUMERIC = {"integer", "decimal", "double", "nonNegativeInteger", "positiveInteger"}


@pytest.mark.parametrize("name", questions())
def test_golden_answer(name: str, oxigraph: GraphStore) -> None:
    question = questions()[name]
    table = ask(oxigraph, question, {})
    found = [table.variables, *(tuple(as_text(cell) for cell in row) for row in table.rows)]
    if WRITING:
        write(GOLDEN / f"{name}.csv", found)
    kept = read(GOLDEN / f"{name}.csv")
    assert found[0] == kept[0]
    assert Counter(found[1:]) == Counter(kept[1:])
    assert bool(table.rows) != bool(question.empty), question.empty or "no rows and no reason"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")  # rdflib calls what it deprecates
@pytest.mark.parametrize("name", questions())
def test_both_engines_agree(name: str, oxigraph: GraphStore, rdflib_dataset: Dataset) -> None:
    question = questions()[name]
    table = ask(oxigraph, question, {})
    result = rdflib_dataset.query(question.text)
    if question.form == "SELECT":
        rows: Iterable[Any] = ([row[name] for name in table.variables] for row in result)
    else:
        rows = result.graph
    assert Counter(tuple(oxigraph_value(cell) for cell in row) for row in table.rows) == Counter(
        tuple(rdflib_value(cell) for cell in row) for row in rows
    )


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.csv")} == set(questions())


@pytest.mark.parametrize("name", checks())
def test_no_check_finds_a_fault_in_the_shipped_graph(name: str, oxigraph: GraphStore) -> None:
    faults = ask(oxigraph, checks()[name], {})
    assert [tuple(map(as_text, row)) for row in faults.rows] == [], checks()[name].answer


def test_an_argument_changes_the_answer(oxigraph: GraphStore) -> None:
    question = questions()["missions-of-an-initiative"]
    table = ask(oxigraph, question, {"initiative": "init:ifd-mission-programme"})
    missions = {as_text(row[0]) for row in table.rows}
    assert "mission:dk-power-to-x" in missions
    assert not any(mission.startswith("mission:csiro") for mission in missions)


def test_any_value_may_be_asked_for(oxigraph: GraphStore) -> None:
    question = questions()["open-questions-of-a-dimension"]
    one = ask(oxigraph, question, {})
    every = ask(oxigraph, question, {"dimension": "*"})
    assert {as_text(row[0]) for row in one.rows} == {"dim:policy-coordination"}
    assert {as_text(row[0]) for row in every.rows} > {"dim:policy-coordination"}


def write(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def read(path: Path) -> list[tuple[str, ...]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [tuple(row) for row in csv.reader(file)]


def oxigraph_value(cell: Any) -> Any:
    """What a term says, alike in both engines: numbers by value, language tags in lower case."""
    if isinstance(cell, NamedNode):
        return ("iri", cell.value)
    if isinstance(cell, Literal):
        return literal_value(cell.value, cell.datatype.value, cell.language)
    assert cell is None or isinstance(cell, BlankNode), cell
    return cell and "blank"


def rdflib_value(cell: Any) -> Any:
    if isinstance(cell, URIRef):
        return ("iri", str(cell))
    if isinstance(cell, RdflibLiteral):
        return literal_value(str(cell), str(cell.datatype or ""), cell.language)
    return None if cell is None else "blank"


def literal_value(text: str, datatype: str, language: str | None) -> tuple[Any, ...]:
    if language:
        return ("text", text, language.lower())
    kind = datatype.rpartition("#")[2]
    if kind in NUMERIC:
        return ("number", Decimal(text))
    return (kind if kind not in ("", "string") else "text", text, "")


def as_text(cell: Any) -> str:
    """A term as golden files write it: CURIE or ``<iri>``, plain text, numbers in plain digits."""
    value = oxigraph_value(cell)
    if value is None:
        return ""
    if value[0] == "iri":
        return curies.compact(value[1]) or f"<{value[1]}>"
    return f"{value[1].normalize():f}" if value[0] == "number" else str(value[1])


def test_tables_are_compared_by_value() -> None:
    assert oxigraph_value(Literal("1.50", datatype=NamedNode("http://x#decimal"))) == (
        rdflib_value(RdflibLiteral("1.5", datatype=URIRef("http://y#decimal")))
    )
    assert oxigraph_value(Literal("a", language="en")) != oxigraph_value(Literal("a"))
