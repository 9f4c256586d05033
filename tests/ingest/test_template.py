"""The template: made from the ontology, and filled in it gives claims."""

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from ingest import library
from ingest.records import AGENT_COLUMNS, CLAIM_COLUMNS, SOURCE_COLUMNS
from ingest.template import LISTS, ROWS, template, values_of
from ingest.terms import Terms
from kg.model import Finding
from ontology.names import MKG
from ontology.vocabulary import vocabulary


@cache
def made() -> bytes:
    return template()


def book() -> Workbook:
    return load_workbook(io.BytesIO(made()))


def rules(sheet: Worksheet) -> dict[str, str]:
    """First cell of each drop-down -> its formula."""
    return {
        str(each.sqref).split(":")[0]: str(each.formula1)
        for each in sheet.data_validations.dataValidation
    }


def options(whole: Workbook, name: str) -> list[str]:
    [(sheet, cells)] = list(whole.defined_names[name].destinations)
    return [
        str(cell.value)
        for row in whole[sheet][cells.replace("$", "")]
        for cell in row
        if cell.value
    ]


def test_sheets_and_columns() -> None:
    whole = book()
    assert whole.sheetnames == ["Claims", "Sources", "Agents", "Read me", LISTS]
    assert whole[LISTS].sheet_state == "hidden"
    for name, columns in (
        ("Claims", CLAIM_COLUMNS),
        ("Sources", SOURCE_COLUMNS),
        ("Agents", AGENT_COLUMNS),
    ):
        cells = next(whole[name].iter_rows(max_row=1))
        assert tuple(cell.value for cell in cells) == columns
        assert all(cell.comment and cell.comment.text for cell in cells)


def test_drop_downs_lead_to_lists() -> None:
    whole = book()
    claims = rules(whole["Claims"])
    letters = dict(zip(CLAIM_COLUMNS, "ABCDEFGHIJKLMNO", strict=True))
    assert claims[f"{letters['modality']}2"] == "modality"
    assert claims[f"{letters['value']}2"] == 'INDIRECT("v_"&$C2)'
    assert claims[f"{letters['source']}2"] == f"Sources!$A$2:$A${ROWS}"
    assert options(whole, "value_status") == [
        "absent",
        "disputed",
        "not-applicable",
        "planned",
        "present",
        "unknown",
    ]
    assert {"a", "label", "ownedBy", "hasStatus"} <= set(options(whole, "properties"))
    assert "mstatus:launched" in options(whole, "v_hasStatus")
    assert "DKK" in options(whole, "v_currency")
    assert "MissionInitiative" in options(whole, "v_a")
    assert "SourceDocument" in options(whole, "source_type")
    assert "official" in options(whole, "source_kind")


def test_every_offered_value_is_taken() -> None:
    terms = Terms(vocabulary())
    for word, values in values_of(vocabulary()).items():
        prop = terms.property(word)
        for value in values:
            assert str(terms.value(prop, value, ""))


def test_every_property_is_explained() -> None:
    words = {str(row[0].value) for row in book()["Read me"].iter_rows(max_col=1)}
    names = {term.name for term in vocabulary().properties.values() if term.iri.startswith(MKG)}
    assert names <= words


def test_filled_in_it_gives_claims(
    tmp_path: Path, told: Callable[[tuple[Finding, ...]], list[str]]
) -> None:
    whole = book()
    whole["Sources"].append(["src:notes", "SourceDocument", "article", "Notes"])
    whole["Agents"].append(["agent:ann", "Person", "Ann"])
    whole["Claims"].append([None, "init:tides", "a", "MissionInitiative", None, "src:notes"])
    whole["Claims"].append([None, "init:tides", "label", "Tides", "en", "src:notes"])
    whole["Claims"].append([None, "init:tides", "hasStatus", "mstatus:launched", None, "src:notes"])
    path = tmp_path / "filled.xlsx"
    whole.save(path)
    assert told(library.check(path)) == []
    values = [str(claim.value.value).rsplit("/", 1)[-1] for claim in library.read(path).claims]
    assert values[2:] == ["ontology#MissionInitiative", "Tides", "launched"]


def test_empty_it_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    path.write_bytes(made())
    assert library.read(path).claims == ()
