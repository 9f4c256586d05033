"""Writes what the rules draw into the inferred graph, and records why.

Read: the asserted graph and the vocabularies (types of concepts and what is broader). Written: the
inferred graph, never a triple that is stated; and the inferences graph, one ``mkg:Inference`` for
each membership of a defined class and each result of a guarded rule, with the rule's name and the
claims under it. Both graphs are made anew each time, so what no longer follows is gone.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad, Triple

from kg.model import Finding
from kg.reasoning.consistency import findings
from kg.reasoning.evidence import claims_behind
from kg.reasoning.facts import Fact, FactBase, key_of
from kg.reasoning.fixpoint import Delta, saturate
from kg.reasoning.proof import STATED_GRAPHS, Proof, prove
from kg.reasoning.rules import GuardedRule, RuleSet
from kg.store import GraphStore
from ontology.names import GRAPH_INFERENCES, GRAPH_INFERRED, ID, MKG, RDF

Say = Callable[[str], None]
"""Takes one line on how far the work is."""

_INFERRED: Final = NamedNode(GRAPH_INFERRED)
_INFERENCES: Final = NamedNode(GRAPH_INFERENCES)
_BATCH: Final = 5_000


@dataclass(frozen=True, slots=True)
class MaterialiseReport:
    """What a run did.

    ``facts``: stated facts that rules mention. ``inferred``: triples written. ``inferences``:
    records written. ``rounds``: until nothing new came. ``by_rule``: rule name -> triples it was
    the first to draw. ``findings``: what the checks found.
    """

    facts: int
    inferred: int
    inferences: int
    rounds: int
    by_rule: dict[str, int]
    findings: tuple[Finding, ...]


def _silent(_: str) -> None:
    return None


def materialise(store: GraphStore, rules: RuleSet, progress: Say = _silent) -> MaterialiseReport:
    """Draw all that follows from the asserted graph and write it. Time grows with the facts."""
    return _Run(store, rules, progress).run()


class _Run:
    def __init__(self, store: GraphStore, rules: RuleSet, progress: Say) -> None:
        self._store = store
        self._rules = rules
        self._say = progress
        self._facts = FactBase(rules)
        self._rounds = 0
        self._by_rule: Counter[str] = Counter()

    def run(self) -> MaterialiseReport:
        self._store.clear(GRAPH_INFERRED)
        self._store.clear(GRAPH_INFERENCES)
        for graph in STATED_GRAPHS:
            self._facts.take(self._store.quads(graph))
        stated = self._facts.size()
        self._say(f"{stated} facts to reason over")
        self._saturate(None)
        for stratum, rules in groupby(self._rules.guarded, key=lambda rule: rule.stratum):
            self._say(f"guarded rules of stratum {stratum}")
            self._saturate(self._guarded(list(rules)))
        inferences = self._record()
        faults = findings(self._facts, self._rules.checks)
        return MaterialiseReport(
            stated,
            self._facts.size() - stated,
            inferences,
            self._rounds,
            dict(self._by_rule),
            faults,
        )

    def _saturate(self, start: Delta | None) -> None:
        progress = saturate(self._facts, self._rules, start)
        self._rounds += progress.rounds
        self._by_rule.update(progress.drawn)
        self._write(progress.added)
        self._say(f"round {self._rounds}: {sum(self._by_rule.values())} triples inferred")

    def _guarded(self, rules: list[GuardedRule]) -> Delta:
        """Run the rules of one stratum; all see the same graph."""
        new: Delta = {}
        found = [(rule, list(self._store.construct(rule.query))) for rule in rules]
        for rule, triples in found:
            key = key_of(rule.head)
            for triple in triples:
                fact = self._facts.fact(triple)
                if fact is not None and self._facts.insert(key, (fact.subject, fact.object)):
                    new.setdefault(key, []).append((fact.subject, fact.object))
                    self._by_rule[rule.name] += 1
        self._write(new)
        return new

    def _write(self, new: Delta) -> None:
        facts = (Fact(key, *pair) for key, pairs in new.items() for pair in pairs)
        triples = (self._facts.triple(fact) for fact in facts)
        self._store.add(Quad(t.subject, t.predicate, t.object, _INFERRED) for t in triples)

    def _record(self) -> int:
        """Write an inference for every drawn fact of a defining rule's head."""
        self._facts.settle()
        keys = {key_of(rule.head) for rule in self._rules if rule.defining}
        keys |= {key_of(rule.head) for rule in self._rules.guarded}
        drawn = sorted(fact for fact in self._facts.drawn() if fact.key in keys)
        for start in range(0, len(drawn), _BATCH):
            triples = [self._facts.triple(fact) for fact in drawn[start : start + _BATCH]]
            proofs = [found for t in triples if (found := prove(self._facts, self._rules, t))]
            self._store.add(self._inferences(proofs))
            self._say(f"{start + len(triples)} of {len(drawn)} inferences recorded")
        return len(drawn)

    def _inferences(self, proofs: list[Proof]) -> Iterator[Quad]:
        stated = {proof.triple: proof.stated() for proof in proofs}
        premises = {each for triples in stated.values() for each in triples}
        claims = claims_behind(self._store, premises)
        for proof in proofs:
            behind = {claim for each in stated[proof.triple] for claim in claims.get(each, ())}
            yield from inference_quads(proof, sorted(behind))


def inference_quads(proof: Proof, claims: list[str]) -> Iterator[Quad]:
    """The ``mkg:Inference`` of a drawn triple: what, by which rule, from which claims (IRIs)."""
    node = NamedNode(inference_iri(proof.triple))
    rule = proof.rule.name if proof.rule else "stated"
    values: list[tuple[str, NamedNode | Literal]] = [
        (f"{RDF}type", NamedNode(f"{MKG}Inference")),
        (f"{MKG}inferredSubject", _named(proof.triple.subject)),
        (f"{MKG}inferredProperty", proof.triple.predicate),
        (f"{MKG}inferredObject", _named(proof.triple.object)),
        (f"{MKG}byRule", Literal(rule)),
        *((f"{MKG}premiseClaim", NamedNode(claim)) for claim in claims),
    ]
    for predicate, value in values:
        yield Quad(node, NamedNode(predicate), value, _INFERENCES)


def inference_iri(triple: Triple) -> str:
    """IRI of the inference that says why a triple was drawn: a hash of the triple."""
    text = f"{triple.subject} {triple.predicate} {triple.object}"
    return f"{ID}inference/{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _named(term: object) -> NamedNode | Literal:
    if isinstance(term, NamedNode | Literal):
        return term
    raise TypeError(f"{term} is neither a name nor a literal.")
