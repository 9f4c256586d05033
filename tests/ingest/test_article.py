"""Articles as sources and proposed claims; nothing of them is published by itself."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode

from ingest import article, library
from ingest.library import Reading
from kg.claims import segment_iri
from kg.derive import passes
from kg.model import Batch, Claim, Finding, Place, Source
from ontology.names import DCT, ID, MKG, RDF, RDFS, VOCAB
from ontology.vocabulary import vocabulary

CASES = Path(__file__).parent / "cases" / "articles"
SEED = Path(__file__).parents[2] / "../shared/seed"
Told = Callable[[tuple[Finding, ...]], list[str]]
BOARD, HARBOURS = f"{ID}organisation/board", f"{ID}initiative/clean-harbours"
TIDAL = f"{VOCAB}technology/tidal-power"
RECORDING = Source(
    iri=f"{ID}source/harbour-film",
    title="Harbour film",
    kind="recording",
    media_url="https://www.youtube.com/watch?v=AbC-123_xyZ",
    duration_seconds=1500.0,
)


def named(iri: str, name: str) -> Claim:
    return Claim(iri, f"{RDFS}label", Literal(name, language="en"), f"{ID}source/x")


KNOWN = Batch(
    (),
    (
        named(BOARD, "Harbour Board"),
        named(HARBOURS, "Clean Harbours"),
        named(f"{ID}initiative/ferry-missions", "Ferry missions"),
        named(f"{ID}organisation/ferry-fund", "Ferry Fund"),
        named(f"{ID}country/no", "Norway"),
        named(TIDAL, "tidal power"),
        Claim(TIDAL, f"{RDF}type", NamedNode(f"{MKG}Technology"), f"{ID}source/x"),
        Claim(
            f"{ID}initiative/ferry-missions",
            f"{MKG}ownedBy",
            NamedNode(f"{ID}organisation/ferry-fund"),
            f"{ID}source/x",
        ),
    ),
)


@cache
def harbour() -> Reading:
    return article.read_input(str(CASES / "harbour.md"), {}, known=KNOWN)


def short(claim: Claim) -> tuple[str, str, str]:
    return (
        claim.subject.rsplit("/", 1)[-1],
        claim.property.rsplit("#", 1)[-1].rsplit("/", 1)[-1],
        claim.value.value.rsplit("/", 1)[-1],
    )


def test_the_article_and_its_recording() -> None:
    text, agents, film = harbour().batch.sources
    assert text.kind == "article"
    assert text.derived_from == film.iri == f"{ID}source/video-abc-123-xyz"
    assert film.media_url == "https://www.youtube.com/watch?v=AbC-123_xyZ"
    assert film.duration_seconds == 5400.0
    assert agents.iri == f"{ID}source/agents"


def test_nothing_is_published_but_who_read_it() -> None:
    published = [claim for claim in harbour().batch.claims if passes(claim)]
    assert {claim.subject for claim in published} == {f"{ID}agent/article-reader"}
    rest = [claim for claim in harbour().batch.claims if claim not in published]
    assert {claim.review_status for claim in rest} == {"proposed"}
    assert len(rest) > 20


def test_passages_have_ranges_until_the_next_mark_in_time() -> None:
    quotes = {
        claim.value.value: claim.place
        for claim in harbour().batch.claims
        if claim.property == f"{MKG}quote"
    }
    first = quotes["A talk on how the Harbour Board runs tidal power"]
    assert (first.start_seconds, first.end_seconds) == (10.0, 40.0)
    assert quotes["Seas rise"].end_seconds is None  # The next mark is 17 minutes later.
    assert quotes["Ports must adapt to it"].end_seconds == 1260.0
    assert quotes["The Pilots' Guild takes part"].end_seconds == 1200.0  # Marks out of order.
    assert quotes["Closing words without a mark."] == Place(section="Denmark: the Ferry Fund")


def test_a_quote_is_about_the_segment_of_its_place() -> None:
    quotes = [claim for claim in harbour().batch.claims if claim.property == f"{MKG}quote"]
    assert all(claim.subject == segment_iri(claim.source, claim.place) for claim in quotes)
    assert {claim.value.language for claim in quotes if isinstance(claim.value, Literal)} == {"en"}


def test_links_are_kept_known_or_not() -> None:
    links = [claim for claim in harbour().batch.claims if claim.property == f"{DCT}references"]
    assert [claim.value for claim in links] == [
        Literal("harbour_channel | harbour_channel"),
        NamedNode(TIDAL),
    ]


def test_proposals_name_their_rule() -> None:
    made = [claim for claim in harbour().batch.claims if claim.confidence is not None]
    found = {short(claim): (claim.note or "").split(":")[0] for claim in made}
    assert found["clean-harbours", "operatesIn", "no"] == "rule country-in-heading"
    assert found["clean-harbours", "involvesActor", "board"] == "rule names-organisation"
    assert found["clean-harbours", "missionCount", "3"] == "rule count"
    assert found["clean-harbours", "minDurationYears", "4"] == "rule length"
    assert found["ferry-missions", "candidateCount", "12"] == "rule count"
    budgets = [value for subject, name, value in found if name == "amount"]
    assert budgets == ["12500000"]


def test_every_property_is_known() -> None:
    used = {claim.property for claim in harbour().batch.claims if claim.property.startswith(MKG)}
    assert used <= set(vocabulary().properties)


def test_what_could_not_be_placed_is_told(told: Told) -> None:
    assert told(harbour().findings) == [
        "info: harbour.md, line 20: the mark 00:19:00 comes after 00:24:00. Nothing to do if the "
        "text jumps back.",
        'info: harbour.md, line 8: the link "harbour_channel" leads to nothing that is known. Add '
        "the thing to the library, or one of its other names; the link is kept as text.",
        'info: harbour.md, line 8: the passage "From: harbour_channel" has no time. Nothing to do '
        "if it only leads over.",
        'info: harbour.md, line 24: the passage "Closing words without a mark." has no time. '
        "Nothing to do if it only leads over.",
        "info: harbour.md: 3 headings, 12 passages (2 without time), 2 links; claims proposed: 3 "
        "by rule count, 1 by rule country-in-heading, 2 by rule length, 6 by rule mention, 7 by "
        "rule money, 1 by rule names-organisation, 1 by rule names-technology.",
    ]


def test_reading_twice_gives_the_same() -> None:
    again = article.read_input(str(CASES / "harbour.md"), {}, known=KNOWN)
    assert again == harbour()


def test_without_quotes() -> None:
    found = article.read_input(str(CASES / "harbour.md"), {"quotes": "no"}, known=KNOWN)
    assert not [claim for claim in found.batch.claims if claim.property == f"{MKG}quote"]


def test_a_known_recording_and_article_are_not_doubled() -> None:
    text = Source(
        iri=f"{ID}source/harbour-notes",
        title="Article: Clean Harbours, a town's mission",
        kind="article",
        derived_from=RECORDING.iri,
    )
    known = Batch((RECORDING, text), KNOWN.claims)
    found = article.read_input(str(CASES / "harbour.md"), {}, known=known)
    assert [source.iri for source in found.batch.sources] == [f"{ID}source/agents"]
    cited = {claim.source for claim in found.batch.claims}
    assert cited == {text.iri, f"{ID}source/agents"}


def test_the_length_of_a_known_recording_bounds_the_marks(tmp_path: Path, told: Told) -> None:
    path = tmp_path / "late.md"
    mark = '<a class="yt-timestamp" data-t="00:26:00">[x]</a>'
    path.write_text(f"---\ntitle: Late\nvideoId: AbC-123_xyZ\n---\nLate {mark}.\n")
    found = article.read_input(str(path), {}, known=Batch((RECORDING,), ()))
    assert told(found.findings)[0] == (
        "warning: late.md, line 5: the mark 00:26:00 is past the end, 00:25:00. Correct the mark; "
        "the passage is kept without time."
    )
    found = article.read_input(str(path), {"duration": "00:30:00"}, known=Batch((RECORDING,), ()))
    assert "past the end" not in "".join(told(found.findings))


FINDINGS = {
    "no-front-matter.md": [
        "warning: no-front-matter.md, line 1: names no recording (videoId). Add videoId: to the "
        "front matter, so that time marks lead somewhere.",
    ],
    "bad-video.md": [
        'warning: bad-video.md, line 1: the front matter has no title; "bad-video" is used. Add a '
        "line title: to it.",
        'warning: bad-video.md, line 1: the videoId "short" is not one: eleven letters, digits, - '
        "or _. Copy it from the address of the video.",
    ],
    "odd-front-matter.md": [
        'warning: odd-front-matter.md, line 1: the duration: "long" is no time mark. Write it as '
        "hh:mm:ss, say 00:43:03.",
    ],
    "bad-marks.md": [
        "warning: bad-marks.md, line 9: the mark 00:06:00 is past the end, 00:05:00. Correct the "
        "mark; the passage is kept without time.",
        "info: bad-marks.md, line 10: the mark 00:01:00 comes after 00:04:00. Nothing to do if "
        "the text jumps back.",
    ],
}


@pytest.mark.parametrize(("name", "said"), FINDINGS.items())
def test_oddities(told: Told, name: str, said: list[str]) -> None:
    found = told(article.read_input(str(CASES / name), {}).findings)
    assert [each for each in found if each in said] == said


STOPPED = {
    "broken-yaml.md": "the front matter is no YAML: found unexpected end of stream.",
    "only-front-matter.md": "holds no headings and no text below its front matter.",
}


@pytest.mark.parametrize(("name", "said"), STOPPED.items())
def test_what_stops_an_article(name: str, said: str) -> None:
    found = article.read_input(str(CASES / name), {})
    assert found.batch == Batch((), ())
    assert [each.message for each in found.findings if each.severity == "violation"] == [said]


def test_only_headings_make_a_source_without_statements() -> None:
    found = article.read_input(str(CASES / "only-headings.md"), {})
    assert found.batch.sources[0].title == "One"
    assert {claim.subject for claim in found.batch.claims} == {f"{ID}agent/article-reader"}


def test_an_article_without_a_recording_bounds_itself(tmp_path: Path) -> None:
    path = tmp_path / "alone.md"
    path.write_text("---\ntitle: Alone\nduration: 00:01:00\n---\nText; and more.\n")
    found = article.read_input(str(path), {})
    assert found.batch.sources[0].duration_seconds == 60.0


@pytest.mark.parametrize("name", [path.name for path in sorted(CASES.glob("*.md"))])
def test_every_case_reads_back_from_the_library_format(name: str, tmp_path: Path) -> None:
    from ingest import writing

    batch = article.read_input(str(CASES / name), {}, known=KNOWN).batch
    writing.write(batch, tmp_path)
    assert library.read(tmp_path, known=KNOWN) == batch


@pytest.mark.skipif(not SEED.is_dir(), reason="the founding document is not in the repository")
def test_the_founding_document() -> None:
    shipped = library.read(library.SHIPPED)
    [path] = SEED.glob("*.txt")
    found = article.read_input(str(path), {}, known=shipped)
    assert [each for each in found.findings if each.severity != "info"] == []
    quotes = [claim for claim in found.batch.claims if claim.property == f"{MKG}quote"]
    timed = [claim for claim in quotes if claim.place.start_seconds is not None]
    assert (len(quotes), len(timed)) == (94, 86)
    assert {claim.source for claim in quotes} == {f"{ID}source/article-6935aaf6"}
    made = {short(claim) for claim in found.batch.claims}
    assert ("pilot-e", "operatesIn", "no") in made
    assert ("csiro-missions-program", "candidateCount", "12") in made
    assert ("ifd-mission-programme", "missionCount", "4") in made
