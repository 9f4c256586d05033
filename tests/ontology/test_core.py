"""The modules read as they should: parseable everywhere, every term in words, headers whole."""

from collections import Counter
from io import BytesIO
from pathlib import Path

import owlready2
import pyoxigraph
import pytest
from rdflib import OWL, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCTERMS, VANN

from ontology.files import modules, scheme_files
from ontology.names import MKG

STATUS = URIRef("http://www.w3.org/2003/06/sw-vocab-status/ns#term_status")
MKG_NS = Namespace(MKG)
ONTOLOGY = URIRef(MKG.removesuffix("#"))
KINDS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
CORE, AXIOMS = (Graph().parse(path) for path in modules())
TERMS = sorted(
    {iri for kind in KINDS for iri in CORE.subjects(RDF.type, kind) if iri.startswith(MKG)}
)
PLAIN = {
    f"{MKG}{name}"
    for name in (
        *("claimSubject", "claimProperty", "claimObject", "claimValue"),
        *("inferredSubject", "inferredProperty", "inferredObject"),
    )
}
"""They speak of anything, so they have no range; the value is whatever the claim says."""


def values(iri: URIRef, predicate: URIRef) -> list[Literal]:
    return [value for value in CORE.objects(iri, predicate) if isinstance(value, Literal)]


@pytest.mark.parametrize("path", [*modules(), *scheme_files()], ids=lambda path: path.stem)
def test_rdflib_and_pyoxigraph_read_the_same(path: Path) -> None:
    by_oxigraph = pyoxigraph.serialize(
        pyoxigraph.parse(path=path), format=pyoxigraph.RdfFormat.N_TRIPLES
    )

    assert isomorphic(Graph().parse(path), Graph().parse(by_oxigraph, format="nt"))


def test_owlready2_reads_every_class_and_property(core_and_axioms: Graph) -> None:
    world = owlready2.World()
    text = core_and_axioms.serialize(format="nt", encoding="utf-8")
    world.get_ontology(MKG).load(fileobj=BytesIO(text), format="ntriples")

    read = {entity.iri for entity in (*world.classes(), *world.properties())}
    assert {str(term) for term in TERMS} <= read


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.removeprefix(MKG))
def test_a_term_has_its_words(term: URIRef) -> None:
    definition = values(term, SKOS.definition)

    assert sorted(label.language for label in values(term, RDFS.label)) == ["en", "fr"]
    assert [text.language for text in definition] == ["en"]
    assert definition[0].endswith(".")
    assert len(definition[0].split()) >= 4
    assert len(values(term, DCTERMS.source)) == 1
    assert [str(text) for text in values(term, STATUS)] in (["stable"], ["testing"])
    assert list(CORE.objects(term, RDFS.isDefinedBy)) == [ONTOLOGY]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("kind", ["class", "property"])
def test_no_two_terms_of_a_kind_share_a_label(kind: str, language: str) -> None:
    classes = set(CORE.subjects(RDF.type, OWL.Class))
    labels = [
        label.lower()
        for term in TERMS
        if (term in classes) == (kind == "class")
        for label in values(term, RDFS.label)
        if label.language == language
    ]

    assert [label for label, times in Counter(labels).items() if times > 1] == []


def test_french_labels_are_not_the_english_ones() -> None:
    same = {
        str(term).removeprefix(MKG)
        for term in TERMS
        if len({str(label) for label in values(term, RDFS.label)}) == 1
    }

    assert same <= {
        *("Mission", "Participation", "Programme", "Organisation", "Observation", "Dimension"),
        *("Discipline", "Contribution", "Source", "participant", "page", "section"),
    }


def test_every_class_is_a_kind_of_something() -> None:
    classes = [iri for iri in CORE.subjects(RDF.type, OWL.Class) if iri.startswith(MKG)]
    topped = {iri for iri in classes if list(CORE.objects(iri, RDFS.subClassOf))}

    assert sorted(set(classes) - topped) == []


def test_domains_and_ranges_name_what_exists() -> None:
    schema = Namespace("https://schema.org/")
    known = {
        *CORE.subjects(RDF.type, OWL.Class),
        *(
            URIRef(f"http://www.w3.org/2001/XMLSchema#{name}")
            for name in [
                "string",
                "decimal",
                "integer",
                "boolean",
                "nonNegativeInteger",
                "positiveInteger",
                "anyURI",
            ]
        ),
        RDF.langString,
    }
    named = {*CORE.objects(None, schema.domainIncludes), *CORE.objects(None, schema.rangeIncludes)}

    assert sorted(named - known) == []


def test_the_axioms_agree_with_the_words() -> None:
    """An OWL domain or range is the only one that the core module names."""
    schema = Namespace("https://schema.org/")
    pairs = ((RDFS.domain, schema.domainIncludes), (RDFS.range, schema.rangeIncludes))
    differing = [
        (name, one)
        for owl_name, words in pairs
        for name, one in AXIOMS.subject_objects(owl_name)
        if list(CORE.objects(name, words)) != [one]
    ]

    assert differing == []


def test_a_property_says_what_its_values_are() -> None:
    rangeless = {
        str(term)
        for term in TERMS
        if (term, RDF.type, OWL.ObjectProperty) in CORE
        or (term, RDF.type, OWL.DatatypeProperty) in CORE
        if not list(CORE.objects(term, URIRef("https://schema.org/rangeIncludes")))
    }

    assert rangeless == PLAIN | {f"{MKG}hasExample"}


def test_the_header_says_what_a_catalogue_needs() -> None:
    header = {str(predicate) for predicate in CORE.predicates(ONTOLOGY)}
    wanted = (
        *(OWL.versionIRI, OWL.versionInfo, DCTERMS.title, DCTERMS.description, DCTERMS.license),
        *(DCTERMS.creator, DCTERMS.created, DCTERMS.modified, SKOS.changeNote),
        *(VANN.preferredNamespacePrefix, VANN.preferredNamespaceUri),
    )

    assert {str(one) for one in wanted} <= header
    assert str(CORE.value(ONTOLOGY, VANN.preferredNamespaceUri)) == MKG
    assert {title.language for title in values(ONTOLOGY, DCTERMS.title)} == {"en", "fr"}


def test_nothing_is_imported() -> None:
    assert list((CORE + AXIOMS).objects(None, OWL.imports)) == []


def test_the_axioms_add_no_term() -> None:
    named = {term for triple in AXIOMS for term in triple if isinstance(term, URIRef)}

    assert sorted(iri for iri in named if iri.startswith(MKG) and iri not in TERMS) == []
