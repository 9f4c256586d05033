"""What to call things on pages: the label in the reader's language, with its own language tag.

Claims, places in sources, comparison cells and inferences carry no label; theirs is put together
from what they are about.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode

from kg.reasoning.axioms import readable
from kg.store import Cell, GraphStore
from ontology.names import DCT, FOREIGN_PREFIXES, ID, MKG, OWL, PROV, RDF, RDFS, SKOS
from ontology.vocabulary import vocabulary

VOID: Final = FOREIGN_PREFIXES["void"]
VS: Final = FOREIGN_PREFIXES["vs"]
SCHEMA: Final = FOREIGN_PREFIXES["schema"]
SD: Final = "http://www.w3.org/ns/sparql-service-description#"
_BATCH: Final = 300
_LONGEST: Final = 120
_LABELS: Final = (
    f"SELECT ?x ?label {{ VALUES ?x {{ %s }} "
    f"?x <{RDFS}label>|<{SKOS}prefLabel>|<{DCT}title> ?label }}"
)
_PARTS: Final = "SELECT ?x ?p ?o { VALUES ?x { %s } ?x ?p ?o FILTER(?p IN (%s)) }"
_MADE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "claim": ("claimSubject", "claimProperty", "claimObject", "claimValue"),
    "segment": ("fromSource", "startTime", "page", "section"),
    "assessment": ("onFeature", "assesses"),
    "inference": ("inferredSubject", "inferredProperty", "inferredObject", "inferredValue"),
}
"""Kind without labels -> the properties of which its name is made, as in :func:`_composed`."""
_WORDS: Final[Mapping[str, str]] = {
    f"{RDF}type": "is a",
    f"{RDFS}label": "name",
    f"{RDFS}subClassOf": "a kind of",
    f"{RDFS}subPropertyOf": "a special case of",
    f"{RDFS}domain": "is said of",
    f"{RDFS}range": "leads to",
    f"{RDFS}seeAlso": "see also",
    f"{RDFS}comment": "comment",
    f"{RDFS}isDefinedBy": "defined in",
    f"{SKOS}prefLabel": "name",
    f"{SKOS}altLabel": "other name",
    f"{SKOS}definition": "definition",
    f"{SKOS}scopeNote": "how it is meant",
    f"{SKOS}note": "note",
    f"{SKOS}broader": "broader",
    f"{SKOS}narrower": "narrower",
    f"{SKOS}inScheme": "in the vocabulary",
    f"{SKOS}hasTopConcept": "top term",
    f"{SKOS}topConceptOf": "top term of",
    f"{SKOS}notation": "code",
    f"{OWL}versionInfo": "version",
    f"{OWL}versionIRI": "address of this version",
    f"{OWL}inverseOf": "inverse of",
    f"{OWL}disjointWith": "never also",
    f"{OWL}equivalentClass": "the same as",
    f"{PROV}wasAttributedTo": "entered by",
    f"{PROV}generatedAtTime": "entered at",
    f"{PROV}wasGeneratedBy": "came with",
    f"{VS}term_status": "status of the term",
    f"{VOID}triples": "statements",
    f"{VOID}Dataset": "data set",
    f"{SD}NamedGraph": "named graph",
    f"{DCT}isPartOf": "part of",
    f"{DCT}isReplacedBy": "replaced by",
    f"{OWL}Class": "class",
    f"{OWL}ObjectProperty": "property to a thing",
    f"{OWL}DatatypeProperty": "property to a value",
    f"{OWL}AnnotationProperty": "property of description",
    f"{OWL}FunctionalProperty": "property with one value",
    f"{OWL}SymmetricProperty": "symmetric property",
    f"{OWL}TransitiveProperty": "transitive property",
    f"{OWL}Ontology": "ontology",
    f"{SCHEMA}domainIncludes": "is meant for",
    f"{SCHEMA}rangeIncludes": "is meant to lead to",
}
"""What foreign terms are called; the labels of their own vocabularies are not in the graph."""


@dataclass(frozen=True, slots=True)
class Name:
    """What a thing is called, and in which language (``None``: not told).

    ``known``: whether the graph names it, or it is put together from what the graph says;
    ``stored``: whether the text is a label of the graph. Else it is the end of the IRI or, with a
    language, a word of ours.
    """

    text: str
    lang: str | None = None
    known: bool = True
    stored: bool = True


class Names:
    """Names in the reader's preferred ``languages`` (primary tags), looked up once each."""

    def __init__(self, store: GraphStore, languages: tuple[str, ...] = ("en",)) -> None:
        self._store = store
        self._order = (*languages, "en", "")
        self._known: dict[str, Name] = {}
        self._shipped = vocabulary()

    def give(self, iri: str, text: str, lang: str = "en") -> None:
        """Name a thing that no label in the graph names, such as a named graph."""
        self._known[iri] = Name(text, lang, stored=False)

    def __call__(self, iri: str) -> Name:
        """Name of an IRI, the end of it as words where nothing names it."""
        self.learn([iri])
        return self._known[iri]

    def of(self, term: Cell) -> Name:
        """Name of any term; a literal is its own."""
        if isinstance(term, NamedNode):
            return self(term.value)
        if isinstance(term, Literal):
            return Name(term.value, term.language)
        return Name("unnamed" if isinstance(term, BlankNode) else str(term))

    def rank(self, tag: str | None) -> tuple[int, str]:
        """Order of a language for this reader; the least is the best."""
        main = (tag or "").partition("-")[0]
        return (self._order.index(main) if main in self._order else len(self._order), main)

    def learn(self, iris: Iterable[str]) -> None:
        """Look up the names of all of these together."""
        new = list(dict.fromkeys(iri for iri in iris if iri not in self._known))
        composed = [iri for iri in new if _kind(iri) in _MADE_OF]
        for batch in _batches([iri for iri in new if _kind(iri) not in _MADE_OF]):
            self._learn_labels(batch)
        for batch in _batches(composed):
            self._compose(batch)

    def _learn_labels(self, iris: list[str]) -> None:
        found: dict[str, dict[str, str]] = {iri: {} for iri in iris}
        for thing, label in self._store.select(_LABELS % _values(iris)).rows:
            if isinstance(thing, NamedNode) and isinstance(label, Literal):
                tag = (label.language or "").partition("-")[0]
                known = found[thing.value].get(tag)
                # Two labels in one language: always the same one, whatever the store's order.
                found[thing.value][tag] = min(known or label.value, label.value)
        for iri, by_tag in found.items():
            word = _WORDS.get(iri)
            plain = Name(word, "en", bool(by_tag), stored=False) if word else None
            name = plain or self._best(by_tag) or self._shipped_name(iri)
            self._known[iri] = name or Name(readable(iri), known=False, stored=False)

    def _best(self, by_tag: Mapping[str, str]) -> Name | None:
        order = (*self._order, *sorted(by_tag))
        tag = next((tag for tag in order if tag in by_tag), None)
        return None if tag is None else Name(by_tag[tag], tag or None)

    def _shipped_name(self, iri: str) -> Name | None:
        """Name from the shipped vocabulary, for a release that lacks the term."""
        words = self._shipped
        for terms in (words.properties, words.classes, words.concepts):
            if (term := terms.get(iri)) is not None:
                return self._best(term.labels)
        return None

    def _compose(self, iris: list[str]) -> None:
        properties = {f"{MKG}{name}" for iri in iris for name in _MADE_OF[_kind(iri)]}
        query = _PARTS % (_values(iris), ", ".join(f"<{each}>" for each in sorted(properties)))
        parts: dict[str, dict[str, Cell]] = {iri: {} for iri in iris}
        for thing, prop, value in self._store.select(query).rows:
            if isinstance(thing, NamedNode) and isinstance(prop, NamedNode):
                parts[thing.value][prop.value.removeprefix(MKG)] = value
        plain = {
            value.value
            for found in parts.values()
            for value in found.values()
            if isinstance(value, NamedNode) and _kind(value.value) not in _MADE_OF
        }
        self.learn(plain)
        for iri, found in parts.items():
            text = _composed(_kind(iri), {name: self._part(each) for name, each in found.items()})
            self._known[iri] = Name(text or readable(iri), known=bool(text))

    def _part(self, term: Cell) -> str:
        if isinstance(term, NamedNode):
            return self._known.get(term.value, Name(readable(term.value))).text
        text = self.of(term).text
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _composed(kind: str, part: Mapping[str, str]) -> str:
    """Name of a thing of one of the kinds without labels; empty where its parts are not known."""
    match kind:
        case "claim":
            value = part.get("claimObject") or part.get("claimValue", "…")
            return (
                f"{part['claimSubject']}: {part.get('claimProperty', '…')} {value}"
                if ("claimSubject" in part)
                else ""
            )
        case "inference":
            value = part.get("inferredObject") or part.get("inferredValue", "…")
            return (
                f"{part['inferredSubject']}: {part.get('inferredProperty', '…')} {value}"
                if ("inferredSubject" in part)
                else ""
            )
        case "assessment":
            return " of ".join(part[name] for name in ("onFeature", "assesses") if name in part)
        case _:
            page = f"page {part['page']}" if "page" in part else ""
            place = (part.get("fromSource", ""), part.get("startTime", ""), page)
            return ", ".join(each for each in (*place, part.get("section", "")) if each)


def _kind(iri: str) -> str:
    return iri.removeprefix(ID).partition("/")[0] if iri.startswith(ID) else ""


def _values(iris: Iterable[str]) -> str:
    return " ".join(f"<{iri}>" for iri in iris)


def _batches(iris: list[str]) -> Iterator[list[str]]:
    rest = iter(iris)
    while batch := list(islice(rest, _BATCH)):
        yield batch
