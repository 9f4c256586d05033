"""SHACL findings in words; the evidence shapes hold for every claim that the code writes."""

import json
from collections.abc import Callable

import pytest
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple

from kg.gathering import gather
from kg.model import Batch, Finding
from kg.stores.oxigraph import OxigraphStore
from kg.validation import as_json, as_markdown, facts_as_rdflib, shipped_shapes, validate
from ontology.curies import expand
from ontology.files import scheme_files
from ontology.names import (
    GRAPH_ASSERTED,
    GRAPH_CLAIMS,
    GRAPH_PROVENANCE,
    GRAPH_VOCABULARIES,
    MKG,
    RDF,
    RDFS,
    XSD,
)

SHAPES = rdflib.Graph().parse(
    format="turtle",
    data="""
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix mkg: <https://w3id.org/mission-kg/ontology#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix s: <https://example.org/shapes#> .
s:Mission a sh:NodeShape ; sh:targetClass mkg:Mission ;
  sh:property s:status, s:name, s:count, s:silent ;
  sh:sparql [ sh:message "Told by SPARQL." ;
    sh:select "SELECT $this WHERE { $this <https://w3id.org/mission-kg/ontology#pursuedBy> ?x }" ] .
s:status sh:path mkg:hasStatus ; sh:minCount 1 ; sh:class mkg:MissionStatus ;
  sh:message "Dites l'état."@fr, "Say the status"@en .
s:name sh:path mkg:statement ; sh:in ( "yes" "no" ) ; sh:severity sh:Warning ;
  sh:message "Say yes or no." .
s:count sh:path mkg:missionCount ; sh:datatype xsd:integer ; sh:message "Give a whole number." .
s:silent sh:path mkg:remark ; sh:maxCount 0 ; sh:severity sh:Info .
""",
)
Make = Callable[..., list[Batch]]
M = NamedNode(expand("mission:m"))


def store_of(*triples: tuple[NamedNode, str, NamedNode | Literal]) -> OxigraphStore:
    store = OxigraphStore.memory()
    graph = NamedNode(GRAPH_ASSERTED)
    mission = (M, f"{RDF}type", NamedNode(f"{MKG}Mission"))
    store.add(
        Quad(s, NamedNode(p if ":" in p else MKG + p), o, graph) for s, p, o in (mission, *triples)
    )
    return store


STATUS = (M, "hasStatus", NamedNode(expand("mstatus:launched")))
STATUS_TYPE = (STATUS[2], f"{RDF}type", NamedNode(f"{MKG}MissionStatus"))


class TestFindings:
    def test_what_is_right_gives_none(self) -> None:
        name = (M, "statement", Literal("yes"))
        count = (M, "missionCount", Literal(3))
        assert validate(store_of(STATUS, STATUS_TYPE, name, count), SHAPES) == ()

    def test_a_missing_value_is_told_in_english_with_label_and_place(self) -> None:
        label = (M, f"{RDFS}label", Literal("Clean seas", language="en"))
        (finding,) = validate(store_of(label), SHAPES)
        assert finding == Finding(
            severity="violation",
            message='"Clean seas" (has status): Say the status.',
            place="mission:m",
            subject=M.value,
            shape="https://example.org/shapes#status",
        )

    def test_a_wrong_value_is_shown(self) -> None:
        wrong = (M, "missionCount", Literal("three"))
        (finding,) = validate(store_of(STATUS, STATUS_TYPE, wrong), SHAPES)
        assert finding.message == 'mission:m (mission count): Give a whole number. Found: "three".'

    def test_a_wrong_thing_is_shown_by_its_label(self) -> None:
        other = NamedNode(expand("org:x"))
        label = (other, f"{RDFS}label", Literal("A body", language="en"))
        (finding,) = validate(store_of((M, "hasStatus", other), label), SHAPES)
        assert finding.message.endswith('Found: "A body".')

    def test_severities_and_order(self) -> None:
        facts = [
            (M, "statement", Literal("perhaps")),
            (M, "remark", Literal("x")),
            (M, "pursuedBy", NamedNode(expand("init:i"))),
        ]
        findings = validate(store_of(*facts), SHAPES)
        assert [f.severity for f in findings] == ["violation", "violation", "warning", "info"]
        assert any("Told by SPARQL." in finding.message for finding in findings)
        assert all(finding.message.endswith(".") for finding in findings)

    def test_nothing_is_false_for_strings_and_numbers(self) -> None:
        decimal = Literal("1.5", datatype=NamedNode(f"{XSD}decimal"))
        facts = facts_as_rdflib(store_of((M, "statement", Literal("x")), (M, "amount", decimal)))
        assert rdflib.Literal("x") in set(facts.objects())
        assert rdflib.Literal("1.5", datatype=rdflib.XSD.decimal) in set(facts.objects())


class TestDisagreement:
    SHAPES = rdflib.Graph().parse(
        format="turtle",
        data="""
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix mkg: <https://w3id.org/mission-kg/ontology#> .
[] a sh:NodeShape ; sh:targetClass mkg:Mission ;
  sh:property [ sh:path mkg:hasStatus ; sh:minCount 1 ; sh:message "Say the status." ] ,
    [ sh:path [ sh:alternativePath ( mkg:deadline mkg:startDate ) ] ; sh:minCount 1 ;
      sh:message "Say when." ] ,
    [ sh:path [ sh:inversePath mkg:pursues ] ; sh:minCount 1 ; sh:message "Say by whom." ] .
""",
    )

    def test_a_value_that_sources_dispute_is_missing_with_a_warning_only(self) -> None:
        disputed = {(M.value, f"{MKG}hasStatus"), (M.value, f"{MKG}startDate")}
        findings = validate(store_of(), self.SHAPES, disputed)
        told = {(finding.severity, finding.message.rpartition(": ")[2]) for finding in findings}
        assert told == {
            ("violation", "Say by whom."),
            (
                "warning",
                "Sources disagree, so no value is stated. Settle it by reviewing their claims.",
            ),
        }
        assert len(findings) == 3

    def test_without_a_dispute_it_stops(self) -> None:
        assert {f.severity for f in validate(store_of(), self.SHAPES)} == {"violation"}


class TestShippedShapes:
    def test_a_good_library_has_no_violation(self, make_batches: Make) -> None:
        store = OxigraphStore.memory()
        found = gather(store, make_batches(1), lambda *_: None)
        assert found.seen
        evidence = rdflib.Graph()
        for graph in store.graphs():
            assert graph == GRAPH_PROVENANCE or graph.startswith(GRAPH_CLAIMS)
            for quad in store.quads(graph):
                evidence.add(_as_rdflib(quad))
        findings = validate(_asserting(evidence))
        assert [f.message for f in findings if f.severity == "violation"] == []

    def test_a_claim_without_modality_or_evidence_is_found(self, make_batches: Make) -> None:
        store = OxigraphStore.memory()
        gather(store, make_batches(1), lambda *_: None)
        cut = (f"{MKG}modality", f"{MKG}hasEvidence")
        evidence = rdflib.Graph()
        for quad in store.quads():
            if quad.predicate.value not in cut:
                evidence.add(_as_rdflib(quad))
        violations = [f for f in validate(_asserting(evidence)) if f.severity == "violation"]
        assert len(violations) >= 2 * 32

    def test_shapes_are_read_once(self) -> None:
        assert shipped_shapes() is shipped_shapes()


class TestReports:
    FINDINGS = (
        Finding("violation", "bad.", "mission:m"),
        Finding("info", "note.", "mission:n"),
    )

    def test_in_words(self) -> None:
        words = as_markdown(self.FINDINGS)
        assert "## Violations (they stop a release): 1\n\n- mission:m: bad." in words
        assert "## Warnings: 0" in words
        assert "nothing to report" in as_markdown(())

    def test_as_json(self) -> None:
        first, second = json.loads(json.dumps(as_json(self.FINDINGS)))
        assert (first["severity"], second["place"]) == ("violation", "mission:n")


def test_triple_terms_are_refused() -> None:
    quoted = Triple(M, NamedNode("a:p"), M)
    store = OxigraphStore.memory()
    store.add([Quad(M, NamedNode("a:p"), quoted, NamedNode(GRAPH_ASSERTED))])
    with pytest.raises(TypeError, match="cannot be a term"):
        facts_as_rdflib(store)


def test_blank_nodes_stay_blank() -> None:
    store = OxigraphStore.memory()
    store.add([Quad(BlankNode("b"), NamedNode("a:p"), M, NamedNode(GRAPH_ASSERTED))])
    assert rdflib.BNode("b") in set(facts_as_rdflib(store).subjects())


def _as_rdflib(quad: Quad) -> tuple[rdflib.URIRef, rdflib.URIRef, rdflib.term.Node]:
    value: rdflib.term.Node = rdflib.URIRef(quad.object.value)
    if isinstance(quad.object, Literal):
        plain = quad.object.datatype.value == f"{XSD}string"
        kind = None if plain or quad.object.language else rdflib.URIRef(quad.object.datatype.value)
        value = rdflib.Literal(quad.object.value, lang=quad.object.language, datatype=kind)
    return rdflib.URIRef(quad.subject.value), rdflib.URIRef(quad.predicate.value), value


def _asserting(graph: rdflib.Graph) -> OxigraphStore:
    """A store whose asserted graph holds these triples."""
    store = OxigraphStore.memory()
    data = graph.serialize(format="nt", encoding="utf-8")
    store._store.load(data, RdfFormat.N_TRIPLES, to_graph=NamedNode(GRAPH_ASSERTED))
    for path in scheme_files():
        store.load(path, GRAPH_VOCABULARIES)
    return store
