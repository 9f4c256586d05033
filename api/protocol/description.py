"""What a SPARQL service is and can do (SPARQL 1.1 Service Description), as RDF and for a page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple, serialize

from kg.shelf import Manifest
from kg.stores.writing import GRAPH_FORMATS
from ontology.names import DCT, OWL, RDF, RDFS, XSD

SD: Final = "http://www.w3.org/ns/sparql-service-description#"
FORMATS: Final = "http://www.w3.org/ns/formats/"
_VOID: Final = "http://rdfs.org/ns/void#"
_FOAF: Final = "http://xmlns.com/foaf/0.1/"
_ENTAILMENT: Final = "http://www.w3.org/ns/entailment/Simple"
_LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
_PREFIXES: Final = {
    "sd": SD,
    "format": FORMATS,
    "void": _VOID,
    "dct": DCT,
    "foaf": _FOAF,
    "rdfs": RDFS,
    "xsd": XSD,
}
RESULT_FORMATS: Final = {
    "SPARQL_Results_JSON": "application/sparql-results+json",
    "SPARQL_Results_XML": "application/sparql-results+xml",
    "SPARQL_Results_CSV": "text/csv",
    "SPARQL_Results_TSV": "text/tab-separated-values",
    "Turtle": "text/turtle",
    "N-Triples": "application/n-triples",
    "JSON-LD": "application/ld+json",
    "RDF_XML": "application/rdf+xml",
    "TriG": "application/trig",
    "N-Quads": "application/n-quads",
}
"""Name of a format among the IRIs of W3C -> its media type."""

_INPUT_FORMATS: Final = tuple(name for name in RESULT_FORMATS if "Results" not in name)
_GEO: Final = "http://www.opengis.net/def/function/geosparql/"
FUNCTIONS: Final = tuple(
    _GEO + name
    for name in (
        "sfContains",
        "sfCrosses",
        "sfDisjoint",
        "sfEquals",
        "sfIntersects",
        "sfOverlaps",
        "sfTouches",
        "sfWithin",
    )
)
"""Functions beyond SPARQL 1.1 that the engine knows (GeoSPARQL, simple features)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is to say of a service.

    ``endpoint``, ``home``: addresses; ``graphs``: IRI -> triples; ``default``: triples of the
    default graph, with doubles where it is the union of graphs, ``None`` if not counted.
    """

    endpoint: str
    home: str
    graphs: Mapping[str, int]
    default: int | None
    union: bool
    updates: bool
    federates: bool
    version: str = ""

    @property
    def languages(self) -> tuple[str, ...]:
        """Names of the languages that are understood."""
        query = ("SPARQL10Query", "SPARQL11Query")
        return (*query, "SPARQL11Update") if self.updates else query

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features, as the specification names them."""
        return (
            *(("UnionDefaultGraph",) if self.union else ("EmptyGraphs",)),
            *(("BasicFederatedQuery",) if self.federates else ()),
        )


def of_release(manifest: Manifest, base: str, *, federates: bool = False) -> Facts:
    """Facts of ``/sparql`` at the address ``base``, which ends with a slash."""
    return Facts(
        endpoint=f"{base}sparql",
        home=base,
        graphs=manifest.graphs,
        default=manifest.counts.get("quads"),
        union=True,
        updates=False,
        federates=federates,
        version=manifest.id,
    )


def outline(facts: Facts) -> dict[str, object]:
    """The facts for a page."""
    return {
        "endpoint": facts.endpoint,
        "languages": [name.removeprefix("SPARQL") for name in facts.languages],
        "features": facts.features,
        "formats": RESULT_FORMATS,
        "functions": FUNCTIONS,
        "graphs": sorted(facts.graphs.items()),
        "quads": facts.default,
        "release": facts.version,
    }


def describe(facts: Facts, media_type: str) -> bytes:
    """The description in an RDF format."""
    form = GRAPH_FORMATS[media_type]
    prefixes = _PREFIXES if media_type in ("text/turtle", "application/trig") else None
    written = serialize(_triples(facts), format=form, prefixes=prefixes)
    assert written is not None  # noqa: S101  bytes, since no file was given
    return written


def _triples(facts: Facts) -> Iterator[Triple]:
    service = NamedNode(f"{facts.endpoint}#service")
    dataset = NamedNode(f"{facts.endpoint}#dataset")
    yield _typed(service, "Service")
    yield Triple(service, NamedNode(f"{SD}endpoint"), NamedNode(facts.endpoint))
    for name in facts.languages:
        yield Triple(service, NamedNode(f"{SD}supportedLanguage"), NamedNode(SD + name))
    for name in facts.features:
        yield Triple(service, NamedNode(f"{SD}feature"), NamedNode(SD + name))
    for name in RESULT_FORMATS:
        yield Triple(service, NamedNode(f"{SD}resultFormat"), NamedNode(FORMATS + name))
    if facts.updates:
        for name in _INPUT_FORMATS:
            yield Triple(service, NamedNode(f"{SD}inputFormat"), NamedNode(FORMATS + name))
    for iri in FUNCTIONS:
        yield Triple(service, NamedNode(f"{SD}extensionFunction"), NamedNode(iri))
    regime = NamedNode(_ENTAILMENT)
    yield Triple(service, NamedNode(f"{SD}defaultEntailmentRegime"), regime)
    yield Triple(service, NamedNode(f"{SD}defaultDataset"), dataset)
    yield Triple(service, NamedNode(f"{_FOAF}page"), NamedNode(f"{facts.home}conformance"))
    yield Triple(service, NamedNode(f"{RDFS}seeAlso"), NamedNode(f"{facts.home}.well-known/void"))
    for iri in FUNCTIONS:
        yield _typed(NamedNode(iri), "Function")
    yield from _dataset(dataset, facts)


def _dataset(dataset: NamedNode, facts: Facts) -> Iterator[Triple]:
    yield _typed(dataset, "Dataset")
    yield Triple(dataset, NamedNode(f"{DCT}license"), NamedNode(_LICENCE))
    if facts.version:
        version = Literal(facts.version)
        yield Triple(dataset, NamedNode(f"{OWL}versionInfo"), version)
    default = NamedNode(f"{facts.endpoint}#default-graph")
    yield Triple(dataset, NamedNode(f"{SD}defaultGraph"), default)
    yield _typed(default, "Graph")
    if facts.default is not None and not facts.union:
        yield _size(default, facts.default)
    graphs = sorted(facts.graphs.items())
    for place in range(len(graphs)):
        yield Triple(dataset, NamedNode(f"{SD}namedGraph"), BlankNode(f"n{place}"))
    for place, (iri, count) in enumerate(graphs):
        # Labels that stay, so that the same release gives the same bytes.
        named, graph = BlankNode(f"n{place}"), BlankNode(f"g{place}")
        yield _typed(named, "NamedGraph")
        yield Triple(named, NamedNode(f"{SD}name"), NamedNode(iri))
        yield Triple(named, NamedNode(f"{SD}graph"), graph)
        yield _typed(graph, "Graph")
        yield _size(graph, count)


def _typed(node: NamedNode | BlankNode, name: str) -> Triple:
    return Triple(node, NamedNode(f"{RDF}type"), NamedNode(SD + name))


def _size(graph: NamedNode | BlankNode, count: int) -> Triple:
    return Triple(graph, NamedNode(f"{_VOID}triples"), Literal(count))
