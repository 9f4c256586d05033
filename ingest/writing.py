"""Batches as library CSV: what :mod:`ingest.library` reads back as the same batch.

A cell is written in the simplest form that reads back as the same term; where no simple form
does (a text that looks like a CURIE, blanks at its ends), the form ``"text"^^<type>`` is used.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from ingest import literals, places
from ingest.literals import TermFault
from ingest.records import CLAIM_COLUMNS, SOURCE_COLUMNS
from ingest.terms import Property, Terms, curie
from kg.literals import clock
from kg.model import Batch, Claim, Source, Term
from ontology.names import RDF
from ontology.vocabulary import vocabulary


def write(batch: Batch, directory: Path) -> None:
    """Write ``sources.csv`` and ``claims/claims.csv`` into a directory that exists."""
    (directory / "sources.csv").write_bytes(sources_csv(batch.sources).encode())
    (directory / "claims").mkdir(exist_ok=True)
    (directory / "claims" / "claims.csv").write_bytes(claims_csv(batch).encode())


def sources_csv(sources: Iterable[Source]) -> str:
    """The sources as CSV, in the order given."""
    return _csv(SOURCE_COLUMNS, (_source_row(source) for source in sources))


def claims_csv(batch: Batch) -> str:
    """The claims as CSV, in the order given; cells that their source implies stay empty."""
    typed = {claim.subject for claim in batch.claims if claim.property == f"{RDF}type"}
    things = {claim.value.value for claim in batch.claims if isinstance(claim.value, NamedNode)}
    terms = Terms(vocabulary(), typed | things | {claim.subject for claim in batch.claims})
    sources = {source.iri: source for source in batch.sources}
    return _csv(CLAIM_COLUMNS, (_claim_row(claim, terms, sources) for claim in batch.claims))


def _csv(columns: tuple[str, ...], rows: Iterable[Mapping[str, str | None]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: row.get(name) or "" for name in columns} for row in rows)
    return out.getvalue()


def _source_row(source: Source) -> dict[str, str | None]:
    length = source.duration_seconds
    return {
        "id": curie(source.iri),
        "type": source.type,
        "kind": source.kind,
        "title": source.title,
        "url": source.url,
        "media_url": source.media_url,
        "publisher": source.publisher,
        "published": source.published,
        "accessed": source.accessed,
        "licence": source.licence,
        "language": source.language,
        "derived_from": curie(source.derived_from) if source.derived_from else None,
        "duration": None if length is None else clock(length),
        "entered_by": curie(source.entered_by) if source.entered_by else None,
        "entered_on": source.entered_on.isoformat() if source.entered_on else None,
        "note": source.note,
    }


def _claim_row(claim: Claim, terms: Terms, sources: Mapping[str, Source]) -> dict[str, str | None]:
    prop = terms.property_of(claim.property)
    value, lang = _value_cells(claim.value, prop, terms)
    source = sources.get(claim.source)
    by = claim.entered_by if not source or claim.entered_by != source.entered_by else None
    on = claim.entered_on if not source or claim.entered_on != source.entered_on else None
    return {
        "id": claim.key,
        "subject": curie(claim.subject),
        "property": terms.property_word(claim.property),
        "value": value,
        "lang": lang,
        "source": curie(claim.source),
        "place": places.write(claim.place),
        "as_of": claim.as_of,
        "modality": _unless("asserted", claim.modality),
        "status": _unless("present", claim.value_status),
        "review": _unless("unreviewed", claim.review_status),
        "confidence": None if claim.confidence is None else str(claim.confidence),
        "entered_by": curie(by) if by else None,
        "entered_on": on.isoformat() if on else None,
        "note": claim.note,
    }


def _unless(default: str, word: str) -> str | None:
    return None if word == default else word


def _value_cells(value: Term, prop: Property, terms: Terms) -> tuple[str, str]:
    """The cells ``value`` and ``lang`` that read back as the value."""
    if isinstance(value, NamedNode):
        return curie(value.value), ""
    tag = value.language or ""
    shown_tag = "" if tag == "en" and prop.language else tag
    if _reads_back(value.value, shown_tag, value, prop, terms):
        return value.value, shown_tag
    return literals.written(value), tag


def _reads_back(text: str, tag: str, value: Literal, prop: Property, terms: Terms) -> bool:
    """Whether the plain text gives the very value when a table is read."""
    if not text or text != text.strip() or "\x00" in text or "\r" in text:
        return False
    try:
        return terms.value(prop, text, tag) == value
    except TermFault:
        return False
