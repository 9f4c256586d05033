"""Takes batches of claims into a store: claim nodes, segments, sources, runs, plain triples.

Claims that wait for review stay out. The same claim from two batches is one claim; what the later
batch says of its review, key and note stands, so that a user's review overrides what ships.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from pyoxigraph import NamedNode, Quad

from kg.claims import (
    claim_graph,
    normalised,
    record_quads,
    run_quads,
    segment_iri,
    segment_quads,
    source_quads,
)
from kg.derive import passes, plain_triple, published, speaks
from kg.disputes import Cell, Dispute, cell_of, find_disputes
from kg.errors import KgError
from kg.model import Batch, Claim, Source
from kg.stores.oxigraph import OxigraphStore
from ontology.names import GRAPH_ASSERTED

Progress = Callable[[str, int, int | None], None]
"""Called with the stage, how much of it is done and how much there is (``None``: not known)."""

_MODULUS = 1 << 256


@dataclass(slots=True)
class Gathered:
    """What came in. ``digest``: the same for the same claims, sources and runs in any order.

    ``spoken``: claims that may state or dispute a fact, by IRI. ``places``: segment IRI -> a
    claim that rests on it. ``seen``: IRIs of all claims.
    """

    sources: dict[str, Source] = field(default_factory=dict)
    spoken: dict[str, Claim] = field(default_factory=dict)
    places: dict[str, Claim] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    total: int = 0

    @property
    def digest(self) -> str:
        """Digest of everything taken in, as hexadecimal."""
        return f"{self.total:064x}"

    def note(self, text: str) -> None:
        """Add one record to the digest; a sum, so that order does not matter."""
        number = int.from_bytes(hashlib.sha256(text.encode()).digest())
        self.total = (self.total + number) % _MODULUS


def gather(store: OxigraphStore, batches: Iterable[Batch], progress: Progress) -> Gathered:
    """Put batches into an empty store, claim graphs and provenance; plain triples come later.

    Raises ``KgError`` where a claim names a source that no batch brings.
    """
    found = Gathered()
    for batch in batches:
        for source in batch.sources:
            found.sources[source.iri] = source
        claims = {claim.iri: claim for claim in map(normalised, filter(published, batch.claims))}
        for iri, claim in claims.items():
            if iri in found.seen:
                _forget(store, found, claim)
        found.seen.update(claims)  # with |= a view of keys would make a new set each time
        store.add(_batch_quads(batch, claims, found))
        progress("claims", len(found.seen), None)
    for source in found.sources.values():
        found.note(repr(source))
    store.add(chain.from_iterable(map(source_quads, found.sources.values())))
    _check_sources(found)
    store.add(
        chain.from_iterable(segment_quads(claim, found.sources) for claim in found.places.values())
    )
    return found


def assert_plain(
    store: OxigraphStore, found: Gathered, single_valued: Collection[str]
) -> tuple[Dispute, ...]:
    """Write the plain triples to the asserted graph; returns the disputes that withheld some."""
    disputes = find_disputes(found.spoken.values(), single_valued)
    store.add(_plain_quads(found.spoken.values(), {d.cell for d in disputes}, single_valued))
    return disputes


def _batch_quads(batch: Batch, claims: Mapping[str, Claim], found: Gathered) -> Iterator[Quad]:
    if batch.run is not None:
        found.note(repr(batch.run))
        yield from run_quads(batch.run)
    for iri, claim in claims.items():
        found.note("\x1f".join((iri, *map(str, _unhashed(claim)))))
        if speaks(claim) and claim.value_status in ("present", "disputed"):
            found.spoken[iri] = claim
        found.places.setdefault(segment_iri(claim.source, claim.place), claim)
        yield from record_quads(claim, batch.run)


def _unhashed(claim: Claim) -> tuple[object, ...]:
    """What a claim's IRI does not tell of it."""
    return (
        claim.review_status,
        claim.key,
        claim.note,
        claim.entered_by,
        claim.entered_on,
        claim.confidence,
    )


def _forget(store: OxigraphStore, found: Gathered, claim: Claim) -> None:
    """Remove what an earlier batch said of a claim."""
    found.spoken.pop(claim.iri, None)
    store.update(
        f"DELETE WHERE {{ GRAPH <{claim_graph(claim.source)}> {{ <{claim.iri}> ?p ?o }} }}"
    )


def _check_sources(found: Gathered) -> None:
    for claim in found.places.values():
        if claim.source not in found.sources:
            raise KgError(
                f"The claim {claim.key or claim.iri} names the source {claim.source}, "
                "which is not listed. Add a line for it to the sources."
            )


def _plain_quads(
    claims: Iterable[Claim], disputed: Collection[Cell], single_valued: Collection[str]
) -> Iterator[Quad]:
    graph = NamedNode(GRAPH_ASSERTED)
    for claim in claims:
        if passes(claim) and cell_of(claim, single_valued) not in disputed:
            triple = plain_triple(claim)
            yield Quad(triple.subject, triple.predicate, triple.object, graph)
