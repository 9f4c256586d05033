"""The shipped ontology, shapes and alignments as RDF documents, and their statements by subject.

They belong to the software, not to a release: ``/ontology`` gives the version that this software
knows, a release's own copy is its named graph ``ontology``. Blank nodes are named by RDFC-1.0, so
that the same files always give the same bytes.
"""

from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, NamedNode, Quad

from kg.dumping import canonical_quads
from ontology.files import alignment_files, modules, shape_files
from ontology.names import BASE, GRAPH_ONTOLOGY, OWL, RDF

ONTOLOGY: Final = f"{BASE}ontology"
SHAPES_DOCUMENT: Final = f"{BASE}shapes"
_AXIOMS: Final = f"{ONTOLOGY}/axioms"
_ALIGNMENTS: Final = f"{BASE}alignments/"


def ontology() -> tuple[Quad, ...]:
    """The two modules as one ontology: one header, as OWL tools expect of a document."""
    return tuple(quad for quad in _read(modules()) if quad.subject != NamedNode(_AXIOMS))


def shapes() -> tuple[Quad, ...]:
    """All SHACL shapes, under one header that names their files' headers as parts."""
    kept = [quad for quad in _read(shape_files()) if not _is_header_import(quad)]
    header = NamedNode(SHAPES_DOCUMENT)
    return (Quad(header, NamedNode(f"{RDF}type"), NamedNode(f"{OWL}Ontology")), *kept)


def alignment(name: str) -> tuple[Quad, ...] | None:
    """Alignment with a neighbouring vocabulary, ``None`` where there is none of that name."""
    path = next((path for path in alignment_files() if path.stem == name), None)
    return None if path is None else _read((path,))


def alignments() -> dict[str, str]:
    """Names of the alignments and their IRIs."""
    return {path.stem: f"{_ALIGNMENTS}{path.stem}" for path in alignment_files()}


@cache
def shipped_quads() -> dict[str, tuple[Quad, ...]]:
    """Statements by subject (written as in N-Triples), in the named graph where they stand."""
    found: dict[str, list[Quad]] = defaultdict(list)
    for quad in canonical_quads((*modules(), *alignment_files()), GRAPH_ONTOLOGY):
        found[str(quad.subject)].append(quad)
    for quad in _read(shape_files()):
        found[str(quad.subject)].append(quad)
    return {subject: tuple(quads) for subject, quads in found.items()}


@cache
def _read(paths: tuple[Path, ...]) -> tuple[Quad, ...]:
    quads = canonical_quads(paths, GRAPH_ONTOLOGY)
    return tuple(
        sorted((Quad(quad.subject, quad.predicate, quad.object) for quad in quads), key=_order)
    )


def _is_header_import(quad: Quad) -> bool:
    return quad.predicate == NamedNode(f"{OWL}imports") or (
        quad.object == NamedNode(f"{OWL}Ontology")
    )


def _order(quad: Quad) -> tuple[bool, str, str, str]:
    """Named subjects first: a reader of the file meets the terms before their expressions."""
    named = not isinstance(quad.subject, BlankNode)
    return (not named, str(quad.subject), str(quad.predicate), str(quad.object))
