"""W3C test manifests -> test cases.

Files keep the addresses under which the suites are published, so that a relative IRI in a
manifest, a query, a data file or an expected result means the same in each of them.
"""

from dataclasses import dataclass
from pathlib import Path

from rdflib import RDF, RDFS, Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")

PUBLISHED = "https://w3c.github.io/rdf-tests/"
"""Where the W3C publishes the repository of tests."""

SUITES = {
    "SPARQL 1.0 Query": "sparql/sparql10/manifest.ttl",
    "SPARQL 1.0 Query, extended": "sparql/sparql10/extended-manifest-evaluation.ttl",
    "SPARQL 1.1 Query": "sparql/sparql11/manifest-sparql11-query.ttl",
    "SPARQL 1.1 Update": "sparql/sparql11/manifest-sparql11-update.ttl",
    "SPARQL 1.1 Query Results": "sparql/sparql11/manifest-sparql11-results.ttl",
    "SPARQL 1.1 Federated Query": "sparql/sparql11/manifest-sparql11-fed.ttl",
    "SPARQL 1.1 Protocol": "sparql/sparql11/protocol/manifest.ttl",
    "SPARQL 1.1 Service Description": "sparql/sparql11/service-description/manifest.ttl",
    "SPARQL 1.1 Graph Store Protocol": "sparql/sparql11/graph-store-protocol/manifest.ttl",
}
"""Name of a suite -> its manifest inside a checkout of w3c/rdf-tests."""


@dataclass(frozen=True)
class Source:
    """A file of a suite: its published address and where it lies here."""

    iri: str
    path: Path

    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Case:
    """One test: its IRI and kind, and the manifest it stands in."""

    iri: str
    name: str
    kind: str
    suite: str
    suite_iri: str
    id: str
    node: Node
    graph: Graph
    root: Path

    def one(self, *path: Node) -> Node | None:
        """Follow predicates from the test; ``None`` where one is missing."""
        node: Node | None = self.node
        for predicate in path:
            node = self.graph.value(node, predicate) if node is not None else None
        return node

    def source(self, node: Node | str) -> Source:
        """Find the file that stands at a published address. Raises ``ValueError``."""
        return Source(str(node), self.root / _inside(str(node)))

    def dataset(self, node: Node, vocabulary: Namespace) -> list[tuple[str | None, Source]]:
        """List the (graph name, file) of an action or a result; ``None``: the default graph."""
        found: list[tuple[str | None, Source]] = [
            (None, self.source(data)) for data in self.graph.objects(node, vocabulary.data)
        ]
        for named in self.graph.objects(node, vocabulary.graphData):
            file = self.graph.value(named, vocabulary.graph) or named
            label = self.graph.value(named, RDFS.label) or file
            found.append((str(label), self.source(file)))
        return sorted(found, key=lambda each: (each[0] or "", each[1].iri))


def _inside(iri: str) -> str:
    if not iri.startswith(PUBLISHED):
        raise ValueError(f"{iri} is not in the suites; expected an address under {PUBLISHED}.")
    return iri.removeprefix(PUBLISHED)


def read(given: Path) -> list[Case]:
    """Read a manifest file, or all known suites of a directory laid out as w3c/rdf-tests.

    Raises ``FileNotFoundError`` where the place holds no manifest that is known.
    """
    if given.is_file():
        root = next((p.parent for p in given.parents if p.name in ("sparql", "rdf")), given.parent)
        return _entries(given, root, None, None)
    found = {name: given / path for name, path in SUITES.items() if (given / path).is_file()}
    if not found:
        raise FileNotFoundError(f"{given} holds none of the suites, {', '.join(SUITES.values())}.")
    return [
        case
        for name, path in found.items()
        for case in _entries(path, given, name, PUBLISHED + SUITES[name])
    ]


def _entries(path: Path, root: Path, suite: str | None, suite_iri: str | None) -> list[Case]:
    place = PUBLISHED + path.relative_to(root).as_posix()
    graph = Graph().parse(path, format="turtle", publicID=place)
    # Some manifests are named by a blank node; there is one in each file.
    manifest = graph.value(predicate=RDF.type, object=MF.Manifest, default=URIRef(place))
    label = suite or str(graph.value(manifest, RDFS.label) or path.parent.name)
    cases = []
    for include in graph.objects(manifest, MF.include):
        for item in Collection(graph, include):
            cases += _entries(root / _inside(str(item)), root, label, suite_iri or place)
    for entries in graph.objects(manifest, MF.entries):
        for node in Collection(graph, entries):
            kinds = sorted(str(kind).rpartition("#")[2] for kind in graph.objects(node, RDF.type))
            local = str(node).rpartition("#")[2]
            where = path.parent.relative_to(root).as_posix().removeprefix("sparql/")
            cases.append(
                Case(
                    iri=str(node),
                    name=" ".join(str(graph.value(node, MF.name) or local).split()),
                    kind=kinds[0] if kinds else "",
                    suite=label,
                    suite_iri=suite_iri or place,
                    id=f"{where}/{local}",
                    node=node,
                    graph=graph,
                    root=root,
                )
            )
    if not cases:
        raise ValueError(f"{path} is no manifest with tests: it has no mf:entries, no mf:include.")
    return cases
