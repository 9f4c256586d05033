"""The claim record goes into RDF and comes back whole, in every format."""

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from kg.claims import (
    claim_graph,
    claim_quads,
    normalised,
    read_claims,
    read_runs,
    read_sources,
    run_quads,
    segment_iri,
    source_quads,
)
from kg.errors import KgError
from kg.literals import clock, normal_term
from kg.model import Claim, Place, Run, Source, Term
from kg.stores.oxigraph import OxigraphStore
from ontology.names import GRAPH_CLAIMS, GRAPH_PROVENANCE, ID, MKG, PROV, VOCAB, XSD

VIDEO = Source(
    iri=f"{ID}source/video",
    title="A talk",
    kind="recording",
    media_url="https://example.org/watch?v=x",
    duration_seconds=3600,
)
ARTICLE = Source(
    iri=f"{ID}source/article",
    title="An article",
    kind="article",
    url="https://example.org/article",
    derived_from=VIDEO.iri,
)
SOURCES = {source.iri: source for source in (VIDEO, ARTICLE)}
SLUGS = st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=12)
# Characters that XML 1.0 can hold; the others are tried in the formats that can hold them.
XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn"], include_characters="\t\n\r"), max_size=30
)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
DATATYPES = st.sampled_from(
    ["decimal", "integer", "nonNegativeInteger", "boolean", "dateTime", "double", "gYear", "anyURI"]
)
LEXICALS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
    st.sampled_from(["1.50", "0012", "+7", "1e3", "INF", "true", "1", "2021-02-30", "2020", "-0"]),
    st.sampled_from(["2021-01-01T10:00:00.000+02:00", "2021-01-01T24:00:00Z", "nonsense"]),
)
LANGUAGES = st.sampled_from(["en", "en-GB", "FR", "zh-Hant-TW", "x-private"])


def terms(text: st.SearchStrategy[str]) -> st.SearchStrategy[Term]:
    return st.one_of(
        SLUGS.map(lambda slug: NamedNode(f"{ID}mission/{slug}")),
        st.builds(Literal, text),
        st.builds(lambda value, tag: Literal(value, language=tag), text, LANGUAGES),
        st.builds(lambda v, name: Literal(v, datatype=NamedNode(XSD + name)), LEXICALS, DATATYPES),
    )


def places(text: st.SearchStrategy[str]) -> st.SearchStrategy[Place]:
    return st.builds(
        Place,
        start_seconds=st.none() | st.floats(0, 1e6),
        end_seconds=st.none() | st.floats(0, 1e6),
        page=st.none() | text,
        section=st.none() | text,
        fragment=st.none() | text,
    )


def claims(text: st.SearchStrategy[str]) -> st.SearchStrategy[Claim]:
    maybe_text = st.none() | text
    return st.builds(
        Claim,
        subject=SLUGS.map(lambda slug: f"{ID}initiative/{slug}"),
        property=st.sampled_from([f"{MKG}ownedBy", f"{MKG}hasFeature", f"{MKG}statement"]),
        value=terms(text),
        source=st.sampled_from(sorted(SOURCES)),
        place=places(text),
        modality=st.sampled_from(["asserted", "question", "hedged"]),
        value_status=st.sampled_from(["present", "planned"]),
        review_status=st.sampled_from(["unreviewed", "curator-checked"]),
        as_of=maybe_text,
        entered_by=st.none() | SLUGS.map(lambda slug: f"{ID}agent/{slug}"),
        entered_on=st.none()
        | st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC))
        | st.datetimes(
            min_value=datetime(1000, 1, 1),
            max_value=datetime(9000, 1, 1),
            timezones=st.just(timezone(timedelta(hours=7))),
        ),
        confidence=st.none() | st.decimals(0, 1, places=4),
        key=maybe_text,
        note=maybe_text,
    )


def through_store(batch: list[Claim]) -> OxigraphStore:
    store = OxigraphStore.memory()
    for source in SOURCES.values():
        store.add(source_quads(source))
    for claim in batch:
        store.add(claim_quads(claim, SOURCES))
    return store


def by_iri(found: object) -> dict[str, Claim]:
    return {claim.iri: claim for claim in found}  # type: ignore[attr-defined]


class TestRoundTrip:
    @given(st.lists(claims(ANY_TEXT), max_size=4))
    def test_through_a_store(self, batch: list[Claim]) -> None:
        expected = by_iri(normalised(claim) for claim in batch)
        store = through_store(list(expected.values()))
        assert by_iri(read_claims(store)) == expected
        assert list(read_sources(store)) == sorted(SOURCES.values(), key=lambda s: s.iri)

    @pytest.mark.parametrize("form", [RdfFormat.N_QUADS, RdfFormat.TRIG, RdfFormat.JSON_LD])
    @settings(max_examples=40, deadline=None)
    @given(batch=st.lists(claims(ANY_TEXT), max_size=3))
    def test_through_formats_with_graphs(self, form: RdfFormat, batch: list[Claim]) -> None:
        expected = by_iri(normalised(claim) for claim in batch)
        data = serialize(through_store(list(expected.values())).quads(), format=form)
        again = OxigraphStore.memory()
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"x.{form.file_extension}"
            path.write_bytes(data or b"")
            again.load(path)
        assert by_iri(read_claims(again)) == expected

    @pytest.mark.parametrize(
        ("form", "text"),
        [
            (RdfFormat.TURTLE, ANY_TEXT),
            (RdfFormat.N_TRIPLES, ANY_TEXT),
            (RdfFormat.RDF_XML, XML_TEXT),
        ],
    )
    @settings(max_examples=40, deadline=None)
    @given(data=st.data())
    def test_through_formats_without_graphs(
        self, form: RdfFormat, text: st.SearchStrategy[str], data: st.DataObject
    ) -> None:
        batch = data.draw(st.lists(claims(text), max_size=3))
        expected = by_iri(normalised(claim) for claim in batch)
        store = through_store(list(expected.values()))
        written = serialize((quad.triple for quad in store.quads()), format=form)
        again = OxigraphStore.memory()
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"x.{form.file_extension}"
            path.write_bytes(written or b"")
            again.load(path, f"{GRAPH_CLAIMS}all")
        assert by_iri(read_claims(again)) == expected

    def test_runs(self) -> None:
        moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        run = Run(f"{ID}ingest-run/x", "A run", ("a.csv", "b.csv"), moment, moment, "a:b", "s 1")
        store = through_store([])
        store.add(run_quads(run))
        assert list(read_runs(store)) == [run]

    def test_every_field_of_a_source(self) -> None:
        source = Source(
            iri=f"{ID}source/full",
            title="Full",
            kind="official",
            type="SourceDocument",
            url="https://example.org/a#b",
            media_url="https://example.org/m",
            publisher="P",
            published="2021",
            accessed="2026-01-01",
            licence="CC0",
            language="fr",
            derived_from=VIDEO.iri,
            duration_seconds=1.5,
            entered_by=f"{ID}agent/a",
            entered_on=datetime(2026, 1, 1, tzinfo=UTC),
            note="n",
        )
        store = OxigraphStore.memory()
        store.add(source_quads(source))
        assert list(read_sources(store)) == [source]


class TestIdentity:
    @given(claims(ANY_TEXT))
    def test_normalising_twice_changes_nothing(self, claim: Claim) -> None:
        once = normalised(claim)
        assert normalised(once) == once
        assert normalised(once).iri == once.iri

    @given(claims(ANY_TEXT))
    def test_review_key_and_note_make_no_other_claim(self, claim: Claim) -> None:
        other = replace(claim, review_status="superseded", key="other", note="other")
        assert other.iri == claim.iri

    @given(claims(ANY_TEXT), claims(ANY_TEXT))
    def test_different_claims_have_different_iris(self, one: Claim, two: Claim) -> None:
        said = [
            (c.subject, c.property, c.value, c.source, c.place, c.modality, c.value_status)
            for c in (one, two)
        ]
        if said[0] != said[1]:
            assert one.iri != two.iri

    @pytest.mark.parametrize(
        ("written", "kept"),
        [
            (Literal("1.50", datatype=NamedNode(f"{XSD}decimal")), "1.5"),
            (Literal("0012", datatype=NamedNode(f"{XSD}integer")), "12"),
            (Literal("abc", datatype=NamedNode(f"{XSD}integer")), "abc"),
            (Literal("x", language="en-GB"), "x"),
            (Literal("1.50"), "1.50"),
        ],
    )
    def test_literals_take_the_form_of_the_store(self, written: Literal, kept: str) -> None:
        assert normal_term(written).value == kept
        assert normal_term(Literal("x", language="en-GB")).language == "en-gb"  # type: ignore[union-attr]


class TestEvidence:
    def claim(self, source: Source, place: Place) -> Claim:
        return Claim(f"{ID}mission/m", f"{MKG}label", Literal("x"), source.iri, place)

    def segment(self, source: Source, place: Place) -> dict[str, str]:
        iri = segment_iri(source.iri, place)
        return {
            quad.predicate.value.removeprefix(MKG): quad.object.value
            for quad in claim_quads(self.claim(source, place), SOURCES)
            if quad.subject == NamedNode(iri) and quad.graph_name == NamedNode(GRAPH_PROVENANCE)
        }

    def test_an_article_points_into_the_recording_it_was_made_from(self) -> None:
        place = Place(start_seconds=2583.0, end_seconds=2649.5, section="Norway")
        found = self.segment(ARTICLE, place)
        assert found["mediaFragment"] == "https://example.org/watch?v=x#t=2583,2649.5"
        assert found["startTime"] == "00:43:03"
        assert found["webAddress"] == "https://example.org/article"
        assert found["section"] == "Norway"

    def test_an_open_range(self) -> None:
        found = self.segment(VIDEO, Place(start_seconds=5.0))
        assert found["mediaFragment"] == "https://example.org/watch?v=x#t=5"
        found = self.segment(VIDEO, Place(end_seconds=5.0))
        assert found["mediaFragment"] == "https://example.org/watch?v=x#t=,5"
        assert "webAddress" not in found

    def test_a_fragment_of_a_page(self) -> None:
        found = self.segment(ARTICLE, Place(fragment="funding", page="12"))
        assert found["webAddress"] == "https://example.org/article#funding"
        assert found["page"] == "12"

    def test_one_place_is_one_segment(self) -> None:
        place = Place(page="3")
        store = through_store([self.claim(ARTICLE, place)])
        before = store.size(GRAPH_PROVENANCE)
        store.add(
            claim_quads(Claim("a:b", f"{MKG}label", Literal("y"), ARTICLE.iri, place), SOURCES)
        )
        assert store.size(GRAPH_PROVENANCE) == before

    def test_a_recording_by_its_kind(self) -> None:
        film = Source("a:film", "Film", "recording", url="https://example.org/film")
        about = Source("a:about", "About", "article", derived_from="a:film")
        quads = claim_quads(
            Claim("a:s", "a:p", Literal("x"), "a:about", Place(start_seconds=1.0)),
            {film.iri: film, about.iri: about},
        )
        assert any(quad.object.value == "https://example.org/film#t=1" for quad in quads)

    def test_sources_made_from_each_other_end(self) -> None:
        loop = {
            "a:1": Source("a:1", "1", "article", derived_from="a:2"),
            "a:2": Source("a:2", "2", "article", derived_from="a:1"),
        }
        claim = Claim("a:s", "a:p", Literal("x"), "a:1", Place(start_seconds=1.0))
        assert not any("mediaFragment" in str(quad) for quad in claim_quads(claim, loop))

    def test_an_unknown_source_is_told(self) -> None:
        claim = replace(self.claim(ARTICLE, Place()), source="a:nowhere", key="K1")
        with pytest.raises(KgError, match="K1 names the source a:nowhere"):
            list(claim_quads(claim, SOURCES))

    def test_claims_stand_in_the_graph_of_their_source(self) -> None:
        store = through_store([self.claim(ARTICLE, Place())])
        assert store.size(claim_graph(ARTICLE.iri)) == 8
        assert claim_graph(ARTICLE.iri) == f"{GRAPH_CLAIMS}article"

    def test_the_run_is_named(self) -> None:
        moment = datetime(2026, 1, 2, tzinfo=UTC)
        run = Run(f"{ID}ingest-run/x", "A run", (), moment, moment, "a:b", "s 1")
        claim = self.claim(ARTICLE, Place())
        store = OxigraphStore.memory()
        store.add(claim_quads(claim, SOURCES, run))
        made = Triple(NamedNode(claim.iri), NamedNode(f"{PROV}wasGeneratedBy"), NamedNode(run.iri))
        assert store.contains(made)

    def test_a_claim_without_a_sensible_value_is_told(self) -> None:
        store = through_store([self.claim(ARTICLE, Place())])
        claim_iri = self.claim(ARTICLE, Place()).iri
        graph = claim_graph(ARTICLE.iri)
        store.update(
            f"DELETE WHERE {{ GRAPH <{graph}> {{ <{claim_iri}> <{MKG}claimValue> ?v }} }} ;"
            f"INSERT DATA {{ GRAPH <{graph}> {{ <{claim_iri}> <{MKG}claimObject> _:b }} }}"
        )
        with pytest.raises(KgError, match="expected an IRI or a literal"):
            list(read_claims(store))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "00:00:00"), (2583, "00:43:03"), (3600.5, "01:00:00.5"), (59.9999, "00:01:00")],
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_confidence_keeps_its_value() -> None:
    claim = Claim("a:s", "a:p", Literal("x"), ARTICLE.iri, confidence=Decimal("0.90"))
    (found,) = read_claims(through_store([claim]))
    assert found.confidence == Decimal("0.9")


def test_terms_have_their_namespaces() -> None:
    claim = Claim("a:s", "a:p", Literal("x"), ARTICLE.iri)
    assert any(
        quad.object == NamedNode(f"{VOCAB}review-status/unreviewed")
        for quad in claim_quads(claim, SOURCES)
    )
