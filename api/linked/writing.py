"""Writes quads in the six forms of RDF, and as the JSON-LD that stands in a page."""

import io
from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox
from pyoxigraph import Literal, NamedNode, Quad, Triple

from api.linked.addresses import BY_SUFFIX, Format
from ontology.curies import PREFIXES, compact

_WITH_PREFIXES: Final = (ox.RdfFormat.TURTLE, ox.RdfFormat.TRIG, ox.RdfFormat.RDF_XML)
_ESCAPES: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def write(quads: Iterable[Quad], form: Format) -> bytes:
    """The quads in one form; those of triples give each statement once, in the default graph.

    JSON-LD is written as triples too: a reader that loads it into one graph would otherwise find
    nothing there. Prefixes are those that are used.
    """
    kept = list(quads)
    prefixes = _prefixes(kept) if form.rdf in _WITH_PREFIXES else None
    if form.rdf in (ox.RdfFormat.TRIG, ox.RdfFormat.N_QUADS):
        return _serialized(kept, form, prefixes)
    place: dict[object, int] = {}
    triples = dict.fromkeys(quad.triple for quad in kept)
    for triple in triples:
        place.setdefault(triple.subject, len(place))
    # Subjects in the order given, what the document is about first; their statements together.
    ordered = sorted(triples, key=lambda each: (place[each.subject], str(each.predicate)))
    return _serialized(ordered, form, prefixes)


def embedded(quads: Iterable[Quad]) -> str:
    """JSON-LD for ``<script type="application/ld+json">``: nothing in it can end the element."""
    return escaped(write(quads, BY_SUFFIX["jsonld"]).decode())


def escaped(text: str) -> str:
    """JSON without the characters that mean something to HTML, which JSON has only in strings."""
    return text.translate(_ESCAPES)


def _serialized(
    statements: Iterable[Quad] | Iterable[Triple], form: Format, prefixes: dict[str, str] | None
) -> bytes:
    out = io.BytesIO()
    ox.serialize(statements, out, format=form.rdf, prefixes=prefixes)
    return out.getvalue()


def _prefixes(quads: Iterable[Quad]) -> dict[str, str]:
    used = set()
    for iri in {iri for quad in quads for iri in _iris(quad)}:
        if (curie := compact(iri)) is not None:
            used.add(curie.partition(":")[0])
    return {prefix: PREFIXES[prefix] for prefix in sorted(used)}


def _iris(quad: Quad) -> list[str]:
    terms = [quad.subject, quad.predicate, quad.object, quad.graph_name]
    found = [term.value for term in terms if isinstance(term, NamedNode)]
    if isinstance(quad.object, Literal):
        found.append(quad.object.datatype.value)
    return found
