"""What commands print: tables for people, CSV and JSON for machines, progress on the side.

Answers go to standard output, everything about them to standard error.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any, BinaryIO, Final

if TYPE_CHECKING:
    from api.pages import Shown
    from kg.store import GraphStore

Progress = Callable[[str, int, int | None], None]
"""Takes the stage at work, how much of it is done, and of how much (``None``: not known)."""


class AnswerFormat(StrEnum):
    """How to print an answer."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    TSV = "tsv"
    XML = "xml"
    TURTLE = "turtle"
    NTRIPLES = "ntriples"
    JSON_LD = "json-ld"


_MEDIA: Final = {
    AnswerFormat.CSV: ("text/csv", "application/n-triples"),
    AnswerFormat.JSON: ("application/sparql-results+json", "application/ld+json"),
    AnswerFormat.TSV: ("text/tab-separated-values", "application/n-triples"),
    AnswerFormat.XML: ("application/sparql-results+xml", "application/rdf+xml"),
    AnswerFormat.TURTLE: ("application/sparql-results+json", "text/turtle"),
    AnswerFormat.NTRIPLES: ("application/sparql-results+json", "application/n-triples"),
    AnswerFormat.JSON_LD: ("application/sparql-results+json", "application/ld+json"),
}


_NARROW: Final = 14
"""A column narrower than this, with its margin, is not worth reading."""


def say(text: str = "") -> None:
    """Print a line of the answer."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """Print a line about the work, beside the answer."""
    sys.stderr.write(f"{text}\n")


def say_json(value: Any) -> None:
    """Print a value as indented JSON."""
    say(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def say_answer(store: "GraphStore", query: str, form: AnswerFormat) -> None:
    """Run a query and print its answer."""
    if form is AnswerFormat.TABLE:
        _say_for_people(store, query)
        return
    from kg.store import MediaChoice

    sys.stdout.flush()
    store.write_answer(query, MediaChoice(*_MEDIA[form]), sys.stdout.buffer)
    _end_line(sys.stdout.buffer)


@contextmanager
def progress(quiet: bool = False) -> Iterator[Progress]:
    """Give a function that shows the stage at work: a bar on a terminal, lines elsewhere."""
    if quiet:
        yield lambda stage, done, total: None
    elif sys.stderr.isatty():
        with _bar() as tell:
            yield tell
    else:
        yield _line_per_stage()


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def tell(stage: str, done: int, total: int | None) -> None:
            bar.update(task, description=stage, completed=done, total=total)

        yield tell


def _line_per_stage() -> Progress:
    last = ""

    def tell(stage: str, done: int, total: int | None) -> None:
        nonlocal last
        if stage != last:
            note(stage)
        last = stage

    return tell


def _say_for_people(store: "GraphStore", query: str) -> None:
    """Print rows as a table, a truth value as yes or no, triples as Turtle."""
    import io

    from kg.store import MediaChoice

    out = io.BytesIO()
    media = MediaChoice("application/sparql-results+json", "text/turtle")
    if store.write_answer(query, media, out) == "text/turtle":
        say(out.getvalue().decode().rstrip())
        return
    from api.pages import grid_of_results, with_labels

    grid = grid_of_results(out.getvalue(), sys.maxsize)
    if isinstance(grid, bool):
        say("yes" if grid else "no")
        return
    grid = with_labels(grid)
    _say_grid(grid.heads, [[_cell(cell) for cell in row] for row in grid.rows])


def _cell(cell: "Shown") -> str:
    """Text of a cell; a label with the CURIE that it stands for, to be used in the next question.

    An IRI that has a CURIE carries itself as its title, which is left out.
    """
    named = cell.title and "://" not in cell.title
    return f"{cell.text} [{cell.title}]" if named else cell.text


def _say_grid(heads: tuple[str, ...], rows: list[list[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    needed = _width(heads, rows)
    console = Console(width=None if sys.stdout.isatty() else needed)
    if needed > console.width < len(heads) * _NARROW:
        _say_records(heads, rows)
    else:
        table = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for head in heads:
            table.add_column(head, overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        console.print(table)
    note(f"{len(rows)} row{'' if len(rows) == 1 else 's'}")


def _say_records(heads: tuple[str, ...], rows: list[list[str]]) -> None:
    """Print one line per value, for rows with more columns than the terminal has room for."""
    indent = max(map(len, heads))
    for number, row in enumerate(rows):
        if number:
            say()
        for head, cell in zip(heads, row, strict=True):
            if cell:
                say(f"{head:<{indent}}  {cell}")


def _width(heads: tuple[str, ...], rows: list[list[str]]) -> int:
    """Width that needs no folding, for output that is no terminal."""
    columns = zip(heads, *rows, strict=True)
    return max(20, sum(max(len(cell) for cell in column) + 3 for column in columns))


def _end_line(out: BinaryIO) -> None:
    """End the answer with a line break for the shell; some formats have none."""
    if sys.stdout.isatty():
        out.write(b"\n")
    out.flush()
