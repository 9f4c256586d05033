"""The values that rooms exchange: claims, the places they rest on, sources and runs.

Everything enters as a :class:`Claim` (one statement, where it was said, in what voice, as of
when, by whom entered, how far checked). A plain triple exists because a claim passes the
published filter (``kg.derive``). All values are frozen and hashable.
"""

import builtins
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from pyoxigraph import Literal, NamedNode

from ontology.names import ID

Term = NamedNode | Literal


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a source something is said. All parts optional; none means the whole source.

    ``start_seconds`` / ``end_seconds``: range in a recording, seconds from its beginning
    (W3C Media Fragments URI 1.0, temporal dimension). ``page``: as printed. ``section``: a
    heading or line mark. ``fragment``: part of a web page's address after ``#``.
    """

    start_seconds: float | None = None
    end_seconds: float | None = None
    page: str | None = None
    section: str | None = None
    fragment: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Something cited: a document, recording, web page, data set or event.

    ``iri``: ``.../id/source/{slug}``. ``kind``: term of scheme ``source-kind`` (official,
    third-party, mirror, recording, article, reference-data, practitioner, curation).
    ``duration_seconds`` bounds the time marks of its claims. ``derived_from``: IRI of the source
    this one was made from. ``entered_by`` / ``entered_on`` are the defaults of its claims.
    """

    iri: str
    title: str
    kind: str
    type: str = "SourceDocument"
    url: str | None = None
    media_url: str | None = None
    publisher: str | None = None
    published: str | None = None
    accessed: str | None = None
    licence: str | None = None
    language: str | None = None
    derived_from: str | None = None
    duration_seconds: float | None = None
    entered_by: str | None = None
    entered_on: datetime | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement with its evidence: the record through which everything enters.

    ``subject``, ``property``: IRIs. ``value``: an IRI or a literal. ``source``: IRI of its
    :class:`Source`. ``modality``, ``value_status``, ``review_status``: terms (slugs) of the
    schemes ``claim-modality``, ``value-status``, ``review-status``. ``as_of``: EDTF date or
    interval for which it holds. ``confidence``: 0 to 1. ``key``: the curator's own id for the
    line, unique in the library.
    """

    subject: str
    property: str
    value: Term
    source: str
    place: Place = field(default_factory=Place)
    modality: str = "asserted"
    value_status: str = "present"
    review_status: str = "unreviewed"
    as_of: str | None = None
    entered_by: str | None = None
    entered_on: datetime | None = None
    confidence: Decimal | None = None
    key: str | None = None
    note: str | None = None

    @builtins.property  # the field of that name hides the decorator
    def iri(self) -> str:
        """IRI of the claim: a hash of what it says and where it was said.

        The same line ingested twice has the same IRI, so ingest is idempotent. Review status,
        key and note are not part of it: reviewing a claim does not make it another claim.
        """
        parts = (
            self.subject,
            self.property,
            str(self.value),
            self.source,
            repr(self.place),
            self.modality,
            self.value_status,
            self.as_of or "",
        )
        digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
        return f"{ID}claim/{digest[:24]}"


@dataclass(frozen=True, slots=True)
class Run:
    """One ingest run, a ``prov:Activity``: what was read, with what, when, by whom.

    ``iri``: hash of what was read and how, so that the same input is the same run.
    """

    iri: str
    label: str
    used: tuple[str, ...]
    started: datetime
    ended: datetime
    agent: str
    software: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong or worth knowing, said so that a person can mend it.

    ``severity``: ``violation`` (stops publishing), ``warning`` or ``info``. ``message``: names the
    offending value and what was expected. ``place``: file and line, or sheet and cell, or IRI.
    ``remedy``: what to do.
    """

    severity: str
    message: str
    place: str
    remedy: str = ""
    subject: str | None = None
    shape: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one source or file brings: its sources, its claims, the run that read it."""

    sources: tuple[Source, ...]
    claims: tuple[Claim, ...]
    run: Run | None = None
