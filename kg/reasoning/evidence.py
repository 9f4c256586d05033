"""Finds the claims behind plain triples, and what each claim rests on.

A claim is behind a triple where it says the same subject, property and value and passes the
published filter (:mod:`kg.derive`).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Final, TypeVar

from pyoxigraph import Literal, NamedNode, Triple

from kg.derive import BARRED_MODALITIES, BARRED_REVIEWS
from kg.store import Cell, GraphStore
from ontology.names import DCT, MKG, PROV, RDFS, SKOS, VOCAB

_T = TypeVar("_T")
_BATCH: Final = 500
_BEHIND: Final = f"""
SELECT ?claim ?s ?p ?o WHERE {{
  VALUES (?s ?p ?o) {{ %s }}
  ?claim <{MKG}claimSubject> ?s ; <%s> ?o ; <{MKG}claimProperty> ?p .
  ?claim <{MKG}valueStatus> <{VOCAB}value-status/present> ;
         <{MKG}modality> ?modality ; <{MKG}reviewStatus> ?review .
  FILTER(?modality NOT IN (%s))
  FILTER(?review NOT IN (%s))
}}"""
_ABOUT: Final = f"""
SELECT ?claim WHERE {{
  ?claim <{MKG}claimSubject> %s ; <{MKG}claimProperty> %s .
}} ORDER BY ?claim"""
_NOTES: Final = f"""
SELECT DISTINCT ?claim ?value ?modality ?value_status ?review_status ?source ?title ?source_kind
       ?at ?page ?section ?media ?web ?as_of ?by ?on ?key ?note WHERE {{
  VALUES ?claim {{ %s }}
  ?claim <{MKG}modality> ?modality ; <{MKG}valueStatus> ?value_status ;
         <{MKG}reviewStatus> ?review_status ; <{MKG}hasEvidence> ?segment .
  ?segment <{MKG}fromSource> ?source .
  OPTIONAL {{ ?claim <{MKG}claimObject> ?thing }}
  OPTIONAL {{ ?claim <{MKG}claimValue> ?text }}
  BIND(COALESCE(?thing, ?text) AS ?value)
  OPTIONAL {{ ?source <{RDFS}label> ?title }}
  OPTIONAL {{ ?source <{MKG}sourceKind> ?source_kind }}
  OPTIONAL {{ ?segment <{MKG}startTime> ?at }}
  OPTIONAL {{ ?segment <{MKG}page> ?page }}
  OPTIONAL {{ ?segment <{MKG}section> ?section }}
  OPTIONAL {{ ?segment <{MKG}mediaFragment> ?media }}
  OPTIONAL {{ ?segment <{MKG}webAddress> ?web }}
  OPTIONAL {{ ?claim <{MKG}asOf> ?as_of }}
  OPTIONAL {{ ?claim <{PROV}wasAttributedTo> ?agent
              OPTIONAL {{ ?agent <{RDFS}label> ?name }} BIND(COALESCE(?name, ?agent) AS ?by) }}
  OPTIONAL {{ ?claim <{PROV}generatedAtTime> ?on }}
  OPTIONAL {{ ?claim <{DCT}identifier> ?key }}
  OPTIONAL {{ ?claim <{SKOS}note> ?note }}
}} ORDER BY ?claim"""


@dataclass(frozen=True, slots=True)
class ClaimNote:
    """One claim as a reader needs it: what it says, in what voice, where, as of when, by whom.

    ``value``: IRI or text. ``modality``, ``value_status``, ``review_status``, ``source_kind``:
    terms (slugs). ``at``: time mark (``00:43:03``); ``media`` opens the recording there; ``web``:
    address of the page. What the claim does not tell is ``None``.
    """

    claim: str
    value: str
    modality: str
    value_status: str
    review_status: str
    source: str
    title: str | None = None
    source_kind: str | None = None
    at: str | None = None
    page: str | None = None
    section: str | None = None
    media: str | None = None
    web: str | None = None
    as_of: str | None = None
    by: str | None = None
    on: str | None = None
    key: str | None = None
    note: str | None = None

    def as_json(self) -> dict[str, str]:
        """What is known, by field name."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def barriers(self) -> list[str]:
        """Why the published filter holds the claim back, in words; empty where it does not."""
        found = []
        if self.modality in BARRED_MODALITIES:
            found.append(f"its modality is {self.modality}")
        if self.value_status != "present":
            found.append(f"its value status is {self.value_status}")
        if self.review_status in BARRED_REVIEWS:
            found.append(f"its review status is {self.review_status}")
        return found


def claims_behind(store: GraphStore, triples: Iterable[Triple]) -> dict[Triple, tuple[str, ...]]:
    """Stated triple -> IRIs of the claims that state it and pass the published filter, sorted.

    Triples that no claim states (those of the vocabularies) are left out.
    """
    found: dict[Triple, set[str]] = {}
    by_kind: dict[str, list[Triple]] = {"claimObject": [], "claimValue": []}
    for triple in triples:
        kind = "claimValue" if isinstance(triple.object, Literal) else "claimObject"
        by_kind[kind].append(triple)
    for kind, wanted in by_kind.items():
        for batch in _batches(wanted):
            for triple, claim in _ask(store, f"{MKG}{kind}", batch):
                found.setdefault(triple, set()).add(claim)
    return {triple: tuple(sorted(claims)) for triple, claims in found.items()}


def claims_about(store: GraphStore, subject: NamedNode, predicate: NamedNode) -> tuple[str, ...]:
    """IRIs of all claims with a subject and property, whatever their modality or review."""
    rows = store.select(_ABOUT % (subject, predicate)).rows
    return tuple(claim.value for (claim,) in rows if isinstance(claim, NamedNode))


def claim_notes(store: GraphStore, claims: Collection[str]) -> dict[str, ClaimNote]:
    """Claim IRI -> what a reader needs to know of it."""
    found: dict[str, ClaimNote] = {}
    for batch in _batches(sorted(claims)):
        table = store.select(_NOTES % " ".join(f"<{claim}>" for claim in batch))
        for row in table.rows:
            values = dict(zip(table.variables, map(_text, row), strict=True))
            # The query's variables are the record's fields by name, which a type cannot say.
            note = ClaimNote(**{name: _plain(name, value) for name, value in values.items()})  # type: ignore[arg-type]
            found.setdefault(note.claim, note)
    return found


def _plain(name: str, value: str | None) -> str | None:
    """A term's slug where the field holds a term, else the value."""
    schemes = ("modality", "value_status", "review_status", "source_kind")
    return value.rsplit("/", 1)[-1] if value and name in schemes else value


def _text(cell: Cell) -> str | None:
    return cell.value if isinstance(cell, NamedNode | Literal) else None


def _ask(store: GraphStore, link: str, triples: list[Triple]) -> Iterator[tuple[Triple, str]]:
    rows = " ".join(f"({t.subject} {t.predicate} {t.object})" for t in triples)
    modalities = _terms("claim-modality", BARRED_MODALITIES)
    reviews = _terms("review-status", BARRED_REVIEWS)
    for claim, s, p, o in store.select(_BEHIND % (rows, link, modalities, reviews)).rows:
        if (
            isinstance(claim, NamedNode)
            and isinstance(s, NamedNode)
            and isinstance(p, NamedNode)
            and isinstance(o, NamedNode | Literal)
        ):
            yield Triple(s, p, o), claim.value


def _terms(scheme: str, names: Iterable[str]) -> str:
    return ", ".join(f"<{VOCAB}{scheme}/{name}>" for name in sorted(names))


def _batches(things: Iterable[_T]) -> Iterator[list[_T]]:
    rest = iter(things)
    while batch := list(islice(rest, _BATCH)):
        yield batch
