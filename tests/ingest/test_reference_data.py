"""The reference data that ships: complete, within bounds, and agreeing with what is known."""

import csv
import itertools
from collections import defaultdict
from pathlib import Path

import pytest

from ingest.library import SHIPPED

REFERENCE = SHIPPED / "claims" / "reference"
SHARED = Path(__file__).parents[2].parent / "shared"


def rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def values(name: str, prop: str) -> dict[str, str]:
    return {row["subject"]: row["value"] for row in rows(name) if row["property"] == prop}


def test_every_country_has_both_codes_a_label_and_a_region() -> None:
    alpha2 = values("countries.csv", "isoAlpha2")
    alpha3 = values("countries.csv", "isoAlpha3")
    labelled = values("countries.csv", "label")
    assert len(alpha2) == 249
    assert alpha2.keys() == alpha3.keys() == labelled.keys()
    assert all(subject == f"country:{code.lower()}" for subject, code in alpha2.items())
    without_region = alpha2.keys() - values("countries.csv", "inRegion").keys()
    # Antarctica belongs to no M49 region.
    assert without_region == {"country:aq"}


def test_viet_nam_carries_both_names() -> None:
    names = {
        row["value"]
        for row in rows("countries.csv")
        if row["subject"] == "country:vn" and row["property"] in {"label", "altName"}
    }
    assert {"Viet Nam", "Vietnam"} <= names


def test_the_oecd_has_38_members_and_colombia_joined_in_2020() -> None:
    since = values("oecd-membership.csv", "oecdMemberSince")
    assert len(since) == 38
    assert since["country:co"] == "2020"
    assert since["country:no"] == "1961"
    assert "country:vn" not in since


def spells() -> dict[str, list[tuple[int, int, str]]]:
    groups = values("income-groups.csv", "hasIncomeGroup")
    start = values("income-groups.csv", "fromYear")
    end = values("income-groups.csv", "toYear")
    owner = {
        row["value"]: row["subject"]
        for row in rows("income-groups.csv")
        if row["property"] == "hasContext"
    }
    found: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for context, group in groups.items():
        found[owner[context]].append((int(start[context]), int(end[context]), group))
    return {country: sorted(runs) for country, runs in found.items()}


def test_income_spells_of_a_country_neither_overlap_nor_repeat() -> None:
    for country, runs in spells().items():
        for (_, end, group), (start, _, following) in itertools.pairwise(runs):
            assert start > end, country
            assert start > end + 1 or group != following, country


@pytest.mark.parametrize(
    ("country", "year", "group"),
    [
        ("country:vn", 2008, "income:low"),
        ("country:vn", 2009, "income:lower-middle"),
        ("country:co", 2013, "income:upper-middle"),
        ("country:no", 2016, "income:high"),
        ("country:br", 2023, "income:upper-middle"),
    ],
)
def test_income_group_of_the_year(country: str, year: int, group: str) -> None:
    assert [g for start, end, g in spells()[country] if start <= year <= end] == [group]


@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared material beside the project")
def test_the_year_2021_agrees_with_the_list_of_january_2023() -> None:
    names = {"LIC": "low", "LMC": "lower-middle", "UMC": "upper-middle", "HIC": "high"}
    alpha2 = {code: subject for subject, code in values("countries.csv", "isoAlpha3").items()}
    ours = spells()
    with (SHARED / "data/countries/wb_income_groups_2023-01-24.csv").open() as file:
        listed = {row["iso3"]: row["income_code"] for row in csv.DictReader(file)}
    compared = 0
    for code, group in listed.items():
        if code not in alpha2 or group not in names:
            continue
        runs = ours[alpha2[code]]
        assert [g for a, b, g in runs if a <= 2021 <= b] == [f"income:{names[group]}"], code
        compared += 1
    assert compared == 215


def test_the_danish_krone_stays_near_its_peg() -> None:
    rate = values("exchange-rates.csv", "rate")
    krone = {s: float(v) for s, v in rate.items() if s.startswith("rate:eur-dkk-")}
    assert len(krone) == 13
    assert all(7.40 < value < 7.50 for value in krone.values())


def test_the_seventeen_goals_are_there_in_two_languages() -> None:
    labels = defaultdict(set)
    for row in rows("sdgs.csv"):
        if row["property"] == "label":
            labels[row["subject"]].add(row["lang"])
    assert labels == {f"sdg:{n}": {"en", "fr"} for n in range(1, 18)}


def test_every_dated_amount_has_a_rate_to_the_euro() -> None:
    claims = [
        row
        for path in (SHIPPED / "claims").rglob("*.csv")
        for row in csv.DictReader(path.read_text("utf-8").splitlines())
    ]
    said = {
        name: {row["subject"]: row["value"] for row in claims if row["property"] == name}
        for name in ("currency", "budgetYear", "toCurrency", "rateYear")
    }
    used = {
        (said["currency"][each], year)
        for each, year in said["budgetYear"].items()
        if 1999 <= int(year) <= 2025  # the euro has no mean rate before 1999 or of years to come
    }
    rates = {(currency, said["rateYear"][each]) for each, currency in said["toCurrency"].items()}
    assert len(used) > 20
    assert {pair for pair in used if pair[0] != "EUR"} - rates == set()
    cop = values("exchange-rates.csv", "rate")["rate:eur-cop-2013"]
    assert 2400 < float(cop) < 2600
