"""Small ontologies and graphs for the rules, and the prototypes of the ontology's own tests."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from kg.reasoning import RuleSet, compile_rules
from kg.stores.oxigraph import OxigraphStore
from ontology.files import scheme_files
from ontology.names import GRAPH_ASSERTED, GRAPH_INFERRED, GRAPH_VOCABULARIES

PREFIXES = """
@prefix : <https://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
ONTOLOGY_CASES = Path(__file__).parents[2] / "ontology" / "cases"

Compile = Callable[[str], RuleSet]
MakeStore = Callable[[str], OxigraphStore]
Read = Callable[[str], set[Triple]]


@pytest.fixture
def compile_text(tmp_path: Path) -> Compile:
    """A function: the rules of an ontology given as Turtle; guarded rules left out."""

    def run(turtle: str) -> RuleSet:
        path = tmp_path / "ontology.ttl"
        path.write_text(PREFIXES + turtle, encoding="utf-8")
        return compile_rules([path], derive_dir=None)

    return run


@pytest.fixture(scope="session")
def store_of() -> MakeStore:
    """A function: a store with the Turtle as its asserted graph."""

    def run(turtle: str) -> OxigraphStore:
        store = OxigraphStore.memory()
        quads = parse(PREFIXES + turtle, format=RdfFormat.TURTLE)
        graph = NamedNode(GRAPH_ASSERTED)
        store.add(type(q)(q.subject, q.predicate, q.object, graph) for q in quads)
        return store

    return run


@pytest.fixture(scope="session")
def triples() -> Read:
    """A function: the triples of Turtle."""

    def run(turtle: str) -> set[Triple]:
        return {quad.triple for quad in parse(PREFIXES + turtle, format=RdfFormat.TURTLE)}

    return run


@pytest.fixture(scope="session")
def inferred() -> Callable[[OxigraphStore], set[Triple]]:
    """A function: the triples of the inferred graph."""
    return lambda store: {quad.triple for quad in store.quads(GRAPH_INFERRED)}


@pytest.fixture
def prototypes() -> OxigraphStore:
    """The prototype individuals of the ontology's tests, with the vocabularies."""
    store = OxigraphStore.memory()
    for name in ("practices.ttl", "controls.ttl"):
        store.load(ONTOLOGY_CASES / name, GRAPH_ASSERTED)
    for path in scheme_files():
        store.load(path, GRAPH_VOCABULARIES)
    return store
