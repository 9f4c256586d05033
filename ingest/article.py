"""Articles with time marks -> sources, quoted passages, links and proposed claims.

Nothing from an article is published by itself: every claim has review status ``proposed`` until a
curator says otherwise. What could not be placed is told in the findings.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from ingest import runs
from ingest.article_text import Article, Passage, parse
from ingest.errors import InputError
from ingest.faults import Faults, shown
from ingest.library import Reading
from ingest.limits import DEFAULT, Limits
from ingest.mentions import Names, names_of, owners_of
from ingest.places import PlaceFault, seconds
from ingest.proposals import Proposal, Proposer
from ingest.records import AGENTS_SOURCE
from ingest.slugs import slug
from ingest.tables import read_text
from kg.claims import normalised, segment_iri
from kg.literals import clock
from kg.model import Batch, Claim, Place, Source
from ontology.names import DCT, ID, MKG, PROV, RDF, RDFS
from ontology.vocabulary import vocabulary

LONGEST_PASSAGE = 300.0
"""Seconds. A passage ends where the next mark in time begins, unless that is later than this:
then the text left something out, and the end stays unsaid."""
_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_AGENT_NAME = "Mission Practice Graph article reader"
AGENT = f"{ID}agent/article-reader"
_TITLE = f"{RDFS}label"


@dataclass(frozen=True, slots=True)
class _Made:
    """The two sources of an article; ``duration``: how long the recording lasts, if known."""

    article: Source
    recording: Source | None
    duration: float | None


def read_input(
    given: str, options: Mapping[str, str], limits: Limits = DEFAULT, known: Batch | None = None
) -> Reading:
    """What the article file ``given`` brings; faults that stop it are among the findings.

    Options: ``duration=hh:mm:ss`` of the recording, ``quotes=no`` to keep no words of the text,
    ``url`` of the article.
    """
    faults = Faults(limits.findings)
    path = Path(given)
    try:
        article = parse(read_text(path, path.name, limits), path.name, faults)
        batch = _batch(article, path, options, known or Batch((), ()), faults)
    except InputError as error:
        faults.extend(error.findings)
        batch = Batch((), ())
    return Reading(batch, faults.all())


def _batch(
    article: Article, path: Path, options: Mapping[str, str], known: Batch, faults: Faults
) -> Batch:
    if not article.passages and not article.headings:
        said = "holds no headings and no text below its front matter."
        faults.violation(path.name, said, "Give an article with text.")
        return Batch((), ())
    made = _sources(article, path, options, known, faults)
    _check_marks(article, path.name, made.duration, faults)
    names = _names(known)
    claims = [*_agent_claims()]
    proposer = Proposer(made.article.iri, names, owners_of(known.claims))
    claims += _passage_claims(article, made.article, proposer, options)
    _check_links(article, path.name, names, faults)
    _tell(article, claims, path.name, faults)
    own = {source.iri for source in known.sources}
    sources = [made.article, AGENTS_SOURCE, *([made.recording] if made.recording else [])]
    unique = {claim.iri: claim for claim in claims}
    return Batch(tuple(each for each in sources if each.iri not in own), tuple(unique.values()))


@lru_cache(maxsize=4)
def _names(known: Batch) -> Names:
    return names_of(known.claims, vocabulary())


def _sources(
    article: Article, path: Path, options: Mapping[str, str], known: Batch, faults: Faults
) -> _Made:
    front = article.front
    title = front.get("title") or next((each.text for each in article.headings), path.stem)
    if article.front and "title" not in article.front:
        said = f"the front matter has no title; {shown(title)} is used."
        faults.warning(f"{path.name}, line 1", said, "Add a line title: to it.")
    duration = _duration(front, options, path.name, faults)
    recording = _recording(article, title, duration, path.name, known, faults)
    told = Source(
        iri=_article_iri(title, recording, path),
        title=title,
        kind="article",
        url=options.get("url") or front.get("url"),
        publisher=front.get("publisher"),
        published=front.get("published") or front.get("date"),
        licence=front.get("licence") or front.get("license"),
        language=front.get("language", "en"),
        derived_from=recording.iri if recording else None,
        duration_seconds=None if recording else duration,
        entered_by=AGENT,
    )
    same = (each for each in known.sources if _is_same(each, told))
    length = duration if recording is None else duration or recording.duration_seconds
    return _Made(next(same, told), recording, length)


def _is_same(one: Source, other: Source) -> bool:
    """Whether the shipped library has this very article: made from the same recording."""
    return (
        other.derived_from is not None
        and one.derived_from == other.derived_from
        and one.kind == "article"
        and one.title.casefold().removeprefix("article: ") == other.title.casefold()
    )


def _article_iri(title: str, recording: Source | None, path: Path) -> str:
    told = f"{title}\n{recording.iri if recording else path.name}"
    return f"{ID}source/article-{slug(title)[:60].rstrip('-')}-{runs.digest(told.encode())[:8]}"


def _recording(
    article: Article,
    title: str,
    duration: float | None,
    name: str,
    known: Batch,
    faults: Faults,
) -> Source | None:
    video = article.front.get("videoId")
    if not video:
        hint = "Add videoId: to the front matter, so that time marks lead somewhere."
        faults.warning(f"{name}, line 1", "names no recording (videoId).", hint)
        return None
    if not _VIDEO_ID.fullmatch(video):
        said = f"the videoId {shown(video)} is not one: eleven letters, digits, - or _."
        faults.warning(f"{name}, line 1", said, "Copy it from the address of the video.")
        return None
    address = f"https://www.youtube.com/watch?v={video}"
    same = (each for each in known.sources if each.media_url == address)
    made = Source(
        iri=f"{ID}source/video-{slug(video)}",
        title=f"Recording: {title}",
        kind="recording",
        url=address,
        media_url=address,
        duration_seconds=duration,
        entered_by=AGENT,
    )
    return next(same, made)


def _duration(
    front: Mapping[str, str], options: Mapping[str, str], name: str, faults: Faults
) -> float | None:
    told = options.get("duration") or front.get("duration")
    if not told:
        return None
    try:
        return seconds(told)
    except PlaceFault as fault:
        faults.warning(f"{name}, line 1", f"the duration: {fault}", fault.remedy)
        return None


def _check_marks(article: Article, name: str, duration: float | None, faults: Faults) -> None:
    """Tell marks past the end (which lose their time) and marks out of order."""
    latest = 0.0
    for passage in article.passages:
        if passage.start is None:
            continue
        place = f"{name}, line {passage.line}"
        if duration is not None and passage.start > duration:
            said = f"the mark {clock(passage.start)} is past the end, {clock(duration)}."
            faults.warning(place, said, "Correct the mark; the passage is kept without time.")
            passage.start = None
        elif passage.start < latest:
            said = f"the mark {clock(passage.start)} comes after {clock(latest)}."
            faults.info(place, said, "Nothing to do if the text jumps back.")
            latest = passage.start
        else:
            latest = passage.start


def _agent_claims() -> Iterator[Claim]:
    kind = NamedNode(f"{PROV}SoftwareAgent")
    yield Claim(AGENT, f"{RDF}type", kind, AGENTS_SOURCE.iri)
    yield Claim(AGENT, f"{RDFS}label", Literal(_AGENT_NAME, language="en"), AGENTS_SOURCE.iri)


def _passage_claims(
    article: Article, source: Source, proposer: Proposer, options: Mapping[str, str]
) -> Iterator[Claim]:
    quotes = options.get("quotes", "yes") != "no"
    marks = sorted({each.start for each in article.passages if each.start is not None})
    following = dict(pairwise(marks))
    for passage in article.passages:
        claim = Claim(
            subject=source.iri,
            property=f"{MKG}hasTopic",
            value=NamedNode(source.iri),
            source=source.iri,
            place=_place(passage, following),
            review_status="proposed",
            entered_by=AGENT,
        )
        yield from _kept(passage, claim, source, proposer.names, quotes)
        for proposal in proposer.proposals(passage):
            yield _proposed(proposal, claim)


def _place(passage: Passage, following: Mapping[float, float]) -> Place:
    start = passage.start
    end = following.get(start) if start is not None else None
    if start is not None and end is not None and end - start > LONGEST_PASSAGE:
        end = None
    return Place(start, end, section=_one_line(passage.section))


def _one_line(section: str) -> str | None:
    """A section as a place can hold it: a semicolon would begin the next part."""
    return section.replace(";", ",").strip() or None


def _kept(
    passage: Passage, claim: Claim, source: Source, names: Names, quotes: bool
) -> Iterator[Claim]:
    """The passage's words and links, as claims about its segment."""
    segment = segment_iri(source.iri, claim.place)
    if quotes:
        text = Literal(passage.text, language=_language(source))
        yield _about(claim, segment, f"{MKG}quote", text, "the words of the passage")
    for link in passage.links:
        found = names.lookup(link.target) or names.lookup(link.label)
        value = NamedNode(found) if found else Literal(f"{link.target} | {link.label}")
        yield _about(claim, segment, f"{DCT}references", value, "a link in the passage")


def _about(claim: Claim, subject: str, prop: str, value: NamedNode | Literal, note: str) -> Claim:
    made = replace(claim, subject=subject, property=prop, value=value, note=note)
    return normalised(made)


def _language(source: Source) -> str:
    try:
        return Literal("", language=source.language or "en").language or "en"
    except ValueError:
        return "en"


def _proposed(proposal: Proposal, claim: Claim) -> Claim:
    return normalised(
        replace(
            claim,
            subject=proposal.subject,
            property=proposal.property,
            value=proposal.value,
            modality=proposal.modality,
            confidence=proposal.confidence,
            note=f"rule {proposal.rule}: {proposal.because}",
        )
    )


def _check_links(article: Article, name: str, names: Names, faults: Faults) -> None:
    first: dict[str, int] = {}
    for link, line in article.links:
        if not names.lookup(link.target) and not names.lookup(link.label):
            first.setdefault(link.target, line)
    for target, line in first.items():
        said = f"the link {shown(target)} leads to nothing that is known."
        hint = "Add the thing to the library, or one of its other names; the link is kept as text."
        faults.info(f"{name}, line {line}", said, hint)


def _tell(article: Article, claims: list[Claim], name: str, faults: Faults) -> None:
    untimed = [each for each in article.passages if each.start is None]
    for passage in untimed:
        said = f"the passage {shown(passage.text, 40)} has no time."
        faults.info(f"{name}, line {passage.line}", said, "Nothing to do if it only leads over.")
    rules = Counter((claim.note or "").split(":")[0] for claim in claims if claim.confidence)
    told = ", ".join(f"{count} by {rule}" for rule, count in sorted(rules.items())) or "none"
    faults.info(
        name,
        f"{len(article.headings)} headings, {len(article.passages)} passages "
        f"({len(untimed)} without time), {len(article.links)} links; claims proposed: {told}.",
    )
