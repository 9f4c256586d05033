"""Which format to answer in: Accept, ``?format=`` and ``?output=`` -> media types.

Rules: RFC 9110 section 12.5.1 (media ranges, the most specific range decides the quality of a
type, quality 0 refuses it). Defaults and names: SPARQL 1.1 Protocol sections 2.1.5 and 2.1.6.
A type goes out under its own name, or under the general name that the client asked for
(``application/json``, ``text/xml``) where it asked for nothing better.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from api.errors import NotAcceptable

JSON: Final = "application/json"
HTML: Final = "text/html"
TEXT: Final = "text/plain"
XHTML: Final = "application/xhtml+xml"

RESULTS: Final[Mapping[str, tuple[str, ...]]] = {
    "application/sparql-results+json": (JSON, "text/json", "text/javascript"),
    "application/sparql-results+xml": ("application/xml", "text/xml"),
    "text/csv": ("application/csv",),
    "text/tab-separated-values": ("text/tsv", TEXT),
    HTML: (XHTML,),
}
"""Types for SELECT and ASK in order of preference -> other names clients use for them."""

GRAPH: Final[Mapping[str, tuple[str, ...]]] = {
    "text/turtle": (
        "text/n3",
        "text/rdf+n3",
        "application/n3",
        "application/turtle",
        "application/x-turtle",
    ),
    "application/n-triples": (TEXT, "text/ntriples"),
    "application/ld+json": (JSON, "text/json", "text/javascript"),
    "application/rdf+xml": ("application/xml", "text/xml"),
    "application/trig": ("application/x-trig",),
    "application/n-quads": ("text/n-quads", "text/x-nquads", "text/nquads"),
    HTML: (XHTML,),
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
    "trig": (None, "application/trig"),
    "nquads": (None, "application/n-quads"),
    "html": (HTML, HTML),
}
"""Value of ``?format=`` -> types for SELECT and ASK, for CONSTRUCT and DESCRIBE."""

_OTHER_FORMATS: Final = {
    "srj": "json",
    "srx": "xml",
    "sparql": "xml",
    "ttl": "turtle",
    "n3": "turtle",
    "nt": "ntriples",
    "n-triples": "ntriples",
    "nq": "nquads",
    "n-quads": "nquads",
    "jsonld": "json-ld",
    "rdf": "rdf+xml",
    "rdfxml": "rdf+xml",
}
"""Names of formats that other services and clients use -> ours."""

_TEXTUAL: Final = "; charset=utf-8"
_RANGE: Final = re.compile(r"([\w!#$&^.+*-]+)/([\w!#$&^.+*-]+)", re.ASCII)
_QUALITY: Final = re.compile(r"(?:0?\.\d{1,9}|0\.?|1(?:\.0{0,9})?)", re.ASCII)
_MOST_RANGES: Final = 200


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

    def names(self, media_type: str) -> bool:
        """Whether the range is this very type."""
        return f"{self.type}/{self.subtype}" == media_type


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen type per form of query; ``None`` where nothing acceptable is offered.

    ``names``: type -> the name the client knows it by, where that is another.
    """

    results: str | None
    graph: str | None
    wanted: str
    names: tuple[tuple[str, str], ...] = ()

    def acceptable(self, written: str) -> str:
        """The type to send when the store wrote ``written``: that type, or HTML made of it.

        Raises ``NotAcceptable`` when the form of the query has no acceptable type.
        """
        of_results = written in RESULTS
        chosen = self.results if of_results else self.graph
        if chosen is None:
            raise NotAcceptable(self.wanted, tuple(RESULTS if of_results else GRAPH))
        return chosen

    def content_type(self, chosen: str) -> str:
        """Header Content-Type for a chosen type: the name that the client asked for."""
        return content_type(dict(self.names).get(chosen, chosen))


def content_type(media_type: str) -> str:
    """A media type with its charset, which is always UTF-8, where the type has one."""
    return media_type + _TEXTUAL if media_type.startswith("text/") else media_type


def media_ranges(accept: str) -> tuple[MediaRange, ...]:
    """Read an Accept header; parts that are no media range are passed over."""
    parts = accept.split(",")[:_MOST_RANGES]
    return tuple(r for part in parts if (r := _media_range(part)) is not None)


def best(offers: Mapping[str, Sequence[str]], accept: str | None) -> str | None:
    """The offer the client likes best, ``None`` if it accepts none.

    ``offers``: types in the server's order of preference -> their other names. Of equal quality
    the more specifically named wins, then the server's order. No header, or one without a single
    readable range, accepts everything.
    """
    return _chosen(offers, accept)[0]


@lru_cache(maxsize=512)
def choose(accept: str | None, format_name: str | None = None) -> Choice:
    """Types for the answer to a query. ``?format=``, a name or a media type, wins over Accept.

    Raises ``NotAcceptable`` for a format name that does not exist.
    """
    if format_name is None:
        return _choice(accept, accept or "*/*")
    name = format_name.strip().lower()
    pair = FORMATS.get(_OTHER_FORMATS.get(name, name))
    if pair is not None:
        return Choice(*pair, f"format={format_name}")
    if "/" in name and media_ranges(name):
        return _choice(name, f"format={format_name}")
    raise NotAcceptable(f"format={format_name}", tuple(f"format={each}" for each in FORMATS))


def _choice(accept: str | None, wanted: str) -> Choice:
    results, result_name = _chosen(RESULTS, accept)
    graph, graph_name = _chosen(GRAPH, accept)
    names = {results: result_name, graph: graph_name}
    others = tuple((own, name) for own, name in names.items() if own and name and own != name)
    return Choice(results, graph, wanted, others)


def simple(offers: Sequence[str], accept: str | None) -> str:
    """The best of plain ``offers``. Raises ``NotAcceptable``."""
    found = best(dict.fromkeys(offers, ()), accept)
    if found is None:
        raise NotAcceptable(accept or "", offers)
    return found


def _media_range(part: str) -> MediaRange | None:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    if name == "*":  # what Java's own client sends for anything
        name = "*/*"
    match = _RANGE.fullmatch(name)
    if match is None or (match[1] == "*" and match[2] != "*"):
        return None
    quality = next((p[2:].strip() for p in parameters if p.startswith("q=")), "1")
    if not _QUALITY.fullmatch(quality):
        return None
    return MediaRange(match[1], match[2], float(quality))


def _chosen(
    offers: Mapping[str, Sequence[str]], accept: str | None
) -> tuple[str | None, str | None]:
    """The best offer, and the name under which the client asked for it."""
    ranges = media_ranges(accept or "") or (MediaRange("*", "*", 1.0),)
    ranked = [
        (*_rank(offer, aliases, ranges), -place, offer)
        for place, (offer, aliases) in enumerate(offers.items())
    ]
    quality, _, _, offer = max(ranked)
    if not quality:
        return None, None
    if offer == HTML or any(r.quality and r.specificity(offer) for r in ranges):
        return offer, offer
    named = [(r.quality, name) for name in offers[offer] for r in ranges if r.names(name)]
    return offer, max(named)[1]


def _rank(offer: str, aliases: Sequence[str], ranges: Sequence[MediaRange]) -> tuple[float, int]:
    """Quality and specificity from the most specific range; another name must be named itself."""
    specificity, quality = max((r.specificity(offer), r.quality) for r in ranges)
    named = [r.quality for r in ranges for name in aliases if r.names(name)]
    own = (quality, specificity) if specificity else (0.0, 0)
    return max(own, (max(named), 3)) if named else own
