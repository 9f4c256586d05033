"""Finding what a text mentions: labels and other names of known entities, longest match first.

Names of entities (an organisation, an initiative, a country) must begin with a capital or a digit
in the text, so that "giga" in a word of prose is no mention of Giga; names of concepts may be in
lower case but must have two words or more, since one word ("scale") is rarely the concept.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kg.model import Claim
from ontology.names import ID, KINDS, MKG, RDFS, SKOS, VOCAB
from ontology.vocabulary import Vocabulary

NAMED_KINDS = ("init", "mission", "org", "country", "place", "group", "event", "plan", "project")
"""Kinds whose names are looked for, most specific first: the order settles equal names."""
CONCEPT_SCHEMES = (
    "policy-concept",
    "topic",
    "technology",
    "challenge-type",
    "response-type",
    "risk-pattern",
    "instrument-type",
    "learning-output",
    "practice-frame",
    "policy-field",
    "dimension",
)
_WORD = re.compile(r"\w+")
_SHORTEST = 3
_OWNERSHIP = {f"{MKG}ownedBy", f"{MKG}hostedBy"}


@dataclass(frozen=True, slots=True)
class Mention:
    """A known thing that a text names. ``kind``: prefix of an entity, scheme of a concept."""

    iri: str
    kind: str
    words: str
    start: int


class Names:
    """An index of names, built once and asked for each passage."""

    def __init__(self, named: Iterable[tuple[str, str]]) -> None:
        """Index ``(name, iri)`` pairs; IRIs of other kinds are left aside."""
        self._index: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for name, iri in named:
            words = _words(name)
            if kind_of(iri) and words and _worth(name, words, iri):
                self._index[words].add(iri)
        self._longest = max((len(words) for words in self._index), default=0)
        self._best = {words: _first(iris) for words, iris in self._index.items()}

    def __len__(self) -> int:
        """Number of names."""
        return len(self._index)

    def find(self, text: str) -> list[Mention]:
        """The mentions in ``text``, left to right, without overlaps."""
        spans = [(found.start(), found.end()) for found in _WORD.finditer(text)]
        lower = [text[start:end].casefold() for start, end in spans]
        found: list[Mention] = []
        at = 0
        while at < len(spans):
            length, iri = self._longest_at(text, spans, lower, at)
            if iri is None:
                at += 1
                continue
            start, end = spans[at][0], spans[at + length - 1][1]
            found.append(Mention(iri, kind_of(iri) or "", text[start:end], start))
            at += length
        return found

    def lookup(self, name: str) -> str | None:
        """The thing whose whole name this is, in any case, underscores counting as blanks."""
        return self._best.get(_words(name.replace("_", " ")))

    def _longest_at(
        self, text: str, spans: list[tuple[int, int]], lower: list[str], at: int
    ) -> tuple[int, str | None]:
        for length in range(min(self._longest, len(spans) - at), 0, -1):
            iri = self._best.get(tuple(lower[at : at + length]))
            if iri is not None and _may_stand(text[spans[at][0]], iri):
                return length, iri
        return 1, None


def kind_of(iri: str) -> str | None:
    """Prefix of a named entity, scheme of a concept; None for what is not looked for."""
    if iri.startswith(VOCAB):
        scheme = iri.removeprefix(VOCAB).partition("/")[0]
        return scheme if scheme in CONCEPT_SCHEMES else None
    kind = iri.removeprefix(ID).partition("/")[0] if iri.startswith(ID) else ""
    return next((prefix for prefix in NAMED_KINDS if KINDS[prefix] == kind), None)


def names_of(claims: Iterable[Claim], words: Vocabulary) -> Names:
    """The index of what claims name (``rdfs:label``, ``skos:altLabel``) and of all concepts."""
    wanted = {f"{RDFS}label", f"{SKOS}altLabel"}
    named = [
        (claim.value.value, claim.subject)
        for claim in claims
        if claim.property in wanted and isinstance(claim.value, Literal)
    ]
    named += [(concept.label, iri) for iri, concept in words.concepts.items()]
    return Names(named)


def owners_of(claims: Iterable[Claim]) -> dict[str, str]:
    """Organisation -> initiative, for organisations that own or host just one (IRIs)."""
    found: dict[str, set[str]] = defaultdict(set)
    for claim in claims:
        owned = claim.property in _OWNERSHIP and kind_of(claim.subject) == "init"
        if owned and isinstance(claim.value, NamedNode):
            found[claim.value.value].add(claim.subject)
    return {owner: min(owned) for owner, owned in found.items() if len(owned) == 1}


def _words(name: str) -> tuple[str, ...]:
    return tuple(found.group().casefold() for found in _WORD.finditer(name))


def _worth(name: str, words: tuple[str, ...], iri: str) -> bool:
    if iri.startswith(VOCAB):
        return len(words) > 1
    return len(name) >= _SHORTEST or name.isupper()


def _may_stand(first: str, iri: str) -> bool:
    return iri.startswith(VOCAB) or first.isupper() or first.isdigit()


def _first(iris: set[str]) -> str:
    order = (*NAMED_KINDS, *CONCEPT_SCHEMES)
    return min(iris, key=lambda iri: (order.index(kind_of(iri) or ""), iri))
