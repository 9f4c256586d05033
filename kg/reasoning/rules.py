"""What a rule is: patterns that must hold, and what then follows.

Rules of two tiers. A plain rule (tier A) comes from one OWL axiom: it holds in the open world and
only ever adds. A guarded rule (tier B) counts, compares numbers or needs a closed list; it is a
SPARQL CONSTRUCT that runs after the plain rules, with a guard that says when it may speak.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from pyoxigraph import Literal, NamedNode, Triple, Variable

from ontology.names import RDF

TYPE: Final = NamedNode(f"{RDF}type")

Constant = NamedNode | Literal
Slot = NamedNode | Literal | Variable
Binding = Mapping[str, Constant]
"""Name of a variable -> what it stands for."""


class Pattern(NamedTuple):
    """A triple with variables. The predicate is always named."""

    subject: Slot
    predicate: NamedNode
    object: Slot

    def variables(self) -> frozenset[str]:
        """Names of the pattern's variables."""
        return frozenset(
            slot.value for slot in (self.subject, self.object) if isinstance(slot, Variable)
        )

    def bind(self, binding: Binding) -> "Pattern":
        """The pattern with what is known put in."""
        return Pattern(_put(self.subject, binding), self.predicate, _put(self.object, binding))

    def triple(self, binding: Binding) -> Triple:
        """The triple that the pattern becomes. Raises ``KeyError`` where a variable is free."""
        subject, object_ = (_value(slot, binding) for slot in (self.subject, self.object))
        if isinstance(subject, Literal):
            raise TypeError(f"A literal cannot be a subject: {subject}.")
        return Triple(subject, self.predicate, object_)

    def match(self, triple: Triple) -> dict[str, Constant] | None:
        """What the variables stand for where the pattern is this triple; ``None`` where not."""
        if triple.predicate != self.predicate:
            return None
        found: dict[str, Constant] = {}
        for slot, value in ((self.subject, triple.subject), (self.object, triple.object)):
            if not isinstance(value, NamedNode | Literal):
                return None
            if isinstance(slot, Variable):
                if found.setdefault(slot.value, value) != value:
                    return None
            elif slot != value:
                return None
        return found


def _put(slot: Slot, binding: Binding) -> Slot:
    return binding.get(slot.value, slot) if isinstance(slot, Variable) else slot


def _value(slot: Slot, binding: Binding) -> Constant:
    return binding[slot.value] if isinstance(slot, Variable) else slot


@dataclass(frozen=True, slots=True)
class Rule:
    """If ``body`` holds, so does ``head``.

    ``name``: rule names of the OWL 2 RL tables (W3C OWL 2 Profiles, section 4.3), then the term
    whose axiom it comes from. ``sentence``: the rule in words. ``defining``: whether the head's
    class is a defined class (its memberships get an inference record).
    """

    name: str
    sentence: str
    body: tuple[Pattern, ...]
    head: Pattern
    defining: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """What must not hold together: a fault of the data, reported and never inferred from.

    ``different``: two variables that must stand for different things for the fault to be one.
    """

    name: str
    sentence: str
    body: tuple[Pattern, ...]
    different: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class GuardedRule:
    """A rule of tier B. ``query``: its CONSTRUCT, whose template is the one triple ``head``.

    ``body``: the patterns whose every match is a premise, as the file's header gives them.
    ``guard``: in words, what must be known for the rule to speak. ``stratum``: rules of a lower
    one run first. ``defining``: whether it draws a class membership.
    """

    name: str
    sentence: str
    body: tuple[Pattern, ...]
    head: Pattern
    guard: str
    source: str
    stratum: int
    query: str

    @property
    def defining(self) -> bool:
        """Whether the head is a class membership."""
        return self.head.predicate == TYPE


AnyRule = Rule | GuardedRule


@dataclass(frozen=True)
class RuleSet:
    """All rules of an ontology. ``silent``: axioms from which no RL rule draws anything.

    Silent axioms are listed so that none is lost unseen: an existential on the right-hand side,
    a union there, the range of a data property (SHACL checks these).
    """

    rules: tuple[Rule, ...]
    checks: tuple[Check, ...] = ()
    guarded: tuple[GuardedRule, ...] = ()
    silent: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[AnyRule]:
        """The plain rules, then the guarded ones."""
        yield from self.rules
        yield from self.guarded

    def for_head(self, triple: Triple) -> tuple[AnyRule, ...]:
        """Rules that could draw the triple, by the look of their heads."""
        found = self._by_head.get((triple.predicate, None), ())
        if triple.predicate == TYPE and isinstance(triple.object, NamedNode):
            found = (*found, *self._by_head.get((TYPE, triple.object), ()))
        return found

    def named(self, name: str) -> AnyRule:
        """The rule of that name. Raises ``KeyError``."""
        return next(rule for rule in self if rule.name == name)

    def patterns(self) -> Iterator[Pattern]:
        """Every pattern of every rule and check."""
        for rule in self:
            yield from rule.body
            yield rule.head
        for check in self.checks:
            yield from check.body

    @cached_property
    def _by_head(self) -> dict[tuple[NamedNode, NamedNode | None], tuple[AnyRule, ...]]:
        found: dict[tuple[NamedNode, NamedNode | None], tuple[AnyRule, ...]] = {}
        for rule in self:
            head = rule.head
            kind = head.object if head.predicate == TYPE else None
            key = (head.predicate, kind if isinstance(kind, NamedNode) else None)
            found[key] = (*found.get(key, ()), rule)
        return found


def variables_of(patterns: Iterable[Pattern]) -> tuple[str, ...]:
    """Names of the variables of all patterns, sorted."""
    return tuple(sorted({name for pattern in patterns for name in pattern.variables()}))
