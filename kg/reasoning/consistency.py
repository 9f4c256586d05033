"""Runs the checks: what the ontology says must not hold together, said as findings.

A fault in one contribution never stops the graph or changes what others said: it is reported.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from pyoxigraph import Variable

from kg.model import Finding
from kg.reasoning.facts import FactBase
from kg.reasoning.rules import Binding, Check, Constant, Pattern
from kg.reasoning.wording import clause
from ontology.curies import compact

MOST: Final = 100
"""Findings of one check that are listed; a fault that repeats is not told a thousand times."""


def findings(facts: FactBase, checks: tuple[Check, ...]) -> tuple[Finding, ...]:
    """What the checks find, as warnings, in the order of the checks."""
    return tuple(finding for check in checks for finding in _found(facts, check))


def _found(facts: FactBase, check: Check) -> Iterator[Finding]:
    seen: set[frozenset[Constant]] = set()
    for binding in islice(_faults(facts, check, seen), MOST):
        thing = binding[_subject(check)]
        said = " and ".join(_said(pattern, binding) for pattern in check.body)
        yield Finding(
            severity="warning",
            message=f"{said}: the ontology says that both cannot be.",
            place=thing.value,
            remedy="Look at the claims behind each (mission-kg why); correct or dispute one.",
            subject=thing.value,
            shape=check.name,
        )


def _faults(facts: FactBase, check: Check, seen: set[frozenset[Constant]]) -> Iterator[Binding]:
    for binding in facts.solutions(check.body, {}):
        if check.different and binding[check.different[0]] == binding[check.different[1]]:
            continue
        things = frozenset(binding.values())
        if things not in seen:
            seen.add(things)
            yield binding


def _subject(check: Check) -> str:
    subject = check.body[0].subject
    if not isinstance(subject, Variable):
        raise TypeError(f"The check {check.name} begins with no variable.")
    return subject.value


def _said(pattern: Pattern, binding: Binding) -> str:
    return clause(Pattern(*pattern.bind(binding)), _label)


def _label(slot: object) -> str:
    iri = getattr(slot, "value", "")
    return compact(iri) or str(iri)
