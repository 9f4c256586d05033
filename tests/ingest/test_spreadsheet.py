"""Workbooks: read by the same rules, refused in one sentence where they are none."""

import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from ingest import library
from ingest.errors import UnreadableFile
from ingest.limits import Limits
from ingest.spreadsheet import read_workbook
from kg.model import Finding

Rows = list[list[object]]
SOURCES: Rows = [["id", "kind", "title"], ["src:notes", "article", "Notes"]]
CLAIMS: Rows = [
    ["subject", "property", "value", "source", "confidence", "as_of"],
    ["init:tides", "a", "mkg:MissionInitiative", "src:notes", None, None],
    [None, None, None, None, None, None],
    ["init:tides", "label", "Tides", "src:notes", 0.5, datetime(2021, 3, 4)],
    ["init:tides", "missionCount", 3.0, "src:notes", 1, date(2021, 3, 4)],
]


@pytest.fixture
def make_book(tmp_path: Path) -> Callable[..., Path]:
    """Writes a workbook of named sheets."""

    def make(**sheets: Rows) -> Path:
        book = Workbook()
        book.remove(book.worksheets[0])
        for name, rows in sheets.items():
            sheet = book.create_sheet(name.replace("_", " "))
            for row in rows:
                sheet.append(row)
        path = tmp_path / "book.xlsx"
        book.save(path)
        return path

    return make


def test_reads_sheets(make_book: Callable[..., Path]) -> None:
    path = make_book(Claims=CLAIMS, Sources=SOURCES, Read_me=[["anything"]])
    batch = library.read(path)
    assert [claim.value.value for claim in batch.claims][1:] == ["Tides", "3"]
    assert [claim.as_of for claim in batch.claims][1:] == ["2021-03-04", "2021-03-04"]
    assert str(batch.claims[1].confidence) == "0.5"


def test_faults_name_sheet_line_and_column(
    make_book: Callable[..., Path], told: Callable[[tuple[Finding, ...]], list[str]]
) -> None:
    claims = [*CLAIMS, ["init:tides", "isApproximate", "maybe", "src:notes", None, None]]
    path = make_book(Claims=claims, Sources=SOURCES)
    assert told(library.check(path)) == [
        'violation: book.xlsx, sheet "Claims", line 6, column "value": "maybe" is not what '
        '"isApproximate" takes: true or false. Write true or false.'
    ]


def test_a_renamed_column(
    make_book: Callable[..., Path], told: Callable[[tuple[Finding, ...]], list[str]]
) -> None:
    claims = [["subject", "property", "the value", "source"], *CLAIMS[1:2]]
    claims[1] = claims[1][:4]
    found = told(library.check(make_book(Claims=claims, Sources=SOURCES)))
    assert found[0] == (
        'violation: book.xlsx, sheet "Claims", line 1: there is no column "the value". '
        'Did you mean "value"?'
    )


def test_truth_values_and_times_are_text(make_book: Callable[..., Path]) -> None:
    moment = datetime(2021, 3, 4, 5, 6, 7)
    path = make_book(Claims=[["subject", "value", "note"], ["init:a", True, moment]])
    rows = read_workbook(path, "book.xlsx")["claims"].records
    assert rows == ((2, ("init:a", "true", "2021-03-04T05:06:07")),)


def test_no_sheet_of_claims(make_book: Callable[..., Path]) -> None:
    path = make_book(Claim=CLAIMS)
    with pytest.raises(UnreadableFile) as caught:
        read_workbook(path, "book.xlsx")
    assert str(caught.value) == (
        'book.xlsx: has no sheet "Claims" (its sheets: "Claim"). Rename "Claim".'
    )
    with pytest.raises(UnreadableFile, match="Use the template"):
        read_workbook(make_book(Zzz=CLAIMS), "book.xlsx")


def test_an_empty_sheet_counts_as_none(make_book: Callable[..., Path]) -> None:
    assert set(read_workbook(make_book(Claims=[], Sources=SOURCES), "b")) == {"sources"}


def test_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_text("id,subject\n")
    with pytest.raises(UnreadableFile) as caught:
        library.read(path)
    assert str(caught.value) == (
        "book.xlsx: is no XLSX workbook. Save it again as .xlsx, or as CSV UTF-8."
    )


def test_a_zip_that_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("readme.txt", "no workbook")
    with pytest.raises(UnreadableFile, match=r"is no workbook that can be read: .* Save it again"):
        read_workbook(path, "book.xlsx")


def test_broken_xml_inside(make_book: Callable[..., Path], tmp_path: Path) -> None:
    whole = make_book(Claims=CLAIMS, Sources=SOURCES)
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(broken, "w") as new:
        for item in old.namelist():
            data = old.read(item)
            new.writestr(item, data[:200] if item.endswith("sheet1.xml") else data)
    with pytest.raises(UnreadableFile, match="is no workbook that can be read"):
        read_workbook(broken, "broken.xlsx")


def test_limits(make_book: Callable[..., Path], tmp_path: Path) -> None:
    path = make_book(Claims=CLAIMS * 3, Sources=SOURCES)
    with pytest.raises(UnreadableFile, match="the limit workbook_bytes is 0 MB"):
        read_workbook(path, "b", Limits(workbook_bytes=100))
    with pytest.raises(UnreadableFile, match="has more than 3 rows, the limit workbook_rows"):
        read_workbook(path, "b", Limits(workbook_rows=3))
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 5_000_000)
    with pytest.raises(UnreadableFile, match="unpacks to 5 MB; the limit is 2 MB"):
        read_workbook(bomb, "b", Limits(workbook_bytes=100_000))
