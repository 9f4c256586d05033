import pytest

from kg.stores.oxigraph import OxigraphStore
from kg.stores.respelling import lower_booleans


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT (TRUE AS ?t) (False AS ?f) {}", "SELECT (true AS ?t) (false AS ?f) {}"),
        ("ASK { ?TRUE <TRUE> 'TRUE' } # TRUE", "ASK { ?TRUE <TRUE> 'TRUE' } # TRUE"),
        ("PREFIX TRUE: <urn:x> ASK { a:TRUE TRUE:FALSE 1 }",) * 2,
        ("ASK { FILTER(?a <?b && ?c> TRUE) }", "ASK { FILTER(?a <?b && ?c> true) }"),
    ],
)
def test_only_truth_values_change(text, expected):
    assert lower_booleans(text) == expected


def test_a_truth_value_in_any_case_is_read():
    assert OxigraphStore.memory().ask("ASK { FILTER(TRUE && !False) }")
