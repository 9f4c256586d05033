"""Namespaces, named graphs, prefixes and kinds: every IRI the code spells, in one place.

Entities live at ``https://w3id.org/mission-kg/id/{kind}/{slug}``, concepts at
``.../vocab/{scheme}/{term}``. One prefix per kind and per scheme, so that no local name holds a
slash (a slash needs escaping in Turtle and SPARQL, and some readers get the escape wrong).
"""

from typing import Final

BASE: Final = "https://w3id.org/mission-kg/"
MKG: Final = f"{BASE}ontology#"
SHAPES: Final = f"{BASE}shapes#"
ID: Final = f"{BASE}id/"
VOCAB: Final = f"{BASE}vocab/"
GRAPH: Final = f"{BASE}graph/"

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
PROV: Final = "http://www.w3.org/ns/prov#"
DCT: Final = "http://purl.org/dc/terms/"

GRAPH_ASSERTED: Final = f"{GRAPH}asserted"
"""Plain triples derived from claims that pass the published filter."""
GRAPH_INFERRED: Final = f"{GRAPH}inferred"
"""What the rules add to the asserted graph."""
GRAPH_INFERENCES: Final = f"{GRAPH}inferences"
"""Why a classification was drawn: ``mkg:Inference`` nodes with rule and premises."""
GRAPH_ASSESSMENTS: Final = f"{GRAPH}assessments"
"""Comparison cells: one ``mkg:FeatureAssessment`` per initiative and comparison feature."""
GRAPH_ONTOLOGY: Final = f"{GRAPH}ontology"
GRAPH_VOCABULARIES: Final = f"{GRAPH}vocabularies"
GRAPH_PROVENANCE: Final = f"{GRAPH}provenance"
"""Sources, evidence segments, agents and ingest activities."""
GRAPH_CLAIMS: Final = f"{GRAPH}claims/"
"""Prefix of one named graph per source, holding the claims made in it."""

KINDS: Final[dict[str, str]] = {
    "agent": "agent",
    "budget": "budget",
    "call": "call",
    "case": "case",
    "cctx": "country-context",
    "cell": "assessment",
    "chal": "challenge",
    "claim": "claim",
    "country": "country",
    "decision": "decision",
    "dp": "decision-point",
    "eval": "evaluation",
    "event": "event",
    "facility": "facility",
    "framing": "framing",
    "fund": "funding",
    "goal": "goal",
    "gov": "governance",
    "group": "actor-group",
    "impactpath": "impact-pathway",
    "ind": "indicator",
    "inference": "inference",
    "init": "initiative",
    "insight": "insight",
    "learn": "learning-process",
    "mech": "coordination-mechanism",
    "mission": "mission",
    "mix": "policy-mix",
    "mon": "monitoring-system",
    "obs": "observation",
    "org": "organisation",
    "part": "participation",
    "phase": "phase",
    "place": "place",
    "plan": "policy-plan",
    "portf": "portfolio",
    "problem": "problem",
    "profile": "comparison-profile",
    "project": "project",
    "q": "open-question",
    "rate": "exchange-rate",
    "rec": "recommendation",
    "resp": "response",
    "roadmap": "roadmap",
    "run": "ingest-run",
    "schal": "societal-challenge",
    "seg": "segment",
    "signpost": "signpost",
    "src": "source",
    "target": "target",
    "use": "instrument-use",
}
"""Prefix of each kind of entity -> the ``{kind}`` of its IRI."""

SCHEME_PREFIXES: Final[dict[str, str]] = {
    "change": "change-type",
    "cf": "comparison-feature",
    "concept": "policy-concept",
    "ctype": "challenge-type",
    "dim": "dimension",
    "disc": "discipline",
    "feat": "design-feature",
    "field": "policy-field",
    "fmodel": "funding-model",
    "fsrc": "funding-source",
    "impact": "impact-domain",
    "income": "income-group",
    "inittype": "initiative-type",
    "itype": "instrument-type",
    "lout": "learning-output",
    "modality": "claim-modality",
    "mstatus": "mission-status",
    "mtype": "mission-type",
    "origin": "origin-mode",
    "pcx": "problem-complexity",
    "region": "region",
    "review": "review-status",
    "risk": "risk-pattern",
    "role": "actor-role",
    "rtype": "response-type",
    "scale": "scale",
    "sourcekind": "source-kind",
    "stage": "innovation-stage",
    "tech": "technology",
    "topic": "topic",
    "vstatus": "value-status",
}
"""Short prefix -> scheme; every other scheme is its own prefix (``coordination-level:...``)."""

FOREIGN_PREFIXES: Final[dict[str, str]] = {
    "rdf": RDF,
    "rdfs": RDFS,
    "xsd": XSD,
    "owl": OWL,
    "skos": SKOS,
    "prov": PROV,
    "dct": DCT,
    "dcat": "http://www.w3.org/ns/dcat#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "oa": "http://www.w3.org/ns/oa#",
    "org-w3c": "http://www.w3.org/ns/org#",
    "schema": "https://schema.org/",
    "sdg": "http://metadata.un.org/sdg/",
    "sdgo": "http://metadata.un.org/sdg/ontology#",
    "sh": "http://www.w3.org/ns/shacl#",
    "vann": "http://purl.org/vocab/vann/",
    "void": "http://rdfs.org/ns/void#",
    "vs": "http://www.w3.org/2003/06/sw-vocab-status/ns#",
    "wd": "http://www.wikidata.org/entity/",
}
