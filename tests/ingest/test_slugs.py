"""Slugs are stable, plain and never empty."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.slugs import SLUG, entity, slug
from ontology.curies import compact, expand


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Pilot-E", "pilot-e"),
        ("Côte d'Ivoire", "cote-d-ivoire"),
        ("Forskningsrådet Ålesund", "forskningsradet-alesund"),
        ("Københavns Æble & Straße", "kobenhavns-aeble-strasse"),
        ("  two   blanks ", "two-blanks"),
    ],
)
def test_words(text: str, made: str) -> None:
    assert slug(text) == made


def test_letters_that_ascii_lacks_leave_a_mark() -> None:
    assert slug("使命") != slug("任务")
    assert slug("使命 2030").startswith("2030-")
    assert slug("") != ""


def test_long_names_are_cut_and_stay_apart() -> None:
    one, other = slug("mission " * 30), slug("mission " * 31)
    assert one != other
    assert len(one) < 100


@given(st.text(max_size=200))
def test_always_a_slug_and_stable(text: str) -> None:
    made = slug(text)
    assert SLUG.fullmatch(made)
    assert slug(made) == made or len(made) > 80


@given(st.text(min_size=1, max_size=60), st.sampled_from(["org", "init", "src", "cctx"]))
def test_entities_have_a_curie(text: str, prefix: str) -> None:
    iri = entity(prefix, text)
    short = compact(iri)
    assert short is not None
    assert short.startswith(f"{prefix}:")
    assert expand(short) == iri
