"""The shapes of the workload: plain SPARQL 1.1 over the model, no engine's own words.

Every shape has an answer that does not depend on an engine's order: rows are compared as a bag,
and a ``LIMIT`` stands only where ``ORDER BY`` leaves no ties. ``kind`` groups shapes for the
targets: ``lookup`` and ``light`` touch one thing, ``scan`` goes over the library.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["lookup", "light", "scan", "dump"]
PREFIXES = """\
PREFIX mkg: <https://w3id.org/mission-kg/ontology#>
PREFIX init: <https://w3id.org/mission-kg/id/initiative/>
PREFIX cf: <https://w3id.org/mission-kg/vocab/comparison-feature/>
PREFIX country: <https://w3id.org/mission-kg/id/country/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""


@dataclass(frozen=True)
class Shape:
    """``topic``: which of the typical questions it stands for; ``graph``: it gives triples."""

    name: str
    topic: str
    kind: Kind
    text: str
    graph: bool = False

    @property
    def query(self) -> str:
        """The whole query."""
        return PREFIXES + self.text


SHAPES: tuple[Shape, ...] = (
    Shape("thing", "lookup", "lookup", "SELECT ?p ?o { init:pilot-e ?p ?o }"),
    Shape("exists", "lookup", "lookup", "ASK { init:pilot-e a mkg:MissionInitiative }"),
    Shape(
        "missions",
        "lookup",
        "lookup",
        """SELECT ?mission ?label {
  init:csiro-missions-program mkg:pursues ?mission . ?mission rdfs:label ?label }""",
    ),
    Shape(
        "card",
        "construct",
        "light",
        """CONSTRUCT { ?me ?p ?o . ?o rdfs:label ?label } WHERE {
  VALUES ?me { init:pilot-e } ?me ?p ?o . OPTIONAL { ?o rdfs:label ?label } }""",
        graph=True,
    ),
    Shape(
        "page",
        "optional",
        "light",
        """SELECT ?label ?owner ?ownerLabel ?country ?scale ?stage ?mix ?budget ?amount ?currency {
  VALUES ?me { init:pilot-e }
  ?me rdfs:label ?label
  OPTIONAL { ?me mkg:ownedBy ?owner OPTIONAL { ?owner rdfs:label ?ownerLabel } }
  OPTIONAL { ?me mkg:operatesIn ?country }
  OPTIONAL { ?me mkg:hasScale ?scale }
  OPTIONAL { ?me mkg:spansStage ?stage }
  OPTIONAL { ?me mkg:hasPolicyMix ?mix }
  OPTIONAL { ?me mkg:hasBudget ?budget
    OPTIONAL { ?budget mkg:amount ?amount } OPTIONAL { ?budget mkg:currency ?currency } } }""",
    ),
    Shape(
        "listing",
        "optional",
        "scan",
        """SELECT ?case ?me ?label ?owner ?country ?scale ?mix {
  ?case mkg:describes ?me . ?me rdfs:label ?label
  OPTIONAL { ?me mkg:ownedBy ?owner }
  OPTIONAL { ?me mkg:operatesIn ?country }
  OPTIONAL { ?me mkg:hasScale ?scale }
  OPTIONAL { ?me mkg:hasPolicyMix ?mix } }
ORDER BY ?label ?me ?case ?owner ?country ?scale ?mix LIMIT 200""",
    ),
    Shape(
        "two-facets",
        "facets",
        "scan",
        """SELECT DISTINCT ?me ?label {
  ?me mkg:hasFeature cf:cf-monitoring ; mkg:pursues ?mission ; rdfs:label ?label .
  ?mission mkg:inPolicyField <https://w3id.org/mission-kg/vocab/policy-field/energy> }""",
    ),
    Shape(
        "facet-counts",
        "facets",
        "scan",
        """SELECT ?feature (COUNT(DISTINCT ?me) AS ?n) {
  ?me a mkg:MissionInitiative ; mkg:hasFeature ?feature } GROUP BY ?feature""",
    ),
    Shape(
        "fields",
        "facets",
        "scan",
        """SELECT ?field (COUNT(DISTINCT ?me) AS ?n) {
  ?me mkg:pursues ?mission . ?mission mkg:inPolicyField ?field } GROUP BY ?field""",
    ),
    Shape(
        "side-by-side",
        "comparison",
        "light",
        """SELECT ?feature ?me ?status {
  VALUES ?me { init:pilot-e init:csiro-missions-program init:ifd-mission-programme }
  ?cell mkg:assesses ?me ; mkg:onFeature ?feature ; mkg:valueStatus ?status }""",
    ),
    Shape(
        "where-two-differ",
        "comparison",
        "light",
        """SELECT ?feature ?one ?other {
  ?a mkg:assesses init:pilot-e ; mkg:onFeature ?feature ; mkg:valueStatus ?one .
  ?b mkg:assesses init:csiro-missions-program ; mkg:onFeature ?feature ; mkg:valueStatus ?other
  FILTER(?one != ?other) }""",
    ),
    Shape(
        "by-country",
        "comparison",
        "scan",
        """SELECT ?country ?feature (COUNT(DISTINCT ?me) AS ?n) {
  ?me mkg:operatesIn ?country ; mkg:hasFeature ?feature } GROUP BY ?country ?feature""",
    ),
    Shape(
        "path-up",
        "path",
        "scan",
        """SELECT ?me ?kind {
  ?me mkg:pursues ?mission . ?mission a ?kind . ?kind rdfs:subClassOf* mkg:Mission }""",
    ),
    Shape(
        "path-mix",
        "path",
        "scan",
        """SELECT ?type (COUNT(DISTINCT ?me) AS ?n) {
  ?me mkg:hasPolicyMix/mkg:comprisesUse/mkg:ofInstrumentType ?type } GROUP BY ?type""",
    ),
    Shape(
        "path-concepts",
        "path",
        "light",
        """SELECT ?narrow ?label {
  ?narrow skos:broader* <https://w3id.org/mission-kg/vocab/instrument-type/PI020> .
  OPTIONAL { ?narrow skos:prefLabel ?label } }""",
    ),
    Shape(
        "text",
        "text",
        "scan",
        """SELECT ?thing ?label {
  ?thing rdfs:label ?label FILTER(CONTAINS(LCASE(STR(?label)), "mission 10")) }""",
    ),
    Shape(
        "text-regex",
        "text",
        "scan",
        """SELECT ?me ?label {
  ?me mkg:pursues ?mission . ?mission rdfs:label ?label
  FILTER(REGEX(STR(?label), "(hydrogen|energy|waste|10[.])", "i")) }""",
    ),
    Shape(
        "money",
        "aggregate",
        "scan",
        """SELECT ?currency ?year (SUM(?amount) AS ?sum) (COUNT(?budget) AS ?n) {
  ?me mkg:hasBudget ?budget . ?budget mkg:amount ?amount ; mkg:currency ?currency ;
    mkg:budgetYear ?year } GROUP BY ?currency ?year""",
    ),
    Shape(
        "owners-top",
        "aggregate",
        "scan",
        """SELECT ?owner (COUNT(DISTINCT ?me) AS ?n) { ?me mkg:ownedBy ?owner }
GROUP BY ?owner ORDER BY DESC(?n) ?owner LIMIT 20""",
    ),
    Shape(
        "features-many",
        "aggregate",
        "scan",
        """SELECT ?me (COUNT(DISTINCT ?feature) AS ?n) { ?me mkg:hasFeature ?feature }
GROUP BY ?me HAVING (COUNT(DISTINCT ?feature) >= 5)""",
    ),
    Shape(
        "modalities",
        "aggregate",
        "scan",
        """SELECT ?modality (COUNT(?claim) AS ?n) { ?claim mkg:modality ?modality }
GROUP BY ?modality""",
    ),
    Shape(
        "no-budget",
        "negation",
        "scan",
        """SELECT ?me ?label { ?case mkg:describes ?me . ?me rdfs:label ?label
  FILTER NOT EXISTS { ?me mkg:hasBudget ?budget } }""",
    ),
    Shape(
        "no-answer",
        "negation",
        "scan",
        """SELECT ?me ?challenge {
  ?me mkg:facesChallenge ?challenge
  MINUS { ?challenge mkg:respondedWith ?response . ?response mkg:ofResponseType ?type } }""",
    ),
    Shape(
        "similar",
        "similarity",
        "scan",
        """SELECT ?other (COUNT(?feature) AS ?shared) {
  init:csiro-missions-program mkg:hasFeature ?feature . ?other mkg:hasFeature ?feature
  FILTER(?other != init:csiro-missions-program) }
GROUP BY ?other ORDER BY DESC(?shared) ?other LIMIT 20""",
    ),
    Shape(
        "evidence",
        "evidence",
        "light",
        """SELECT ?claim ?feature ?modality ?source ?at ?link {
  ?claim mkg:claimSubject init:csiro-missions-program ; mkg:claimProperty mkg:hasFeature ;
    mkg:claimObject ?feature ; mkg:modality ?modality ; mkg:hasEvidence ?segment .
  ?segment mkg:fromSource ?source
  OPTIONAL { ?segment mkg:startTime ?at } OPTIONAL { ?segment mkg:mediaFragment ?link } }""",
    ),
    Shape(
        "evidence-counts",
        "evidence",
        "scan",
        """SELECT ?property (COUNT(?claim) AS ?claims) (COUNT(DISTINCT ?segment) AS ?places) {
  ?claim mkg:claimProperty ?property ; mkg:hasEvidence ?segment } GROUP BY ?property""",
    ),
    Shape(
        "case",
        "construct",
        "light",
        """CONSTRUCT { ?claim mkg:claimProperty ?property ; mkg:claimObject ?object ;
    mkg:claimValue ?value ; mkg:hasEvidence ?segment . ?segment mkg:fromSource ?source } WHERE {
  ?claim mkg:claimSubject init:pilot-e ; mkg:claimProperty ?property ; mkg:hasEvidence ?segment .
  ?segment mkg:fromSource ?source
  OPTIONAL { ?claim mkg:claimObject ?object } OPTIONAL { ?claim mkg:claimValue ?value } }""",
        graph=True,
    ),
    Shape(
        "dump-cells",
        "dump",
        "dump",
        """SELECT ?me ?feature ?status {
  ?cell mkg:assesses ?me ; mkg:onFeature ?feature ; mkg:valueStatus ?status }""",
    ),
    Shape(
        "dump-graph",
        "dump",
        "dump",
        """CONSTRUCT { ?s ?p ?o } WHERE {
  GRAPH <https://w3id.org/mission-kg/graph/asserted> { ?s ?p ?o } }""",
        graph=True,
    ),
)
"""The workload, from the small to the large."""

LIGHT_MIX = """\
SELECT ?p ?o {{ {0} ?p ?o }}
SELECT ?label ?owner ?country ?scale {{ {0} rdfs:label ?label \
OPTIONAL {{ {0} mkg:ownedBy ?owner }} OPTIONAL {{ {0} mkg:operatesIn ?country }} \
OPTIONAL {{ {0} mkg:hasScale ?scale }} }}
SELECT ?feature ?status {{ ?cell mkg:assesses {0} ; mkg:onFeature ?feature ; \
mkg:valueStatus ?status }}
SELECT ?claim ?property ?segment {{ ?claim mkg:claimSubject {0} ; mkg:claimProperty ?property ; \
mkg:hasEvidence ?segment }}
CONSTRUCT {{ {0} ?p ?o . ?o rdfs:label ?l }} WHERE {{ {0} ?p ?o OPTIONAL {{ ?o rdfs:label ?l }} }}
ASK {{ {0} mkg:hasFeature ?feature }}""".splitlines()
"""Questions on one practice, ``{0}``, for the measure of throughput."""

RUNAWAYS: tuple[str, ...] = (
    "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f",
    "SELECT (COUNT(*) AS ?n) { ?a (!<urn:x>)* ?b }",
    "SELECT (STRLEN(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE("
    '"aaaaaaaaaa", "a", "aaaaaaaaaa"), "a", "aaaaaaaaaa"), "a", "aaaaaaaaaa"), "a", "aaaaaaaaaa"), '
    '"a", "aaaaaaaaaa"), "a", "aaaaaaaaaa"), "a", "aaaaaaaaaa"), "a", "aaaaaaaaaa")) AS ?n) {}',
)
"""Queries that never end or take all memory, of a client that sends nothing else."""
