"""Says why a triple is not in the graph, so that a reader knows what to look at.

Four things may be worth saying: a claim says it but the published filter holds it back; the cell is
disputed; a rule would draw it but a condition is not met; a comparison cell says what is known.
"""

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode, Triple, Variable

from kg.naming import Labels
from kg.reasoning.evidence import ClaimNote, claim_notes, claims_about
from kg.reasoning.proof import StoreFacts
from kg.reasoning.rules import Binding, GuardedRule, Pattern, RuleSet
from kg.reasoning.wording import clause
from kg.store import GraphStore
from ontology.curies import compact
from ontology.names import GRAPH_ASSESSMENTS, GRAPH_INFERRED, MKG

MOST_RULES = 4
"""Rules whose unmet condition is told."""
MOST_CLAIMS = 3
"""Claims that are told of one subject and property."""


def why_not(store: GraphStore, rules: RuleSet, triple: Triple) -> str:
    """One paragraph: that nothing states or implies the triple, and what comes near to it."""
    labels = Labels(store)
    subject, object_ = triple.subject, triple.object
    if not isinstance(subject, NamedNode) or not isinstance(object_, NamedNode | Literal):
        return f"{triple} has a part without a name; only named things can be explained."
    wanted = Pattern(subject, triple.predicate, object_)
    found = [f'Nothing in the graph states or implies that "{clause(wanted, labels)}".']
    found += _held_back(store, wanted, labels)
    found += _unmet(store, rules, triple, labels)
    found += _cells(store, wanted, labels)
    if store.contains(triple, GRAPH_INFERRED):
        found.append("It stands in the inferred graph all the same: build the release anew.")
    if len(found) == 1:
        found += _unheard_of(store, triple)
        found.append("No claim comes near to it. Check the spelling, or add a claim with a source.")
    return " ".join(found)


def _unheard_of(store: GraphStore, triple: Triple) -> Iterator[str]:
    """Sentences on the parts of the triple that the graph does not know at all."""
    parts = (triple.subject, triple.predicate, triple.object)
    for part in parts:
        if isinstance(part, NamedNode) and not _known(store, part):
            yield f"The graph knows no {compact(part.value) or part.value}."


def _known(store: GraphStore, part: NamedNode) -> bool:
    places = (f"{part} ?p ?o", f"?s ?p {part}", f"?s {part} ?o")
    return any(store.ask(f"ASK {{ {place} }}") for place in places)


def _held_back(store: GraphStore, wanted: Pattern, labels: Labels) -> list[str]:
    """Sentences on claims that say what is wanted (or something else instead)."""
    if isinstance(wanted.subject, Variable | Literal):
        return []
    notes = claim_notes(store, claims_about(store, wanted.subject, wanted.predicate)).values()
    open_end = isinstance(wanted.object, Variable)
    same = [note for note in notes if open_end or _is(note, wanted)]
    return [_claim_sentence(note) for note in same[:MOST_CLAIMS]]


def _is(note: ClaimNote, wanted: Pattern) -> bool:
    return not isinstance(wanted.object, Variable) and note.value == wanted.object.value


def _claim_sentence(note: ClaimNote) -> str:
    where = f' in "{note.title or note.source}"{f" at {note.at}" if note.at else ""}'
    barriers = note.barriers() or ["other claims dispute it (or contradict it)"]
    return f"There is a claim{where}, but {' and '.join(barriers)}."


def _unmet(store: GraphStore, rules: RuleSet, triple: Triple, labels: Labels) -> Iterator[str]:
    """Sentences on the rules that could draw the triple, each with its first unmet condition."""
    told = 0
    for rule in rules.for_head(triple):
        binding = rule.head.match(triple)
        single = len(rule.body) == 1 and not rule.defining  # would only say the same again
        if binding is None or single or told == MOST_RULES:
            continue
        told += 1
        missing, known = _first_unmet(StoreFacts(store), rule.body, binding)
        if missing is None:
            guard = rule.guard if isinstance(rule, GuardedRule) else "it draws nothing here"
            yield f"A rule asks for more than its premises: {guard}"
            continue
        near = [line for each in known for line in _held_back(store, missing.bind(each), labels)]
        words = clause(missing.bind(known[0]), labels)
        yield " ".join([f'The rule "{rule.sentence}" lacks: {words}.', *near[:MOST_CLAIMS]])


def _first_unmet(
    facts: StoreFacts, body: tuple[Pattern, ...], binding: Binding
) -> tuple[Pattern | None, list[Binding]]:
    """The first condition that nothing meets, and the ways to meet those before it."""
    known = [binding]
    for length in range(1, len(body) + 1):
        longer = list(facts.solutions(body[:length], binding))
        if not longer:
            return body[length - 1], known[:MOST_CLAIMS]
        known = longer
    return None, known


def _cells(store: GraphStore, wanted: Pattern, labels: Labels) -> list[str]:
    """What the comparison cell says where a feature was asked for."""
    if wanted.predicate.value not in (f"{MKG}hasFeature", f"{MKG}lacksFeature"):
        return []
    about = f"<{MKG}assesses> {wanted.subject} ; <{MKG}onFeature> {wanted.object}"
    rows = store.select(
        f"SELECT ?status {{ GRAPH <{GRAPH_ASSESSMENTS}> {{ "
        f"?cell {about} ; <{MKG}valueStatus> ?status }} }}"
    ).rows
    return [f"The comparison cell says: {labels(status).lower()}." for (status,) in rows]
