"""Reads guarded rules: one SPARQL CONSTRUCT per file, under a header of YAML in ``#+`` lines.

Header fields: ``name``, ``sentence`` (the rule in words), ``tier`` (always B), ``stratum`` (rules
of a lower one run first), ``guard`` (what must be known for the rule to speak, in words),
``source`` (whose definition it is) and ``premises``: the patterns that count as premises, in
Turtle with variables. Every match of the premises for a given head is a premise of it.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pyoxigraph import Literal, NamedNode, RdfFormat, Variable, parse

from kg.errors import RuleCompileError
from kg.reasoning.rules import GuardedRule, Pattern, Slot

_VARIABLE: Final = re.compile(r"[?$](\w+)")
_PREFIX: Final = re.compile(r"^\s*PREFIX\s+([\w-]*:)\s*(<[^>]*>)", re.IGNORECASE | re.MULTILINE)
_TEMPLATE: Final = re.compile(r"\bCONSTRUCT\s*\{([^}]*)\}", re.IGNORECASE)
_MARK: Final = "urn:variable:"

Text = Annotated[str, BeforeValidator(lambda value: " ".join(str(value).split()))]


class _Header(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    sentence: Text = Field(min_length=1)
    tier: str = Field(pattern="^B$")
    stratum: int = Field(default=2, ge=1, le=9)
    guard: Text = Field(min_length=1)
    source: Text = Field(min_length=1)
    premises: str = Field(min_length=1)


def guarded_rules(directory: Path) -> tuple[GuardedRule, ...]:
    """The rules of all ``construct-*.rq`` files, by stratum and name.

    Raises ``RuleCompileError`` naming the file and what is wrong in it.
    """
    rules = [_read(path) for path in sorted(directory.glob("construct-*.rq"))]
    return tuple(sorted(rules, key=lambda rule: (rule.stratum, rule.name)))


def _read(path: Path) -> GuardedRule:
    text = path.read_text(encoding="utf-8")
    try:
        header = _Header.model_validate(_header(text))
        head = _head(text)
        body = tuple(_patterns(header.premises, text))
    except (yaml.YAMLError, ValidationError, SyntaxError, ValueError) as fault:
        raise RuleCompileError(f"The rule file {path.name} is at fault: {fault}") from fault
    return GuardedRule(
        name=f"guarded {header.name}",
        sentence=header.sentence,
        body=body,
        head=head,
        guard=header.guard,
        source=header.source,
        stratum=header.stratum,
        query=text,
    )


def _header(text: str) -> dict[str, Any]:
    lines = (line[2:].removeprefix(" ") for line in text.splitlines() if line.startswith("#+"))
    header = yaml.safe_load("\n".join(lines))
    if not isinstance(header, dict):
        raise ValueError("it has no header of '#+ field: value' lines")
    return header


def _head(text: str) -> Pattern:
    template = _TEMPLATE.search(text)
    if template is None:
        raise ValueError("it has no CONSTRUCT { ... }")
    patterns = list(_patterns(template[1], text))
    if len(patterns) != 1:
        raise ValueError(f"its template has {len(patterns)} triples; expected one")
    return patterns[0]


def _patterns(turtle: str, text: str) -> Iterator[Pattern]:
    """Patterns of Turtle with variables, under the prefixes of the file."""
    prefixes = "".join(f"@prefix {name} {iri} .\n" for name, iri in _PREFIX.findall(text))
    body = _VARIABLE.sub(rf"<{_MARK}\1>", turtle).rstrip().removesuffix(".")
    for quad in parse(f"{prefixes}{body} .", format=RdfFormat.TURTLE):
        yield Pattern(_slot(quad.subject), quad.predicate, _slot(quad.object))


def _slot(term: object) -> Slot:
    if isinstance(term, NamedNode) and term.value.startswith(_MARK):
        return Variable(term.value.removeprefix(_MARK))
    if isinstance(term, NamedNode | Literal):
        return term
    raise ValueError(f"{term} may not stand in a rule: expected a name, a literal or a variable")
