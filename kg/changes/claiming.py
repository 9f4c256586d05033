"""A claim's record before and after: its fields, and what happened to it."""

from collections.abc import Mapping
from typing import Final

from kg.derive import BARRED_REVIEWS
from ontology.names import DCT, MKG, PROV, SKOS, VOCAB

Fields = Mapping[str, str]
"""Name of a field -> its value as an N-Triples term; ``graph``: IRI of the claim's named graph."""

FIELDS: Final = {
    f"{MKG}claimSubject": "subject",
    f"{MKG}claimProperty": "property",
    f"{MKG}claimObject": "value",
    f"{MKG}claimValue": "value",
    f"{MKG}modality": "modality",
    f"{MKG}valueStatus": "value status",
    f"{MKG}reviewStatus": "review status",
    f"{MKG}asOf": "as of",
    f"{MKG}hasEvidence": "evidence",
    f"{MKG}confidence": "confidence",
    f"{DCT}identifier": "key",
    f"{SKOS}note": "note",
    f"{PROV}wasAttributedTo": "entered by",
    f"{PROV}generatedAtTime": "entered on",
    f"{PROV}wasGeneratedBy": "ingest run",
}
"""Property of a claim node -> what its value is called."""

CHANGES: Final = ("added", "corrected", "changed", "retracted", "restored", "removed")
"""What can happen to a claim; each claim counts under one of them.

``corrected``: a claim went and one came in its place, that alone has the curator's key of the
first, or is alone about the same property of the same thing in the same source. ``retracted``:
its review no longer lets it state a fact (``kg.derive``); ``restored``: it does again.
"""

_FIELDS: Final = {f"<{iri}>".encode(): name for iri, name in FIELDS.items()}
_BARRED: Final = frozenset(f"<{VOCAB}review-status/{term}>" for term in BARRED_REVIEWS)


def fields_of(lines: list[tuple[int, bytes]], side: int) -> Fields | None:
    """Fields of a claim from its lines of one dump; ``None`` where it is not in that dump."""
    found: dict[str, str] = {}
    for sides, line in lines:
        if sides & side:
            _, predicate, rest = line.split(b" ", 2)
            value, graph = rest[:-2].rsplit(b" ", 1)
            found["graph"] = graph.decode().strip("<>")
            if predicate in _FIELDS:
                found[_FIELDS[predicate]] = value.decode()
    return found or None


def change_of(before: Fields | None, after: Fields | None) -> str:
    """Which of :data:`CHANGES` happened, ``corrected`` aside."""
    if before is None:
        return "added"
    if after is None:
        return "removed"
    was, now = (each.get("review status") in _BARRED for each in (before, after))
    if was != now:
        return "retracted" if now else "restored"
    return "changed"
