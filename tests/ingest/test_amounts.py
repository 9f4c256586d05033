"""Counts, money and lengths of time in prose."""

from decimal import Decimal

import pytest

from ingest.amounts import Money, counts, money, years


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12 mission candidates for growth", {"candidateCount": 12}),
        ("across six societal challenges", {"challengeCount": 6}),
        ("Four missions have been formally launched", {"launchedCount": 4}),
        ("four green missions", {"missionCount": 4}),
        ("Twenty missions", {"missionCount": 20}),
        ("missions without number, and a 2021 missions report of 5 projects", {}),
    ],
)  # fmt: skip
def test_counts(text: str, found: dict[str, int]) -> None:
    assert {each.property: each.number for each in counts(text)} == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("five- to seven-year programmes", (5, 7)),
        ("3-5 years", (3, 5)),
        ("two to four years", (2, 4)),
        ("seven to five years", None),
        ("five years", None),
    ],
)
def test_years(text: str, found: tuple[int, int] | None) -> None:
    made = years(text)
    assert (made and made[:2]) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("700 million DKK", [("700000000", "DKK")]),
        ("EUR 1.5 billion", [("1500000000", "EUR")]),
        ("€2bn and £3m", [("2000000000", "EUR"), ("3000000", "GBP")]),
        ("US$ 3,000,000", [("3000000", "USD")]),
        ("20 thousand euros", [("20000", "EUR")]),
        ("12 ABC, 5 NGO, 100 million people", []),
        ("EUR 5 million EUR", [("5000000", "EUR")]),
    ],
)
def test_money(text: str, found: list[tuple[str, str]]) -> None:
    assert [(f"{each.amount.normalize():f}", each.currency) for each in money(text)] == found


def test_money_with_doubt_and_year() -> None:
    assert money("about 5 million EUR for 2023") == [
        Money(Decimal(5_000_000), "EUR", "5 million EUR", True, 2023)
    ]
    assert money("5 million EUR in 2022 and 2023")[0].year is None
