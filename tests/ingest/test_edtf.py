"""EDTF dates against the calendar."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.edtf import fault, first_year

RIGHT = [
    "2021",
    "2021-03",
    "2021-03-15",
    "2021~",
    "2021-03?",
    "2021%",
    "2021-21",
    "202X",
    "2021-XX",
    "2021-03-XX",
    "202X-02-30",
    "2019/2023",
    "2019-05/2023",
    "2021/..",
    "../2021",
    "2021/",
    "/2021",
    "201X/2023",
    "-0044-03-15",
    "2021-03-15T10:00:00Z",
    "2021-03-15T10:00:00",
    "[2020,2021]",
    "{2020..2022}",
    "0000-02-30",
    "-0500/-0400",
]
WRONG = {
    "2021-02-30": "is not in the calendar: month 02 of 2021 has no day 30",
    "2021-02-29": "is not in the calendar: month 02 of 2021 has no day 29",
    "2021-13": "has no month 13",
    "2021-00": "has no month 00",
    "2021-21-05": "has no month 21",
    "21": "is not written in EDTF",
    "spring 2021": "is not written in EDTF",
    "": "is not written in EDTF",
    "2023/2019": "ends before it starts",
    "2021-05/2021-04": "ends before it starts",
    "2020/2021/2022": "has more than one slash",
    "../..": "names neither a start nor an end",
    "2021-02-30/2022": "is not in the calendar: month 02 of 2021 has no day 30",
    "2021/2022-04-31": "is not in the calendar: month 04 of 2022 has no day 31",
    "2021-03-15T25:00:00Z": "is not a moment in the calendar",
    "[2020,2021-02-30]": "is not in the calendar: month 02 of 2021 has no day 30",
    "[..]": "names no member of the set",
}


@pytest.mark.parametrize("text", RIGHT)
def test_takes(text: str) -> None:
    assert fault(text) is None


@pytest.mark.parametrize(("text", "said"), WRONG.items())
def test_refuses(text: str, said: str) -> None:
    assert fault(text) == said


@given(st.dates(min_value=date(1, 1, 1)))
def test_every_day_of_the_calendar(day: date) -> None:
    assert fault(day.isoformat()) is None
    assert first_year(day.isoformat()) == day.year


@given(st.dates(min_value=date(1, 1, 1)), st.dates(min_value=date(1, 1, 1)))
def test_intervals_run_forwards(one: date, other: date) -> None:
    said = fault(f"{one.isoformat()}/{other.isoformat()}")
    assert said == (None if one <= other else "ends before it starts")


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2021~", 2021),
        ("2019/2023", 2019),
        ("../2021", None),
        ("202X", None),
        ("[2020,2021]", 2020),
    ],
)
def test_first_year(text: str, year: int | None) -> None:
    assert first_year(text) == year
