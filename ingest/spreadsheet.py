"""Workbooks (XLSX) with the sheets Claims, Sources and Agents, by the same rules as CSV.

The template that people fill in is made by ``ingest.template``.
"""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from ingest.errors import UnreadableFile
from ingest.faults import did_you_mean
from ingest.limits import DEFAULT, Limits
from ingest.tables import Table, judge_size, refuse

KINDS = ("sources", "agents", "claims")
_UNPACKED_FACTOR = 20
"""XML packs at about ten to one; a workbook that unpacks to more than this is refused."""


def read_workbook(path: Path, name: str, limits: Limits = DEFAULT) -> dict[str, Table]:
    """The tables of a workbook by kind: ``sources``, ``agents``, ``claims``.

    Raises ``UnreadableFile`` where it is no workbook, is over a limit or has no Claims sheet.
    """
    judge_size(path, name, limits.workbook_bytes, "workbook_bytes")
    _judge_unpacked(path, name, limits)
    try:
        rows = _sheets(path, name, limits)
    except (InvalidFileException, KeyError, ValueError, ParseError, OSError) as error:
        raise refuse(
            name, f"is no workbook that can be read: {error}.", "Save it again as .xlsx."
        ) from error
    tables = {kind: table for kind, table in rows.items() if table.header}
    if "claims" not in tables and "sources" not in tables:
        found = ", ".join(f'"{sheet}"' for sheet in _sheet_names(path))
        said = f'has no sheet "Claims" (its sheets: {found}).'
        near = did_you_mean("Claims", _sheet_names(path), "").replace("Did you mean", "Rename")
        raise refuse(name, said, near.rstrip("?") + "." if near else "Use the template.")
    return tables


def _judge_unpacked(path: Path, name: str, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(item.file_size for item in packed.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        said = "is no XLSX workbook."
        raise refuse(name, said, "Save it again as .xlsx, or as CSV UTF-8.") from error
    limit = limits.workbook_bytes * _UNPACKED_FACTOR
    if size > limit:
        said = f"unpacks to {size / 1e6:.0f} MB; the limit is {limit / 1e6:.0f} MB."
        raise refuse(name, said, "Split the workbook, or save its sheets as CSV.")


def _sheet_names(path: Path) -> list[str]:
    book = load_workbook(path, read_only=True)
    try:
        return list(book.sheetnames)
    finally:
        book.close()


def _sheets(path: Path, name: str, limits: Limits) -> dict[str, Table]:
    book = load_workbook(path, read_only=True, data_only=True)
    try:
        found: dict[str, Table] = {}
        for sheet in book.worksheets:
            kind = sheet.title.strip().casefold()
            if kind in KINDS:
                place = f'{name}, sheet "{sheet.title}"'
                sheet.reset_dimensions()
                cells = sheet.iter_rows(values_only=True)
                found[kind] = _table(place, cells, limits)
        return found
    finally:
        book.close()


def _table(place: str, cells: Iterator[tuple[object, ...]], limits: Limits) -> Table:
    records: list[tuple[int, tuple[str, ...]]] = []
    for line, row in enumerate(cells, 1):
        texts = tuple(_text(cell) for cell in row)
        if any(texts):
            records.append((line, texts))
        if len(records) > limits.workbook_rows:
            said = f"has more than {limits.workbook_rows} rows, the limit workbook_rows."
            raise UnreadableFile(refuse(place, said, "Save the sheet as CSV.").findings)
    if not records:
        return Table(place, (), ())
    header = tuple(name.casefold() for name in records[0][1])
    return Table(place, header, tuple(records[1:]))


def _text(cell: object) -> str:
    """A cell as the text that a CSV file would hold."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime):
        midnight = (cell.hour, cell.minute, cell.second) == (0, 0, 0)
        return cell.date().isoformat() if midnight else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
