"""Binds typed arguments to a question: text in, RDF terms into the query's VALUES blocks.

A question declares each parameter as a block ``VALUES ?case { init:pilot-e }`` that holds its
default. An argument is parsed by the parameter's type into an RDF term; the term, serialised
anew by rules that leave no way out of it, takes the place of the block's content. No argument is
ever pasted as it came, so none can change what the query does.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from pyoxigraph import Literal, NamedNode

from ontology import curies
from ontology.names import ID, KINDS, SCHEME_PREFIXES, VOCAB, XSD
from ontology.vocabulary import vocabulary
from queries.errors import BadArgument, MissingArgument, UnknownParameter, near
from queries.library import Parameter, Question

ANY: Final = "*"
"""The argument that stands for any value, where a parameter is optional."""

Value = NamedNode | Literal

_BLOCK: Final = re.compile(r"VALUES\s+\?(?P<name>\w+)\s*\{[^{}]*\}")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"[+-]?([0-9]{1,18}(\.[0-9]{1,18})?|\.[0-9]{1,18})")
_DATE: Final = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
# BCP 47 (RFC 5646, section 2.1) in its usual part: language, then subtags.
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_SLUG: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_ABSOLUTE: Final = re.compile(r"(https?|urn):\S+", re.IGNORECASE)
_SCHEME_OF: Final = {scheme: prefix for prefix, scheme in SCHEME_PREFIXES.items()}
_OPEN_SCHEMES: Final = frozenset(
    {"design-feature", "discipline", "policy-concept", "region"}
    | {"source-kind", "technology", "topic"}
)
"""Schemes to which the data adds terms: a term that the ontology does not know is no fault."""
_SPECIAL: Final = re.compile(r'\\[uU]|["\\\x00-\x1f\x7f]')
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def bind(question: Question, arguments: Mapping[str, str]) -> str:
    """Return the question's SPARQL with ``arguments`` bound; the rest keep their default.

    ``arguments``: parameter name -> value as text: a CURIE, an IRI or a bare name for ``iri``
    and ``concept``, plain text for the others, ``*`` for any where the parameter is optional,
    several with commas between where it takes many. Raises ``UnknownParameter``,
    ``MissingArgument`` or ``BadArgument``.
    """
    for name in arguments:
        if question.parameter(name) is None:
            raise UnknownParameter(question.name, name, (each.name for each in question.parameters))
    blocks = {
        each.name: _block(question, each, arguments.get(each.name, each.default))
        for each in question.parameters
    }
    # One pass over the file's own text: what is put in is never searched again.
    return _BLOCK.sub(lambda found: blocks.get(found["name"], found[0]), question.text)


def terms(question: Question, parameter: Parameter, argument: str) -> tuple[Value, ...]:
    """Read the RDF terms that ``argument`` names; empty where it is ``*``, any value.

    Raises ``MissingArgument`` or ``BadArgument``.
    """
    if not argument.strip(" \t\r\n," if parameter.many else None):
        raise MissingArgument(question.name, parameter.name, expected(parameter))
    if argument.strip() == ANY and parameter.optional:
        return ()
    parts = [part.strip() for part in argument.split(",")] if parameter.many else [argument]
    return tuple(_term(question, parameter, part) for part in parts if part)


def expected(parameter: Parameter) -> str:
    """Say in words what the parameter takes, with an example of its form."""
    words = _EXPECTED[parameter.base]
    if parameter.base == "iri" and parameter.of:
        kinds = " or ".join(f"{KINDS[prefix]} ({prefix}:...)" for prefix in parameter.of)
        words = f"the CURIE or IRI of a thing of kind {kinds}"
    if parameter.base == "concept" and parameter.of:
        scheme = parameter.of[0]
        words = f"a term of the vocabulary {scheme} ({_SCHEME_OF.get(scheme, scheme)}:...)"
    if parameter.many:
        words += ", or several with commas between"
    return f"{words}, or {ANY} for any" if parameter.optional else words


_EXPECTED: Final = {
    "iri": "a CURIE such as init:pilot-e or an IRI",
    "concept": "the CURIE or IRI of a concept",
    "string": "text",
    "integer": "a whole number such as 12",
    "decimal": "a number such as 0.5",
    "date": "a date as YYYY, YYYY-MM or YYYY-MM-DD",
    "language": "a language tag such as en or fr",
}


def serialise(term: Value) -> str:
    r"""SPARQL text for one term: ``<iri>``, ``"text"``, ``"5"^^<datatype>``.

    Control characters are escaped. A backslash before ``u`` or ``U`` is followed by that letter
    as a codepoint escape: engines resolve ``\uXXXX`` before they read the grammar (SPARQL 1.1,
    section 19.2), some without regard to a backslash that is itself escaped, and would else see
    a quotation mark in ``\\u0022``.
    """
    if isinstance(term, NamedNode):
        return f"<{term.value}>"
    quoted = f'"{_SPECIAL.sub(_escape, term.value)}"'
    if term.language:
        return f"{quoted}@{term.language}"
    return quoted if term.datatype.value == f"{XSD}string" else f"{quoted}^^<{term.datatype.value}>"


def _block(question: Question, parameter: Parameter, argument: str) -> str:
    found = terms(question, parameter, argument)
    content = " ".join(serialise(term) for term in found) or "UNDEF"
    return f"VALUES ?{parameter.name} {{ {content} }}"


def _escape(found: re.Match[str]) -> str:
    special = found[0]
    if len(special) == 2:
        return f"\\\\{_codepoint(special[1])}"
    return _ESCAPES.get(special) or _codepoint(special)


def _codepoint(char: str) -> str:
    # Eight digits: rdflib reads up to eight after a backslash and u, one too many characters.
    return f"\\U{ord(char):08X}"


def _term(question: Question, parameter: Parameter, text: str) -> Value:
    value = _READERS[parameter.base](parameter, text)
    if value is None:
        raise BadArgument(
            question.name, parameter.name, text, expected(parameter), _candidates(parameter, text)
        )
    return value


def _read_string(_: Parameter, text: str) -> Value | None:
    # A lone surrogate cannot be written as UTF-8, so it is no text.
    if any("\ud800" <= char <= "\udfff" for char in text):
        return None
    return Literal(text)


def _read_integer(_: Parameter, text: str) -> Value | None:
    return Literal(int(text)) if _INTEGER.fullmatch(text.strip()) else None


def _read_decimal(_: Parameter, text: str) -> Value | None:
    if not _DECIMAL.fullmatch(text.strip()):
        return None
    return Literal(format(Decimal(text.strip()), "f"), datatype=NamedNode(f"{XSD}decimal"))


def _read_date(_: Parameter, text: str) -> Value | None:
    text = text.strip()
    if not _DATE.fullmatch(text):
        return None
    year, month, day = (*(int(part) for part in text.split("-")), 1, 1)[:3]
    try:
        date(year, month, day)
    except ValueError:
        return None
    return Literal(text)


def _read_language(_: Parameter, text: str) -> Value | None:
    text = text.strip()
    return Literal(text.lower()) if _LANGUAGE.fullmatch(text) else None


def _read_iri(parameter: Parameter, text: str) -> Value | None:
    spaces = [f"{ID}{KINDS[prefix]}/" for prefix in parameter.of]
    node = _node(text.strip(), spaces[0] if len(spaces) == 1 else None)
    if node is None or not spaces:
        return node
    return node if any(_within(node, space) for space in spaces) else None


def _read_concept(parameter: Parameter, text: str) -> Value | None:
    spaces = [f"{VOCAB}{scheme}/" for scheme in parameter.of]
    node = _node(text.strip(), spaces[0] if spaces else None)
    if node is None or not spaces:
        return node
    if not any(_within(node, space) for space in spaces):
        return None
    known = _known(parameter.of[0])
    return node if not known or node.value in known else None


_READERS: Final = {
    "iri": _read_iri,
    "concept": _read_concept,
    "string": _read_string,
    "integer": _read_integer,
    "decimal": _read_decimal,
    "date": _read_date,
    "language": _read_language,
}


def _node(text: str, space: str | None) -> NamedNode | None:
    """Read an IRI: in full, in angle brackets, as a CURIE, or bare in ``space``."""
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1]
    if space is not None and _SLUG.fullmatch(text):
        return NamedNode(space + text)
    try:
        return NamedNode(text if _ABSOLUTE.fullmatch(text) else curies.expand(text))
    except ValueError:
        return None


def _within(node: NamedNode, space: str) -> bool:
    return node.value.startswith(space) and bool(_SLUG.fullmatch(node.value[len(space) :]))


def _known(scheme: str) -> frozenset[str]:
    """List the concepts of a closed scheme; none where the data may add to it."""
    if scheme in _OPEN_SCHEMES:
        return frozenset()
    wanted = VOCAB + scheme
    return frozenset(
        iri for iri, concept in vocabulary().concepts.items() if concept.scheme == wanted
    )


def _candidates(parameter: Parameter, text: str) -> tuple[str, ...]:
    if parameter.base != "concept" or not parameter.of:
        prefixes = parameter.of if parameter.base == "iri" else ()
        name = text.rpartition(":")[2].rpartition("/")[2]
        return tuple(f"{prefix}:{name}" for prefix in prefixes[:1] if _SLUG.fullmatch(name))
    scheme = parameter.of[0]
    prefix = _SCHEME_OF.get(scheme, scheme)
    space = f"{VOCAB}{scheme}/"
    names = (iri.removeprefix(space) for iri in vocabulary().concepts if iri.startswith(space))
    name = text.rpartition(":")[2].rpartition("/")[2]
    return tuple(f"{prefix}:{found}" for found in near(name, names))
