"""Reads OWL axioms from Turtle: labels, lists, property expressions, class expressions.

A class expression on the left of an axiom becomes a choice of conditions (disjunctive normal
form): every choice is the body of one rule. The rule names are those of the tables in section 4.3
of the W3C recommendation OWL 2 Web Ontology Language Profiles.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Variable, parse

from kg.errors import RuleCompileError
from kg.reasoning.rules import TYPE, Pattern, Slot
from ontology.curies import compact
from ontology.names import OWL, RDF, RDFS, XSD

Node = NamedNode | BlankNode
Value = NamedNode | BlankNode | Literal

TOP: Final = (NamedNode(f"{OWL}Thing"), NamedNode(f"{RDFS}Literal"), NamedNode(f"{RDFS}Resource"))
"""Fillers that ask for nothing."""
CLASS_CONSTRUCTORS: Final = ("intersectionOf", "unionOf", "complementOf", "oneOf")
RESTRICTIONS: Final = ("someValuesFrom", "hasValue", "allValuesFrom")


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to belong to a class expression: conditions, and the RL rules they stand for."""

    body: tuple[Pattern, ...]
    codes: frozenset[str] = frozenset()

    def and_(self, other: "Choice") -> "Choice":
        """Both ways at once."""
        return Choice(self.body + other.body, self.codes | other.codes)


@dataclass
class Axioms:
    """The triples of the files, by subject and predicate."""

    _of: dict[Node, dict[NamedNode, list[Value]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    @classmethod
    def read(cls, paths: Iterable[Path]) -> "Axioms":
        """All triples of the Turtle files. Raises ``RuleCompileError`` naming file and line."""
        found = cls()
        for path in paths:
            try:
                for quad in parse(path=path, format=RdfFormat.TURTLE, rename_blank_nodes=True):
                    found._add(quad.subject, quad.predicate, quad.object)
            except SyntaxError as error:
                raise RuleCompileError(f"{path.name} is not Turtle: {error}") from error
        return found

    def _add(self, subject: object, predicate: NamedNode, value: object) -> None:
        if isinstance(subject, NamedNode | BlankNode) and isinstance(
            value, NamedNode | BlankNode | Literal
        ):
            self._of[subject][predicate].append(value)

    def __iter__(self) -> Iterator[tuple[Node, NamedNode, Value]]:
        """All triples, in the files' order of subjects."""
        for subject, facts in self._of.items():
            for predicate, values in facts.items():
                for value in values:
                    yield subject, predicate, value

    def values(self, subject: Value, iri: str) -> list[Value]:
        """Values of a property, in the files' order."""
        if isinstance(subject, Literal):
            return []
        return self._of.get(subject, {}).get(NamedNode(iri), [])

    def one(self, subject: Value, iri: str) -> Value | None:
        """The first value of a property."""
        return next(iter(self.values(subject, iri)), None)

    def items(self, head: Value) -> list[Value]:
        """Members of an RDF list. Raises ``RuleCompileError`` where it is broken or a circle."""
        found: list[Value] = []
        seen: set[Value] = set()
        while head != NamedNode(f"{RDF}nil"):
            first = self.one(head, f"{RDF}first")
            rest = self.one(head, f"{RDF}rest")
            if first is None or rest is None or head in seen:
                raise RuleCompileError(f"The list at {head} is broken: it has no end.")
            seen.add(head)
            found.append(first)
            head = rest
        return found

    def label(self, term: Slot | BlankNode) -> str:
        """What to call a term: its English label, else the readable end of its IRI."""
        if isinstance(term, Literal):
            return f'"{term.value}"'
        if isinstance(term, Variable):
            return term.value
        for label in self.values(term, f"{RDFS}label"):
            if isinstance(label, Literal) and label.language in ("en", None):
                return label.value
        return readable(term.value)


def readable(iri: str) -> str:
    """The end of an IRI as words: ``.../mission-lock-in`` gives ``mission lock in``."""
    return iri.rstrip("/").replace("#", "/").rsplit("/", 1)[-1].replace("-", " ")


def short(term: Value) -> str:
    """A CURIE where there is one, else the term as it is written."""
    return (compact(term.value) if isinstance(term, NamedNode) else None) or str(term)


@dataclass
class Expressions:
    """Turns expressions into patterns. Fresh variables are named in the order they come."""

    axioms: Axioms
    _used: int = 0

    def fresh(self) -> Variable:
        """A variable that no pattern of this rule has."""
        names = "XYZWVUTSRQPONMLKJIHGFEDCBA"
        number, self._used = self._used, self._used + 1
        extra = number // len(names)
        return Variable(names[number % len(names)] + (str(extra) if extra else ""))

    def link(self, expression: Value, subject: Slot, object_: Slot) -> Pattern:
        """The pattern for a property or an inverse. Raises ``RuleCompileError``."""
        if isinstance(expression, NamedNode):
            return Pattern(subject, expression, object_)
        inverse = self.axioms.one(expression, f"{OWL}inverseOf")
        if isinstance(inverse, NamedNode):
            return Pattern(object_, inverse, subject)
        raise RuleCompileError(
            f"{expression} is no property: expected a name or [ owl:inverseOf a name ]."
        )

    def choices(self, expression: Value, thing: Slot) -> list[Choice]:
        """Ways for ``thing`` to belong to a class expression on the left of an axiom.

        Raises ``RuleCompileError`` where OWL 2 RL has no rule for it there.
        """
        if expression in TOP:
            return [Choice(())]
        if isinstance(expression, NamedNode):
            if expression.value.startswith(XSD):
                raise unknown(f"the datatype {short(expression)} as a condition", expression)
            return [Choice((Pattern(thing, TYPE, expression),))]
        kind, operand = self.constructor(expression)
        match kind:
            case "intersectionOf":
                return self._all(self.axioms.items(operand), thing)
            case "unionOf":
                parts = [self.choices(part, thing) for part in self.axioms.items(operand)]
                return [_coded(choice, "cls-uni") for part in parts for choice in part]
            case "hasValue" if isinstance(operand, NamedNode | Literal):
                pattern = self.link(self.property(expression), thing, operand)
                return [Choice((pattern,), frozenset({"cls-hv2"}))]
            case "someValuesFrom":
                return self._some(expression, operand, thing)
        raise unknown(f"owl:{kind} on the left of an axiom", expression)

    def _all(self, parts: list[Value], thing: Slot) -> list[Choice]:
        found = [Choice((), frozenset({"cls-int1"}))]
        for part in parts:
            found = [a.and_(b) for a, b in product(found, self.choices(part, thing))]
        return found

    def _some(self, restriction: Value, filler: Value, thing: Slot) -> list[Choice]:
        other = self.fresh()
        link = self.link(self.property(restriction), thing, other)
        code = "cls-svf2" if filler in TOP else "cls-svf1"
        start = Choice((link,), frozenset({code}))
        return [start.and_(choice) for choice in self.choices(filler, other)]

    def property(self, restriction: Value) -> Value:
        """What a restriction is on. Raises ``RuleCompileError`` where it does not say."""
        found = self.axioms.one(restriction, f"{OWL}onProperty")
        if found is None:
            raise unknown("a restriction without owl:onProperty", restriction)
        return found

    def constructor(self, expression: Value) -> tuple[str, Value]:
        """Local name of the constructor of a class expression, and its operand.

        Raises ``RuleCompileError`` naming a constructor that the compiler does not know.
        """
        for name in (*CLASS_CONSTRUCTORS, *RESTRICTIONS):
            operand = self.axioms.one(expression, OWL + name)
            if operand is not None:
                return name, operand
        says = sorted(short(p) for s, p, _ in self.axioms if s == expression and p != TYPE)
        raise unknown(f"a class expression with {', '.join(says) or 'nothing in it'}", expression)


def _coded(choice: Choice, code: str) -> Choice:
    return Choice(choice.body, choice.codes | {code})


def unknown(what: str, where: Value) -> RuleCompileError:
    """The error for a construct that the compiler does not know."""
    place = short(where) if isinstance(where, NamedNode) else "an anonymous expression"
    return RuleCompileError(
        f"The rule compiler does not know {what} (at {place}). Say it with a construct that it "
        "knows (see kg.reasoning.compiler), or as a guarded rule in queries/derive."
    )
