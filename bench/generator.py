"""A seeded generator of claims in the model's shape, for graphs of any size.

Every initiative brings what the shipped library has for a well-described case: an owner, a
country, missions with targets and status, a policy mix, money, people, features stated and
denied, challenges and responses. Numbers per initiative vary as they do in the library; the same
seed and size always give the same claims.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pyoxigraph import Literal, NamedNode

from kg.model import Batch, Claim, Place, Source
from ontology.curies import expand
from ontology.names import MKG, RDF, RDFS, XSD

ENTERED = datetime(2026, 1, 1, tzinfo=UTC)
AGENT = "https://w3id.org/mission-kg/id/agent/generator"
TRIPLES_PER_INITIATIVE = 1_700
"""Measured: quads of a release per generated initiative; turns a wanted size into a count."""

COUNTRIES = (
    "au br ca co de dk ee es fi fr gb gh id ie in it jp ke kr nl no nz pl se us vn za".split()
)
FIELDS = "energy transport-mobility agriculture-and-food healthcare environment-climate industry \
circular-economy digital-connectivity education water security sti".split()
STAGES = "basic-research research-and-development technology-development demonstration \
solution-in-use market-deployment scaling".split()
INSTRUMENTS = "PI007 PI008 PI010 PI012 PI020 PI021 PI024 PI027 PI032 targeted-joint-call \
roadmap-call regulatory-sandbox price-mechanism mandate-or-ban demand-subsidy".split()
CHALLENGES = "coordinating-across-silos projectification quantifying-impact mission-lock-in \
securing-industry-involvement procurement-barriers compressed-timeline prestige-issues \
stopping-underperforming-projects securing-long-term-commitment".split()
RESPONSES = "experimentation community-of-practice portfolio-sense-making decision-points \
crowd-in-financing stakeholder-roadmapping whole-of-government".split()
FEATURES = "cf-bold-goals cf-citizen-involvement cf-sectors cf-disciplines cf-multi-level \
cf-inter-agency cf-dedicated-governance cf-central-pool cf-portfolio-system cf-sense-making \
cf-monitoring cf-evaluation cf-decision-points cf-adaptable cf-open-share cf-roadmap-focus".split()
CHANGES = (
    "technical-innovation infrastructure behaviour institutional-regulatory market-logic".split()
)
STATUSES = "identified candidate roadmapped launched scaling".split()
OWNER_TYPES = "Agency Ministry STIMinistry SectoralMinistry DevelopmentProvider".split()
TYPES = "MissionFramework MissionProgramme MissionScheme DemonstrationInitiative".split()
SCALES = "global national regional local place-based".split()


@dataclass(frozen=True)
class Size:
    """How much to generate. ``initiatives``: count; see :func:`for_triples`."""

    initiatives: int

    @classmethod
    def for_triples(cls, triples: int) -> "Size":
        """The size whose release holds about ``triples`` quads of data."""
        return cls(max(1, triples // TRIPLES_PER_INITIATIVE))


class _Writer:
    """Collects the claims of one source."""

    def __init__(self, source: str, rng: random.Random) -> None:
        self.source = source
        self.rng = rng
        self.claims: list[Claim] = []

    def say(self, subject: str, prop: str, value: str | int, **more: str) -> None:
        """Add a claim. ``prop``: local name, ``a`` or ``label``; a CURIE value is a thing."""
        iri = {"a": f"{RDF}type", "label": f"{RDFS}label"}.get(prop, f"{MKG}{prop}")
        term = self._term(prop, value)
        second = self.rng.randrange(5400)
        self.claims.append(
            Claim(
                subject=expand(subject),
                property=iri,
                value=term,
                source=self.source,
                place=Place(start_seconds=float(second), end_seconds=float(second + 30)),
                review_status="machine-extracted",
                entered_by=AGENT,
                entered_on=ENTERED,
                **more,
            )
        )

    def _term(self, prop: str, value: str | int) -> NamedNode | Literal:
        if prop == "a":
            return NamedNode(f"{MKG}{value}")
        if prop in {"label", "statement"}:
            return Literal(str(value), language="en")
        if prop in {"amount", "minDurationYears", "maxDurationYears"}:
            return Literal(str(value), datatype=NamedNode(f"{XSD}decimal"))
        if isinstance(value, int):
            return Literal(str(value), datatype=NamedNode(f"{XSD}integer"))
        return NamedNode(expand(value)) if ":" in value else Literal(value)


def batches(size: Size, seed: int = 1) -> Iterator[Batch]:
    """One batch (one source, its claims) per initiative, in a fixed order."""
    organisations = max(10, size.initiatives // 3)
    for number in range(size.initiatives):
        rng = random.Random(f"{seed}/{number}")
        source = Source(
            iri=f"https://w3id.org/mission-kg/id/source/generated-{number}",
            title=f"Recording {number}",
            kind="recording",
            url=f"https://example.org/recording/{number}",
            media_url=f"https://example.org/recording/{number}.mp4",
            duration_seconds=5400.0,
            entered_by=AGENT,
            entered_on=ENTERED,
        )
        writer = _Writer(source.iri, rng)
        _initiative(writer, rng, number, organisations)
        yield Batch(sources=(source,), claims=tuple(writer.claims))


def _initiative(w: _Writer, rng: random.Random, number: int, organisations: int) -> None:
    me = f"init:generated-{number}"
    country = rng.choice(COUNTRIES)
    w.say(me, "a", rng.choice(TYPES))
    w.say(me, "label", f"Initiative {number} of {country}")
    w.say(f"case:generated-{number}", "a", "Case")
    w.say(f"case:generated-{number}", "label", f"Case {number}")
    w.say(f"case:generated-{number}", "describes", me)
    w.say(f"case:generated-{number}", "hasSource", f"src:generated-{number}")
    w.say(f"case:generated-{number}", "reviewStatus", "review:unreviewed")
    w.say(f"country:{country}", "a", "Country")
    w.say(f"country:{country}", "label", country.upper())
    w.say(me, "operatesIn", f"country:{country}")
    w.say(me, "hasScale", f"scale:{rng.choice(SCALES)}")
    _organisation(w, rng, me, "ownedBy", rng.randrange(organisations))
    for other in rng.sample(range(organisations), rng.randint(0, 3)):
        _organisation(w, rng, me, "linksToolsOf", other)
    for stage in rng.sample(STAGES, rng.randint(0, 4)):
        w.say(me, "spansStage", f"stage:{stage}")
    for feature in rng.sample(FEATURES, rng.randint(2, 7)):
        w.say(me, rng.choices(["hasFeature", "lacksFeature"], [5, 1])[0], f"cf:{feature}")
    if rng.random() < 0.4:
        years = rng.randint(1, 12)
        w.say(me, "minDurationYears", years)
        w.say(me, "maxDurationYears", years + rng.randint(0, 5))
    for index in range(rng.randint(1, 4)):
        _mission(w, rng, me, f"mission:generated-{number}-{index}", f"{number}.{index}")
    _mix(w, rng, me, number)
    _money(w, rng, me, number)
    for index in range(rng.randint(0, 3)):
        _challenge(w, rng, me, f"generated-{number}-{index}")
    if number and rng.random() < 0.1:
        w.say(me, "complements", f"init:generated-{rng.randrange(number)}")


def _organisation(w: _Writer, rng: random.Random, me: str, prop: str, number: int) -> None:
    org = f"org:generated-{number}"
    w.say(org, "a", OWNER_TYPES[number % len(OWNER_TYPES)])
    w.say(org, "label", f"Organisation {number}")
    w.say(me, prop, org)


def _mission(w: _Writer, rng: random.Random, me: str, mission: str, name: str) -> None:
    w.say(mission, "a", "Mission")
    w.say(mission, "label", f"Mission {name}")
    w.say(me, "pursues", mission)
    w.say(mission, "hasStatus", f"mstatus:{rng.choice(STATUSES)}", as_of="2024")
    for field in rng.sample(FIELDS, rng.randint(1, 3)):
        w.say(mission, "inPolicyField", f"field:{field}")
    for change in rng.sample(CHANGES, rng.randint(0, 2)):
        w.say(mission, "targetsChange", f"change:{change}")
    if rng.random() < 0.5:
        target = mission.replace("mission:", "target:")
        w.say(target, "a", "Target")
        w.say(target, "label", f"Target of mission {name}")
        w.say(mission, "hasTarget", target)
        w.say(target, "targetValue", f"{rng.randint(10, 90)} % less")
        w.say(target, "deadline", str(rng.randint(2025, 2045)))


def _mix(w: _Writer, rng: random.Random, me: str, number: int) -> None:
    mix = f"mix:generated-{number}"
    w.say(mix, "a", "PolicyMix")
    w.say(mix, "label", f"Policy mix {number}")
    w.say(mix, "completenessStatus", rng.choice(["complete", "partial", "unknown"]))
    w.say(me, "hasPolicyMix", mix)
    for index, kind in enumerate(rng.sample(INSTRUMENTS, rng.randint(1, 4))):
        use = f"use:generated-{number}-{index}"
        w.say(use, "a", "InstrumentUse")
        w.say(use, "label", f"Instrument {number}.{index}")
        w.say(mix, "comprisesUse", use)
        w.say(use, "ofInstrumentType", f"itype:{kind}")


def _money(w: _Writer, rng: random.Random, me: str, number: int) -> None:
    for index in range(rng.randint(0, 2)):
        budget = f"budget:generated-{number}-{index}"
        w.say(budget, "a", "BudgetAllocation")
        w.say(budget, "label", f"Budget {number}.{index}")
        w.say(me, "hasBudget", budget)
        w.say(budget, "amount", rng.randint(1, 900) * 1_000_000)
        w.say(budget, "currency", rng.choice(["EUR", "USD", "NOK", "DKK", "AUD"]))
        w.say(budget, "budgetYear", rng.randint(2015, 2026))


def _challenge(w: _Writer, rng: random.Random, me: str, name: str) -> None:
    challenge = f"chal:{name}"
    w.say(challenge, "a", "ImplementationChallenge")
    w.say(challenge, "label", f"Challenge {name}")
    w.say(me, "facesChallenge", challenge)
    w.say(challenge, "ofChallengeType", f"ctype:{rng.choice(CHALLENGES)}")
    if rng.random() < 0.5:
        response = f"resp:{name}"
        w.say(response, "a", "Response")
        w.say(response, "label", f"Response {name}")
        w.say(challenge, "respondedWith", response)
        w.say(response, "ofResponseType", f"rtype:{rng.choice(RESPONSES)}")
