"""IRIs of the graph <-> addresses on this host, and the forms in which they answer.

Every deployment serves canonical IRIs from its own address. An entity's IRI answers 303 (W3C TAG
httpRange-14) to ``/page/...`` for people or ``/data/...`` for programs; ``/ontology`` and
``/shapes`` are documents themselves, their terms being fragments, which never reach a server.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

import pyoxigraph as ox

from api.negotiation import HTML, JSON
from ontology.names import BASE, GRAPH, ID, KINDS, MKG, SHAPES, VOCAB

LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"


@dataclass(frozen=True, slots=True)
class Format:
    """One form of RDF: its name for people, the suffix of its addresses, how it is written."""

    name: str
    suffix: str
    media_type: str
    rdf: ox.RdfFormat
    aliases: tuple[str, ...] = ()


FORMATS: Final = (
    Format(
        "Turtle",
        "ttl",
        "text/turtle",
        ox.RdfFormat.TURTLE,
        ("text/n3", "text/rdf+n3", "application/turtle", "application/x-turtle"),
    ),
    Format("JSON-LD", "jsonld", "application/ld+json", ox.RdfFormat.JSON_LD, (JSON,)),
    Format(
        "RDF/XML",
        "rdf",
        "application/rdf+xml",
        ox.RdfFormat.RDF_XML,
        ("application/xml", "text/xml"),
    ),
    Format(
        "N-Triples",
        "nt",
        "application/n-triples",
        ox.RdfFormat.N_TRIPLES,
        ("text/plain", "text/ntriples"),
    ),
    Format("TriG", "trig", "application/trig", ox.RdfFormat.TRIG, ("application/x-trig",)),
    Format("N-Quads", "nq", "application/n-quads", ox.RdfFormat.N_QUADS, ("text/x-nquads",)),
)
"""In the server's order of preference; the last two keep the named graphs."""

BY_SUFFIX: Final = {each.suffix: each for each in FORMATS}
BY_MEDIA: Final = {each.media_type: each for each in FORMATS}
RDF_OFFERS: Final[Mapping[str, tuple[str, ...]]] = {
    each.media_type: each.aliases for each in FORMATS
}
OFFERS: Final[Mapping[str, tuple[str, ...]]] = {
    **RDF_OFFERS,
    HTML: ("application/xhtml+xml",),
}
"""What an IRI comes as; a program that accepts anything gets Turtle, a browser names HTML."""

_ROOMS: Final = (("vocab/", VOCAB), ("graph/", GRAPH), ("ontology/", MKG), ("shapes/", SHAPES))
"""Path below ``/page/`` and ``/data/`` -> namespace; what is in none of these is an entity."""
_DOCUMENTS: Final[Mapping[str, str]] = {
    f"{BASE}ontology": "/ontology",
    f"{BASE}shapes": "/shapes",
    f"{BASE}dataset": "/catalog",
    f"{BASE}catalog": "/catalog",
}
"""IRIs that are documents themselves -> their addresses."""
_KINDS: Final = frozenset(KINDS.values())
_SAFE: Final = "/:;,@!$&'()*+=~-._"


def path_of(iri: str) -> str | None:
    """Path below ``/page/`` and ``/data/`` for an IRI of ours, ``None`` for any other."""
    if iri.startswith(ID):
        rest = iri.removeprefix(ID)
        return quote(rest, safe=_SAFE) if rest.partition("/")[0] in _KINDS else None
    for room, space in _ROOMS:
        if iri.startswith(space) and len(iri) > len(space):
            return room + quote(iri.removeprefix(space), safe=_SAFE)
    return None


def iri_of(path: str) -> str:
    """IRI of a path below ``/page/`` or ``/data/``, as the server hands it over (decoded)."""
    for room, space in _ROOMS:
        if path.startswith(room):
            return space + path.removeprefix(room)
    return ID + path


def page_of(iri: str) -> str:
    """Address, on this host, of the page about an IRI."""
    if iri in _DOCUMENTS:
        return _DOCUMENTS[iri]
    path = path_of(iri)
    return f"/page?iri={quote(iri, safe='')}" if path is None else f"/page/{path}"


def data_of(iri: str, suffix: str | None = None) -> str:
    """Address, on this host, of the RDF about an IRI; without ``suffix`` it is negotiated."""
    path = path_of(iri)
    if path is None:
        form = f"&format={suffix}" if suffix else ""
        return f"/data?iri={quote(iri, safe='')}{form}"
    return f"/data/{path}.{suffix}" if suffix else f"/data/{path}"


def split_suffix(path: str) -> tuple[str, str | None]:
    """Path without the suffix of a format, and that suffix."""
    rest, dot, last = path.rpartition(".")
    return (rest, last) if dot and last in BY_SUFFIX else (path, None)


def document_of(iri: str) -> str:
    """IRI of the document about ``iri``: the canonical form of its ``/data`` address."""
    return BASE + data_of(iri).removeprefix("/")


def links(iri: str, page: str | None = None) -> str:
    """Value of the ``Link`` header of a representation of ``iri`` (RFC 8288).

    ``alternate``: the six forms and the page; ``describes`` and ``cite-as`` (RFC 8574): the IRI;
    ``license`` (RFC 4946); ``describedby``: the data set's own description.
    """
    forms = [
        f'<{data_of(iri, each.suffix)}>; rel="alternate"; type="{each.media_type}"'
        for each in FORMATS
    ]
    target = quote(unquote(iri), safe=_SAFE + "#?%[]")
    return ", ".join(
        [
            *forms,
            f'<{page or page_of(iri)}>; rel="alternate"; type="{HTML}"',
            f'<{target}>; rel="describes"',
            f'<{target}>; rel="cite-as"',
            f'<{LICENCE}>; rel="license"',
            '</.well-known/void>; rel="describedby"',
        ]
    )
