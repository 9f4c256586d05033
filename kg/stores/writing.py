"""Writes an answer of the engine in the format asked for, whole or cut at a number of rows."""

from collections.abc import Iterable
from contextlib import suppress
from typing import BinaryIO, Final, TypeVar, cast

import pyoxigraph as ox

from kg.errors import QueryFault
from kg.store import MediaChoice
from kg.stores.capping import SHAPES, AnswerSink, RowCap, RowsCut, first_of
from kg.stores.faults import evaluation_faults
from ontology.curies import PREFIXES

RESULT_FORMATS: Final = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "text/csv": ox.QueryResultsFormat.CSV,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
}
"""Media type -> format of rows and truth values (SPARQL 1.1 Query Results, four forms)."""

GRAPH_FORMATS: Final = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/n-quads": ox.RdfFormat.N_QUADS,
    "application/trig": ox.RdfFormat.TRIG,
}
"""Media type -> format of triples."""

Answer = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples
_WITH_PREFIXES: Final = (ox.RdfFormat.TURTLE, ox.RdfFormat.TRIG, ox.RdfFormat.RDF_XML)
_F = TypeVar("_F", ox.QueryResultsFormat, ox.RdfFormat)


class Formats:
    """The formats that ``media`` names. Raises ``QueryFault`` where one is not known."""

    def __init__(self, media: MediaChoice) -> None:
        self.media = media
        self.results = _known(RESULT_FORMATS, media.results, "rows")
        self.graph = _known(GRAPH_FORMATS, media.graph, "triples")

    def write(self, answer: Answer, out: BinaryIO) -> str:
        """Write the whole answer to ``out``; returns the media type that was written."""
        with evaluation_faults():
            if not isinstance(answer, ox.QueryTriples):
                answer.serialize(out, format=self.results)
                return self.media.results
            if self.graph in _WITH_PREFIXES:
                return self.write_all(answer, out)
            answer.serialize(out, format=self.graph)
            return self.media.graph

    def write_all(self, triples: Iterable[ox.Triple], out: BinaryIO) -> str:
        """Write triples from wherever they come; returns the media type that was written."""
        prefixes = PREFIXES if self.graph in _WITH_PREFIXES else None
        ox.serialize(triples, out, format=self.graph, prefixes=prefixes)
        return self.media.graph

    def stream(self, answer: Answer, sink: AnswerSink, rows: int) -> None:
        """Write at most ``rows`` rows or triples to ``sink``."""
        of_triples = isinstance(answer, ox.QueryTriples)
        chosen = self.media.graph if of_triples else self.media.results
        sink.begin(chosen)
        with evaluation_faults(), suppress(RowsCut):
            if isinstance(answer, ox.QueryBoolean):
                answer.serialize(cast("BinaryIO", sink), format=self.results)
            elif isinstance(answer, ox.QueryTriples) and chosen not in SHAPES:
                self.write_triples(answer, sink, rows)
            else:
                out = RowCap(sink, SHAPES[chosen], rows)
                if isinstance(answer, ox.QueryTriples):
                    answer.serialize(cast("BinaryIO", out), format=self.graph)
                else:
                    answer.serialize(cast("BinaryIO", out), format=self.results)
                out.finish()

    def write_triples(self, answer: Iterable[ox.Triple], sink: AnswerSink, rows: int) -> None:
        """Write at most ``rows`` triples, counted before they are written."""
        self.write_all(first_of(answer, rows, sink), cast("BinaryIO", sink))


def _known(known: dict[str, _F], media: str, what: str) -> _F:
    if media not in known:
        raise QueryFault(
            f"{what.capitalize()} cannot be written as {media}; expected one of {', '.join(known)}."
        )
    return known[media]
