"""Text files and tables as rows with their place, whether from CSV or from a workbook.

A file that is too large, empty, binary or in another encoding is refused here in one sentence,
before anything else looks at it; its size is judged without opening it.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import BrokenSyntax, UnreadableFile
from ingest.faults import Faults, did_you_mean, shown
from ingest.limits import DEFAULT, Limits
from kg.model import Finding

_MARKS = {b"PK\x03\x04": "a ZIP or XLSX file", b"%PDF": "a PDF", b"\xd0\xcf\x11\xe0": "an old XLS"}
_WIDE = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: column name -> stripped text (absent and empty cells are empty text)."""

    table: str
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        """The text of a cell."""
        return self.cells.get(column, "")

    def place(self, column: str | None = None) -> str:
        """Where the row, or a cell of it, is: ``claims/a.csv, line 7, column "value"``."""
        at = f"{self.table}, line {self.line}"
        return f'{at}, column "{column}"' if column else at


@dataclass(frozen=True, slots=True)
class Table:
    """A header and rows, each with its line. ``name`` is the file (and sheet) to tell people."""

    name: str
    header: tuple[str, ...]
    records: tuple[tuple[int, tuple[str, ...]], ...]

    def rows(self, faults: Faults) -> Iterator[Row]:
        """Rows that are not blank; a row with cells beyond the header is a fault."""
        for line, cells in self.records:
            if not any(cells):
                continue
            if any(cells[len(self.header) :]):
                faults.violation(
                    f"{self.name}, line {line}",
                    f"has {len(cells)} cells, but the header names {len(self.header)} columns.",
                    "Put a text that holds a comma in double quotes.",
                )
                continue
            named = zip(self.header, cells, strict=False)
            yield Row(self.name, line, {column: cell for column, cell in named if column})


def refuse(path: str, message: str, remedy: str) -> UnreadableFile:
    """The error for a file that cannot be read at all."""
    return UnreadableFile((Finding("violation", message, path, remedy),))


def judge_size(path: Path, name: str, limit: int, limit_name: str) -> None:
    """Refuse a file that is missing, empty or larger than ``limit`` bytes, without opening it."""
    try:
        size = path.stat().st_size
    except OSError as error:
        said = f"cannot be read: {error.strerror}."
        raise refuse(name, said, "Give the path of a file that is there.") from error
    if path.is_dir():
        raise refuse(name, "is a directory, a file was expected.", "Name a file inside it.")
    if size == 0:
        raise refuse(name, "is empty.", "Give a file with content.")
    if size > limit:
        said = f"has {size / 1e6:.0f} MB; the limit {limit_name} is {limit / 1e6:.0f} MB."
        raise refuse(name, said, "Split the file into smaller ones, or raise that limit.")


def read_text(path: Path, name: str, limits: Limits = DEFAULT) -> str:
    """The text of a UTF-8 file (a byte order mark is dropped). Raises ``UnreadableFile``."""
    judge_size(path, name, limits.text_bytes, "text_bytes")
    try:
        data = path.read_bytes()
    except OSError as error:
        said = f"cannot be read: {error.strerror}."
        raise refuse(name, said, "Check the permissions of the file.") from error
    return decode(data, name)


def decode(data: bytes, name: str) -> str:
    """UTF-8 bytes as text. Raises ``UnreadableFile`` for other encodings and for no text."""
    kind = next((what for mark, what in _MARKS.items() if data.startswith(mark)), None)
    if kind:
        said = f"is {kind}, not a text file."
        raise refuse(name, said, "Give UTF-8 text, or name the file by its real kind (.xlsx).")
    wide = next((what for mark, what in _WIDE.items() if data.startswith(mark)), None)
    if wide:
        raise refuse(name, f"is encoded as {wide}, not UTF-8.", "Save it again as UTF-8.")
    if b"\x00" in data:
        line = data[: data.index(b"\x00")].count(b"\n") + 1
        said = f"is no text: line {line} holds a NUL byte."
        raise refuse(name, said, "Give a UTF-8 text file.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        said = f"is not UTF-8: line {line} holds the byte 0x{data[error.start]:02x}."
        table = name.lower().endswith((".csv", ".tsv"))
        way = ' (in a spreadsheet: "CSV UTF-8")' if table else ""
        raise refuse(name, said, f"Save it again as UTF-8{way}.") from None
    if not text.strip():
        raise refuse(name, "holds nothing but blanks.", "Give a file with content.")
    return text


def read_csv(path: Path, name: str, limits: Limits = DEFAULT) -> Table:
    """A CSV file (RFC 4180; comma, semicolon or tab) as a table.

    Raises ``UnreadableFile`` where it is no text, ``BrokenSyntax`` where quotes do not close.
    """
    text = read_text(path, name, limits)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[tuple[int, tuple[str, ...]]] = []
    line = 1
    try:
        for cells in reader:
            records.append((line, tuple(cell.strip() for cell in cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        said = f"the row that begins in line {line} cannot be read: {error}."
        hint = "Close every double quote, and write a quote inside a text twice."
        raise BrokenSyntax(Finding("violation", said, name, hint), line) from None
    filled = [record for record in records if any(record[1])]
    return Table(name, filled[0][1], tuple(filled[1:]))


def columns_fit(table: Table, known: Sequence[str], needed: Sequence[str], faults: Faults) -> bool:
    """Whether the header names the needed columns and no unknown or double ones."""
    before = len(faults.findings) + faults.dropped
    missing = [column for column in needed if column not in table.header]
    for column in dict.fromkeys(table.header):
        if column and column not in known:
            _unknown_column(table, column, [*missing, *known], faults)
        if column and table.header.count(column) > 1:
            said = f'the column "{column}" comes more than once.'
            faults.violation(f"{table.name}, line 1", said, "Keep one of them.")
    for column in missing:
        said = f'the column "{column}" is missing.'
        faults.violation(f"{table.name}, line 1", said, f"Columns: {', '.join(known)}.")
    return len(faults.findings) + faults.dropped == before


def _unknown_column(table: Table, column: str, known: Sequence[str], faults: Faults) -> None:
    free = [name for name in known if name not in table.header]
    faults.violation(
        f"{table.name}, line 1",
        f"there is no column {shown(column)}.",
        did_you_mean(column, free, f"Columns: {', '.join(dict.fromkeys(known))}."),
    )
