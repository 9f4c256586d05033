"""Faults: suggestions, the limit, and what is raised."""

import pytest

from ingest.errors import InputError, RejectedInput, sentence, summary
from ingest.faults import Faults, did_you_mean, nearest, shown
from kg.model import Finding


def test_nearest_ignores_case_and_gives_none_where_nothing_is_near() -> None:
    assert nearest("Involvesactor", ["involvesActor", "ownedBy"]) == "involvesActor"
    assert nearest("zzz", ["involvesActor", "ownedBy"]) is None
    assert did_you_mean("zzz", ["ownedBy"], "See the list.") == "See the list."


def test_shown_is_one_short_line() -> None:
    assert shown("a\nb\x00") == '"a\\nb\\x00"'
    assert shown("x" * 99, 10) == f'"{"x" * 9}…"'


def test_the_list_is_limited_but_never_hides_that_there_is_a_violation() -> None:
    faults = Faults(limit=2)
    for number in range(4):
        faults.warning(f"line {number}", "is odd.", "Look at it.")
    faults.violation("line 5", "is wrong.", "Mend it.")
    faults.violation("line 6", "is wrong.", "Mend it.")
    found = faults.all()
    assert [each.severity for each in found] == ["warning", "warning", "violation", "info"]
    assert found[-1].message == "3 more findings are not listed."
    with pytest.raises(RejectedInput) as caught:
        faults.raise_if_any()
    assert str(caught.value) == "line 5: is wrong. Mend it."


def test_nothing_is_raised_for_warnings() -> None:
    faults = Faults()
    faults.info("a", "is so.")
    faults.extend([Finding("warning", "is odd.", "b")])
    faults.raise_if_any()
    assert len(faults.all()) == 2


def test_summary_counts_the_rest() -> None:
    one = Finding("violation", "is wrong.", "a.csv, line 1", "Mend it.")
    assert (
        summary((one, one, one))
        == "a.csv, line 1: is wrong. Mend it. (2 more faults; mission-kg check lists all.)"
    )
    assert str(InputError(())) == "The input has a fault."
    assert sentence(Finding("info", "Fine.", "")) == "Fine."
