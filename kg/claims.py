"""Claims, sources and runs as RDF, and back.

A claim is a node of its own (``mkg:Claim``) in the named graph of its source; the place it rests on
is a ``mkg:SourceSegment`` in the provenance graph, shared by all claims of that place. This n-ary
form is the one that rdflib, owlready2, pyoxigraph, SHACL and OWL 2 DL all carry unchanged
(``docs/decisions`` has the trial).

The store rewrites some literals (``1.50`` to ``1.5``, ``en-GB`` to ``en-gb``); :func:`normalised`
does so first, so that a claim's IRI is the same before and after a stay in the store.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from kg.errors import KgError
from kg.literals import ANY_URI, clock, date_time, decimal, decimal_text, instant, normal_term
from kg.literals import seconds as seconds_literal
from kg.model import Claim, Place, Run, Source
from kg.store import Cell, GraphStore
from ontology.names import (
    DCT,
    GRAPH_CLAIMS,
    GRAPH_PROVENANCE,
    ID,
    MKG,
    PROV,
    RDF,
    RDFS,
    SKOS,
    VOCAB,
)

MODALITY_TERMS: Final = f"{VOCAB}claim-modality/"
VALUE_STATUS_TERMS: Final = f"{VOCAB}value-status/"
REVIEW_STATUS_TERMS: Final = f"{VOCAB}review-status/"
SOURCE_KIND_TERMS: Final = f"{VOCAB}source-kind/"

_PROVENANCE: Final = NamedNode(GRAPH_PROVENANCE)
_TYPE: Final = NamedNode(f"{RDF}type")
_LABEL: Final = NamedNode(f"{RDFS}label")
_NOTE: Final = NamedNode(f"{SKOS}note")
_IDENTIFIER: Final = NamedNode(f"{DCT}identifier")
_BY, _AT, _FROM_RUN = (
    NamedNode(f"{PROV}{name}") for name in ("wasAttributedTo", "generatedAtTime", "wasGeneratedBy")
)


@lru_cache(maxsize=65_536)
def _node(iri: str) -> NamedNode:
    return NamedNode(iri)


def _mkg(name: str) -> NamedNode:
    return _node(MKG + name)


_CLAIM, _SUBJECT, _PROPERTY, _OBJECT, _VALUE = (
    _mkg(name) for name in ("Claim", "claimSubject", "claimProperty", "claimObject", "claimValue")
)
_MODALITY, _VALUE_STATUS, _REVIEW_STATUS, _AS_OF, _EVIDENCE, _CONFIDENCE = (
    _mkg(name)
    for name in ("modality", "valueStatus", "reviewStatus", "asOf", "hasEvidence", "confidence")
)


def normalised(claim: Claim) -> Claim:
    """The claim as the store will give it back: literals, seconds and instants in one form."""
    return replace(
        claim,
        value=normal_term(claim.value),
        place=replace(
            claim.place,
            start_seconds=_milliseconds(claim.place.start_seconds),
            end_seconds=_milliseconds(claim.place.end_seconds),
        ),
        entered_on=instant(claim.entered_on) if claim.entered_on else None,
    )


def claim_graph(source: str) -> str:
    """IRI of the named graph that holds the claims made in a source (its IRI)."""
    return GRAPH_CLAIMS + source.rsplit("/", 1)[-1]


def segment_iri(source: str, place: Place) -> str:
    """IRI of the segment at a place of a source: the same place, the same segment."""
    digest = hashlib.sha256(f"{source}\x1f{place!r}".encode()).hexdigest()
    return f"{ID}segment/{digest[:24]}"


def claim_quads(
    claim: Claim, sources: Mapping[str, Source], run: Run | None = None
) -> Iterator[Quad]:
    """The claim's own quads (10 to 15) and those of the segment it rests on.

    Raises ``KgError`` where the claim's source is not among ``sources`` (by IRI).
    """
    if claim.source not in sources:
        raise KgError(
            f"The claim {claim.key or claim.iri} names the source {claim.source}, "
            "which is not listed. Add a line for it to the sources."
        )
    claim = normalised(claim)
    yield from record_quads(claim, run)
    yield from segment_quads(claim, sources)


def record_quads(claim: Claim, run: Run | None = None) -> Iterator[Quad]:
    """Only the claim node's quads, in the graph of its source; expects a normalised claim."""
    node, graph = NamedNode(claim.iri), _node(claim_graph(claim.source))
    yield Quad(node, _TYPE, _CLAIM, graph)
    yield Quad(node, _SUBJECT, _node(claim.subject), graph)
    yield Quad(node, _PROPERTY, _node(claim.property), graph)
    link = _OBJECT if isinstance(claim.value, NamedNode) else _VALUE
    yield Quad(node, link, claim.value, graph)
    yield Quad(node, _MODALITY, _node(MODALITY_TERMS + claim.modality), graph)
    yield Quad(node, _VALUE_STATUS, _node(VALUE_STATUS_TERMS + claim.value_status), graph)
    yield Quad(node, _REVIEW_STATUS, _node(REVIEW_STATUS_TERMS + claim.review_status), graph)
    yield Quad(node, _EVIDENCE, _node(segment_iri(claim.source, claim.place)), graph)
    if claim.as_of is not None:
        yield Quad(node, _AS_OF, Literal(claim.as_of), graph)
    if claim.entered_by is not None:
        yield Quad(node, _BY, _node(claim.entered_by), graph)
    if claim.entered_on is not None:
        yield Quad(node, _AT, date_time(claim.entered_on), graph)
    if claim.confidence is not None:
        yield Quad(node, _CONFIDENCE, decimal(claim.confidence), graph)
    if claim.key is not None:
        yield Quad(node, _IDENTIFIER, Literal(claim.key), graph)
    if claim.note is not None:
        yield Quad(node, _NOTE, Literal(claim.note), graph)
    if run is not None:
        yield Quad(node, _FROM_RUN, _node(run.iri), graph)


def segment_quads(claim: Claim, sources: Mapping[str, Source]) -> Iterator[Quad]:
    """The segment of a normalised claim: where in its source it is said, with web addresses.

    The recording's address is the source's own or that of the recording it was made from; the time
    range follows W3C Media Fragments URI 1.0 (``#t=start,end`` in seconds).
    """
    source, place = sources[claim.source], claim.place
    node = _node(segment_iri(claim.source, place))
    yield Quad(node, _TYPE, _mkg("SourceSegment"), _PROVENANCE)
    yield Quad(node, _mkg("fromSource"), _node(claim.source), _PROVENANCE)
    for name, value in _segment_values(source, place, sources):
        yield Quad(node, _mkg(name), value, _PROVENANCE)


def source_quads(source: Source) -> Iterator[Quad]:
    """Quads of a source, in the provenance graph."""
    node = _node(source.iri)
    yield Quad(node, _TYPE, _mkg(source.type), _PROVENANCE)
    yield Quad(node, _LABEL, Literal(source.title), _PROVENANCE)
    yield Quad(node, _mkg("sourceKind"), _node(SOURCE_KIND_TERMS + source.kind), _PROVENANCE)
    for predicate, attribute in _SOURCE_TEXTS.items():
        value = getattr(source, attribute)
        if value is not None:
            yield Quad(node, _node(predicate), Literal(value), _PROVENANCE)
    for name, address in (("webAddress", source.url), ("mediaAddress", source.media_url)):
        if address is not None:
            yield Quad(node, _mkg(name), Literal(address, datatype=ANY_URI), _PROVENANCE)
    if source.derived_from is not None:
        yield Quad(node, _mkg("derivedFromSource"), _node(source.derived_from), _PROVENANCE)
    if source.duration_seconds is not None:
        yield Quad(
            node, _mkg("durationSeconds"), seconds_literal(source.duration_seconds), _PROVENANCE
        )
    if source.entered_by is not None:
        yield Quad(node, _BY, _node(source.entered_by), _PROVENANCE)
    if source.entered_on is not None:
        yield Quad(node, _AT, date_time(source.entered_on), _PROVENANCE)


def run_quads(run: Run) -> Iterator[Quad]:
    """Quads of an ingest run, a ``prov:Activity``, in the provenance graph."""
    node = _node(run.iri)
    yield Quad(node, _TYPE, _node(f"{PROV}Activity"), _PROVENANCE)
    yield Quad(node, _LABEL, Literal(run.label), _PROVENANCE)
    for used in run.used:
        yield Quad(node, _mkg("usedInput"), Literal(used), _PROVENANCE)
    yield Quad(node, _node(f"{PROV}startedAtTime"), date_time(run.started), _PROVENANCE)
    yield Quad(node, _node(f"{PROV}endedAtTime"), date_time(run.ended), _PROVENANCE)
    yield Quad(node, _node(f"{PROV}wasAssociatedWith"), _node(run.agent), _PROVENANCE)
    yield Quad(node, _mkg("software"), Literal(run.software), _PROVENANCE)


_SOURCE_TEXTS: Final = {
    f"{MKG}publisherName": "publisher",
    f"{MKG}publishedOn": "published",
    f"{MKG}accessedOn": "accessed",
    f"{MKG}licenceNote": "licence",
    f"{MKG}sourceLanguage": "language",
    f"{SKOS}note": "note",
}
"""Property -> attribute of a source that is plain text."""


def _segment_values(
    source: Source, place: Place, sources: Mapping[str, Source]
) -> Iterator[tuple[str, Literal]]:
    """Properties of a segment (local names of ``mkg:``) and their values."""
    if place.start_seconds is not None:
        yield "startSeconds", seconds_literal(place.start_seconds)
        yield "startTime", Literal(clock(place.start_seconds))
    if place.end_seconds is not None:
        yield "endSeconds", seconds_literal(place.end_seconds)
    if place.page is not None:
        yield "page", Literal(place.page)
    if place.section is not None:
        yield "section", Literal(place.section)
    media = _media_address(source, sources)
    if media is not None and (place.start_seconds, place.end_seconds) != (None, None):
        start, end = _plain(place.start_seconds), _plain(place.end_seconds)
        fragment = f"{start},{end}" if end else start
        yield "mediaFragment", Literal(f"{media}#t={fragment}", datatype=ANY_URI)
    if place.fragment is not None:
        address = f"{source.url or ''}#{place.fragment}"
        yield "webAddress", Literal(address, datatype=ANY_URI)
    elif source.url is not None:
        yield "webAddress", Literal(source.url, datatype=ANY_URI)


def _media_address(source: Source, sources: Mapping[str, Source]) -> str | None:
    """Where the recording plays: the source's own address, or that of what it was made from."""
    seen = set[str]()
    here: Source | None = source
    while here is not None and here.iri not in seen:
        if here.media_url is not None:
            return here.media_url
        if here.kind == "recording" and here.url is not None:
            return here.url
        seen.add(here.iri)
        here = sources.get(here.derived_from) if here.derived_from else None
    return None


def _plain(value: float | None) -> str:
    return "" if value is None else decimal_text(Decimal(str(value)))


def _milliseconds(value: float | None) -> float | None:
    """Rounded to what a time mark can mean; ``+ 0.0`` turns a negative zero into zero."""
    return None if value is None else round(float(value), 3) + 0.0


# --- reading back -------------------------------------------------------------------------------


Node = Mapping[str, Cell]
"""One node's properties: predicate IRI -> its value (the last, where it has several)."""


def read_claims(store: GraphStore) -> Iterator[Claim]:
    """All claims of a store, graph by graph."""
    places = dict(_places(store))
    for graph in _record_graphs(store):
        for node in _nodes(store, graph, _CLAIM.value).values():
            yield _read_claim(node, places)


def read_sources(store: GraphStore) -> Iterator[Source]:
    """All sources of a store, in order of their IRIs; known by their ``mkg:sourceKind``."""
    for graph in _record_graphs(store):
        found = _nodes(store, graph, None)
        for iri in sorted(found):
            if f"{MKG}sourceKind" in found[iri]:
                yield _read_source(iri, found[iri])


def read_runs(store: GraphStore) -> Iterator[Run]:
    """All ingest runs of a store."""
    for graph in _record_graphs(store):
        used = defaultdict[str, list[str]](list)
        for quad in store.quads(graph):
            if quad.predicate.value == f"{MKG}usedInput":
                used[_text(quad.subject)].append(_text(quad.object))
        for iri, node in _nodes(store, graph, f"{PROV}Activity").items():
            yield Run(
                iri=iri,
                label=_text(node[f"{RDFS}label"]),
                used=tuple(sorted(used[iri])),
                started=datetime.fromisoformat(_text(node[f"{PROV}startedAtTime"])),
                ended=datetime.fromisoformat(_text(node[f"{PROV}endedAtTime"])),
                agent=_text(node[f"{PROV}wasAssociatedWith"]),
                software=_text(node[f"{MKG}software"]),
            )


def _record_graphs(store: GraphStore) -> Iterator[str]:
    return (g for g in store.graphs() if g == GRAPH_PROVENANCE or g.startswith(GRAPH_CLAIMS))


def _nodes(store: GraphStore, graph: str, type_iri: str | None) -> dict[str, dict[str, Cell]]:
    """Nodes of a graph by IRI, all or those of one class."""
    nodes: dict[str, dict[str, Cell]] = {}
    members = set[str]()
    for quad in store.quads(graph):
        subject, predicate = _text(quad.subject), quad.predicate.value
        if predicate == _TYPE.value and _text(quad.object) == type_iri:
            members.add(subject)
        nodes.setdefault(subject, {})[predicate] = quad.object
    return nodes if type_iri is None else {iri: nodes[iri] for iri in sorted(members)}


def _places(store: GraphStore) -> Iterator[tuple[str, tuple[str, Place]]]:
    """Segment IRI -> its source and place."""
    urls = {source.iri: source.url or "" for source in read_sources(store)}
    for graph in _record_graphs(store):
        for iri, node in _nodes(store, graph, f"{MKG}SourceSegment").items():
            source = _text(node[f"{MKG}fromSource"])
            yield iri, (source, _read_place(node, urls.get(source, "")))


def _read_place(node: Node, url: str) -> Place:
    start, end = _maybe(node, f"{MKG}startSeconds"), _maybe(node, f"{MKG}endSeconds")
    address = _maybe(node, f"{MKG}webAddress")
    return Place(
        start_seconds=None if start is None else float(start),
        end_seconds=None if end is None else float(end),
        page=_maybe(node, f"{MKG}page"),
        section=_maybe(node, f"{MKG}section"),
        fragment=address.removeprefix(f"{url}#") if address not in (None, url) else None,
    )


def _read_claim(node: Node, places: Mapping[str, tuple[str, Place]]) -> Claim:
    source, place = places[_text(node[_EVIDENCE.value])]
    value = node.get(_OBJECT.value) or node[_VALUE.value]
    entered, confidence = _maybe(node, _AT.value), _maybe(node, _CONFIDENCE.value)
    if not isinstance(value, NamedNode | Literal):
        raise KgError(f"A claim's value is {value}; expected an IRI or a literal.")
    return Claim(
        subject=_text(node[_SUBJECT.value]),
        property=_text(node[_PROPERTY.value]),
        value=value,
        source=source,
        place=place,
        modality=_term(node, _MODALITY.value, MODALITY_TERMS),
        value_status=_term(node, _VALUE_STATUS.value, VALUE_STATUS_TERMS),
        review_status=_term(node, _REVIEW_STATUS.value, REVIEW_STATUS_TERMS),
        as_of=_maybe(node, _AS_OF.value),
        entered_by=_maybe(node, _BY.value),
        entered_on=datetime.fromisoformat(entered) if entered else None,
        confidence=None if confidence is None else Decimal(confidence),
        key=_maybe(node, _IDENTIFIER.value),
        note=_maybe(node, _NOTE.value),
    )


def _read_source(iri: str, node: Node) -> Source:
    entered, duration = _maybe(node, _AT.value), _maybe(node, f"{MKG}durationSeconds")
    texts = {attribute: _maybe(node, predicate) for predicate, attribute in _SOURCE_TEXTS.items()}
    return Source(
        iri=iri,
        title=_text(node[_LABEL.value]),
        kind=_term(node, f"{MKG}sourceKind", SOURCE_KIND_TERMS),
        type=_text(node[_TYPE.value]).removeprefix(MKG),
        url=_maybe(node, f"{MKG}webAddress"),
        media_url=_maybe(node, f"{MKG}mediaAddress"),
        derived_from=_maybe(node, f"{MKG}derivedFromSource"),
        duration_seconds=None if duration is None else float(duration),
        entered_by=_maybe(node, _BY.value),
        entered_on=datetime.fromisoformat(entered) if entered else None,
        **texts,
    )


def _term(node: Node, predicate: str, scheme: str) -> str:
    return _text(node[predicate]).removeprefix(scheme)


def _maybe(node: Node, predicate: str) -> str | None:
    value = node.get(predicate)
    return None if value is None else _text(value)


def _text(cell: Cell) -> str:
    """The IRI or the literal's text."""
    return cell.value if isinstance(cell, NamedNode | Literal) else str(cell)
