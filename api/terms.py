"""Terms written by people on the command line and in addresses: CURIEs, IRIs and literals."""

import re
from typing import Final

import pyoxigraph as ox

from api.errors import BadRequest
from ontology import curies
from ontology.names import MKG, RDF

_IRI: Final = re.compile(r"<?((?:https?|urn|mailto):[^\s<>\"{}|\\^`]+)>?")
_LOCAL: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*")


Asked = tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]
"""Subject, predicate and object of a triple that someone asks about."""


def read_triple(subject: str, predicate: str, value: str) -> Asked:
    """Read a triple; see ``read_iri`` and ``read_value``. Raises ``BadRequest``."""
    return read_iri(subject), _read_predicate(predicate), read_value(value)


def read_iri(text: str) -> ox.NamedNode:
    """Read a CURIE, or an IRI with or without angle brackets. Raises ``BadRequest``."""
    text = text.strip()
    if found := _IRI.fullmatch(text):
        return ox.NamedNode(found[1])
    try:
        return ox.NamedNode(curies.expand(text))
    except ValueError as error:
        raise BadRequest(
            f"{text!r} is neither a CURIE with a known prefix, such as init:pilot-e, nor an IRI: "
            f"{error}"
        ) from error


def read_value(text: str) -> ox.NamedNode | ox.Literal:
    """Read an IRI, a CURIE, or a literal written as in Turtle. Raises ``BadRequest``.

    RDF 1.1 Turtle section 2.5: ``"Pilot-E"@en``, ``42``, ``2.5``, ``true``,
    ``"2021"^^xsd:integer``.
    """
    text = text.strip()
    if not re.match(r"[\"'+\-.0-9]|true$|false$", text):
        return read_iri(text)
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in curies.PREFIXES.items())
    try:
        triples = list(ox.parse(f"{prefixes}<urn:s> <urn:p> {text} .", ox.RdfFormat.TURTLE))
    except SyntaxError as error:
        raise BadRequest(
            f'{text!r} is no literal; write it as "text", "text"@en, a number, true or false.'
        ) from error
    if len(triples) != 1 or not isinstance(triples[0].object, ox.Literal):
        raise BadRequest(f"{text!r} is more than one value; give one.")
    return triples[0].object


def _read_predicate(text: str) -> ox.NamedNode:
    """As ``read_iri``; ``a`` is ``rdf:type``, a bare name is one of ``mkg:``."""
    text = text.strip()
    if text == "a":
        return ox.NamedNode(f"{RDF}type")
    return ox.NamedNode(MKG + text) if _LOCAL.fullmatch(text) else read_iri(text)
