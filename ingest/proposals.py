"""Claims that a program proposes from a passage, each by a rule that it names.

A proposal is a suggestion to a curator: it enters with review status ``proposed``, which is never
published, with a confidence and a note that says which rule saw what. The confidences are
judgement, not measurement: 0.6 where words say nearly as much as the claim, 0.3 where they only
stand near each other.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pyoxigraph import Literal, NamedNode

from ingest.amounts import Count, Money, counts, money, years
from ingest.article_text import Passage
from ingest.faults import shown
from ingest.mentions import Mention, Names
from kg.model import Term
from ontology.names import ID, MKG, RDF, RDFS, XSD

_CONCEPT_LINKS = {
    "technology": "involvesTechnology",
    "challenge-type": "facesChallengeType",
    "instrument-type": "usesInstrumentType",
    "policy-field": "inPolicyField",
}
"""Scheme of a concept named beside an initiative -> property proposed between the two."""
_VOICES = (
    ("question", re.compile(r"\?|^how (?:to|can|do)\b", re.IGNORECASE)),
    ("normative", re.compile(r"\b(?:should|must|needs? to|ought to)\b", re.IGNORECASE)),
    ("recommendation", re.compile(r"\brecommend", re.IGNORECASE)),
    ("aspiration", re.compile(r"\b(?:aims?|hopes?|seeks?|plans?|will|intends?)\b", re.IGNORECASE)),
)
_HIGH, _MIDDLE, _LOW = Decimal("0.6"), Decimal("0.4"), Decimal("0.3")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed statement: IRIs, a term, the voice it was said in, and the rule behind it."""

    subject: str
    property: str
    value: Term
    rule: str
    because: str
    confidence: Decimal
    modality: str = "asserted"


@dataclass(frozen=True, slots=True)
class _Seen:
    """A passage with what it names. ``about``: the initiative it speaks of; ``near``: by itself."""

    passage: Passage
    mentions: list[Mention]
    above: list[Mention]
    about: Mention | None
    near: bool


class Proposer:
    """Proposes claims passage by passage, remembering which initiative a section is about."""

    def __init__(self, article: str, names: Names, owners: Mapping[str, str]) -> None:
        """Propose for the source ``article``; ``owners``: organisation -> its only initiative."""
        self._article, self.names, self._owners = article, names, owners
        self._section: tuple[str, Mention | None] = ("", None)

    def proposals(self, passage: Passage) -> list[Proposal]:
        """The proposals of one passage; give passages in their order."""
        seen = self._look(passage)
        made = [*self._topics(seen)]
        if seen.about is not None:
            for rule in (_country, _organisations, _concepts, _counts, _years, _money):
                made += rule(seen, seen.about)
        voice = voice_of(passage.text)
        return [_voiced(each, voice) for each in made]

    def _look(self, passage: Passage) -> _Seen:
        mentions = self.names.find(passage.text)
        above = [each for head in reversed(passage.headings) for each in self.names.find(head.text)]
        here = next((each for each in mentions if each.kind == "init"), None)
        if passage.section != self._section[0]:
            self._section = (passage.section, self._headed(above))
        if self._section[1] is None and passage.depth == 0:
            # A paragraph above a list says what the list is about; one item of it does not.
            self._section = (passage.section, here or self._headed(mentions))
        return _Seen(passage, mentions, above, here or self._section[1], here is not None)

    def _headed(self, above: list[Mention]) -> Mention | None:
        """The initiative that words name, or the only one of an organisation they name."""
        for mention in above:
            owned = self._owners.get(mention.iri)
            if mention.kind == "init" or owned:
                return Mention(owned or mention.iri, "init", mention.words, mention.start)
        return None

    def _topics(self, seen: _Seen) -> Iterator[Proposal]:
        for mention in seen.mentions:
            said = f"the passage names {shown(mention.words)}"
            value = NamedNode(mention.iri)
            yield Proposal(self._article, f"{MKG}hasTopic", value, "mention", said, _MIDDLE)


def voice_of(text: str) -> str:
    """The modality that the words suggest: asserted where nothing speaks for another."""
    return next((voice for voice, pattern in _VOICES if pattern.search(text)), "asserted")


def _voiced(proposal: Proposal, voice: str) -> Proposal:
    """A mention is a fact about the text, whatever the voice; all else is said in that voice."""
    if proposal.rule == "mention" or voice == "asserted":
        return proposal
    return Proposal(
        proposal.subject,
        proposal.property,
        proposal.value,
        proposal.rule,
        proposal.because,
        proposal.confidence,
        voice,
    )


def _country(seen: _Seen, about: Mention) -> Iterator[Proposal]:
    """A heading that names a country, over a passage on an initiative."""
    for mention in seen.above:
        if mention.kind == "country" and seen.near:
            said = f"the heading names {shown(mention.words)}, the passage {shown(about.words)}"
            yield _of(
                about, "operatesIn", NamedNode(mention.iri), "country-in-heading", said, _HIGH
            )
            return


def _organisations(seen: _Seen, about: Mention) -> Iterator[Proposal]:
    """An organisation named in a passage on an initiative."""
    for mention in seen.mentions:
        if mention.kind in ("org", "group") and mention.words != about.words:
            where = "the passage" if seen.near else "the section"
            said = f"{where} is on {shown(about.words)} and names {shown(mention.words)}"
            sure = Decimal("0.5") if seen.near else _LOW
            yield _of(
                about, "involvesActor", NamedNode(mention.iri), "names-organisation", said, sure
            )


def _concepts(seen: _Seen, about: Mention) -> Iterator[Proposal]:
    """A technology, challenge, instrument or field named in a passage on an initiative."""
    for mention in seen.mentions:
        name = _CONCEPT_LINKS.get(mention.kind)
        if name:
            said = f"the passage is on {shown(about.words)} and names {shown(mention.words)}"
            yield _of(about, name, NamedNode(mention.iri), f"names-{mention.kind}", said, _LOW)


def _counts(seen: _Seen, about: Mention) -> Iterator[Proposal]:
    """A number before a countable word, such as "12 mission candidates"."""
    for count in counts(seen.passage.text):
        yield _of(about, count.property, _integer(count.number), "count", _reads(count), _HIGH)


def _years(seen: _Seen, about: Mention) -> Iterator[Proposal]:
    """A length such as "five- to seven-year"."""
    found = years(seen.passage.text)
    if found is None:
        return
    low, high, words = found
    said = f"the passage reads {shown(words)}"
    yield _of(about, "minDurationYears", _decimal(Decimal(low)), "length", said, _HIGH)
    yield _of(about, "maxDurationYears", _decimal(Decimal(high)), "length", said, _HIGH)


def _money(seen: _Seen, about: Mention) -> Iterator[Proposal]:
    """A sum of money in a passage on an initiative: a budget with its parts."""
    for found in money(seen.passage.text):
        yield from _budget(found, about)


def _budget(found: Money, about: Mention) -> Iterator[Proposal]:
    said = f"the passage reads {shown(found.words)}"
    told = f"{about.iri}|{found.amount}|{found.currency}|{found.year}"
    slug = about.iri.rsplit("/", 1)[-1]
    iri = f"{ID}budget/{slug}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"
    year = f" for {found.year}" if found.year else ""
    label = Literal(f"{found.words}{year}: {about.words}", language="en")
    parts: list[tuple[str, Term]] = [
        (f"{RDF}type", NamedNode(f"{MKG}BudgetAllocation")),
        (f"{RDFS}label", label),
        (f"{MKG}amount", _decimal(found.amount)),
        (f"{MKG}currency", Literal(found.currency)),
    ]
    if found.year:
        parts.append((f"{MKG}budgetYear", _integer(found.year)))
    if found.about:
        true = Literal("true", datatype=NamedNode(f"{XSD}boolean"))
        parts.append((f"{MKG}isApproximate", true))
    yield _of(about, "hasBudget", NamedNode(iri), "money", said, _HIGH)
    for name, value in parts:
        yield Proposal(iri, name, value, "money", said, _HIGH)


def _of(
    about: Mention, name: str, value: Term, rule: str, because: str, confidence: Decimal
) -> Proposal:
    return Proposal(about.iri, f"{MKG}{name}", value, rule, because, confidence)


def _reads(count: Count) -> str:
    return f"the passage reads {shown(count.words)}"


def _integer(number: int) -> Literal:
    return Literal(str(number), datatype=NamedNode(f"{XSD}integer"))


def _decimal(number: Decimal) -> Literal:
    return Literal(f"{number:f}", datatype=NamedNode(f"{XSD}decimal"))
