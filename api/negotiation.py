"""Which format to answer in: Accept and ``?format=`` -> media types.

Rules: RFC 9110 section 12.5.1 (media ranges, the most specific range decides the quality of a
type, quality 0 refuses it). Defaults and names: SPARQL 1.1 Protocol sections 2.1.5 and 2.1.6.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api.errors import NotAcceptable

JSON: Final = "application/json"
HTML: Final = "text/html"
TEXT: Final = "text/plain"

RESULTS: Final[Mapping[str, tuple[str, ...]]] = {
    "application/sparql-results+json": (JSON,),
    "application/sparql-results+xml": ("application/xml", "text/xml"),
    "text/csv": (),
    "text/tab-separated-values": ("text/tsv",),
    HTML: ("application/xhtml+xml",),
}
"""Types for SELECT and ASK in order of preference -> other names clients use for them."""

GRAPH: Final[Mapping[str, tuple[str, ...]]] = {
    "text/turtle": ("text/n3", "text/rdf+n3", "application/turtle", "application/x-turtle"),
    "application/n-triples": (TEXT, "text/ntriples"),
    "application/ld+json": (JSON,),
    "application/rdf+xml": ("application/xml", "text/xml"),
    HTML: ("application/xhtml+xml",),
}
"""Types for CONSTRUCT and DESCRIBE in order of preference -> other names."""

FORMATS: Final[Mapping[str, tuple[str | None, str | None]]] = {
    "json": ("application/sparql-results+json", "application/ld+json"),
    "xml": ("application/sparql-results+xml", "application/rdf+xml"),
    "csv": ("text/csv", None),
    "tsv": ("text/tab-separated-values", None),
    "turtle": (None, "text/turtle"),
    "ntriples": (None, "application/n-triples"),
    "json-ld": (None, "application/ld+json"),
    "rdf+xml": (None, "application/rdf+xml"),
    "html": (HTML, HTML),
}
"""Value of ``?format=`` -> types for SELECT and ASK, for CONSTRUCT and DESCRIBE."""

_RANGE: Final = re.compile(r"([\w!#$&^.+*-]+)/([\w!#$&^.+*-]+)", re.ASCII)
_QUALITY: Final = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One part of an Accept header: ``type/subtype``, ``type/*`` or ``*/*``, and its quality."""

    type: str
    subtype: str
    quality: float

    def specificity(self, media_type: str) -> int:
        """3 names the type, 2 its family, 1 anything, 0 does not match."""
        family, _, name = media_type.partition("/")
        if (self.type, self.subtype) == (family, name):
            return 3
        if self.type == family and self.subtype == "*":
            return 2
        return int(self.type == "*" and self.subtype == "*")


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen type per form of query; ``None`` where nothing acceptable is offered."""

    results: str | None
    graph: str | None
    wanted: str

    def acceptable(self, written: str) -> str:
        """The type to send when the store wrote ``written``: that type, or HTML made of it.

        Raises ``NotAcceptable`` when the form of the query has no acceptable type.
        """
        of_results = written in RESULTS
        chosen = self.results if of_results else self.graph
        if chosen is None:
            raise NotAcceptable(self.wanted, tuple(RESULTS if of_results else GRAPH))
        return chosen


def media_ranges(accept: str) -> tuple[MediaRange, ...]:
    """Read an Accept header; parts that are no media range are passed over."""
    return tuple(r for part in accept.split(",") if (r := _media_range(part)) is not None)


def best(offers: Mapping[str, Sequence[str]], accept: str | None) -> str | None:
    """The offer the client likes best, ``None`` if it accepts none.

    ``offers``: types in the server's order of preference -> their other names. Of equal quality
    the more specifically named wins, then the server's order. No header, or one without a single
    readable range, accepts everything.
    """
    ranges = media_ranges(accept or "") or (MediaRange("*", "*", 1.0),)
    ranked = [
        (*_rank(offer, aliases, ranges), -place, offer)
        for place, (offer, aliases) in enumerate(offers.items())
    ]
    quality, _, _, offer = max(ranked)
    return offer if quality > 0 else None


def choose(accept: str | None, format_name: str | None = None) -> Choice:
    """Types for the answer to a query. ``?format=`` wins over Accept.

    Raises ``NotAcceptable`` for a format name that does not exist.
    """
    if format_name is None:
        return Choice(best(RESULTS, accept), best(GRAPH, accept), accept or "*/*")
    pair = FORMATS.get(format_name)
    if pair is None:
        raise NotAcceptable(f"format={format_name}", tuple(f"format={name}" for name in FORMATS))
    return Choice(*pair, f"format={format_name}")


def simple(offers: Sequence[str], accept: str | None) -> str:
    """The best of plain ``offers``. Raises ``NotAcceptable``."""
    found = best(dict.fromkeys(offers, ()), accept)
    if found is None:
        raise NotAcceptable(accept or "", offers)
    return found


def _media_range(part: str) -> MediaRange | None:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    match = _RANGE.fullmatch(name)
    if match is None or (match[1] == "*" and match[2] != "*"):
        return None
    quality = next((p[2:].strip() for p in parameters if p.startswith("q=")), "1")
    if not _QUALITY.fullmatch(quality):
        return None
    return MediaRange(match[1], match[2], float(quality))


def _rank(offer: str, aliases: Sequence[str], ranges: Sequence[MediaRange]) -> tuple[float, int]:
    """Quality and specificity from the most specific range; another name must be named itself."""
    specificity, quality = max((r.specificity(offer), r.quality) for r in ranges)
    named = [r.quality for r in ranges for name in aliases if r.specificity(name) == 3]
    own = (quality, specificity) if specificity else (0.0, 0)
    return max(own, (max(named), 3)) if named else own
