"""Says why a triple is in the graph: rules, premises, and the claims and sources under them.

A drawn triple is explained by its rule and premises, down to stated triples; a stated one by the
claims that state it, each with its source, the place in it and who entered it; a comparison cell by
the claims that decide it, or by there being none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, Triple

from kg.errors import NotDerivable
from kg.literals import normal_term
from kg.naming import Labels, iris_of
from kg.reasoning.evidence import ClaimNote, claim_notes, claims_behind
from kg.reasoning.proof import Proof, StoreFacts, prove
from kg.reasoning.rules import TYPE, GuardedRule, Pattern, RuleSet
from kg.reasoning.wording import clause
from kg.store import GraphStore
from kg.why_not import why_not
from ontology.curies import compact
from ontology.names import GRAPH_ASSESSMENTS, MKG, SKOS

_NONE: Final[tuple[int, ...]] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One triple of an explanation. ``words``: the triple said in words.

    ``origin``: ``rule`` (drawn by ``rule``, said in ``because``, from the steps at the places
    ``premises``), ``claims`` (stated by ``claims``), ``vocabulary`` (part of a concept scheme),
    ``cell`` (a comparison cell, ``because`` says what decided it) or ``record`` (the graph's own
    record keeping, ``because`` names the graph).
    """

    triple: Triple
    words: str
    origin: str
    rule: str | None = None
    because: str | None = None
    guard: str | None = None
    premises: tuple[int, ...] = _NONE
    claims: tuple[ClaimNote, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a triple is in the graph: its steps, the triple itself first, each once."""

    steps: tuple[Step, ...]

    def sentences(self) -> list[str]:
        """Lines to read, two more blanks for each step down. A step told once is not told twice."""
        lines: list[str] = []
        told: set[int] = set()
        waiting = [(0, 0)]
        while waiting:
            number, depth = waiting.pop()
            again = number in told and bool(self.steps[number].premises)
            told.add(number)
            lines += _lines(self.steps[number], "  " * depth, again=again)
            if not again:
                waiting += [(each, depth + 1) for each in reversed(self.steps[number].premises)]
        return lines

    def as_json(self) -> dict[str, Any]:
        """The same as data: ``triple`` and ``steps``, whose ``premises`` count from 0."""
        return {
            "triple": _triple_json(self.steps[0].triple),
            "words": self.steps[0].words,
            "steps": [_step_json(number, step) for number, step in enumerate(self.steps)],
        }


def why(
    store: GraphStore,
    rules: RuleSet,
    s: NamedNode,
    p: NamedNode,
    o: NamedNode | Literal,
) -> Explanation:
    """Explain a triple of a store.

    Raises ``NotDerivable`` where nothing states or implies it, saying which claims come near and
    what holds them back, or which condition of a rule is not met.
    """
    triple = Triple(s, p, normal_term(o))
    proof = prove(StoreFacts(store), rules, triple)
    if proof is not None:
        return _explanation(store, proof)
    step = _cell(store, triple) or _record(store, triple)
    if step is None:
        raise NotDerivable(why_not(store, rules, triple))
    return Explanation((step,))


def _explanation(store: GraphStore, proof: Proof) -> Explanation:
    proofs = list(proof.steps())
    places = {step.triple: number for number, step in enumerate(proofs)}
    behind = claims_behind(store, proof.stated())
    notes = claim_notes(store, {claim for claims in behind.values() for claim in claims})
    labels = Labels(store)
    labels.learn(iris_of(places))
    return Explanation(tuple(_step(each, places, behind, notes, labels) for each in proofs))


def _step(
    proof: Proof,
    places: Mapping[Triple, int],
    behind: Mapping[Triple, tuple[str, ...]],
    notes: Mapping[str, ClaimNote],
    labels: Labels,
) -> Step:
    words = say(proof.triple, labels)
    if proof.rule is None:
        claims = tuple(notes[claim] for claim in behind.get(proof.triple, ()) if claim in notes)
        return Step(proof.triple, words, "claims" if claims else "vocabulary", claims=claims)
    guard = proof.rule.guard if isinstance(proof.rule, GuardedRule) else None
    premises = tuple(places[premise.triple] for premise in proof.premises)
    rule = proof.rule
    return Step(proof.triple, words, "rule", rule.name, rule.sentence, guard, premises)


def say(triple: Triple, labels: Labels) -> str:
    """A triple in words."""
    subject, object_ = triple.subject, triple.object
    if not isinstance(subject, NamedNode) or not isinstance(object_, NamedNode | Literal):
        return str(triple)
    if triple.predicate == TYPE:
        return clause(Pattern(subject, TYPE, object_), labels)
    return f"{labels(subject)}: {labels(triple.predicate)} {labels(object_)}"


def _cell(store: GraphStore, triple: Triple) -> Step | None:
    """The step for a comparison cell; ``None`` where the triple is not about one."""
    if not store.contains(triple, GRAPH_ASSESSMENTS):
        return None
    table = store.select(
        f"SELECT ?initiative ?feature ?status ?note ?claim {{ GRAPH <{GRAPH_ASSESSMENTS}> {{ "
        f"{triple.subject} <{MKG}assesses> ?initiative ; <{MKG}onFeature> ?feature ; "
        f"<{MKG}valueStatus> ?status . "
        f"OPTIONAL {{ {triple.subject} <{SKOS}note> ?note }} "
        f"OPTIONAL {{ {triple.subject} <{MKG}basedOnClaim> ?claim }} }} }} ORDER BY ?claim"
    )
    if not table.rows:
        return None
    labels = Labels(store)
    initiative, feature, status, note, _ = table.rows[0]
    claims = claim_notes(
        store, {row[4].value for row in table.rows if isinstance(row[4], NamedNode)}
    )
    words = f"{labels(feature)} of {labels(initiative)}: {labels(status).lower()}"
    reason = note.value if isinstance(note, Literal) else "no claim in the library speaks to it"
    return Step(triple, words, "cell", because=reason, claims=tuple(claims.values()))


def _record(store: GraphStore, triple: Triple) -> Step | None:
    """The step for a triple of the graph's own record keeping: a claim, a source, the ontology."""
    if not store.contains(triple):
        return None
    graph = next(graph for graph in store.graphs() if store.contains(triple, graph))
    return Step(triple, say(triple, Labels(store)), "record", because=f"recorded in {graph}")


# --- in words -------------------------------------------------------------------------------------


def _lines(step: Step, indent: str, *, again: bool) -> list[str]:
    match step.origin:
        case "rule" if again:
            return [f"{indent}{step.words} (as said above)"]
        case "rule":
            guard = [f"{indent}  (guard: {step.guard})"] if step.guard else []
            return [f"{indent}{step.words}, because {_inner(step.because)} [{step.rule}]", *guard]
        case "claims":
            claims = (f"{indent}  {line}" for note in step.claims for line in _claim_lines(note))
            return [f"{indent}{step.words}, as claimed:", *claims]
        case "vocabulary":
            return [f"{indent}{step.words}, by the vocabulary."]
        case _:
            claims = (f"{indent}  {line}" for note in step.claims for line in _claim_lines(note))
            return [f"{indent}{step.words}, because: {step.because}.", *claims]


def _inner(sentence: str | None) -> str:
    """A sentence as part of another one."""
    text = (sentence or "").rstrip(".")
    return text[:1].lower() + text[1:]


def _claim_lines(note: ClaimNote) -> list[str]:
    place = [
        part
        for part in (
            f"at {note.at}" if note.at else "",
            f"page {note.page}" if note.page else "",
            f"section {note.section}" if note.section else "",
        )
        if part
    ]
    source = f"- {note.title or note.source}{', ' if place else ''}{', '.join(place)}"
    kind = f" ({note.source_kind})" if note.source_kind else ""
    voice = [note.modality, note.review_status.replace("-", " ")]
    if note.value_status != "present":
        voice.insert(1, note.value_status)
    if note.as_of:
        voice.append(f"as of {note.as_of}")
    entered = " ".join(
        part
        for part in (f"by {note.by}" if note.by else "", f"on {note.on}" if note.on else "")
        if part
    )
    if entered:
        voice.append(f"entered {entered}")
    links = [f"  {link}" for link in dict.fromkeys((note.media, note.web)) if link]
    return [f"{source}{kind}: {', '.join(voice)}", *links]


# --- as data --------------------------------------------------------------------------------------


def _step_json(number: int, step: Step) -> dict[str, Any]:
    fields = {
        "step": number,
        "triple": _triple_json(step.triple),
        "words": step.words,
        "origin": step.origin,
        "rule": step.rule,
        "because": step.because,
        "guard": step.guard,
        "premises": list(step.premises),
        "claims": [note.as_json() for note in step.claims],
    }
    return {name: value for name, value in fields.items() if value not in (None, [])}


def _triple_json(triple: Triple) -> dict[str, str]:
    parts = (
        ("subject", triple.subject),
        ("predicate", triple.predicate),
        ("object", triple.object),
    )
    return {name: _term_json(part) for name, part in parts}


def _term_json(term: object) -> str:
    if isinstance(term, NamedNode):
        return compact(term.value) or term.value
    return str(term)
