"""Counts, sums of money and lengths of time in English prose, by patterns a person can read."""

import re
from dataclasses import dataclass
from decimal import Decimal

from iso4217 import Currency

_NUMBERS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
_WORDS = {word: number for number, word in enumerate(_NUMBERS.split(), 1)}
_NUMBER = rf"(?P<number>\d{{1,3}}|{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "m": 10**6, "bn": 10**9}
_SIGNS = {"€": "EUR", "£": "GBP", "US$": "USD", "A$": "AUD", "euro": "EUR", "euros": "EUR"}
_SIGN = r"€|£|US\$|A\$|[A-Z]{3}\b"
_SUM = r"(?P<sum>\d{1,3}(?:[ ,]\d{3})+|\d+(?:\.\d+)?)"
_SCALE = r"(?:\s?(?P<scale>thousand|million|billion|bn|m)\b)?"
_BEFORE = re.compile(rf"(?P<sign>{_SIGN})\s?{_SUM}{_SCALE}")
_AFTER = re.compile(rf"{_SUM}{_SCALE}\s(?P<sign>[A-Z]{{3}}\b|[Ee]uros?\b|€|£)")
_ABOUT = re.compile(r"(?:about|approximately|around|roughly|some|nearly|over)\s*$", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")
_COUNTS = (
    ("candidateCount", re.compile(rf"\b{_NUMBER}\s+mission\s+candidates\b", re.IGNORECASE)),
    ("challengeCount", re.compile(rf"\b{_NUMBER}\s+societal\s+challenges\b", re.IGNORECASE)),
    (
        "launchedCount",
        re.compile(
            rf"\b{_NUMBER}\s+missions\s+(?:have\s+been|were|are)\s+(?:\w+\s+)?launched\b",
            re.IGNORECASE,
        ),
    ),
    ("missionCount", re.compile(rf"\b{_NUMBER}\s+(?:[a-z]+\s+)?missions\b", re.IGNORECASE)),
)
_LENGTH = re.compile(
    rf"\b{_NUMBER}-?\s*(?:to|-|–)\s*(?P<high>\d{{1,2}}|{'|'.join(_WORDS)})[-\s]years?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Count:
    """``number`` of what ``property`` (local name) counts, in these ``words``."""

    property: str
    number: int
    words: str


@dataclass(frozen=True, slots=True)
class Money:
    """A sum in a currency (ISO 4217), for a ``year`` where the sentence names just one."""

    amount: Decimal
    currency: str
    words: str
    about: bool = False
    year: int | None = None


def counts(text: str) -> list[Count]:
    """Counts of missions, candidates and challenges; the most telling pattern wins a place."""
    found: list[Count] = []
    taken: set[int] = set()
    for name, pattern in _COUNTS:
        for match in pattern.finditer(text):
            if match.start() not in taken:
                taken.add(match.start())
                found.append(Count(name, _number(match["number"]), match.group()))
    return found


def years(text: str) -> tuple[int, int, str] | None:
    """Shortest and longest of a stated length such as "five- to seven-year", with its words."""
    match = _LENGTH.search(text)
    if match is None:
        return None
    low, high = _number(match["number"]), _number(match["high"])
    return (low, high, match.group()) if low <= high else None


def money(text: str) -> list[Money]:
    """Sums of money with a known currency, left to right."""
    matches = [*_BEFORE.finditer(text), *_AFTER.finditer(text)]
    found: list[Money] = []
    end = -1
    for match in sorted(matches, key=lambda each: each.start()):
        code = _code(match["sign"])
        if code and match.start() >= end:
            end = match.end()
            found.append(_money(match, code, text))
    return found


def _money(match: re.Match[str], code: str, text: str) -> Money:
    plain = Decimal(re.sub(r"[ ,]", "", match["sum"]))
    amount = plain * _SCALES.get((match["scale"] or "").lower(), 1)
    years_named = set(_YEAR.findall(text[: match.start()] + text[match.end() :]))
    year = int(years_named.pop()) if len(years_named) == 1 else None
    about = bool(_ABOUT.search(text[: match.start()]))
    return Money(amount, code, match.group(), about, year)


def _code(sign: str) -> str | None:
    code = _SIGNS.get(sign) or _SIGNS.get(sign.lower()) or sign
    return code if _is_code(code) else None


def _is_code(text: str) -> bool:
    try:
        return bool(Currency(text))
    except ValueError:
        return False


def _number(text: str) -> int:
    return _WORDS.get(text.lower()) or int(text)
