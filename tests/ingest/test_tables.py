"""Files that are no tables are refused in one sentence, before anything else looks at them."""

import time
from pathlib import Path

import pytest

from ingest import tables
from ingest.errors import BrokenSyntax, UnreadableFile
from ingest.faults import Faults
from ingest.tables import columns_fit, judge_size, read_csv, read_text

REFUSED = {
    b"": "x.csv: is empty. Give a file with content.",
    b" \n\t\n": "x.csv: holds nothing but blanks. Give a file with content.",
    b"id\n\x00\x01": "x.csv: is no text: line 2 holds a NUL byte. Give a UTF-8 text file.",
    b"id,note\n1,caf\xe9\n": (
        "x.csv: is not UTF-8: line 2 holds the byte 0xe9. Save it again as UTF-8 (in a "
        'spreadsheet: "CSV UTF-8").'
    ),
    "id,note".encode("utf-16"): ("x.csv: is encoded as UTF-16, not UTF-8. Save it again as UTF-8."),
    b"PK\x03\x04rest": (
        "x.csv: is a ZIP or XLSX file, not a text file. Give UTF-8 text, or name the file by its "
        "real kind (.xlsx)."
    ),
    b"%PDF-1.7": (
        "x.csv: is a PDF, not a text file. Give UTF-8 text, or name the file by its real kind "
        "(.xlsx)."
    ),
}


@pytest.mark.parametrize(("data", "said"), REFUSED.items())
def test_refuses(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    with pytest.raises(UnreadableFile) as caught:
        read_text(path, "x.csv")
    assert str(caught.value) == said


def test_a_huge_file_is_refused_at_once_and_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as out:
        out.truncate(200_000_000)
    start = time.perf_counter()
    with pytest.raises(UnreadableFile) as caught:
        read_csv(path, "huge.csv")
    assert time.perf_counter() - start < 0.5
    assert str(caught.value) == (
        "huge.csv: has 200 MB; the limit text_bytes is 100 MB. Split the file into smaller ones, "
        "or raise that limit."
    )


def test_missing_files_and_directories(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="No such file or directory"):
        read_text(tmp_path / "none.csv", "none.csv")
    with pytest.raises(UnreadableFile, match="is a directory, a file was expected"):
        judge_size(tmp_path, "dir", 10, "text_bytes")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no /proc on this system")
def test_a_file_that_refuses_to_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "judge_size", lambda *size: None)  # /proc files have none.
    with pytest.raises(UnreadableFile, match=r"cannot be read: .*Check the permissions"):
        read_text(Path("/proc/self/mem"), "mem")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "x.csv"
    quoted = '"say ""a, b; c"""'
    lines = (("id", "subject", "note"), ("1", "init:a", quoted), ("", "", ""))
    text = "\n".join(delimiter.join(line) for line in lines)
    path.write_text("\ufeff" + text, encoding="utf-8")
    table = read_csv(path, "x.csv")
    assert table.header == ("id", "subject", "note")
    rows = list(table.rows(Faults()))
    assert [(row.line, row["subject"]) for row in rows] == [(2, "init:a")]
    assert rows[0]["note"] == 'say "a, b; c"'


def test_an_open_quote_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('id,note\n1,fine\n2,"never closed\n3,x\n')
    with pytest.raises(BrokenSyntax) as caught:
        read_csv(path, "x.csv")
    assert caught.value.line == 3
    assert str(caught.value) == (
        "x.csv: the row that begins in line 3 cannot be read: unexpected end of data. Close every "
        "double quote, and write a quote inside a text twice."
    )


def test_lines_count_through_texts_of_several_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('id,note\n1,"two\nlines"\n2,x,extra\n')
    table, faults = read_csv(path, "x.csv"), Faults()
    assert [row.line for row in table.rows(faults)] == [2]
    assert faults.findings[0].place == "x.csv, line 4"
    assert faults.findings[0].message == "has 3 cells, but the header names 2 columns."


def test_columns(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,subjct,note,note\n1,init:a,x,y\n")
    faults = Faults()
    assert not columns_fit(read_csv(path, "x.csv"), ("id", "subject", "note"), ("subject",), faults)
    assert [(each.message, each.remedy) for each in faults.findings] == [
        ('there is no column "subjct".', 'Did you mean "subject"?'),
        ('the column "note" comes more than once.', "Keep one of them."),
        ('the column "subject" is missing.', "Columns: id, subject, note."),
    ]
