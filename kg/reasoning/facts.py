"""Facts in memory, as numbers: what the fixpoint works on.

Terms get numbers once; a class membership is a member of a set, a link is a pair. An index of a
property by subject or by object is made when a rule first asks for it and kept from then on. Facts
that no rule mentions (labels, amounts) are never taken in: they are most of a graph.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from pyoxigraph import Literal, NamedNode, Quad, Triple, Variable

from kg.reasoning.rules import TYPE, Binding, Constant, Pattern, RuleSet, Slot

Key = tuple[str, str]
"""``("class", IRI)`` or ``("link", IRI)``."""
Pair = tuple[int, int]
NO_ONE: Final = -1
"""Stands for the object of a class membership, so that every fact is a pair."""


class Fact(NamedTuple):
    """One fact in numbers. ``object`` is ``NO_ONE`` for a class membership."""

    key: Key
    subject: int
    object: int


@dataclass(slots=True)
class Relation:
    """All pairs of one property, or all members of one class as pairs with ``NO_ONE``."""

    pairs: set[Pair] = field(default_factory=set)
    _ordered: list[Pair] | None = None
    _by_subject: dict[int, list[int]] | None = None
    _by_object: dict[int, list[int]] | None = None

    def add(self, pair: Pair) -> bool:
        """Take in a pair; says whether it is new."""
        if pair in self.pairs:
            return False
        self.pairs.add(pair)
        if self._by_subject is not None:
            self._by_subject.setdefault(pair[0], []).append(pair[1])
        if self._by_object is not None:
            self._by_object.setdefault(pair[1], []).append(pair[0])
        return True

    def settle(self, rank: Sequence[int]) -> None:
        """Give the pairs one order, by the ranks of their terms; nothing is added from here on."""
        self._ordered = sorted(self.pairs, key=lambda pair: (rank[pair[0]], rank[pair[1]]))
        self._by_subject = self._by_object = None

    def all(self) -> Iterable[Pair]:
        """All pairs, in order once settled."""
        return self.pairs if self._ordered is None else self._ordered

    def objects(self, subject: int) -> Sequence[int]:
        """Objects of a subject."""
        if self._by_subject is None:
            self._by_subject = {}
            for one, other in self.all():
                self._by_subject.setdefault(one, []).append(other)
        return self._by_subject.get(subject, ())

    def subjects(self, object_: int) -> Sequence[int]:
        """Subjects of an object."""
        if self._by_object is None:
            self._by_object = {}
            for one, other in self.all():
                self._by_object.setdefault(other, []).append(one)
        return self._by_object.get(object_, ())


class FactBase:
    """Facts that the rules of a set mention.

    ``add`` takes triples in; ``stated`` facts are those that came with ``given=True``, and are
    never written again as inferred ones.
    """

    def __init__(self, rules: RuleSet) -> None:
        self._numbers: dict[Constant, int] = {}
        self._terms: list[Constant] = []
        self._literals: set[int] = set()
        self.relations: dict[Key, Relation] = {key_of(p): Relation() for p in rules.patterns()}
        self._predicates = {
            NamedNode(name): key for key in self.relations for kind, name in [key] if kind == "link"
        }
        self._classes = {
            NamedNode(name): key
            for key in self.relations
            for kind, name in [key]
            if kind == "class"
        }
        self._given: dict[Key, set[Pair]] = {key: set() for key in self.relations}

    def number(self, term: Constant) -> int:
        """The number of a term; a new one for a new term."""
        found = self._numbers.get(term)
        if found is None:
            found = len(self._terms)
            self._numbers[term] = found
            self._terms.append(term)
            if isinstance(term, Literal):
                self._literals.add(found)
        return found

    def term(self, number: int) -> Constant:
        """The term of a number."""
        return self._terms[number]

    def take(self, quads: Iterable[Quad | Triple]) -> None:
        """Take in, as given, the triples that the rules mention; the others are left out."""
        for quad in quads:
            fact = self._read(quad.subject, quad.predicate, quad.object)
            if fact is not None:
                key, subject, object_ = fact
                self.relations[key].add((subject, object_))
                self._given[key].add((subject, object_))

    def fact(self, triple: Triple) -> Fact | None:
        """A triple in numbers; ``None`` where no rule mentions it."""
        return self._read(triple.subject, triple.predicate, triple.object)

    def _read(self, subject: object, predicate: NamedNode, object_: object) -> Fact | None:
        if not isinstance(subject, NamedNode) or not isinstance(object_, NamedNode | Literal):
            return None
        if predicate == TYPE and isinstance(object_, NamedNode):
            key = self._classes.get(object_)
            return Fact(key, self.number(subject), NO_ONE) if key else None
        key = self._predicates.get(predicate)
        return Fact(key, self.number(subject), self.number(object_)) if key else None

    def triple(self, fact: Fact) -> Triple:
        """A fact as a triple."""
        (kind, name), subject = fact.key, self._terms[fact.subject]
        if not isinstance(subject, NamedNode):
            raise TypeError(f"A literal cannot be a subject: {subject}.")
        if kind == "class":
            return Triple(subject, TYPE, NamedNode(name))
        return Triple(subject, NamedNode(name), self._terms[fact.object])

    def insert(self, key: Key, pair: Pair) -> bool:
        """Add what a rule drew; says whether it is new. A literal as subject is left out."""
        return pair[0] not in self._literals and self.relations[key].add(pair)

    def given(self, fact: Fact) -> bool:
        """Whether a fact was stated, not drawn."""
        return (fact.subject, fact.object) in self._given[fact.key]

    def settle(self) -> None:
        """Order all facts by their terms, so that of several proofs the same is found each time.

        Numbers follow the order in which terms came in, which any other fact may change.
        """
        texts = [str(term) for term in self._terms]
        rank = [0] * len(texts)
        for place, number in enumerate(sorted(range(len(texts)), key=texts.__getitem__)):
            rank[number] = place
        for relation in self.relations.values():
            relation.settle(rank)

    def size(self) -> int:
        """Number of facts, stated and drawn."""
        return sum(len(relation.pairs) for relation in self.relations.values())

    def drawn(self) -> Iterator[Fact]:
        """All facts that were drawn and not stated."""
        for key, relation in self.relations.items():
            for subject, object_ in relation.pairs - self._given[key]:
                yield Fact(key, subject, object_)

    # --- as a source of proofs -----------------------------------------------------------------

    def is_stated(self, triple: Triple) -> bool:
        """Whether a triple was stated."""
        fact = self.fact(triple)
        return fact is not None and self.given(fact)

    def holds(self, triple: Triple) -> bool:
        """Whether a triple was stated or drawn."""
        fact = self.fact(triple)
        return fact is not None and (fact.subject, fact.object) in self.relations[fact.key].pairs

    def solutions(self, body: Sequence[Pattern], binding: Binding) -> Iterator[Binding]:
        """Every way to fill the variables of ``body`` that agrees with ``binding``."""
        if not body:
            yield binding
            return
        bound = [pattern.bind(binding) for pattern in body]
        best = min(range(len(bound)), key=lambda index: self._cost(bound[index]))
        rest = [pattern for index, pattern in enumerate(body) if index != best]
        for found in self._matches(bound[best]):
            yield from self.solutions(rest, {**binding, **found})

    def _cost(self, pattern: Pattern) -> int:
        """How many matches to expect: none to search where all is known, all of a whole class."""
        key = key_of(pattern)
        free = len(pattern.variables())
        if free == 0:
            return 0
        whole = free == 2 or key[0] == "class"
        return 2 + len(self.relations[key].pairs) if whole else 1

    def _matches(self, pattern: Pattern) -> Iterator[Mapping[str, Constant]]:
        key = key_of(pattern)
        relation = self.relations[key]
        subject = self._known(pattern.subject)
        object_ = NO_ONE if key[0] == "class" else self._known(pattern.object)
        for one, other in _pairs(relation, subject, object_):
            found: dict[str, Constant] = {}
            if isinstance(pattern.subject, Variable):
                found[pattern.subject.value] = self._terms[one]
            if isinstance(pattern.object, Variable):
                value = self._terms[other]
                if found.setdefault(pattern.object.value, value) != value:
                    continue
            yield found

    def _known(self, slot: Slot) -> int | None:
        return None if isinstance(slot, Variable) else self.number(slot)


def _pairs(relation: Relation, subject: int | None, object_: int | None) -> Iterable[Pair]:
    if subject is not None and object_ is not None:
        return [(subject, object_)] if (subject, object_) in relation.pairs else []
    if subject is not None:
        return [(subject, other) for other in relation.objects(subject)]
    if object_ is not None:
        return [(one, object_) for one in relation.subjects(object_)]
    return relation.all()


def key_of(pattern: Pattern) -> Key:
    """Which relation a pattern speaks of."""
    if pattern.predicate == TYPE and isinstance(pattern.object, NamedNode):
        return ("class", pattern.object.value)
    return ("link", pattern.predicate.value)
