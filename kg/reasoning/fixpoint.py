"""Runs plain rules over facts until nothing new follows (semi-naive evaluation).

In each round a rule is tried only on combinations with at least one fact of the round before, so
every way to draw a fact is looked at once. Rules only add and the terms are finite in number, so
the rounds end.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from pyoxigraph import Variable

from kg.reasoning.facts import NO_ONE, FactBase, Key, Pair, Relation, key_of
from kg.reasoning.rules import Pattern, Rule, RuleSet

Slots = list[int]
"""Values of a rule's variables, by place; ``FREE`` where not yet known."""
FREE: Final = -2
Delta = dict[Key, list[Pair]]


@dataclass
class Progress:
    """What a run did: ``rounds`` until nothing new came, new facts by rule, and all of them."""

    rounds: int = 0
    drawn: Counter[str] = field(default_factory=Counter)
    added: Delta = field(default_factory=dict)


def saturate(facts: FactBase, rules: RuleSet, start: Delta | None = None) -> Progress:
    """Add to ``facts`` all that the plain rules draw.

    ``start``: facts that are new since the last run; ``None``: all of them are.
    """
    plans = [_Plan(facts, rule) for rule in rules.rules]
    progress = Progress()
    if start is None:
        delta: Delta = {}
        progress.rounds = 1
        for plan in plans:
            _apply(facts, plan, plan.first(), delta, progress)
    else:
        delta = start
    while delta:
        progress.rounds += 1
        delta = _round(facts, plans, delta, progress)
    return progress


def _round(facts: FactBase, plans: list["_Plan"], old: Delta, progress: Progress) -> Delta:
    new: Delta = {}
    for plan in plans:
        for place, key in enumerate(plan.keys):
            if key in old:
                _apply(facts, plan, plan.fire(place, old[key]), new, progress)
    return new


def _apply(
    facts: FactBase, plan: "_Plan", found: Iterable[Pair], delta: Delta, progress: Progress
) -> None:
    fresh = [pair for pair in found if facts.insert(plan.head_key, pair)]
    if fresh:
        delta.setdefault(plan.head_key, []).extend(fresh)
        progress.added.setdefault(plan.head_key, []).extend(fresh)
        progress.drawn[plan.rule.name] += len(fresh)


@dataclass(frozen=True, slots=True)
class _Atom:
    """A pattern in numbers: where its subject and object are kept, or what they are."""

    relation: Relation
    subject: int
    object: int


class _Plan:
    """A rule made ready to run: variables are places in a list, constants sit in it from the start.

    Atoms are joined in an order in which each has as much known as can be.
    """

    def __init__(self, facts: FactBase, rule: Rule) -> None:
        self.rule = rule
        self.keys = [key_of(pattern) for pattern in rule.body]
        self.head_key = key_of(rule.head)
        self._places: dict[object, int] = {}
        self._slots: Slots = []
        self._facts = facts
        self._atoms = [self._atom(pattern) for pattern in rule.body]
        head = self._atom(rule.head)
        self._head = (head.subject, head.object)
        self._known = facts.relations[self.head_key].pairs
        self._simple = _shape(rule) if len(rule.body) == 1 else None

    def first(self) -> list[Pair]:
        """All that the rule draws from all facts."""
        place = min(range(len(self._atoms)), key=lambda at: len(self._atoms[at].relation.pairs))
        return self.fire(place, list(self._atoms[place].relation.pairs))

    def fire(self, place: int, pairs: list[Pair]) -> list[Pair]:
        """All that the rule draws where the body's atom at ``place`` is one of ``pairs``."""
        if self._simple is not None:
            return self._simple(pairs)
        return list(self._joined(place, pairs))

    def _joined(self, place: int, pairs: list[Pair]) -> Iterator[Pair]:
        seed = self._atoms[place]
        rest = self._order(place)
        slots = list(self._slots)
        subject, object_ = self._head
        for one, other in pairs:
            slots[:] = self._slots
            if _bind(slots, seed, one, other):
                for _ in _join(rest, 0, slots, self._head, self._known):
                    yield slots[subject], slots[object_]

    def _order(self, place: int) -> list[_Atom]:
        """The other atoms, always the one next that has most known."""
        constants = {at for at, value in enumerate(self._slots) if value != FREE}
        seed = self._atoms[place]
        bound = {seed.subject, seed.object} - constants
        left = [atom for at, atom in enumerate(self._atoms) if at != place]
        ordered = []
        while left:
            best = max(left, key=lambda atom: _closeness(atom, bound, constants))
            left.remove(best)
            bound |= {best.subject, best.object} - constants
            ordered.append(best)
        return ordered

    def _atom(self, pattern: Pattern) -> _Atom:
        key = key_of(pattern)
        object_ = self._constant(NO_ONE) if key[0] == "class" else self._place(pattern.object)
        return _Atom(self._facts.relations[key], self._place(pattern.subject), object_)

    def _place(self, slot: object) -> int:
        if isinstance(slot, Variable):
            return self._kept(slot.value, FREE)
        # What is no variable is a term; the slot's type is open, since patterns hold both.
        return self._constant(self._facts.number(slot))  # type: ignore[arg-type]

    def _constant(self, value: int) -> int:
        return self._kept(value, value)

    def _kept(self, name: object, value: int) -> int:
        if name not in self._places:
            self._places[name] = len(self._slots)
            self._slots.append(value)
        return self._places[name]


def _closeness(atom: _Atom, bound: set[int], constants: set[int]) -> int:
    """How well an atom is pinned down by what is known: what the rule has bound counts most.

    A whole class, known by nothing but its name, comes last: to walk it for each seed would be
    quadratic.
    """
    known = (atom.subject in bound) + (atom.object in bound)
    named = (atom.subject in constants) + (atom.object in constants)
    return 10 if known + named == 2 else 2 * known + named


def _bind(slots: Slots, atom: _Atom, one: int, other: int) -> bool:
    """Put a pair into an atom's places; says whether it agrees with what is there."""
    if slots[atom.subject] not in (FREE, one):
        return False
    slots[atom.subject] = one
    if slots[atom.object] not in (FREE, other):
        return False
    slots[atom.object] = other
    return True


def _join(
    atoms: list[_Atom], at: int, slots: Slots, head: tuple[int, int], known: set[Pair]
) -> Iterator[None]:
    """Each way to fill the places that all atoms agree with, unless its head is known already."""
    if (slots[head[0]], slots[head[1]]) in known:
        return
    if at == len(atoms):
        yield
        return
    atom = atoms[at]
    subject, object_ = slots[atom.subject], slots[atom.object]
    for one, other in _candidates(atom.relation, subject, object_):
        slots[atom.subject], slots[atom.object] = one, other
        if atom.subject != atom.object or one == other:
            yield from _join(atoms, at + 1, slots, head, known)
    slots[atom.subject], slots[atom.object] = subject, object_


def _candidates(relation: Relation, subject: int, object_: int) -> Iterable[Pair]:
    if subject != FREE and object_ != FREE:
        return ((subject, object_),) if (subject, object_) in relation.pairs else ()
    if subject != FREE:
        return [(subject, other) for other in relation.objects(subject)]
    if object_ != FREE:
        return [(one, object_) for one in relation.subjects(object_)]
    return list(relation.pairs)


def _shape(rule: Rule) -> Callable[[list[Pair]], list[Pair]] | None:
    """A fast way for the commonest rules of one pattern; ``None`` for the others."""
    body, head = rule.body[0], rule.head
    if key_of(body)[0] == "class":
        same = isinstance(body.subject, Variable) and head.subject == body.subject
        return list if same and key_of(head)[0] == "class" else None
    subject, object_ = body.subject, body.object
    if not (isinstance(subject, Variable) and isinstance(object_, Variable)) or subject == object_:
        return None
    if key_of(head)[0] == "class":
        if head.subject == subject:
            return _subjects
        return _objects if head.subject == object_ else None
    if (head.subject, head.object) == (subject, object_):
        return list
    return _swapped if (head.subject, head.object) == (object_, subject) else None


def _subjects(pairs: list[Pair]) -> list[Pair]:
    return [(one, NO_ONE) for one, _ in pairs]


def _objects(pairs: list[Pair]) -> list[Pair]:
    return [(other, NO_ONE) for _, other in pairs]


def _swapped(pairs: list[Pair]) -> list[Pair]:
    return [(other, one) for one, other in pairs]
