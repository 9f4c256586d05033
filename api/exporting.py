"""Writes a release as RDF, in the format that a file's suffix tells."""

from pathlib import Path
from typing import BinaryIO, Final

import pyoxigraph as ox

from api.errors import BadRequest
from kg.store import GraphStore

_QUADS: Final = {".nq": ox.RdfFormat.N_QUADS, ".trig": ox.RdfFormat.TRIG}
_TRIPLES: Final = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".jsonld": ox.RdfFormat.JSON_LD,
    ".rdf": ox.RdfFormat.RDF_XML,
}


def export_to(
    store: GraphStore, out: Path | BinaryIO, suffix: str, graph: str | None = None
) -> int:
    """Write all quads, or the triples of one named ``graph``; returns how many.

    Formats of triples need a graph, since they would lose the others' names. Raises
    ``BadRequest`` for a suffix that tells no fitting format and for a graph that is not there.
    """
    form = _format(suffix, graph)
    if graph is not None and graph not in store.graphs():
        raise BadRequest(
            f"There is no named graph {graph}; there are {', '.join(store.graphs()[:8])} ..."
        )
    target = str(out) if isinstance(out, Path) else out
    quads = store.quads(graph)
    try:
        if form.supports_datasets:
            ox.serialize(quads, target, format=form)
        else:
            ox.serialize((quad.triple for quad in quads), target, format=form)
    except OSError as error:
        raise BadRequest(f"{out} cannot be written: {error}.") from error
    return store.size(graph)


def _format(suffix: str, graph: str | None) -> ox.RdfFormat:
    known = _QUADS if graph is None else {**_QUADS, **_TRIPLES}
    if suffix.lower() in known:
        return known[suffix.lower()]
    wanted = f"use one of {', '.join(known)}"
    if suffix.lower() in _TRIPLES:
        wanted = f"name one graph with --graph IRI, or {wanted}"
    raise BadRequest(f"A whole release cannot be written as {suffix or 'nameless'!r}; {wanted}.")
