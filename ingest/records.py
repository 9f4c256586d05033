"""Rows of tables -> sources, agents and claims.

Each cell is judged by itself, so that one reading of a file tells all its faults. A row with a
fault yields nothing.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypedDict, TypeVar

from pyoxigraph import Literal, NamedNode

from ingest import edtf, places
from ingest.faults import Faults, did_you_mean, shown
from ingest.literals import TermFault
from ingest.places import PlaceFault
from ingest.tables import Row
from ingest.terms import Property, Terms, curie
from kg.claims import normalised
from kg.literals import clock
from kg.model import Claim, Place, Source, Term
from ontology.names import ID, KINDS, MKG, PROV, RDF, RDFS

SOURCE_COLUMNS = (
    "id",
    "type",
    "kind",
    "title",
    "url",
    "media_url",
    "publisher",
    "published",
    "accessed",
    "licence",
    "language",
    "derived_from",
    "duration",
    "entered_by",
    "entered_on",
    "note",
)
SOURCE_NEEDED = ("id", "title", "kind")
AGENT_COLUMNS = ("id", "type", "label")
CLAIM_COLUMNS = (
    "id",
    "subject",
    "property",
    "value",
    "lang",
    "source",
    "place",
    "as_of",
    "modality",
    "status",
    "review",
    "confidence",
    "entered_by",
    "entered_on",
    "note",
)
CLAIM_NEEDED = ("subject", "property", "value", "source")
MODALITIES, STATUSES, REVIEWS = "claim-modality", "value-status", "review-status"
AGENT_TYPES = ("Person", "Organization", "SoftwareAgent")
AGENTS_SOURCE = Source(
    iri=f"{ID}source/agents",
    title="List of the people and programs that entered statements",
    kind="curation",
)
"""Source of what an agents table says: the table itself."""
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+", re.IGNORECASE)

_T = TypeVar("_T")


@dataclass(slots=True)
class Cells:
    """Reads the cells of one row; a fault is noted with the cell's place. ``broken`` tells it."""

    row: Row
    faults: Faults
    broken: bool = False

    def read(self, column: str, reader: Callable[[str], _T], default: _T) -> _T:
        """The cell read by ``reader``; ``default`` where it is empty or at fault."""
        text = self.row[column]
        if not text:
            return default
        try:
            return reader(text)
        except (TermFault, PlaceFault) as fault:
            self.fault(column, str(fault), fault.remedy)
            return default

    def needed(self, column: str) -> str:
        """The text of a cell that must not be empty."""
        if not self.row[column]:
            self.fault(column, "the cell is empty.", "Fill it in; this column is needed.")
        return self.row[column]

    def fault(self, column: str, message: str, remedy: str) -> None:
        """Note a violation at a cell."""
        self.broken = True
        self.faults.violation(self.row.place(column), message, remedy)


def read_source(row: Row, terms: Terms, faults: Faults) -> Source | None:
    """The source of a row of a sources table; None where the row is at fault."""
    cells = Cells(row, faults)
    for column in SOURCE_NEEDED:
        cells.needed(column)
    source = Source(
        iri=cells.read("id", lambda text: _of_kind(text, "src", terms), ""),
        title=row["title"],
        kind=cells.read("kind", lambda text: terms.term(text, "source-kind"), ""),
        type=cells.read("type", lambda text: _class_name(text, terms), "SourceDocument"),
        url=cells.read("url", _address, None),
        media_url=cells.read("media_url", _address, None),
        publisher=row["publisher"] or None,
        published=cells.read("published", _edtf, None),
        accessed=cells.read("accessed", _edtf, None),
        licence=row["licence"] or None,
        language=row["language"] or None,
        derived_from=cells.read("derived_from", lambda text: _of_kind(text, "src", terms), None),
        duration_seconds=cells.read("duration", places.seconds, None),
        entered_by=cells.read("entered_by", lambda text: _of_kind(text, "agent", terms), None),
        entered_on=cells.read("entered_on", _instant, None),
        note=row["note"] or None,
    )
    return None if cells.broken else source


def read_agent(row: Row, terms: Terms, faults: Faults) -> tuple[Claim, ...]:
    """The two claims of a row of an agents table: its class and its name."""
    cells = Cells(row, faults)
    for column in AGENT_COLUMNS:
        cells.needed(column)
    agent = cells.read("id", lambda text: _of_kind(text, "agent", terms), "")
    kind = cells.read("type", _agent_type, "")
    if cells.broken:
        return ()
    name = Literal(row["label"], language="en")
    return (
        Claim(agent, f"{RDF}type", NamedNode(f"{PROV}{kind}"), AGENTS_SOURCE.iri),
        Claim(agent, f"{RDFS}label", name, AGENTS_SOURCE.iri),
    )


def read_claim(
    row: Row, terms: Terms, sources: Mapping[str, Source], faults: Faults
) -> Claim | None:
    """The claim of a row; ``sources`` by IRI. None where the row is at fault."""
    cells = Cells(row, faults)
    for column in CLAIM_NEEDED:
        cells.needed(column)
    source = cells.read("source", lambda text: _cited(text, terms, sources), None)
    prop = cells.read("property", terms.property, None)
    value = cells.read("value", lambda text: _value(text, row, prop, terms), None)
    subject = cells.read("subject", terms.thing, "")
    place = cells.read("place", places.parse, Place())
    details = _details(cells, terms)
    if source is None:
        return None
    _check_times(cells, place, source, sources)
    if cells.broken or prop is None or value is None:
        return None
    made = Claim(subject, prop.iri, value, source.iri, place)
    return normalised(replace(made, **_defaults(details, source)))


class _Details(TypedDict):
    modality: str
    value_status: str
    review_status: str
    as_of: str | None
    confidence: Decimal | None
    entered_by: str | None
    entered_on: datetime | None
    key: str | None
    note: str | None


def _details(cells: Cells, terms: Terms) -> _Details:
    return _Details(
        modality=cells.read("modality", lambda text: terms.term(text, MODALITIES), "asserted"),
        value_status=cells.read("status", lambda text: terms.term(text, STATUSES), "present"),
        review_status=cells.read("review", lambda text: terms.term(text, REVIEWS), "unreviewed"),
        as_of=cells.read("as_of", _edtf, None),
        confidence=cells.read("confidence", _confidence, None),
        entered_by=cells.read("entered_by", lambda text: _of_kind(text, "agent", terms), None),
        entered_on=cells.read("entered_on", _instant, None),
        key=cells.row["id"] or None,
        note=cells.row["note"] or None,
    )


def _defaults(details: _Details, source: Source) -> _Details:
    """Who entered a claim and when: as the row says, else as its source says."""
    by = details["entered_by"] or source.entered_by
    on = details["entered_on"] or source.entered_on
    return {**details, "entered_by": by, "entered_on": on}


def _value(text: str, row: Row, prop: Property | None, terms: Terms) -> Term | None:
    return terms.value(prop, text, row["lang"]) if prop else None


def _cited(text: str, terms: Terms, sources: Mapping[str, Source]) -> Source:
    iri = _of_kind(text, "src", terms)
    if iri not in sources:
        listed = tuple(curie(known) for known in sources)
        hint = "Add a row for it to the sources."
        raise TermFault(
            f"the source {shown(text)} is not listed.", did_you_mean(text, listed, hint)
        )
    return sources[iri]


def _check_times(cells: Cells, place: Place, source: Source, sources: Mapping[str, Source]) -> None:
    """A time mark must lie within the recording: the source, or what it was made from."""
    latest = place.end_seconds if place.end_seconds is not None else place.start_seconds
    length = duration(source, sources)
    if latest is None or length is None or latest <= length:
        return
    cells.fault(
        "place",
        f"the time {clock(latest)} is past the end of {shown(source.title)}, "
        f"which lasts {clock(length)}.",
        "Correct the time mark, or the duration of the source.",
    )


def duration(source: Source, sources: Mapping[str, Source]) -> float | None:
    """How many seconds the recording lasts that the source is, or was made from."""
    seen: set[str] = set()
    here: Source | None = source
    while here is not None and here.iri not in seen:
        if here.duration_seconds is not None:
            return here.duration_seconds
        seen.add(here.iri)
        here = sources.get(here.derived_from) if here.derived_from else None
    return None


def _of_kind(text: str, prefix: str, terms: Terms) -> str:
    iri = terms.thing(text)
    if not iri.startswith(f"{ID}{KINDS[prefix]}/"):
        raise TermFault(
            f"{shown(text)} was given where {_ARTICLES[prefix]} is needed.",
            f"Write it like {prefix}:name.",
        )
    return iri


_ARTICLES = {"src": "a source", "agent": "an agent"}


def _class_name(text: str, terms: Terms) -> str:
    iri = terms.class_iri(text)
    if not iri.startswith(MKG):
        raise TermFault(f"{shown(text)} is no class of the ontology.", "Write SourceDocument.")
    return iri.removeprefix(MKG)


def _agent_type(text: str) -> str:
    word = text.removeprefix("prov:")
    if word not in AGENT_TYPES:
        hint = f"Write {', '.join(AGENT_TYPES)}."
        raise TermFault(
            f"{shown(text)} is no kind of agent.", did_you_mean(word, AGENT_TYPES, hint)
        )
    return word


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise TermFault(f"{shown(text)} is no web address.", "Write it in full, with https://.")
    return text


def _edtf(text: str) -> str:
    problem = edtf.fault(text)
    if problem:
        raise TermFault(f"the date {shown(text)} {problem}.", f"Write {edtf.EXPECTED}.")
    return text


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        hint = "Write an ISO 8601 date and time, such as 2026-01-31T09:00:00Z."
        raise TermFault(f"{shown(text)} is no date and time.", hint) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _confidence(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(-1)
    if not 0 <= number <= 1:
        raise TermFault(
            f"the confidence {shown(text)} is not between 0 and 1.", "Write it like 0.8."
        )
    return number
