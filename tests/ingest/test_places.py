"""Places as text and back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.places import PlaceFault, parse, seconds, write
from kg.model import Place

_TEXT = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)
_PLAIN = _TEXT.filter(lambda text: not re.search(r";\s*[A-Za-z_]+=", text))
_SECONDS = st.integers(0, 3_599_999).map(lambda milliseconds: milliseconds / 1000)


@st.composite
def places(draw: st.DrawFn) -> Place:
    start = draw(st.none() | _SECONDS)
    end = None if start is None else draw(st.none() | _SECONDS.filter(lambda t: t >= start))
    section, page = draw(st.none() | _PLAIN), draw(st.none() | st.sampled_from(["12", "iv-v"]))
    return Place(start, end, page, section, draw(st.none() | _PLAIN))


@given(places())
def test_round_trip(place: Place) -> None:
    assert parse(write(place)) == place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", Place()),
        ("t=00:43:03", Place(2583.0)),
        ("t=00:43:03-00:44:09.5; page=12", Place(2583.0, 2649.5, page="12")),
        (
            "section=L77 Norway; north; fragment=top",
            Place(section="L77 Norway; north", fragment="top"),
        ),
    ],
)
def test_reads(text: str, place: Place) -> None:
    assert parse(text) == place


@pytest.mark.parametrize(
    ("text", "said", "remedy"),
    [
        ("t=0:43", '"0:43" is no time mark.', "Write it as hh:mm:ss, say 00:43:03."),
        ("t=00:61:00", '"00:61:00" is no time mark.', "Write it as hh:mm:ss, say 00:43:03."),
        (
            "t=00:02:00-00:01:00",
            'the range "00:02:00-00:01:00" ends before it starts.',
            "Write the earlier time first.",
        ),
        ("pages=3", '"pages=3" is no part of a place.', 'Did you mean "page"?'),
        (
            "minute 3",
            '"minute 3" is no part of a place.',
            "Write t=00:43:03, page=12, section=… or fragment=…, joined by semicolons.",
        ),
        ("page=3; page=4", 'the part "page" of the place comes twice.', 'Write one "page=…".'),
        ("section=", 'the part "section" of the place is empty.', 'Write one "section=…".'),
    ],
)
def test_refuses(text: str, said: str, remedy: str) -> None:
    with pytest.raises(PlaceFault) as caught:
        parse(text)
    assert (str(caught.value), caught.value.remedy) == (said, remedy)


def test_seconds() -> None:
    assert seconds("100:00:00.25") == 360_000.25
