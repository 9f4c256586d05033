"""Compiles the ontology's axioms to named rules.

Known constructs, with the tables of W3C OWL 2 Profiles section 4.3 that they follow: subClassOf,
equivalentClass, intersectionOf, unionOf, someValuesFrom, hasValue, allValuesFrom (right),
complementOf (right), disjointWith, AllDisjointClasses; subPropertyOf, equivalentProperty,
inverseOf, propertyChainAxiom, domain, range, transitive, symmetric; and as checks, because a fault
in one contribution must not rewrite the rest: functional, inverse functional, asymmetric,
irreflexive, propertyDisjointWith. owl:sameAs is never drawn. Anything else in the OWL, RDFS or RDF
namespaces stops the build: an axiom that nobody runs is worse than none.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Variable

from kg.errors import RuleCompileError
from kg.reasoning.axioms import TOP, Axioms, Choice, Expressions, Node, Value, short, unknown
from kg.reasoning.guarded import guarded_rules
from kg.reasoning.rules import TYPE, Check, Pattern, Rule, RuleSet
from kg.reasoning.wording import sentence_of
from ontology.files import modules
from ontology.names import OWL, RDF, RDFS, XSD
from queries.derive import DERIVE_DIR

X: Final = Variable("X")
NOTHING: Final = NamedNode(f"{OWL}Nothing")

SILENT_PREDICATES: Final = frozenset(
    f"{RDFS}{name}" for name in ("label", "comment", "seeAlso", "isDefinedBy")
) | frozenset(
    f"{OWL}{name}" for name in ("versionInfo", "versionIRI", "priorVersion", "deprecated")
)
"""Predicates that only annotate."""
INNER_PREDICATES: Final = frozenset(
    {f"{RDF}first", f"{RDF}rest"}
    | {
        f"{OWL}{name}"
        for name in (
            "onProperty", "someValuesFrom", "hasValue", "allValuesFrom", "intersectionOf",
            "unionOf", "complementOf", "members",
        )
    }
)  # fmt: skip
"""Predicates that are read as part of the axiom that holds them."""
DECLARATIONS: Final = frozenset(
    f"{OWL}{name}"
    for name in (
        "Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty", "Ontology",
        "NamedIndividual", "Restriction", "AllDisjointClasses",
    )
) | {f"{RDFS}Datatype"}  # fmt: skip
"""Types that only declare."""


def compile_rules(ttl_paths: Iterable[Path], derive_dir: Path | None = DERIVE_DIR) -> RuleSet:
    """The rules that the Turtle files' axioms and the guarded rules' files give.

    ``derive_dir``: where the guarded rules are (``None``: no such rules). Raises
    ``RuleCompileError`` naming the axiom whose construct is not known. Takes some 0.1 s.
    """
    return _Compiler(Axioms.read(ttl_paths)).run(derive_dir)


@lru_cache(maxsize=1)
def shipped_rules() -> RuleSet:
    """The rules of the shipped ontology with the shipped guarded rules; compiled once."""
    return compile_rules(modules())


@dataclass
class _Compiler:
    axioms: Axioms
    rules: dict[str, Rule] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)
    silent: list[str] = field(default_factory=list)

    def run(self, derive_dir: Path | None) -> RuleSet:
        for subject, predicate, value in self.axioms:
            try:
                self._axiom(subject, predicate.value, value)
            except RuleCompileError as error:
                axiom = f"{_name(subject)} {short(predicate)} {_name(value)}"
                raise RuleCompileError(f"In the axiom {axiom}: {error}") from error
        guarded = guarded_rules(derive_dir) if derive_dir else ()
        return RuleSet(
            tuple(self.rules.values()), tuple(self.checks.values()), guarded, tuple(self.silent)
        )

    def _axiom(self, subject: Node, predicate: str, value: Value) -> None:
        handler = _HANDLERS.get(predicate)
        if predicate == TYPE.value:
            self._characteristic(subject, value)
        elif handler is not None:
            handler(self, subject, value)
        elif predicate == f"{OWL}inverseOf":
            self._inverse(subject, value)
        elif predicate.startswith((OWL, RDFS, RDF)) and predicate not in (
            SILENT_PREDICATES | INNER_PREDICATES
        ):
            raise unknown(short(NamedNode(predicate)), subject)

    # --- classes -------------------------------------------------------------------------------

    def _sub_class(self, sub: Node, sup: Value) -> None:
        expressions = Expressions(self.axioms)
        thing = expressions.fresh()
        code = "cax-sco" if isinstance(sup, NamedNode) else ""
        for choice in self._bodies(expressions, sub, thing):
            self._follows(expressions, choice, thing, sup, code, _name(sub))

    def _equivalent_class(self, left: Node, right: Value) -> None:
        named = isinstance(left, NamedNode) and isinstance(right, NamedNode)
        for one, other in ((left, right), (right, left)):
            expressions = Expressions(self.axioms)
            thing = expressions.fresh()
            defining = isinstance(one, BlankNode)
            for choice in self._bodies(expressions, one, thing):
                code = "cax-eqc1" if named else "cax-eqc2" if defining else "cax-eqc1"
                self._follows(expressions, choice, thing, other, code, _name(left), defining)

    def _bodies(self, expressions: Expressions, sub: Value, thing: Variable) -> list[Choice]:
        found = expressions.choices(sub, thing)
        if any(not choice.body for choice in found):
            raise unknown("a class that everything belongs to on the left", sub)
        return found

    def _follows(
        self,
        expressions: Expressions,
        choice: Choice,
        thing: Variable,
        sup: Value,
        code: str,
        of: str,
        defining: bool = False,
    ) -> None:
        """Rules for ``choice`` implying membership of ``thing`` in ``sup``."""
        codes = choice.codes | ({code} if code else set())
        if sup == NOTHING:
            self._check(codes | {"cls-nothing2"}, of, choice.body)
        elif isinstance(sup, NamedNode):
            if sup not in TOP:
                self._rule(codes, of, choice.body, Pattern(thing, TYPE, sup), defining)
        else:
            self._right(expressions, Choice(choice.body, frozenset(codes)), thing, sup, of)

    def _right(
        self, expressions: Expressions, choice: Choice, thing: Variable, sup: Value, of: str
    ) -> None:
        """Consequences of an anonymous class on the right of an axiom."""
        kind, operand = expressions.constructor(sup)
        match kind:
            case "intersectionOf":
                for part in self.axioms.items(operand):
                    self._follows(expressions, choice, thing, part, "cls-int2", of)
            case "hasValue" if isinstance(operand, NamedNode | Literal):
                head = expressions.link(expressions.property(sup), thing, operand)
                self._rule(choice.codes | {"cls-hv1"}, of, choice.body, head)
            case "allValuesFrom":
                other = expressions.fresh()
                link = expressions.link(expressions.property(sup), thing, other)
                longer = Choice((*choice.body, link), choice.codes)
                self._follows(expressions, longer, other, operand, "cls-avf", of)
            case "complementOf":
                for bad in expressions.choices(operand, thing):
                    self._check(choice.codes | {"cls-com"}, of, choice.body + bad.body)
            case "someValuesFrom" | "unionOf":
                self.silent.append(f"{of}: owl:{kind} on the right draws nothing in OWL 2 RL")
            case _:
                raise unknown(f"owl:{kind} on the right of an axiom", sup)

    def _disjoint(self, left: Node, right: Value) -> None:
        expressions = Expressions(self.axioms)
        thing = expressions.fresh()
        for a in expressions.choices(left, thing):
            for b in expressions.choices(right, thing):
                self._check(frozenset({"cax-dw"}), f"{_name(left)} {_name(right)}", a.body + b.body)

    def _all_disjoint(self, axiom: Node) -> None:
        members = [
            item
            for name in ("members", "distinctMembers")
            for values in self.axioms.values(axiom, OWL + name)
            for item in self.axioms.items(values)
        ]
        for left, right in combinations(members, 2):
            body = (self._member(left), self._member(right))
            self._check(frozenset({"cax-adc"}), f"{_name(left)} {_name(right)}", body)

    def _member(self, class_: Value) -> Pattern:
        if not isinstance(class_, NamedNode):
            raise unknown("an anonymous class among disjoint ones", class_)
        return Pattern(X, TYPE, class_)

    # --- properties ----------------------------------------------------------------------------

    def _sub_property(self, sub: Node, sup: Value) -> None:
        self._implies("prp-spo1", sub, sup)

    def _equivalent_property(self, left: Node, right: Value) -> None:
        self._implies("prp-eqp1", left, right)
        self._implies("prp-eqp2", right, left)

    def _inverse(self, left: Node, right: Value) -> None:
        if not isinstance(left, NamedNode):
            return
        if not isinstance(right, NamedNode):
            raise unknown("an inverse that is no name", left)
        expressions = Expressions(self.axioms)
        x, y = expressions.fresh(), expressions.fresh()
        one, other = Pattern(x, left, y), Pattern(y, right, x)
        self._rule(frozenset({"prp-inv1"}), _name(left), (one,), other)
        self._rule(frozenset({"prp-inv2"}), _name(left), (other,), one)

    def _implies(self, code: str, sub: Value, sup: Value) -> None:
        expressions = Expressions(self.axioms)
        x, y = expressions.fresh(), expressions.fresh()
        body, head = expressions.link(sub, x, y), expressions.link(sup, x, y)
        self._rule(frozenset({code}), _name(sub), (body,), head)

    def _chain(self, sup: Node, chain: Value) -> None:
        expressions = Expressions(self.axioms)
        start = here = expressions.fresh()
        body = []
        for part in self.axioms.items(chain):
            there = expressions.fresh()
            body.append(expressions.link(part, here, there))
            here = there
        head = expressions.link(sup, start, here)
        self._rule(frozenset({"prp-spo2"}), _name(sup), tuple(body), head)

    def _domain(self, property_: Node, class_: Value) -> None:
        expressions = Expressions(self.axioms)
        x, y = expressions.fresh(), expressions.fresh()
        body = Choice((expressions.link(property_, x, y),))
        self._follows(expressions, body, x, class_, "prp-dom", _name(property_))

    def _range(self, property_: Node, class_: Value) -> None:
        if isinstance(class_, NamedNode) and (
            class_.value.startswith(XSD) or class_.value == f"{RDF}langString" or class_ in TOP
        ):
            self.silent.append(f"{_name(property_)}: SHACL checks the datatype {short(class_)}")
            return
        expressions = Expressions(self.axioms)
        x, y = expressions.fresh(), expressions.fresh()
        body = Choice((expressions.link(property_, x, y),))
        self._follows(expressions, body, y, class_, "prp-rng", _name(property_))

    def _disjoint_property(self, left: Node, right: Value) -> None:
        expressions = Expressions(self.axioms)
        x, y = expressions.fresh(), expressions.fresh()
        body = (expressions.link(left, x, y), expressions.link(right, x, y))
        self._check(frozenset({"prp-pdw"}), f"{_name(left)} {_name(right)}", body)

    def _characteristic(self, subject: Node, kind: Value) -> None:
        if not isinstance(kind, NamedNode) or not kind.value.startswith((OWL, RDFS, RDF)):
            return
        name = kind.value.removeprefix(OWL)
        expressions = Expressions(self.axioms)
        x, y, z = (expressions.fresh() for _ in range(3))

        def link(a: Variable, b: Variable) -> Pattern:
            return expressions.link(subject, a, b)

        of = _name(subject)
        match name:
            case "TransitiveProperty":
                self._rule(frozenset({"prp-trp"}), of, (link(x, y), link(y, z)), link(x, z))
            case "SymmetricProperty":
                self._rule(frozenset({"prp-symp"}), of, (link(x, y),), link(y, x))
            case "FunctionalProperty":
                self._check(frozenset({"prp-fp"}), of, (link(x, y), link(x, z)), ("Y", "Z"))
            case "InverseFunctionalProperty":
                self._check(frozenset({"prp-ifp"}), of, (link(x, z), link(y, z)), ("X", "Y"))
            case "AsymmetricProperty":
                self._check(frozenset({"prp-asyp"}), of, (link(x, y), link(y, x)))
            case "IrreflexiveProperty":
                self._check(frozenset({"prp-irp"}), of, (link(x, x),))
            case "AllDisjointClasses":
                self._all_disjoint(subject)
            case _ if kind.value not in DECLARATIONS:
                raise unknown(short(kind), subject)

    # --- results -------------------------------------------------------------------------------

    def _rule(
        self,
        codes: frozenset[str],
        of: str,
        body: tuple[Pattern, ...],
        head: Pattern,
        defining: bool = False,
    ) -> None:
        body = tuple(dict.fromkeys(body))
        if head in body:
            return
        name = _free(f"{'+'.join(sorted(codes))} {of}", self.rules)
        sentence = sentence_of(body, head, self.axioms.label)
        self.rules[name] = Rule(name, sentence, body, head, defining)

    def _check(
        self,
        codes: frozenset[str],
        of: str,
        body: tuple[Pattern, ...],
        different: tuple[str, str] | None = None,
    ) -> None:
        name = _free(f"{'+'.join(sorted(codes))} {of}", self.checks)
        sentence = sentence_of(body, None, self.axioms.label, different)
        self.checks[name] = Check(name, sentence, body, different)


_Handler = Callable[[_Compiler, Node, Value], None]
_HANDLERS: Final[dict[str, _Handler]] = {
    f"{RDFS}subClassOf": _Compiler._sub_class,
    f"{OWL}equivalentClass": _Compiler._equivalent_class,
    f"{OWL}disjointWith": _Compiler._disjoint,
    f"{RDFS}subPropertyOf": _Compiler._sub_property,
    f"{OWL}equivalentProperty": _Compiler._equivalent_property,
    f"{OWL}propertyChainAxiom": _Compiler._chain,
    f"{RDFS}domain": _Compiler._domain,
    f"{RDFS}range": _Compiler._range,
    f"{OWL}propertyDisjointWith": _Compiler._disjoint_property,
}


def _name(term: Value) -> str:
    return short(term) if isinstance(term, NamedNode) else "(expression)"


def _free(name: str, taken: Iterable[str]) -> str:
    """The name, or the name with the first number that makes it free."""
    names = _numbered(name)
    known = taken if isinstance(taken, dict) else set(taken)
    return next(candidate for candidate in names if candidate not in known)


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name} ({number})"
        number += 1
