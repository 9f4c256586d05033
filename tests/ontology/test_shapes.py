"""The shapes: well formed, complete in their words, and each with a good and a bad example."""

import re
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from pyshacl import validate
from rdflib import RDF, RDFS, SH, SKOS, Graph, Literal, URIRef

from ontology.files import modules, scheme_files, shape_files
from ontology.names import MKG, SHAPES

CASES = sorted((Path(__file__).parent / "cases" / "shapes").glob("*.ttl"))
EXAMPLE = "https://example.org/"
FOREIGN_TARGETS = {SKOS.ConceptScheme}


class Expected(NamedTuple):
    """One line of the header of a case: what the validation has to find."""

    focus: str
    severity: str
    shape: str
    words: str


def read_graph(paths: tuple[Path, ...]) -> Graph:
    graph = Graph()
    for path in paths:
        graph.parse(path)
    return graph


@pytest.fixture(scope="module")
def shapes() -> Graph:
    return read_graph(shape_files())


@pytest.fixture(scope="module")
def schemes() -> Graph:
    return read_graph(scheme_files())


@pytest.fixture(scope="module")
def model() -> Graph:
    return read_graph(modules())


def expected_of(path: Path) -> set[Expected]:
    pattern = r"# ex:(\S+) sh:(Violation|Warning|Info) ([\w-]+): (.+)"
    return {Expected(*found) for found in re.findall(pattern, path.read_text(encoding="utf-8"))}


def results_of(report: Graph) -> set[Expected]:
    return {
        Expected(
            str(report.value(result, SH.focusNode)).removeprefix(EXAMPLE),
            str(report.value(result, SH.resultSeverity)).removeprefix(str(SH)),
            str(report.value(result, SH.sourceShape)).removeprefix(SHAPES),
            str(report.value(result, SH.resultMessage)),
        )
        for result in report.objects(None, SH.result)
    }


def run(data: Graph, shapes: Graph) -> Graph:
    _, report, _ = validate(data, shacl_graph=shapes)
    assert isinstance(report, Graph)
    return report


def with_a_target(shapes: Graph) -> set[str]:
    targets = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH.targetNode)
    return {str(s).removeprefix(SHAPES) for t in targets for s in shapes.subjects(t, None)}


def test_shapes_are_valid_shacl(shapes: Graph) -> None:
    conforms, _, text = validate(Graph(), shacl_graph=shapes, meta_shacl=True)
    assert conforms, text


def test_every_shape_with_a_target_has_a_case(shapes: Graph) -> None:
    assert {path.stem for path in CASES} == with_a_target(shapes)
    assert len(CASES) >= 47


def test_every_target_class_is_declared(shapes: Graph, model: Graph) -> None:
    targets = set(shapes.objects(None, SH.targetClass)) - FOREIGN_TARGETS
    assert targets - set(model.subjects(RDF.type, None)) == set()


def test_one_node_shape_per_class(shapes: Graph) -> None:
    targets = list(shapes.objects(None, SH.targetClass))
    assert len(targets) == len(set(targets))


def test_every_own_term_in_the_shapes_is_declared(shapes: Graph, model: Graph) -> None:
    used = {str(term) for triple in shapes for term in triple if str(term).startswith(MKG)}
    for query in shapes.objects(None, SH.select):
        used |= {MKG + name for name in re.findall(r"\bmkg:(\w+)", str(query))}
    used.discard(MKG)
    assert used - {str(s) for s in model.subjects(RDF.type, None)} == set()


def test_every_property_shape_speaks_to_people(shapes: Graph) -> None:
    named = [s for s in shapes.subjects(RDF.type, SH.PropertyShape) if isinstance(s, URIRef)]
    assert len(named) >= 120
    for shape in named:
        for predicate in (SH.message, SH.name, SH.description):
            word = shapes.value(shape, predicate)
            assert isinstance(word, Literal), f"{predicate} of {shape}"
            assert word.language == "en", shape
        message = str(shapes.value(shape, SH.message))
        assert message.endswith("."), shape
        assert shapes.value(shape, SH.severity) in (SH.Violation, SH.Warning, SH.Info), shape


def test_node_shapes_say_what_they_are_for(shapes: Graph) -> None:
    for shape in shapes.subjects(SH.targetClass, None):
        assert shapes.value(shape, RDFS.label), shape
        assert shapes.value(shape, RDFS.comment), shape


def test_every_property_shape_is_used(shapes: Graph) -> None:
    named = {s for s in shapes.subjects(RDF.type, SH.PropertyShape) if isinstance(s, URIRef)}
    assert named - set(shapes.objects(None, SH.property)) == set()
    helpers = {s for s in shapes.subjects(RDF.type, SH.NodeShape) if "#in-" in str(s)}
    assert helpers - set(shapes.objects(None, SH.node)) == set()


def test_every_scheme_named_in_a_shape_exists(shapes: Graph, schemes: Graph) -> None:
    known = set(schemes.subjects(RDF.type, SKOS.ConceptScheme))
    vocab = "https://w3id.org/mission-kg/vocab/"
    named = {o for o in shapes.objects() if isinstance(o, URIRef) and o.startswith(vocab)}
    heads = {o for o in named if "/" not in str(o).removeprefix(vocab)}
    assert heads - known == set()
    assert (named - heads) - set(schemes.subjects(RDF.type, SKOS.Concept)) == set()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case_gives_exactly_the_expected_findings(
    path: Path, shapes: Graph, schemes: Graph
) -> None:
    data = Graph().parse(path)
    for named in set(data.objects()):
        for scheme in schemes.objects(named, SKOS.inScheme):
            data.add((named, SKOS.inScheme, scheme))
    results = results_of(run(data, shapes))
    found = {result for result in results if result.focus.startswith(("good", "bad"))}
    expected = expected_of(path)
    assert expected, f"{path.name} expects nothing"
    assert any(str(s).startswith(f"{EXAMPLE}good") for s in data.subjects())
    unmet = {e for e in expected if not any(e[:3] == f[:3] and e.words in f.words for f in found)}
    surplus = {f for f in found if not any(e[:3] == f[:3] and e.words in f.words for e in expected)}
    assert (unmet, surplus) == (set(), set())


def test_the_vocabularies_conform(shapes: Graph, schemes: Graph) -> None:
    begun = time.perf_counter()
    assert results_of(run(schemes, shapes)) == set()
    assert time.perf_counter() - begun < 60
