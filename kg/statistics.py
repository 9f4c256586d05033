"""VoID statistics, counted while the dump's lines pass by.

What is counted follows the VoID note (https://www.w3.org/TR/void/, section 4): triples, entities,
distinct subjects and objects, properties and classes, and partitions by class and property, for the
whole and for each named graph, the graphs of claims (one per source) being counted as one with
their sizes listed. Lines come sorted by subject, so subjects need no set.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from ontology.names import BASE, GRAPH_CLAIMS, ID, MKG, RDF

_TYPE: Final = f"<{RDF}type>".encode()
_MODALITY: Final = f"<{MKG}modality>".encode()
_ENTITY: Final = f"<{ID}".encode()
_CLAIMS: Final = f"<{GRAPH_CLAIMS}".encode()
_ALL_CLAIMS: Final = f"<{GRAPH_CLAIMS.removesuffix('/')}>".encode()
DATASET: Final = f"{BASE}dataset"


@dataclass(slots=True)
class Tally:
    """Counts of one graph, or of all. Keys are N-Triples terms as bytes."""

    triples: int = 0
    subjects: int = 0
    entities: int = 0
    objects: set[int] = field(default_factory=set)
    properties: Counter[bytes] = field(default_factory=Counter)
    classes: Counter[bytes] = field(default_factory=Counter)
    last_subject: bytes = b""

    def add(self, subject: bytes, predicate: bytes, value: bytes) -> None:
        """Count one triple; triples of one subject must come together."""
        self.triples += 1
        if subject != self.last_subject:
            self.last_subject = subject
            self.subjects += 1
            self.entities += subject.startswith(_ENTITY)
        self.objects.add(hash(value))
        self.properties[predicate] += 1
        if predicate == _TYPE:
            self.classes[value] += 1


class Statistics:
    """Takes the lines of a sorted N-Quads dump and tells what they hold."""

    def __init__(self) -> None:
        self.whole = Tally()
        self.graphs: dict[bytes, Tally] = {}
        self.sources: Counter[bytes] = Counter()
        self.modalities: Counter[bytes] = Counter()

    def see(self, line: bytes) -> None:
        """Count one line of the dump."""
        subject, predicate, rest = line.split(b" ", 2)
        value, _, graph = rest[:-3].rpartition(b" ")
        if graph.startswith(_CLAIMS):
            self.sources[graph] += 1
            graph = _ALL_CLAIMS
        tally = self.graphs.get(graph)
        if tally is None:
            tally = self.graphs[graph] = Tally()
        tally.add(subject, predicate, value)
        self.whole.add(subject, predicate, value)
        if predicate == _MODALITY:
            self.modalities[value] += 1

    def by_graph(self) -> dict[str, int]:
        """Graph IRI -> quads, the claims of each source apart."""
        counts = {graph: tally.triples for graph, tally in self.graphs.items()}
        counts.pop(_ALL_CLAIMS, None)
        return {_plain(graph): n for graph, n in sorted({**counts, **self.sources}.items())}

    def by_class(self) -> dict[str, int]:
        """Class IRI -> type statements in all graphs."""
        return {_plain(name): count for name, count in sorted(self.whole.classes.items())}

    def by_modality(self) -> dict[str, int]:
        """Modality term (slug) -> claims."""
        return {
            _plain(name).rpartition("/")[2]: count
            for name, count in sorted(self.modalities.items())
        }

    def void(self, release_id: str, created: str) -> str:
        """The statistics as a VoID description in Turtle."""
        head = (
            "@prefix void: <http://rdfs.org/ns/void#> .\n"
            "@prefix dct: <http://purl.org/dc/terms/> .\n"
            "@prefix sd: <http://www.w3.org/ns/sparql-service-description#> .\n"
            "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n\n"
        )
        about = (
            '  dct:title "Mission Practice Graph"@en ;\n'
            f'  dct:identifier "{release_id}" ;\n'
            f'  dct:created "{created}"^^xsd:dateTime ;\n'
            "  dct:license <https://creativecommons.org/licenses/by/4.0/> ;\n"
            f'  void:uriSpace "{ID}" ;\n'
        )
        parts = "".join(
            f"  void:subset <{_part(graph)}> ;\n" for graph in sorted({*self.graphs, *self.sources})
        )
        whole = f"<{DATASET}> a void:Dataset ;\n{about}{parts}{_body(self.whole)}"
        graphs = "".join(
            f"\n<{_part(graph)}> a void:Dataset ;\n{_named(graph)}{_body(tally)}"
            for graph, tally in sorted(self.graphs.items())
        )
        sources = "".join(
            f"\n<{_part(graph)}> a void:Dataset ;\n  sd:name {graph.decode()} ;\n"
            f"  void:triples {count} .\n"
            for graph, count in sorted(self.sources.items())
        )
        return head + whole + graphs + sources


def _body(tally: Tally) -> str:
    lines = [
        f"  void:triples {tally.triples} ;",
        f"  void:entities {tally.entities} ;",
        f"  void:distinctSubjects {tally.subjects} ;",
        f"  void:distinctObjects {len(tally.objects)} ;",
        f"  void:properties {len(tally.properties)} ;",
    ]
    lines += [
        f"  void:classPartition [ void:class {name.decode()} ; void:entities {count} ] ;"
        for name, count in sorted(tally.classes.items())
        if name.startswith(b"<")
    ]
    lines += [
        f"  void:propertyPartition [ void:property {name.decode()} ; void:triples {count} ] ;"
        for name, count in sorted(tally.properties.items())
    ]
    lines.append(f"  void:classes {len(tally.classes)} .\n")
    return "\n".join(lines)


def _named(graph: bytes) -> str:
    """Which named graph the numbers are of; the claims of all sources are no single graph."""
    return "" if graph == _ALL_CLAIMS else f"  sd:name {graph.decode()} ;\n"


def _plain(term: bytes) -> str:
    return term.decode().removeprefix("<").removesuffix(">")


def _part(graph: bytes) -> str:
    return f"{DATASET}/{_plain(graph).removeprefix(f'{BASE}graph/')}"
