"""What is written as library CSV reads back as the very same batch."""

import tempfile
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode

from ingest import library, writing
from kg.claims import normalised
from kg.model import Batch, Claim, Place, Source
from ontology.names import DCT, ID, MKG, RDF, RDFS, SKOS, XSD

SOURCE = Source(
    iri=f"{ID}source/talk",
    title='A "talk", with; signs',
    kind="recording",
    url="https://example.org/t",
    duration_seconds=600.5,
)
SLUGS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,12}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ORGS = SLUGS.map(lambda slug: NamedNode(f"{ID}organisation/{slug}"))
IRIS = SLUGS.map(lambda slug: NamedNode(f"http://example.org/{slug}/{slug}"))
VALUES = st.one_of(
    st.tuples(st.just(f"{MKG}ownedBy"), ORGS),
    st.tuples(st.just(f"{SKOS}exactMatch"), IRIS),
    st.tuples(st.just(f"{RDF}type"), st.just(NamedNode(f"{MKG}MissionInitiative"))),
    st.tuples(
        st.sampled_from([f"{RDFS}label", f"{SKOS}altLabel"]),
        st.builds(
            lambda text, tag: Literal(text, language=tag), TEXTS, st.sampled_from(["en", "fr"])
        ),
    ),
    st.tuples(st.just(f"{DCT}identifier"), TEXTS.map(Literal)),
    st.tuples(st.just(f"{DCT}references"), TEXTS.map(Literal) | IRIS),
    st.tuples(
        st.just(f"{DCT}issued"),
        st.just(Literal("2021-05-01", datatype=NamedNode(f"{XSD}date"))),
    ),
    st.tuples(
        st.just(f"{MKG}missionCount"),
        st.integers(0, 10**6).map(
            lambda number: Literal(str(number), datatype=NamedNode(f"{XSD}integer"))
        ),
    ),
)
WORDS = st.from_regex(r"[A-Za-zé][A-Za-zé ,.'\"-]{0,20}[a-z]", fullmatch=True)


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    prop, value = draw(VALUES)
    seconds = st.none() | st.integers(0, 600_000).map(lambda each: each / 1000)
    return normalised(
        Claim(
            subject=f"{ID}initiative/{draw(SLUGS)}",
            property=prop,
            value=value,
            source=SOURCE.iri,
            place=Place(
                draw(seconds), page=draw(st.none() | WORDS), section=draw(st.none() | WORDS)
            ),
            modality=draw(st.sampled_from(["asserted", "aspiration"])),
            value_status=draw(st.sampled_from(["present", "planned"])),
            review_status=draw(st.sampled_from(["unreviewed", "proposed"])),
            as_of=draw(st.none() | st.sampled_from(["2021", "2021~", "2019/2023"])),
            confidence=draw(st.none() | st.decimals(0, 1, places=2).map(Decimal)),
            note=draw(st.none() | WORDS),
        )
    )


@settings(deadline=None, max_examples=60)
@given(st.lists(claims(), max_size=8, unique_by=lambda claim: claim.iri))
def test_round_trip(made: list[Claim]) -> None:
    batch = Batch((SOURCE,), tuple(made))
    with tempfile.TemporaryDirectory() as directory:
        writing.write(batch, Path(directory))
        assert library.read(Path(directory)) == batch
        before = (Path(directory) / "claims" / "claims.csv").read_bytes()
        writing.write(batch, Path(directory))
        assert (Path(directory) / "claims" / "claims.csv").read_bytes() == before


def test_the_shipped_library_round_trips(tmp_path: Path) -> None:
    shipped = library.read(library.SHIPPED)
    writing.write(shipped, tmp_path)
    assert library.read(tmp_path) == shipped


def test_awkward_texts_are_written_apart() -> None:
    texts = ["", " blank ", "org:csiro", '"x"^^<http://e/t>', "a\r\nb", "\x00"]
    made = [
        Claim(f"{ID}initiative/a", f"{RDFS}label", Literal(text, language="en"), SOURCE.iri)
        for text in texts
    ]
    text = writing.claims_csv(Batch((SOURCE,), tuple(made)))
    assert text.count("^^<http://www.w3.org/2001/XMLSchema#string>") == len(texts)
