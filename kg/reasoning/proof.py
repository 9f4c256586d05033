"""Finds why a triple holds: a proof from stated triples by the rules.

The proof is made on demand from the same rules that drew the triple. Search goes backwards from the
goal, looks into every triple once and settles a triple only when all premises of one rule instance
are settled: so it ends on any graph, circles included, and no proof rests on itself. The first
expansions go breadth first, which gives short proofs; a goal that needs more is a long chain, and
the search then follows the thinnest instances in depth.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Protocol

from pyoxigraph import Literal, NamedNode, Triple, Variable

from kg.errors import NotDerivable
from kg.reasoning.rules import AnyRule, Binding, Constant, GuardedRule, Pattern, RuleSet
from kg.store import GraphStore
from ontology.names import GRAPH_ASSERTED, GRAPH_INFERRED, GRAPH_VOCABULARIES

STATED_GRAPHS: Final = (GRAPH_ASSERTED, GRAPH_VOCABULARIES)
FIRST_INSTANCES: Final = 64
"""Instances of one rule looked at in the first search; where it fails, a second looks at all."""
BROAD: Final = 64
"""Triples expanded breadth first."""


class FactSource(Protocol):
    """Where proofs look facts up: a store, or the facts in memory."""

    def is_stated(self, triple: Triple) -> bool:
        """Whether the triple was stated, not drawn."""
        ...

    def holds(self, triple: Triple) -> bool:
        """Whether the triple was stated or drawn."""
        ...

    def solutions(self, body: Sequence[Pattern], binding: Binding) -> Iterator[Binding]:
        """Every way to fill the variables of ``body`` that agrees with ``binding``."""
        ...


@dataclass(frozen=True, slots=True)
class Proof:
    """Why ``triple`` holds: ``rule`` drew it from ``premises``; ``None`` where it is stated."""

    triple: Triple
    rule: AnyRule | None = None
    premises: tuple["Proof", ...] = ()

    def steps(self) -> Iterator["Proof"]:
        """The proof and all under it, each once, the goal first."""
        seen: set[Triple] = set()
        waiting = deque([self])
        while waiting:
            here = waiting.popleft()
            if here.triple not in seen:
                seen.add(here.triple)
                yield here
                waiting.extend(here.premises)

    def stated(self) -> tuple[Triple, ...]:
        """The stated triples that it rests on."""
        return tuple(step.triple for step in self.steps() if step.rule is None)


@dataclass(slots=True)
class _Instance:
    """A rule with its variables filled. ``missing``: premises not settled yet."""

    head: Triple
    rule: AnyRule
    premises: tuple[Triple, ...]
    missing: set[Triple] = field(default_factory=set)


def prove(facts: FactSource, rules: RuleSet, triple: Triple) -> Proof | None:
    """A proof of the triple, or ``None`` where it neither is stated nor follows."""
    if not facts.holds(triple):
        return None
    found = _Search(facts, rules, FIRST_INSTANCES).run(triple)
    return found or _Search(facts, rules, None).run(triple)


def explain(store: GraphStore, rules: RuleSet, triple: Triple) -> Proof:
    """A proof of a stated or drawn triple of a store.

    Raises ``NotDerivable`` where the store neither states it nor holds a way to draw it.
    """
    found = prove(StoreFacts(store), rules, triple)
    if found is None:
        raise NotDerivable(
            f"Nothing in the graph states or implies {triple.subject} {triple.predicate} "
            f"{triple.object}. Check the spelling of its parts, or build a new release."
        )
    return found


class _Search:
    def __init__(self, facts: FactSource, rules: RuleSet, limit: int | None) -> None:
        self._facts = facts
        self._rules = rules
        self._limit = limit
        self._proofs: dict[Triple, Proof] = {}
        self._waiting: dict[Triple, list[_Instance]] = {}

    def run(self, goal: Triple) -> Proof | None:
        agenda = deque([goal])
        seen = {goal}
        self._settled(goal)
        expanded = 0
        while agenda and goal not in self._proofs:
            here = agenda.popleft() if expanded < BROAD else agenda.pop()
            expanded += 1
            for triple in self._expand(here):
                if triple not in seen:
                    seen.add(triple)
                    agenda.append(triple)
        return self._proofs.get(goal)

    def _expand(self, triple: Triple) -> list[Triple]:
        """Look into all ways to draw the triple; gives back what is to be looked into next.

        Premises of the instances that lack least come last, where a search in depth takes them.
        """
        if triple in self._proofs:
            return []
        open_instances = []
        for instance in self._instances(triple):
            instance.missing = {each for each in instance.premises if not self._settled(each)}
            if not instance.missing:
                self._settle(instance)
                return []
            open_instances.append(instance)
        open_instances.sort(key=lambda each: -len(each.missing))
        for instance in open_instances:
            for each in instance.missing:
                self._waiting.setdefault(each, []).append(instance)
        return [each for instance in open_instances for each in sorted(instance.missing, key=str)]

    def _instances(self, triple: Triple) -> Iterator[_Instance]:
        for rule in self._rules.for_head(triple):
            binding = rule.head.match(triple)
            if binding is None:
                continue
            solutions = self._facts.solutions(rule.body, binding)
            if isinstance(rule, GuardedRule):
                rows = [_premises(rule, solution) for solution in solutions]
                every = tuple(dict.fromkeys(each for row in rows for each in row))
                if every and triple not in every:
                    yield _Instance(triple, rule, every)
                continue
            for solution in islice(solutions, self._limit):
                premises = _premises(rule, solution)
                if triple not in premises:
                    yield _Instance(triple, rule, premises)

    def _settled(self, triple: Triple) -> bool:
        if triple not in self._proofs and self._facts.is_stated(triple):
            self._proofs[triple] = Proof(triple)
        return triple in self._proofs

    def _settle(self, instance: _Instance) -> None:
        """Settle the instance's head, and every head that waited only for it."""
        ready = [instance]
        while ready:
            done = ready.pop()
            if done.head in self._proofs:
                continue
            premises = tuple(self._proofs[each] for each in done.premises)
            self._proofs[done.head] = Proof(done.head, done.rule, premises)
            for waiting in self._waiting.pop(done.head, ()):
                waiting.missing.discard(done.head)
                if not waiting.missing:
                    ready.append(waiting)


def _premises(rule: AnyRule, binding: Binding) -> tuple[Triple, ...]:
    return tuple(dict.fromkeys(pattern.triple(binding) for pattern in rule.body))


class StoreFacts:
    """The facts of a store: asserted and vocabulary triples are stated, inferred ones drawn."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def is_stated(self, triple: Triple) -> bool:
        """Whether the triple is in the asserted or vocabularies graph."""
        return any(self._store.contains(triple, graph) for graph in STATED_GRAPHS)

    def holds(self, triple: Triple) -> bool:
        """Whether the triple is in the asserted, vocabularies or inferred graph."""
        return self.is_stated(triple) or self._store.contains(triple, GRAPH_INFERRED)

    def solutions(self, body: Sequence[Pattern], binding: Binding) -> Iterator[Binding]:
        """Answered by one SPARQL query; in memory at once."""
        bound = [pattern.bind(binding) for pattern in body]
        free = [pattern for pattern in bound if pattern.variables()]
        fixed = (
            pattern.triple(binding) for pattern in body if not pattern.bind(binding).variables()
        )
        if any(not self.holds(triple) for triple in fixed):
            return
        if not free:
            yield binding
            return
        table = self._store.select(_query(free))
        for row in table.rows:
            found: dict[str, Constant] = {
                name: value
                for name, value in zip(table.variables, row, strict=True)
                if isinstance(value, NamedNode | Literal)
            }
            yield {**binding, **found}


def _query(patterns: Sequence[Pattern]) -> str:
    graphs = "".join(f"FROM <{graph}> " for graph in (*STATED_GRAPHS, GRAPH_INFERRED))
    lines = (f"{_written(p.subject)} {p.predicate} {_written(p.object)} ." for p in patterns)
    return f"SELECT DISTINCT * {graphs}WHERE {{ {' '.join(lines)} }}"


def _written(slot: NamedNode | Literal | Variable) -> str:
    return f"?{slot.value}" if isinstance(slot, Variable) else str(slot)
