"""Short names and back: every prefix is one namespace, and every CURIE can be written as it is."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Store

from ontology.curies import PREFIXES, compact, expand, sparql_prologue
from ontology.files import scheme_files
from ontology.names import FOREIGN_PREFIXES, ID, KINDS, MKG, SCHEME_PREFIXES, VOCAB


@pytest.mark.parametrize(
    ("curie", "iri"),
    [
        ("mkg:pursues", f"{MKG}pursues"),
        ("init:pilot-e", f"{ID}initiative/pilot-e"),
        ("ctype:mission-lock-in", f"{VOCAB}challenge-type/mission-lock-in"),
        ("coordination-level:c1-independent", f"{VOCAB}coordination-level/c1-independent"),
        ("sdg:13", "http://metadata.un.org/sdg/13"),
        ("vocab:scale", f"{VOCAB}scale"),
    ],
)
def test_a_curie_stands_for_its_iri_and_back(curie: str, iri: str) -> None:
    assert expand(curie) == iri
    assert compact(iri) == curie


def test_an_unknown_prefix_is_named() -> None:
    with pytest.raises(ValueError, match=r'"nope".*"nope:thing"'):
        expand("nope:thing")


def test_a_word_without_colon_is_no_curie() -> None:
    with pytest.raises(ValueError, match='"pilot-e" is no CURIE'):
        expand("pilot-e")


@pytest.mark.parametrize(
    "iri", ["https://example.org/x", f"{VOCAB}unheard-of/x", f"{ID}initiative/", "nonsense", ""]
)
def test_what_no_prefix_fits_has_no_curie(iri: str) -> None:
    assert compact(iri) is None


@given(st.sampled_from(sorted(KINDS)), st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True))
def test_every_entity_goes_there_and_back(prefix: str, slug: str) -> None:
    assert compact(expand(f"{prefix}:{slug}")) == f"{prefix}:{slug}"


def test_no_prefix_is_given_twice() -> None:
    schemes = {path.stem for path in scheme_files()} - set(SCHEME_PREFIXES.values())
    groups = [{"mkg", "mkgsh", "vocab"}, set(FOREIGN_PREFIXES), set(KINDS), set(SCHEME_PREFIXES)]
    times = Counter(prefix for group in (*groups, schemes) for prefix in group)

    assert [prefix for prefix, count in times.items() if count > 1] == []


def test_no_namespace_has_two_prefixes() -> None:
    times = Counter(PREFIXES.values())

    assert [iri for iri, count in times.items() if count > 1] == []


def test_every_scheme_has_a_prefix() -> None:
    spaces = set(PREFIXES.values())

    assert [path.stem for path in scheme_files() if f"{VOCAB}{path.stem}/" not in spaces] == []


def test_the_prologue_is_sparql() -> None:
    query = sparql_prologue() + "ASK { init:pilot-e mkg:pursues ctype:mission-lock-in }"

    assert not Store().query(query)
