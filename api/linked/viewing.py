"""The page about an IRI as values: what a template needs, every term with its name and link."""

from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from pyoxigraph import Literal, NamedNode

from api.linked.addresses import page_of
from api.linked.describing import Description, Value
from api.linked.evidence import Evidence, Said
from api.linked.incoming import FIRST, Group
from api.linked.names import Names
from api.pages import Shown, playable, show
from ontology.curies import compact
from ontology.names import BASE, DCT, MKG, OWL, PROV, RDF, RDFS, SKOS, VOCAB

SHOWN: Final = 25
"""Values of one property on the page of a thing; all of them are a click away."""
_TYPE: Final = f"{RDF}type"
_LEADS: Final = (f"{SKOS}definition", f"{DCT}description", f"{MKG}statement", f"{RDFS}comment")
_FIRST: Final = (
    f"{RDFS}label",
    f"{SKOS}prefLabel",
    f"{DCT}title",
    f"{SKOS}altLabel",
    *_LEADS,
    f"{MKG}claimSubject",
    f"{MKG}claimProperty",
    f"{MKG}claimObject",
    f"{MKG}claimValue",
)
"""Shown before everything else, in this order."""
_RECORDS: Final = frozenset(
    {
        f"{DCT}identifier",
        f"{DCT}source",
        f"{MKG}reviewStatus",
        f"{PROV}wasAttributedTo",
        f"{PROV}generatedAtTime",
        f"{PROV}wasGeneratedBy",
        f"{RDFS}isDefinedBy",
        f"{OWL}versionInfo",
    }
)
"""Shown after everything else."""
_RECORDED: Final = frozenset(
    f"{MKG}{name}"
    for name in (
        "claimSubject",
        "claimObject",
        "claimProperty",
        "inferredSubject",
        "inferredObject",
        "inferredProperty",
        "premiseClaim",
        "assesses",
        "basedOnClaim",
        "hasEvidence",
    )
)
"""Incoming links from the graph's own records: shown last."""
_PRESENT: Final = f"{VOCAB}value-status/present"
_LONG: Final = 400


@dataclass(frozen=True, slots=True)
class Voiced:
    """One claim in words: where it is said, its voice, and the page of the claim itself."""

    places: tuple[tuple[Shown, str, str | None], ...]
    voice: tuple[Shown, ...]
    words: tuple[str, ...]
    by: Shown | None
    on: str | None
    note: str | None
    claim: str


@dataclass(frozen=True, slots=True)
class Line:
    """One value: the term, the claims behind it, and where an inferred one is explained."""

    term: Shown
    claims: tuple[Voiced, ...] = ()
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Values under one property; ``count`` in words, ``more``: address of all of them."""

    head: Shown
    lines: tuple[Line, ...]
    count: str
    more: str | None = None


class View:
    """Makes sections for one thing.

    ``address``: of its page, for the links to its lists; ``used``: the release's properties.
    """

    def __init__(
        self,
        about: Description,
        names: Names,
        evidence: Evidence,
        address: str,
        used: Container[str] = (),
    ) -> None:
        self._about = about
        self._names = names
        self._evidence = evidence
        self._address = address
        self._used = used
        self._terms: dict[Value, Shown] = {}

    def types(self) -> tuple[Line, ...]:
        """What it is, the stated classes before those that were inferred."""
        kinds = [value for value in self._about.values(_TYPE) if isinstance(value, NamedNode)]
        lines = [self.line(_TYPE, kind) for kind in kinds]
        return tuple(sorted(lines, key=lambda line: (line.why is not None, line.term.text)))

    def lead(self) -> Shown | None:
        """What it means, in the reader's language where there is one."""
        for prop in _LEADS:
            texts = [each for each in self._about.values(prop) if isinstance(each, Literal)]
            if texts:
                return show(min(texts, key=lambda text: self._names.rank(text.language)))
        return None

    def sections(self) -> tuple[Section, ...]:
        """What is stated, by property: names first, records last."""
        groups: dict[str, list[Value]] = defaultdict(list)
        for prop, value in self._about.statements:
            if prop != _TYPE:
                groups[prop].append(value)
        made = {prop: self._section(prop, values) for prop, values in groups.items()}
        return tuple(made[prop] for prop in sorted(made, key=lambda prop: _place(prop, made[prop])))

    def others(self) -> tuple[Section, ...]:
        """What claims say of it that no statement follows from, by property."""
        groups: dict[str, list[Line]] = defaultdict(list)
        for (prop, value), claims in self._evidence.items():
            if (prop, value) not in self._about.statements:
                groups[prop].append(Line(self.term(value), self.claims(claims)))
        return tuple(
            Section(self.head(prop), tuple(lines), _number(len(lines)))
            for prop, lines in sorted(groups.items())
        )

    def incoming(self, groups: tuple[Group, ...]) -> tuple[tuple[Section, ...], ...]:
        """What leads here: by properties of the domain, and from the graph's own records."""
        domain: list[Section] = []
        records: list[Section] = []
        for group in groups:
            section = self._incoming(group)
            (records if group.prop in _RECORDED else domain).append(section)
        return tuple(
            tuple(sorted(each, key=lambda section: section.head.text)) for each in (domain, records)
        )

    def line(self, prop: str, value: Value) -> Line:
        """One statement with its evidence."""
        why = None
        if self._about.inferred(prop, value):
            why = why_link(self._about.iri, prop, value)
        return Line(self.term(value), self.claims(self._evidence.get((prop, value), [])), why)

    def head(self, prop: str) -> Shown:
        """A property: one that the release uses has a page, whatever vocabulary it is of."""
        if prop not in self._used:
            return self.term(NamedNode(prop))
        name = self._names(prop)
        text = name.text if name.known or name.lang else compact(prop) or prop
        return Shown(text, page_of(prop), compact(prop) or prop, name.lang)

    def uses(self, rows: Iterable[tuple[Value, Value]]) -> tuple[tuple[Shown, Shown], ...]:
        """Statements made with a property: what each is about, and its value."""
        return tuple((self.term(thing), self.term(value)) for thing, value in rows)

    def plain(self, value: Value) -> Line:
        """A term without evidence."""
        return Line(self.term(value))

    def term(self, value: Value) -> Shown:
        """A term with its name, and a link to its page or, where we know nothing, to itself."""
        found = self._terms.get(value)
        if found is None:
            found = self._terms[value] = shown(self._names, value)
        return found

    def claims(self, claims: list[Said]) -> tuple[Voiced, ...]:
        """Claims in words."""
        return tuple(self._said(each) for each in claims)

    def _said(self, said: Said) -> Voiced:
        places = []
        for place in said.places:
            spot = [place.at, f"page {place.page}" if place.page else None, place.section]
            link = playable(place.media) if place.media else place.web
            source = self.term(NamedNode(place.source or place.segment))
            places.append((source, ", ".join(filter(None, spot)), link))
        status = None if said.status == _PRESENT else said.status
        voice = [self.term(NamedNode(iri)) for iri in (said.modality, status) if iri]
        voice += [self.term(NamedNode(said.review))] if said.review else []
        words = [f"as of {said.as_of}"] if said.as_of else []
        words += [f"confidence {said.confidence}"] if said.confidence else []
        by = self.term(NamedNode(said.by)) if said.by else None
        on = said.on[:10] if said.on else None
        return Voiced(
            tuple(places), tuple(voice), tuple(words), by, on, said.note, page_of(said.claim)
        )

    def _section(self, prop: str, values: list[Value]) -> Section:
        lines = sorted(
            (self.line(prop, value) for value in values), key=lambda line: line.term.text.casefold()
        )
        more = self.listing("out", prop) if len(lines) > SHOWN else None
        kept = lines if more is None else lines[:SHOWN]
        return Section(self.head(prop), tuple(kept), _number(len(lines)), more)

    def _incoming(self, group: Group) -> Section:
        members = group.members[:FIRST]
        lines = sorted(
            (Line(self.term(NamedNode(member))) for member in members),
            key=lambda line: line.term.text.casefold(),
        )
        more = self.listing("in", group.prop) if group.number > FIRST else None
        count = f"{group.number:,} or more" if group.many else _number(group.number)
        return Section(self.head(group.prop), tuple(lines), count, more)

    def listing(self, way: str, prop: str) -> str:
        """Address of all values of a property, out of or in to the thing."""
        joint = "&" if "?" in self._address else "?"
        return f"{self._address}{joint}{urlencode({way: compact(prop) or prop})}"


def shown(names: Names, value: Value) -> Shown:
    """A term as a page shows it: by its name, with its CURIE or IRI as title."""
    if isinstance(value, Literal):
        return show(value)
    iri = value.value
    name = names(iri)
    if iri.startswith(BASE) or name.known:
        return Shown(name.text, page_of(iri), compact(iri) or iri, name.lang)
    text = name.text if name.lang else compact(iri) or iri
    return Shown(text, iri if iri.startswith(("http://", "https://")) else None, iri)


def why_link(subject: str, prop: str, value: Value) -> str:
    """Address of the explanation of a triple."""
    asked = {
        "subject": compact(subject) or subject,
        "predicate": compact(prop) or prop,
        "object": (compact(value.value) or value.value)
        if isinstance(value, NamedNode)
        else str(value),
    }
    return f"/api/v1/why?{urlencode(asked)}"


def _place(prop: str, section: Section) -> tuple[int, int, str]:
    if prop in _FIRST:
        return 0, _FIRST.index(prop), ""
    return (2 if prop in _RECORDS else 1), 0, section.head.text.casefold()


def _number(number: int) -> str:
    return f"{number:,}" if number > 1 else ""
