"""The claims about a thing: what each says, where it is said, in what voice, how sure, by whom.

Claims that say exactly what a statement says stand behind it; the others (planned, disputed, said
to be absent, waiting for review) are shown apart, since no statement follows from them.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from pyoxigraph import Literal, NamedNode

from api.linked.describing import Value
from kg.literals import normal_term
from kg.store import Cell, GraphStore
from ontology.names import MKG, PROV, SKOS

MOST: Final = 2_000
"""Claims about one thing that are looked up."""

_CLAIMS: Final = """
SELECT ?claim ?p ?o WHERE {{
  {{ SELECT ?claim WHERE {{ ?claim <{mkg}claimSubject> <{iri}> }} LIMIT {limit} }}
  ?claim ?p ?o .
}}"""
_ITSELF: Final = "SELECT ?claim ?p ?o WHERE {{ VALUES ?claim {{ <{iri}> }} ?claim ?p ?o }}"
_SEGMENTS: Final = (
    "SELECT ?segment ?p ?o WHERE {{ VALUES ?segment {{ {segments} }} ?segment ?p ?o }}"
)


@dataclass(slots=True)
class Place:
    """Where something is said: the source's IRI, the place in words, the link that opens it."""

    segment: str
    source: str | None = None
    at: str | None = None
    page: str | None = None
    section: str | None = None
    media: str | None = None
    web: str | None = None


@dataclass(slots=True)
class Said:
    """One claim. ``modality``, ``status``, ``review``, ``by``: IRIs; ``on``: ISO 8601."""

    claim: str
    prop: str = ""
    value: Value | None = None
    modality: str | None = None
    status: str | None = None
    review: str | None = None
    as_of: str | None = None
    confidence: str | None = None
    by: str | None = None
    on: str | None = None
    note: str | None = None
    places: list[Place] = field(default_factory=list)

    def iris(self) -> list[str]:
        """The IRIs whose names a page needs to show the claim."""
        value = self.value.value if isinstance(self.value, NamedNode) else None
        sources = [place.source for place in self.places]
        named = [value, self.modality, self.status, self.review, self.by, *sources]
        return [self.prop, *(iri for iri in named if iri)]


Evidence = dict[tuple[str, Value], list[Said]]
"""Property and value -> the claims that say so."""

_FIELDS: Final = {
    f"{MKG}modality": "modality",
    f"{MKG}valueStatus": "status",
    f"{MKG}reviewStatus": "review",
    f"{MKG}asOf": "as_of",
    f"{MKG}confidence": "confidence",
    f"{PROV}wasAttributedTo": "by",
    f"{PROV}generatedAtTime": "on",
    f"{SKOS}note": "note",
}
_PLACES: Final = {
    f"{MKG}fromSource": "source",
    f"{MKG}startTime": "at",
    f"{MKG}page": "page",
    f"{MKG}section": "section",
    f"{MKG}mediaFragment": "media",
    f"{MKG}webAddress": "web",
}


def claims_about(store: GraphStore, iri: str) -> tuple[Evidence, bool]:
    """The claims whose subject is ``iri``, by what they say, and whether more than ``MOST`` do."""
    found = _read(store, _CLAIMS.format(iri=iri, mkg=MKG, limit=MOST + 1))
    return found, sum(map(len, found.values())) > MOST


def claim_itself(store: GraphStore, iri: str) -> Evidence:
    """The claim whose IRI is ``iri``."""
    return _read(store, _ITSELF.format(iri=iri))


def _read(store: GraphStore, query: str) -> Evidence:
    claims: dict[str, Said] = {}
    places: dict[str, Place] = {}
    for claim, prop, value in store.select(query).rows:
        if isinstance(claim, NamedNode) and isinstance(prop, NamedNode):
            said = claims.setdefault(claim.value, Said(claim.value))
            _take(said, prop.value, value, places)
    _fill(store, places)
    found: Evidence = defaultdict(list)
    for said in sorted(claims.values(), key=lambda each: each.claim):
        if said.value is not None:
            found[said.prop, said.value].append(said)
    return dict(found)


def _take(said: Said, prop: str, value: Cell, places: dict[str, Place]) -> None:
    if not isinstance(value, NamedNode | Literal):
        return
    match prop.removeprefix(MKG):
        case "claimProperty":
            said.prop = value.value
        case "claimObject" | "claimValue":
            said.value = normal_term(value)
        case "hasEvidence":
            place = places.setdefault(value.value, Place(value.value))
            if place not in said.places:
                said.places.append(place)
        case _ if prop in _FIELDS:
            setattr(said, _FIELDS[prop], value.value)


def _fill(store: GraphStore, places: dict[str, Place]) -> None:
    if not places:
        return
    segments = " ".join(f"<{iri}>" for iri in sorted(places))
    for segment, prop, value in store.select(_SEGMENTS.format(segments=segments)).rows:
        if (
            isinstance(segment, NamedNode)
            and isinstance(prop, NamedNode)
            and isinstance(value, NamedNode | Literal)
            and prop.value in _PLACES
        ):
            setattr(places[segment.value], _PLACES[prop.value], value.value)
