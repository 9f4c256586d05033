import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.reasoning import compile_rules, explain, materialise, shipped_rules
from kg.reasoning.evidence import claims_behind
from kg.stores.oxigraph import OxigraphStore
from ontology.curies import sparql_prologue
from ontology.files import modules, scheme_files
from ontology.names import GRAPH_ASSERTED, GRAPH_INFERENCES, GRAPH_INFERRED, GRAPH_VOCABULARIES

PREFIXES = sparql_prologue()
AGENCIES = "init:x a mkg:MissionInitiative ; mkg:linksToolsOf org:a, org:b . org:a a mkg:Agency . "
MIX = "mix:x a mkg:PolicyMix ; mkg:usesInstrumentType itype:PI007 "
CONTEXTS = (
    "init:x a mkg:MissionInitiative ; mkg:operatesIn country:x . "
    "country:x mkg:hasContext cctx:old, cctx:new . "
    "cctx:old mkg:fromYear 1990 ; mkg:toYear 2008 ; mkg:hasIncomeGroup income:low . "
    "cctx:new mkg:fromYear 2009 ; mkg:toYear 2023 ; mkg:hasIncomeGroup income:high . "
)


def world(turtle: str) -> OxigraphStore:
    store = OxigraphStore.memory()
    for path in scheme_files():
        store.load(path, GRAPH_VOCABULARIES)
    graph = NamedNode(GRAPH_ASSERTED)
    quads = parse(PREFIXES + turtle, format=RdfFormat.TURTLE)
    store.add(type(q)(q.subject, q.predicate, q.object, graph) for q in quads)
    materialise(store, shipped_rules())
    return store


def holds(store: OxigraphStore, pattern: str) -> bool:
    return store.ask(f"{PREFIXES} ASK {{ GRAPH <{GRAPH_INFERRED}> {{ {pattern} }} }}")


CASES = {
    "supply only": (
        f'{MIX} ; mkg:completenessStatus "complete" .',
        "mix:x a mkg:SupplyOnlyMix",
        True,
    ),
    "supply only, list not known to be complete": (f"{MIX} .", "mix:x a mkg:SupplyOnlyMix", False),
    "supply only, list partial": (
        f'{MIX} ; mkg:completenessStatus "partial" .',
        "mix:x a mkg:SupplyOnlyMix",
        False,
    ),
    "supply and demand": (
        f'{MIX} , itype:demand-side ; mkg:completenessStatus "complete" .',
        "mix:x a mkg:SupplyOnlyMix",
        False,
    ),
    "supply and regulation, through a use": (
        f'{MIX} ; mkg:completenessStatus "complete" ; mkg:comprisesUse use:x . '
        "use:x mkg:ofInstrumentType itype:regulatory-measure .",
        "mix:x a mkg:SupplyOnlyMix",
        False,
    ),
    "accelerator": (
        'mission:x a mkg:Mission ; mkg:completenessStatus "complete" ; '
        "mkg:targetsChange change:technical-innovation .",
        "mission:x a mkg:AcceleratorMission",
        True,
    ),
    "accelerator, changes not known to be all": (
        "mission:x a mkg:Mission ; mkg:targetsChange change:technical-innovation .",
        "mission:x a mkg:AcceleratorMission",
        False,
    ),
    "accelerator and transformer": (
        'mission:x a mkg:Mission ; mkg:completenessStatus "complete" ; '
        "mkg:targetsChange change:technical-innovation, change:behaviour .",
        "mission:x a mkg:AcceleratorMission",
        False,
    ),
    "two agencies": (
        f"{AGENCIES} org:b a mkg:Agency .",
        "init:x a mkg:InterAgencyInitiative",
        True,
    ),
    "one agency and a firm": (
        f"{AGENCIES} org:b a mkg:Firm .",
        "init:x a mkg:InterAgencyInitiative",
        False,
    ),
    "one agency under two names": (
        f"{AGENCIES} org:b a mkg:Agency ; skos:exactMatch wd:Q1 . org:a skos:exactMatch wd:Q1 .",
        "init:x a mkg:InterAgencyInitiative",
        False,
    ),
    "two fields": (
        "init:x a mkg:MissionScheme ; mkg:inPolicyField field:energy, field:water .",
        "init:x a mkg:CrossPolicyFieldEffort",
        True,
    ),
    "two fields, one through a mission": (
        "init:x a mkg:MissionScheme ; mkg:inPolicyField field:energy ; mkg:pursues mission:x . "
        "mission:x mkg:inPolicyField field:water .",
        "init:x a mkg:CrossPolicyFieldEffort",
        True,
    ),
    "one field": (
        "mission:x a mkg:Mission ; mkg:inPolicyField field:energy .",
        "mission:x a mkg:CrossPolicyFieldEffort",
        False,
    ),
    "two narrow fields of one": (
        "mission:x a mkg:Mission ; mkg:inPolicyField field:plastics, field:textiles .",
        "mission:x a mkg:CrossPolicyFieldEffort",
        False,
    ),
    "fields of what is no effort": (
        "concept:x mkg:inPolicyField field:energy, field:water .",
        "concept:x a mkg:CrossPolicyFieldEffort",
        False,
    ),
    "five to ten years": (
        "mission:x a mkg:Mission ; mkg:minDurationYears 5.0 ; mkg:maxDurationYears 10.0 .",
        "mission:x a mkg:MediumTermMission",
        True,
    ),
    "upper bound not known": (
        "mission:x a mkg:Mission ; mkg:minDurationYears 5.0 .",
        "mission:x a mkg:MediumTermMission",
        False,
    ),
    "five to eleven years": (
        "mission:x a mkg:Mission ; mkg:minDurationYears 5.0 ; mkg:maxDurationYears 11.0 .",
        "mission:x a mkg:MediumTermMission",
        False,
    ),
    "more than ten years": (
        "mission:x a mkg:Mission ; mkg:minDurationYears 10.5 .",
        "mission:x a mkg:LongTermMission",
        True,
    ),
    "ten years": (
        "mission:x a mkg:Mission ; mkg:minDurationYears 10.0 ; mkg:maxDurationYears 20.0 .",
        "mission:x a mkg:LongTermMission",
        False,
    ),
    "no answer": ("", "ctype:mission-lock-in a mkg:UnansweredChallengeType", True),
    "an answer to the type": (
        "ctype:mission-lock-in mkg:addressedByResponse rtype:experimentation .",
        "ctype:mission-lock-in a mkg:UnansweredChallengeType",
        False,
    ),
    "an answer to a challenge of the type": (
        "chal:x mkg:ofChallengeType ctype:mission-lock-in ; mkg:respondedWith resp:x .",
        "ctype:mission-lock-in a mkg:UnansweredChallengeType",
        False,
    ),
    "more missions stated than listed": (
        "init:x mkg:missionCount 12 ; mkg:pursues mission:a, mission:b .",
        "init:x mkg:orphanCount 10",
        True,
    ),
    "as many listed as stated": (
        "init:x mkg:missionCount 1 ; mkg:pursues mission:a .",
        "init:x mkg:orphanCount ?any",
        False,
    ),
    "none listed": ("init:x mkg:missionCount 12 .", "init:x mkg:orphanCount ?any", False),
    "began in the first span": (
        f'{CONTEXTS} init:x mkg:startDate "2001-05" .',
        "init:x mkg:operatesInContext cctx:old . FILTER NOT EXISTS "
        "{ GRAPH ?g { init:x mkg:operatesInContext cctx:new } }",
        True,
    ),
    "launched in the second span": (
        f'{CONTEXTS} init:x mkg:launchDate "2009~" .',
        "init:x mkg:operatesInContext cctx:new",
        True,
    ),
    "began after the last span": (
        f'{CONTEXTS} init:x mkg:startDate "2031" .',
        "init:x mkg:operatesInContext cctx:new",
        True,
    ),
    "began before the first span": (
        f'{CONTEXTS} init:x mkg:startDate "1969" .',
        "init:x mkg:operatesInContext ?any",
        False,
    ),
    "beginning not known": (CONTEXTS, "init:x mkg:operatesInContext cctx:new", True),
    "beginning in doubt": (
        f'{CONTEXTS} init:x mkg:startDate "20XX" .',
        "init:x mkg:operatesInContext cctx:new",
        True,
    ),
    "low income then": (
        f'{CONTEXTS} init:x mkg:startDate "2001" .',
        "init:x a mkg:LMICInitiative",
        True,
    ),
    "high income now": (CONTEXTS, "init:x a mkg:LMICInitiative", False),
    "score: nothing known": (
        "init:x a mkg:MissionInitiative .",
        "init:x mkg:definitionScore ?any",
        False,
    ),
    "score: two had of three known": (
        "init:x a mkg:MissionInitiative ; mkg:spansStage stage:demonstration, stage:scaling ; "
        "mkg:hasFeature cf:cf-bold-goals ; mkg:lacksFeature cf:cf-demand .",
        'init:x mkg:definitionScore "2/3"',
        True,
    ),
    "score: all four": (
        "init:x a mkg:MissionInitiative ; mkg:hasFeature cf:cf-multi-stage ; "
        "mkg:inPolicyField field:energy, field:water ; mkg:pursues mission:x ; "
        "mkg:usesInstrumentType itype:supply-side, itype:demand-side, itype:regulatory-measure . "
        "mission:x mkg:hasTarget target:x .",
        'init:x mkg:definitionScore "4/4"',
        True,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_guarded_rule_speaks_only_where_its_guard_lets_it(name: str) -> None:
    facts, pattern, expected = CASES[name]

    assert holds(world(facts), pattern) is expected


def test_every_guarded_rule_has_a_case_in_which_it_speaks() -> None:
    spoken = " ".join(pattern for _, pattern, yes in CASES.values() if yes)

    for rule in shipped_rules().guarded:
        head = rule.head.object if rule.defining else rule.head.predicate
        assert head.value.rsplit("#")[-1] in spoken, rule.name


def test_a_later_fact_takes_a_guarded_conclusion_back() -> None:
    turtle = f'{MIX} ; mkg:completenessStatus "complete" .'
    store = world(turtle)
    assert holds(store, "mix:x a mkg:SupplyOnlyMix")

    assert not holds(
        world(f"{turtle} mix:x mkg:usesInstrumentType itype:demand-side ."),
        "mix:x a mkg:SupplyOnlyMix",
    )


def test_an_inference_record_tells_rule_and_thing() -> None:
    store = world(f"{AGENCIES} org:b a mkg:Agency .")

    rows = store.select(
        f"{PREFIXES} SELECT ?s ?p ?o ?rule {{ GRAPH <{GRAPH_INFERENCES}> {{ "
        "?i a mkg:Inference ; mkg:inferredSubject ?s ; mkg:inferredProperty ?p ; "
        "mkg:inferredObject ?o ; mkg:byRule ?rule } FILTER(?s = init:x) }"
    ).rows

    (row,) = rows
    assert row[3] == Literal("guarded inter-agency-initiative")
    assert str(row[2]).endswith("InterAgencyInitiative>")


def test_all_agencies_are_premises_of_an_inter_agency_initiative() -> None:
    store = world(f"{AGENCIES} org:b a mkg:Agency .")
    found = next(
        quad.triple
        for quad in store.quads(GRAPH_INFERRED)
        if str(quad.object).endswith("InterAgencyInitiative>")
    )

    proof = explain(store, shipped_rules(), found)

    linked = {str(t.object) for t in proof.stated() if str(t.predicate).endswith("linksToolsOf>")}
    assert len(linked) == 2


def test_a_triple_without_claims_has_none_behind_it() -> None:
    store = world(f"{AGENCIES} org:b a mkg:Agency .")

    assert claims_behind(store, [quad.triple for quad in store.quads(GRAPH_ASSERTED)]) == {}


def test_without_guarded_rules_none_run() -> None:
    assert compile_rules(modules(), derive_dir=None).guarded == ()
