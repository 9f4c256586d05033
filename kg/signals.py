"""What facts speak for a comparison feature, as data: one line per way of knowing.

A signal holds for an initiative (``?i``) where all its patterns match and ``?x`` has at least
``least`` different values. A pattern is subject, property and object: variables, or concepts as
CURIEs. The property is a local name of ``mkg:``, or ``a``, a CURIE, or ``=``: these three look at
the vocabularies, the others at facts. The claims behind the matched facts are the evidence of the
cell.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Signal:
    """``feature``: comparison feature (slug). ``words``: why it is present, for a reader."""

    feature: str
    words: str
    patterns: tuple[tuple[str, str, str], ...]
    least: int = 1


def _signal(feature: str, words: str, patterns: str, least: int = 1) -> Signal:
    triples = (tuple(pattern.split()) for pattern in patterns.split(" . "))
    return Signal(f"cf-{feature}", words, tuple((s, p, o) for s, p, o in triples), least)


_MIX: Final = "?i hasPolicyMix ?m . ?m comprisesUse ?u . ?u ofInstrumentType ?x"
_DIRECT: Final = "?i usesInstrumentType ?x"


def _instruments(feature: str, words: str, kind: str) -> tuple[Signal, ...]:
    """A kind of instrument in the mix, known through its uses or stated of the initiative."""
    return tuple(_signal(feature, words, f"{way} . ?x {kind}") for way in (_MIX, _DIRECT))


SIGNALS: Final = (
    _signal(
        "measurable-goals",
        "a mission has a target with a value",
        "?i pursues ?m . ?m hasTarget ?x . ?x targetValue ?v",
    ),
    _signal(
        "measurable-goals",
        "a mission has a target with a range of values",
        "?i pursues ?m . ?m hasTarget ?x . ?x targetRange ?v",
    ),
    _signal(
        "time-bound-goals",
        "a mission has a target with a deadline",
        "?i pursues ?m . ?m hasTarget ?x . ?x deadline ?v",
    ),
    _signal("origin", "it is stated how it came about", "?i hasOrigin ?x"),
    _signal("ownership", "an owner is named", "?i ownedBy ?x"),
    _signal("ownership", "the degree of ownership is stated", "?i hasOwnershipDegree ?x"),
    _signal(
        "multi-objective",
        "its goals lie in two or more impact domains",
        "?i hasGoal ?g . ?g goalFor ?x",
        2,
    ),
    _signal(
        "multi-objective",
        "the goals of its missions lie in two or more impact domains",
        "?i pursues ?m . ?m hasGoal ?g . ?g goalFor ?x",
        2,
    ),
    _signal(
        "systemic-change",
        "it seeks a change of a systemic kind",
        "?i targetsChange ?x . ?x a SystemicChangeType",
    ),
    _signal(
        "systemic-change",
        "one of its missions seeks a change of a systemic kind",
        "?i pursues ?m . ?m targetsChange ?x . ?x a SystemicChangeType",
    ),
    *_instruments(
        "stakeholder-roadmaps", "roadmaps are called for from stakeholders", "= itype:roadmap-call"
    ),
    _signal("policy-fields", "it lies in two or more policy fields", "?i inPolicyField ?x", 2),
    _signal(
        "policy-fields",
        "its missions lie in two or more policy fields",
        "?i pursues ?m . ?m inPolicyField ?x",
        2,
    ),
    _signal(
        "disciplines",
        "people of two or more disciplines take part in its learning",
        "?i carriesOut ?l . ?l drawsOn ?x",
        2,
    ),
    _signal(
        "multi-level",
        "its governance aligns a subnational government",
        "?i hasGovernance ?g . ?g coordinates ?x . ?x a SubnationalGovernment",
    ),
    _signal(
        "inter-agency",
        "it joins the tools of two or more agencies",
        "?i linksToolsOf ?x . ?x a Agency",
        2,
    ),
    _signal(
        "inter-agency",
        "its governance aligns two or more agencies",
        "?i hasGovernance ?g . ?g coordinates ?x . ?x a Agency",
        2,
    ),
    _signal(
        "inter-agency",
        "a coordination mechanism aligns two or more agencies",
        "?i usesMechanism ?g . ?g coordinates ?x . ?x a Agency",
        2,
    ),
    _signal(
        "whole-of-government",
        "it is steered from the centre of government",
        "?i hasGovernance ?x . ?x ownedAtLevel governance-level:centre-of-government",
    ),
    _signal(
        "dedicated-governance",
        "a governance arrangement of its own is known",
        "?i hasGovernance ?x",
    ),
    _signal(
        "coordination-level",
        "the level of coordination of a mechanism is stated",
        "?i usesMechanism ?g . ?g atCoordinationLevel ?x",
    ),
    _signal(
        "coordination-level",
        "the level of coordination of its governance is stated",
        "?i hasGovernance ?g . ?g atCoordinationLevel ?x",
    ),
    _signal("multi-stage", "it spans two or more innovation stages", "?i spansStage ?x", 2),
    _signal(
        "multi-stage",
        "it has the feature of covering several stages",
        "?i hasFeature moip-characteristic:scope",
    ),
    _signal(
        "package", "what its portfolio holds is listed", "?i hasPortfolio ?p . ?p includesItem ?x"
    ),
    *_instruments("supply", "a supply-side instrument is used", "a SupplySideInstrumentType"),
    *_instruments("demand", "a demand-side instrument is used", "a DemandSideInstrumentType"),
    *_instruments("regulatory", "a rule is in the mix", "a RegulatoryInstrumentType"),
    *_instruments(
        "behavioural",
        "an instrument that acts on habits is in the mix",
        "skos:broadMatch instrument-orientation:behavioural",
    ),
    *(
        _signal(
            "central-pool",
            "public money is set aside for it",
            f"?i hasFunding ?f . ?f hasFundingModel fmodel:{model}",
        )
        for model in ("dedicated-central-pool", "ring-fenced-agency-budget")
    ),
    *(
        _signal(
            "crowd-in",
            "means of partners are drawn in",
            f"?i hasFunding ?f . ?f hasFundingModel fmodel:{model}",
        )
        for model in ("crowd-in", "leverage-private", "blended")
    ),
    _signal("industry-involvement", "a firm takes part", "?i involvesActor ?x . ?x a Firm"),
    _signal(
        "industry-involvement",
        "a firm takes part",
        "?i hasParticipation ?p . ?p participant ?x . ?x a Firm",
    ),
    _signal("industry-involvement", "a firm is a partner", "?i hasPartner ?x . ?x a Firm"),
    *_instruments(
        "tech-transfer",
        "a technology transfer scheme is in the mix",
        "= itype:technology-transfer-scheme",
    ),
    _signal(
        "solution-portfolio",
        "items of its portfolio are competing routes to one aim",
        "?i hasPortfolio ?p . ?p includesItem ?x . ?x competesAsSolution ?y",
    ),
    _signal(
        "portfolio-system",
        "its portfolio follows items or indicators",
        "?i hasPortfolio ?p . ?p tracks ?x",
    ),
    _signal(
        "interlinkages",
        "items of its portfolio add to each other",
        "?i hasPortfolio ?p . ?p includesItem ?x . ?x complements ?y",
    ),
    _signal(
        "sense-making",
        "a sense-making exercise was carried out",
        "?i carriesOut ?x . ?x a SenseMakingExercise",
    ),
    _signal("monitoring", "a monitoring system is known", "?i hasMonitoring ?x"),
    _signal("evaluation", "an evaluation is known", "?i hasEvaluation ?x"),
    _signal("decision-points", "a decision point is known", "?i hasDecisionPoint ?x"),
    _signal(
        "decision-points",
        "its portfolio has a decision point",
        "?i hasPortfolio ?p . ?p hasDecisionPoint ?x",
    ),
    _signal(
        "decision-points",
        "its monitoring has a decision point",
        "?i hasMonitoring ?p . ?p hasDecisionPoint ?x",
    ),
    _signal("roadmap-focus", "it has a roadmap", "?i hasRoadmap ?x"),
    _signal(
        "roadmap-focus", "one of its missions has a roadmap", "?i pursues ?m . ?m hasRoadmap ?x"
    ),
    _signal("duration", "its shortest length is stated", "?i minDurationYears ?x"),
    _signal("duration", "its longest length is stated", "?i maxDurationYears ?x"),
    _signal(
        "duration",
        "the shortest length of a mission is stated",
        "?i pursues ?m . ?m minDurationYears ?x",
    ),
    _signal(
        "duration",
        "the longest length of a mission is stated",
        "?i pursues ?m . ?m maxDurationYears ?x",
    ),
)
"""Every way of knowing that a feature is present from facts other than feature statements."""


def is_fact(prop: str) -> bool:
    """Whether a pattern with this property looks at facts, which claims stand behind."""
    return prop not in ("a", "=") and ":" not in prop
