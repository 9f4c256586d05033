"""Dates with doubt: the part of EDTF that the library uses, checked against the calendar.

Source of the rules: Library of Congress, "Extended Date/Time Format (EDTF) Specification",
2019 (ISO 8601-2:2019 profile): level 0 dates, date-times and intervals; of level 1 the
qualifiers ``? ~ %``, seasons 21-24, unspecified digits ``X`` and open or unknown interval ends; of
level 2 the sets, ``[one,of]`` and ``{all,of}``.
Libraries on the package index cover more of EDTF but accept days that no calendar has, or bring
a web framework's date class along.
"""

import re
from datetime import date, datetime

_DATE = re.compile(r"(?P<year>-?[0-9X]{4})(?:-(?P<month>[0-9X]{2})(?:-(?P<day>[0-9X]{2}))?)?[?~%]?")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})?")
_SET = re.compile(r"\[(?P<one>[^][{}]+)\]|\{(?P<all>[^][{}]+)\}")
_SEASONS = range(21, 25)
EXPECTED = "an EDTF date such as 2021, 2021-03, 2021-03-15, 2021~ or 2019/2023"


def fault(text: str) -> str | None:
    """What is wrong with an EDTF text, as the end of a sentence; None where it is right."""
    members = _SET.fullmatch(text)
    if members:
        return _set_fault(members.group("one") or members.group("all"))
    ends = text.split("/")
    if len(ends) > 2:
        return "has more than one slash"
    if len(ends) == 2:
        return _interval_fault(ends[0], ends[1])
    return _point_fault(text)


def first_year(text: str) -> int | None:
    """The year in which the date or interval begins; None where it is open or unspecified."""
    found = _DATE.match(text.lstrip("[{"))
    year = found.group("year") if found else ""
    return int(year) if year and "X" not in year else None


def _set_fault(members: str) -> str | None:
    points = [point for part in members.split(",") for point in part.strip().split("..") if point]
    if not points:
        return "names no member of the set"
    return next((problem for point in points if (problem := _point_fault(point))), None)


def _interval_fault(start: str, end: str) -> str | None:
    if start in ("", "..") and end in ("", ".."):
        return "names neither a start nor an end"
    for part in (start, end):
        problem = None if part in ("", "..") else _point_fault(part)
        if problem:
            return problem
    if start in ("", "..") or end in ("", "..") or "X" in start + end:
        return None
    low, high = start.rstrip("?~%"), end.rstrip("?~%")
    size = min(len(low), len(high))
    return "ends before it starts" if high[:size] < low[:size] and low[0] != "-" else None


def _point_fault(text: str) -> str | None:
    if _INSTANT.fullmatch(text):
        return _instant_fault(text)
    found = _DATE.fullmatch(text)
    if not found:
        return "is not written in EDTF"
    return _calendar_fault(found.group("year"), found.group("month"), found.group("day"))


def _instant_fault(text: str) -> str | None:
    try:
        datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return "is not a moment in the calendar"
    return None


def _calendar_fault(year: str, month: str | None, day: str | None) -> str | None:
    if month is None or "X" in month:
        return None
    number = int(month)
    if day is None and number in _SEASONS:
        return None
    if not 1 <= number <= 12:
        return f"has no month {month}"
    if day is None or "X" in day or "X" in year or year.startswith("-") or year == "0000":
        return None
    try:
        date(int(year), number, int(day))
    except ValueError:
        return f"is not in the calendar: month {month} of {year} has no day {day}"
    return None
