"""Words of a table -> terms of the graph: properties, things, texts, numbers, dates, currencies.

What a cell must hold is decided by the property's kind and range in the ontology. Each refusal
names the offending word, what was expected and, where one is near, the word that was meant.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from pyoxigraph import NamedNode

from ingest import literals
from ingest.faults import did_you_mean, nearest, shown
from ingest.literals import TermFault
from ingest.slugs import SLUG, slug
from kg.model import Term
from ontology.curies import PREFIXES, compact, expand
from ontology.names import DCT, KINDS, MKG, OWL, RDF, RDFS, SKOS, VOCAB, XSD
from ontology.vocabulary import Vocabulary

_IRI = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+)>")
_CURIE = re.compile(r"(?P<prefix>[A-Za-z][A-Za-z0-9-]*):(?P<local>[A-Za-z0-9][A-Za-z0-9_.-]*)")
_SHORT = {
    "a": f"{RDF}type",
    "label": f"{RDFS}label",
    "definition": f"{SKOS}definition",
    "altName": f"{SKOS}altLabel",
    "identifier": f"{DCT}identifier",
}
_LANGUAGE = {f"{RDFS}label", f"{SKOS}definition", f"{SKOS}altLabel", f"{SKOS}prefLabel"}
_THINGS = {
    f"{SKOS}{name}"
    for name in (
        "exactMatch",
        "closeMatch",
        "broadMatch",
        "narrowMatch",
        "relatedMatch",
        "broader",
        "narrower",
        "related",
        "inScheme",
        "topConceptOf",
    )
} | {f"{OWL}sameAs", f"{RDFS}seeAlso"}
_TEXTS = {f"{RDFS}comment", f"{DCT}identifier"} | {
    f"{SKOS}{name}"
    for name in (
        "hiddenLabel",
        "note",
        "scopeNote",
        "example",
        "changeNote",
        "historyNote",
        "editorialNote",
        "notation",
    )
}
FOREIGN = (
    SKOS,
    DCT,
    "https://schema.org/",
    "http://xmlns.com/foaf/0.1/",
    "http://www.w3.org/ns/org#",
    "http://www.w3.org/ns/dcat#",
    "http://www.w3.org/ns/prov#",
)
"""Vocabularies whose properties are kept as they are, whether or not the ontology declares them."""
_EDTF_NAMES = {"deadline", "scheduledFor", "asOf"}


@dataclass(frozen=True, slots=True)
class Property:
    """What a property takes. ``takes``: ``class``, ``thing``, ``text`` or ``either``.

    ``datatype``: XSD type of its literals. ``language``: whether its texts are in a language.
    ``form``: ``edtf`` or ``currency`` where the text must be one, else empty.
    """

    iri: str
    name: str
    takes: str
    datatype: str = f"{XSD}string"
    language: bool = False
    form: str = ""


class Terms:
    """Resolves words against the ontology. ``declared``: IRIs that the input itself types."""

    def __init__(self, words: Vocabulary, declared: Collection[str] = ()) -> None:
        self._words = words
        self._declared = declared
        self._properties = _property_table(words)
        self._names = {known.iri: name for name, known in self._properties.items()}
        self._labels: dict[str, str] | None = None

    def declaring(self, declared: Collection[str]) -> "Terms":
        """The same resolver, for an input that types ``declared`` itself."""
        return Terms(self._words, declared)

    def property_word(self, iri: str) -> str:
        """How a table writes a property: its short name, its CURIE, or ``<iri>``."""
        return self._names.get(iri) or curie(iri)

    def property_of(self, iri: str) -> Property:
        """The property with this IRI. Raises ``TermFault``."""
        return self.property(self.property_word(iri))

    def property(self, text: str) -> Property:
        """The property named ``text``. Raises ``TermFault``."""
        known = self._properties.get(text.removeprefix("mkg:"))
        if known:
            return known
        if ":" in text and not text.startswith("mkg:"):
            return foreign_property(self.thing(text, concept=False), text, self._words)
        raise TermFault(
            f"there is no property {shown(text)}.",
            did_you_mean(text.removeprefix("mkg:"), self._properties, "See the list of terms."),
        )

    def thing(self, text: str, concept: bool = True) -> str:
        """The IRI that a CURIE or ``<iri>`` stands for. Raises ``TermFault``."""
        full = _IRI.fullmatch(text)
        iri = full.group(1) if full else self._expanded(text)
        if concept and iri.startswith(VOCAB):
            self._known_concept(iri, text)
        return iri

    def expanded(self, text: str) -> str | None:
        """The IRI that a CURIE or ``<iri>`` stands for; None where it stands for none."""
        try:
            return self.thing(text, concept=False)
        except TermFault:
            return None

    def value(self, prop: Property, text: str, language: str) -> Term:
        """The term that ``text`` is as a value of ``prop``. Raises ``TermFault``."""
        if prop.takes == "class":
            return NamedNode(self.class_iri(text))
        if prop.takes == "thing" or (prop.takes == "either" and self._names_thing(text)):
            return NamedNode(self._object(prop, text))
        typed = literals.typed(text, language)
        if typed is not None:
            return typed
        if prop.takes == "text" and self._names_thing(text) and prop.name != "identifier":
            raise TermFault(
                f'{shown(text)} names a thing, but the property "{prop.name}" takes a text.',
                "Write the words, or choose a property that links two things.",
            )
        return literals.literal(text, prop.datatype, prop.language, language, prop.form, prop.name)

    def fit(self, prop: Property, value: Term) -> Term:
        """``value`` as the term that ``prop`` takes. Raises ``TermFault`` where it takes none."""
        if isinstance(value, NamedNode):
            if prop.takes == "text":
                raise TermFault(
                    f'{shown(value.value)} names a thing, but the property "{prop.name}" takes a '
                    "text.",
                    "Write the words, or choose a property that links two things.",
                )
            known = self.class_iri if prop.takes == "class" else self.thing
            return NamedNode(known(f"<{value.value}>"))
        if prop.takes == "thing" or prop.takes == "class":
            raise TermFault(
                f'{shown(value.value)} is a text, but the property "{prop.name}" takes a thing.',
                "Write an IRI.",
            )
        if prop.takes == "either" or not prop.iri.startswith(MKG):
            return value
        tag = value.language or ""
        return literals.literal(
            value.value, prop.datatype, prop.language, tag if prop.language else "", prop.form,
            prop.name,
        )  # fmt: skip

    def class_iri(self, text: str) -> str:
        """The class named by a bare name or a CURIE. Raises ``TermFault``."""
        iri = f"{MKG}{text}" if re.fullmatch(r"\w+", text) else self.thing(text, concept=False)
        if iri.startswith(MKG) and iri not in self._words.classes:
            names = [known.removeprefix(MKG) for known in self._words.classes]
            raise TermFault(
                f"there is no class {shown(text)}.",
                did_you_mean(iri.removeprefix(MKG), names, "See the list of terms."),
            )
        return iri

    def term(self, text: str, scheme: str) -> str:
        """The slug of a concept of ``scheme``, given as slug or CURIE. Raises ``TermFault``."""
        word = text.rpartition(":")[2]
        if f"{VOCAB}{scheme}/{word}" in self._words.concepts:
            return word
        known = _terms(self._words, scheme)
        raise TermFault(
            f"{shown(text)} is no term of {scheme}.",
            did_you_mean(word, known, f"Terms: {', '.join(known)}."),
        )

    def _object(self, prop: Property, text: str) -> str:
        if self._names_thing(text) or _CURIE.fullmatch(text) or text.startswith("<"):
            return self.thing(text)
        found = self._concept_labels().get(text.casefold())
        raise TermFault(
            f'{shown(text)} is a text, but the property "{prop.name}" takes a thing.',
            f'Did you mean "{found}"?' if found else f"Write its CURIE, such as org:{slug(text)}.",
        )

    def _concept_labels(self) -> dict[str, str]:
        if self._labels is None:
            known = self._words.concepts.items()
            self._labels = {concept.label.casefold(): curie(iri) for iri, concept in known}
        return self._labels

    def _names_thing(self, text: str) -> bool:
        found = _CURIE.fullmatch(text)
        return bool(_IRI.fullmatch(text)) or bool(found and found["prefix"] in PREFIXES)

    def _expanded(self, text: str) -> str:
        found = _CURIE.fullmatch(text)
        if not found:
            raise TermFault(
                f"{shown(text)} is neither a CURIE nor an IRI in angle brackets.",
                "Write it like init:pilot-e or <https://example.org/thing>.",
            )
        if found["prefix"] not in PREFIXES:
            raise TermFault(
                f"there is no prefix {shown(found['prefix'])} (in {shown(text)}).",
                did_you_mean(found["prefix"], PREFIXES, "See the list of prefixes."),
            )
        if found["prefix"] in KINDS and not SLUG.fullmatch(found["local"]):
            raise TermFault(
                f"{shown(text)} is no stable name: only a-z, 0-9 and hyphens may follow the colon.",
                f'Did you mean "{found["prefix"]}:{slug(found["local"])}"?',
            )
        # Spelt out: the prefix is known, and this runs three times a row.
        return PREFIXES[found["prefix"]] + found["local"]

    def _known_concept(self, iri: str, text: str) -> None:
        if iri in self._words.concepts or iri in self._declared or iri in self._words.schemes:
            return
        scheme, _, word = iri.removeprefix(VOCAB).partition("/")
        near = nearest(word, _terms(self._words, scheme))
        raise TermFault(
            f"there is no concept {shown(text)}.",
            f'Did you mean "{curie(f"{VOCAB}{scheme}/{near}")}"?'
            if near
            else f"Choose a term of {scheme}, or add a row that gives it a class.",
        )


def foreign_property(iri: str, name: str, words: Vocabulary) -> Property:
    """A property of a known foreign vocabulary. Raises ``TermFault`` for any other."""
    if iri in _LANGUAGE:
        return Property(iri, name, "text", language=True)
    if iri in _TEXTS:
        return Property(iri, name, "text", language=iri.startswith((SKOS, RDFS)))
    if iri in _THINGS:
        return Property(iri, name, "thing")
    if iri in words.properties or iri.startswith(FOREIGN):
        return Property(iri, name, "either")
    raise TermFault(
        f"the property {shown(name)} is of no vocabulary that is known here.",
        "Use a property of the ontology, or of SKOS, DCT, schema.org, FOAF, ORG, DCAT or PROV.",
    )


@lru_cache(maxsize=65_536)
def curie(iri: str) -> str:
    """How a table writes an IRI: a CURIE where ``thing`` reads it back, else ``<iri>``."""
    short = compact(iri)
    found = _CURIE.fullmatch(short) if short else None
    if short is None or found is None or expand(short) != iri:
        return f"<{iri}>"
    if found["prefix"] in KINDS and not SLUG.fullmatch(found["local"]):
        return f"<{iri}>"
    return short


def _property_table(words: Vocabulary) -> dict[str, Property]:
    table: dict[str, Property] = {}
    for iri, term in words.properties.items():
        if iri.startswith(MKG):
            table[term.name] = _own(iri, term.name, term.kind, tuple(term.ranges), term.lang_tagged)
    for name, iri in _SHORT.items():
        takes = "class" if name == "a" else "text"
        table[name] = Property(iri, name, takes, language=iri in _LANGUAGE)
    return table


def _own(iri: str, name: str, kind: str, ranges: tuple[str, ...], language: bool) -> Property:
    if kind == "object":
        return Property(iri, name, "thing")
    types = [each for each in ranges if each.startswith(XSD)]
    datatype = types[0] if len(types) == 1 else f"{XSD}string"
    form = "currency" if name.lower().endswith("currency") else ""
    if name.endswith("Date") or name in _EDTF_NAMES:
        form = "edtf"
    return Property(iri, name, "text", datatype, language, form)


def _terms(words: Vocabulary, scheme: str) -> list[str]:
    start = f"{VOCAB}{scheme}/"
    return sorted(iri.removeprefix(start) for iri in words.concepts if iri.startswith(start))
