"""What the .ttl files say, as values: classes, properties, concepts and their words.

Parsed once with pyoxigraph. Domains and ranges are those a person should follow: the OWL ones and
``schema:domainIncludes`` / ``schema:rangeIncludes``, which only document (an OWL domain infers a
type, it does not check one).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, parse

from ontology.files import modules, scheme_files
from ontology.names import DCT, MKG, OWL, RDF, RDFS, SKOS

SCHEMA = "https://schema.org/"
_KINDS = {
    f"{OWL}ObjectProperty": "object",
    f"{OWL}DatatypeProperty": "data",
    f"{OWL}AnnotationProperty": "annotation",
}
_LANG_STRING = f"{RDF}langString"
_Value = NamedNode | BlankNode | Literal


@dataclass(frozen=True, slots=True)
class ClassTerm:
    """A class. ``parents``: named superclasses as stated. ``labels``: language -> label.

    ``defined``: whether membership follows from an ``owl:equivalentClass`` or a derivation rule
    (then ``scope_note`` has the wording).
    """

    iri: str
    name: str
    label: str
    definition: str
    labels: Mapping[str, str]
    parents: tuple[str, ...]
    defined: bool
    scope_note: str


@dataclass(frozen=True, slots=True)
class PropertyTerm:
    """A property. ``kind``: ``object``, ``data`` or ``annotation``.

    ``domains``, ``ranges``: IRIs of the classes or datatypes it is meant for, none meaning any.
    ``single_valued``: two different values for one subject are a conflict (``mkg:singleValued``).
    ``lang_tagged``: its texts carry a language.
    """

    iri: str
    name: str
    label: str
    definition: str
    labels: Mapping[str, str]
    kind: str
    domains: tuple[str, ...]
    ranges: tuple[str, ...]
    parents: tuple[str, ...]
    inverse: str | None
    functional: bool
    single_valued: bool
    lang_tagged: bool


@dataclass(frozen=True, slots=True)
class Concept:
    """A SKOS concept. ``scheme``: IRI. ``classes``: the mkg classes it is an instance of."""

    iri: str
    scheme: str
    notation: str | None
    label: str
    definition: str
    labels: Mapping[str, str]
    broader: tuple[str, ...]
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scheme:
    """A SKOS concept scheme. ``name``: last part of its IRI."""

    iri: str
    name: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The ontology's terms by IRI. ``classes`` and ``properties`` are those of ``mkg:``."""

    classes: Mapping[str, ClassTerm]
    properties: Mapping[str, PropertyTerm]
    concepts: Mapping[str, Concept]
    schemes: Mapping[str, Scheme]
    _ancestors: Mapping[str, frozenset[str]] = field(repr=False, default_factory=dict)

    def ancestors(self, class_iri: str) -> frozenset[str]:
        """The class itself and every named class above it, foreign ones included."""
        return self._ancestors.get(class_iri, frozenset({class_iri}))


class _Facts:
    """Triples indexed by subject and predicate, in the order of the files."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._of: dict[str, dict[str, list[_Value]]] = defaultdict(lambda: defaultdict(list))
        for path in paths:
            for quad in parse(path=path, format=RdfFormat.TURTLE):
                if isinstance(quad.subject, NamedNode) and not isinstance(quad.object, tuple):
                    self._add(quad.subject.value, quad.predicate.value, quad.object)

    def _add(self, subject: str, predicate: str, value: object) -> None:
        if isinstance(value, NamedNode | BlankNode | Literal):
            self._of[subject][predicate].append(value)

    def subjects(self, *types: str) -> Iterator[str]:
        """Subjects with any of ``types``."""
        wanted = set(types)
        return (iri for iri in self._of if wanted & set(self.iris(iri, f"{RDF}type")))

    def iris(self, subject: str, *predicates: str) -> tuple[str, ...]:
        """Named values of any of ``predicates``, each once."""
        values = (value for name in predicates for value in self._of[subject].get(name, ()))
        return tuple(dict.fromkeys(value.value for value in values if isinstance(value, NamedNode)))

    def words(self, subject: str, predicate: str) -> dict[str, str]:
        """Language (empty for none) -> text."""
        values = self._of[subject].get(predicate, ())
        return {v.language or "": v.value for v in values if isinstance(v, Literal)}

    def text(self, subject: str, predicate: str) -> str:
        """The text in English, else without language, else the first, else empty."""
        words = self.words(subject, predicate)
        return words.get("en") or words.get("") or next(iter(words.values()), "")

    def has(self, subject: str, predicate: str) -> bool:
        """Whether the subject has any value for ``predicate``."""
        return bool(self._of[subject].get(predicate))


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The shipped ontology and its concept schemes."""
    return read((*modules(), *scheme_files()))


def read(paths: Iterable[Path]) -> Vocabulary:
    """The vocabulary that the Turtle files at ``paths`` spell. Raises ``SyntaxError``."""
    facts = _Facts(paths)
    classes = [iri for iri in facts.subjects(f"{OWL}Class") if iri.startswith(MKG)]
    properties = [iri for iri in facts.subjects(*_KINDS) if iri.startswith(MKG)]
    inverses = _inverses(facts, properties)
    return Vocabulary(
        {iri: _class(facts, iri) for iri in classes},
        {iri: _property(facts, iri, inverses.get(iri)) for iri in properties},
        {iri: _concept(facts, iri) for iri in facts.subjects(f"{SKOS}Concept")},
        {iri: _scheme(facts, iri) for iri in facts.subjects(f"{SKOS}ConceptScheme")},
        {iri: _above(facts, iri) for iri in facts.subjects(f"{OWL}Class")},
    )


def _class(facts: _Facts, iri: str) -> ClassTerm:
    return ClassTerm(
        iri,
        iri.removeprefix(MKG),
        facts.text(iri, f"{RDFS}label"),
        facts.text(iri, f"{SKOS}definition"),
        facts.words(iri, f"{RDFS}label"),
        facts.iris(iri, f"{RDFS}subClassOf"),
        facts.has(iri, f"{OWL}equivalentClass") or facts.has(iri, f"{SKOS}scopeNote"),
        facts.text(iri, f"{SKOS}scopeNote"),
    )


def _property(facts: _Facts, iri: str, inverse: str | None) -> PropertyTerm:
    types = facts.iris(iri, f"{RDF}type")
    ranges = facts.iris(iri, f"{RDFS}range", f"{SCHEMA}rangeIncludes")
    return PropertyTerm(
        iri,
        iri.removeprefix(MKG),
        facts.text(iri, f"{RDFS}label"),
        facts.text(iri, f"{SKOS}definition"),
        facts.words(iri, f"{RDFS}label"),
        next(_KINDS[name] for name in types if name in _KINDS),
        facts.iris(iri, f"{RDFS}domain", f"{SCHEMA}domainIncludes"),
        ranges,
        facts.iris(iri, f"{RDFS}subPropertyOf"),
        inverse,
        f"{OWL}FunctionalProperty" in types,
        facts.text(iri, f"{MKG}singleValued") == "true",
        _LANG_STRING in ranges,
    )


def _concept(facts: _Facts, iri: str) -> Concept:
    return Concept(
        iri,
        next(iter(facts.iris(iri, f"{SKOS}inScheme")), ""),
        facts.text(iri, f"{SKOS}notation") or None,
        facts.text(iri, f"{SKOS}prefLabel"),
        facts.text(iri, f"{SKOS}definition"),
        facts.words(iri, f"{SKOS}prefLabel"),
        facts.iris(iri, f"{SKOS}broader"),
        tuple(name for name in facts.iris(iri, f"{RDF}type") if name.startswith(MKG)),
    )


def _scheme(facts: _Facts, iri: str) -> Scheme:
    title, description = facts.text(iri, f"{DCT}title"), facts.text(iri, f"{DCT}description")
    return Scheme(iri, iri.rpartition("/")[2], title, description)


def _inverses(facts: _Facts, properties: Iterable[str]) -> dict[str, str]:
    stated = {iri: other for iri in properties for other in facts.iris(iri, f"{OWL}inverseOf")}
    return {other: iri for iri, other in stated.items()} | stated


def _above(facts: _Facts, iri: str) -> frozenset[str]:
    found: set[str] = set()
    waiting = [iri]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting.extend(facts.iris(here, f"{RDFS}subClassOf"))
    return frozenset(found)
