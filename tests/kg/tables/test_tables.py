"""The tables answer lists of cases as the graph itself does."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.generator import Size, batches
from kg.errors import TablesMissing
from kg.release import Release, build, open_store
from kg.stores.oxigraph import OxigraphStore
from kg.tables import TABLES, CaseTables, FeatureRow, write_tables
from ontology.names import ID, VOCAB
from queries.errors import UnknownFacet
from queries.facets import ORDER, selection_query
from queries.library import facets


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return build(batches(Size(40)), tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="module")
def store(release: Release) -> OxigraphStore:
    return open_store(release)


@pytest.fixture(scope="module")
def tables(release: Release) -> CaseTables:
    return CaseTables(release.path)


@pytest.fixture(scope="module")
def asked(store: OxigraphStore) -> Callable[[dict[str, list[str]]], set[str]]:
    """A function: what the graph says a choice selects."""

    def run(chosen: dict[str, list[str]]) -> set[str]:
        return {row[0].value for row in store.select(selection_query(chosen)).rows}

    return run


@pytest.fixture(scope="module")
def values(tables: CaseTables) -> dict[str, list[str]]:
    return {name: [v.value for v in found] for name, found in tables.cases({}).facets.items()}


def test_the_facets_have_one_order() -> None:
    assert sorted(ORDER) == sorted(facets())


def test_every_facet_counts_what_its_query_finds(tables, store, values) -> None:
    filled = {name for name in ORDER if values[name]}
    assert {"country", "kind", "policy-field", "stage", "instrument", "feature"} <= filled
    for name, question in facets().items():
        found: dict[str, set[str]] = {}
        for case, value in store.select(question.text).rows:
            found.setdefault(value.value, set()).add(case.value)
        counted = {each.value: each.count for each in tables.cases({}).facets[name]}
        assert counted == {value: len(cases) for value, cases in found.items()}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_choice_selects_what_the_graph_selects(tables, asked, values, data) -> None:
    names = data.draw(st.lists(st.sampled_from([n for n in ORDER if values[n]]), unique=True))
    chosen = {
        name: data.draw(st.lists(st.sampled_from(values[name]), max_size=3, unique=True))
        for name in names[:3]
    }
    page = tables.cases(chosen, count=1000)
    cases = {case.iri for case in page.cases}
    assert cases == asked(chosen)
    assert page.total == len(cases)
    for name in names[:1]:  # a count tells what would be found with that value alone in its facet
        for value in page.facets[name][:3]:
            assert value.count == len(asked({**chosen, name: [value.value]}))


def test_a_value_that_none_has_finds_none(tables) -> None:
    page = tables.cases({"country": [f"{ID}country/zz"]})
    assert (page.total, page.cases) == (0, ())


def test_an_unknown_facet_is_told(tables) -> None:
    with pytest.raises(UnknownFacet, match=r"'contry'\. Did you mean country or owner\?"):
        tables.cases({"contry": [f"{ID}country/no"]})
    with pytest.raises(UnknownFacet, match="There are challenge, country"):
        selection_query({"zzz": ["urn:x"]})


def test_sorting_and_paging(tables) -> None:
    whole = tables.cases({}, count=1000).cases
    assert len(whole) == 40
    assert [c.label.casefold() for c in whole] == sorted(c.label.casefold() for c in whole)
    pages = [tables.cases({}, start=start, count=15).cases for start in (0, 15, 30, 45)]
    assert tuple(case for page in pages for case in page) == whole
    known = [case.known for case in tables.cases({}, sort="known", count=1000).cases]
    assert known == sorted(known, reverse=True)
    assert known[0] > known[-1]


def test_text_finds_names_words_and_beginnings(tables) -> None:
    found = tables.cases({}, "generated initiative 7", sort="relevance", count=1000)
    assert found.total == 0  # all words must be said of one thing
    found = tables.cases({}, "Initiative 7", sort="relevance", count=1000)
    assert found.cases[0].iri == f"{ID}case/generated-7"
    assert tables.cases({}, "initiat", count=1000).total == 40
    assert tables.cases({}, "ÍNITIATIVE 7").total == found.total


def test_text_and_facets_narrow_each_other(tables, asked) -> None:
    country = tables.cases({}, "Initiative 7").facets["country"][0].value
    page = tables.cases({"country": [country]}, "Initiative 7", count=1000)
    named = {case.iri for case in tables.cases({}, "Initiative 7", count=1000).cases}
    assert {case.iri for case in page.cases} == named & asked({"country": [country]})


@pytest.mark.parametrize(
    "text", ['"', "NEAR(", "a OR", "*", "-", "col:x", "';--", "\x00", "x" * 20_000]
)
def test_no_text_breaks_the_search(tables, text) -> None:
    assert tables.cases({}, text).total >= 0


def test_a_choice_names_iris_only(asked) -> None:
    with pytest.raises(ValueError, match="IRI"):
        selection_query({"country": ["no> } DELETE"]})
    assert asked({"country": []}) == asked({})


def test_the_same_graph_gives_the_same_tables(release, store, tmp_path: Path) -> None:
    write_tables(store, tmp_path / TABLES)

    def content(path: Path) -> list[tuple[object, ...]]:
        with sqlite3.connect(path) as database:
            tables = ("cases", "facets", "features", "cells", "belongs", "said")
            return [row for t in tables for row in database.execute(f"SELECT * FROM {t}")]

    assert content(tmp_path / TABLES) == content(release.path / TABLES)


def test_a_release_without_tables_is_told(tmp_path: Path) -> None:
    with pytest.raises(TablesMissing, match=r"no tables\. Build again"):
        CaseTables(tmp_path)


def test_the_shipped_vocabulary_labels_the_values(tables) -> None:
    labels = {v.value: v.label for v in tables.cases({}).facets["stage"]}
    assert labels[f"{VOCAB}innovation-stage/scaling"].lower().startswith("scal")


SIDE_BY_SIDE = """
PREFIX mkg: <https://w3id.org/mission-kg/ontology#>
SELECT ?case ?feature ?status {
  ?case mkg:describes ?i .
  ?cell mkg:assesses ?i ; mkg:onFeature ?feature ; mkg:valueStatus ?status }
"""


def test_a_comparison_says_of_each_cell_what_the_graph_says(tables, store) -> None:
    cases = tables.cases({}, count=1000).cases
    rows = tables.compare(cases)
    said = {
        (case.iri, row.feature): status
        for row in rows
        for case, status in zip(cases, row.statuses, strict=True)
    }
    graph = {
        (case.value, feature.value): status.value.rpartition("/")[2]
        for case, feature, status in store.select(SIDE_BY_SIDE).rows
    }
    assert said == graph
    assert len(rows) == 46
    assert {"present", "absent", "unknown"} <= set(said.values())


def test_a_row_differs_where_two_known_cells_do() -> None:
    def row(*statuses: str) -> FeatureRow:
        return FeatureRow("f", "F", "b", "B", statuses)

    assert row("present", "absent", "unknown").differs
    assert not row("present", "present", "unknown").differs
    assert not row("unknown", "unknown").differs
    assert (row("present", "unknown").known, row("unknown").known) == (1, 0)


def test_a_case_is_found_by_its_iri_or_by_what_it_describes(tables) -> None:
    case = tables.case(f"{ID}case/generated-3")
    assert case is tables.case(f"{ID}initiative/generated-3")
    assert case.initiative == f"{ID}initiative/generated-3"
    assert tables.case(f"{ID}case/none") is None


def test_a_matrix_counts_what_a_choice_of_both_finds(tables, asked, values) -> None:
    chosen = {"stage": values["stage"][:2]}
    matrix = tables.matrix("country", "feature", chosen)
    assert len(matrix.counts) == len(matrix.rows) > 3
    assert sum(map(sum, matrix.counts)) > 0
    for row, counts in list(zip(matrix.rows, matrix.counts, strict=True))[:3]:
        for column, count in list(zip(matrix.columns, counts, strict=True))[:4]:
            both = {**chosen, "country": [row.value], "feature": [column.value]}
            assert count == len(asked(both))
    with pytest.raises(UnknownFacet):
        tables.matrix("country", "colour", {})
