"""The alignments: each says what it aligns and how far that was checked, and names real terms."""

import csv
from pathlib import Path

import pyoxigraph
import pytest
from rdflib import OWL, RDF, RDFS, SKOS, Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, ORG, PROV, SDO, DefinedNamespaceMeta

from ontology.files import ONTOLOGY_DIR, alignment_files, modules, scheme_files
from ontology.names import BASE, FOREIGN_PREFIXES, MKG, VOCAB

PATHS = alignment_files()
STIP_CODES = ONTOLOGY_DIR / "alignments" / "stip.ttl"
NEIGHBOURS = {
    "dcat",
    "eurio",
    "org",
    "prov-o",
    "schema-org",
    "skos",
    "stip",
    "un-sdg",
    "web-annotation",
}
CLOSED: dict[str, DefinedNamespaceMeta] = {
    FOREIGN_PREFIXES["dcat"]: DCAT,
    FOREIGN_PREFIXES["dct"]: DCTERMS,
    FOREIGN_PREFIXES["org-w3c"]: ORG,
    FOREIGN_PREFIXES["prov"]: PROV,
    FOREIGN_PREFIXES["schema"]: SDO,
    FOREIGN_PREFIXES["skos"]: SKOS,
}
STIP = Path(__file__).parents[2] / "../shared/data/stip"


@pytest.fixture(scope="module")
def model() -> Graph:
    whole = Graph()
    for path in modules():
        whole.parse(path)
    return whole


@pytest.fixture(scope="module")
def schemes() -> Graph:
    whole = Graph()
    for path in scheme_files():
        whole.parse(path)
    return whole


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    assert isinstance(request.param, Path)
    return request.param


def terms_of(graph: Graph) -> set[URIRef]:
    return {term for triple in graph for term in triple if isinstance(term, URIRef)}


def test_one_file_per_neighbour() -> None:
    assert {path.stem for path in PATHS} == NEIGHBOURS


def test_both_parsers_read_the_same(path: Path) -> None:
    store = pyoxigraph.Store()
    store.load(path=path, format=pyoxigraph.RdfFormat.TURTLE)
    assert len(store) == len(Graph().parse(path)) > 8


def test_header_says_what_and_how_far_checked(path: Path) -> None:
    graph = Graph().parse(path)
    header = URIRef(f"{BASE}alignments/{path.stem}")
    assert (header, RDF.type, OWL.Ontology) in graph
    for predicate in (DCTERMS.title, DCTERMS.description, SKOS.editorialNote):
        text = graph.value(header, predicate)
        assert isinstance(text, Literal), predicate
        assert text.language == "en", predicate
    for predicate in (DCTERMS.license, DCTERMS.references, OWL.versionInfo):
        assert graph.value(header, predicate) is not None, predicate


def test_own_terms_are_declared(path: Path, model: Graph, schemes: Graph) -> None:
    known = set(model.subjects(RDF.type, None)) | set(schemes.subjects(RDF.type, None))
    own = {t for t in terms_of(Graph().parse(path)) if str(t).startswith((MKG, VOCAB))}
    assert own - known == set()


def test_neighbours_terms_exist_where_their_list_is_closed(path: Path) -> None:
    for term in terms_of(Graph().parse(path)):
        for base, namespace in CLOSED.items():
            if term.startswith(base) and term != URIRef(base):
                assert term.removeprefix(base) in namespace, term


def test_classes_stand_under_classes_and_properties_under_properties(
    path: Path, model: Graph
) -> None:
    graph = Graph().parse(path)
    properties = {*model.subjects(RDF.type, OWL.ObjectProperty)}
    properties |= {*model.subjects(RDF.type, OWL.DatatypeProperty)}
    assert set(graph.subjects(RDFS.subClassOf, None)) <= set(model.subjects(RDF.type, OWL.Class))
    assert set(graph.subjects(RDFS.subPropertyOf, None)) <= properties
    for upper in graph.objects(None, RDFS.subClassOf):
        assert str(upper).rsplit("/", 1)[-1].rsplit("#", 1)[-1][0].isupper(), upper
    for upper in graph.objects(None, RDFS.subPropertyOf):
        assert str(upper).rsplit("/", 1)[-1].rsplit("#", 1)[-1][0].islower(), upper


def test_no_alignment_claims_that_two_terms_are_the_same(path: Path) -> None:
    """An equivalence would pull the neighbour's axioms into ours wherever both are loaded."""
    graph = Graph().parse(path)
    for predicate in (OWL.equivalentClass, OWL.equivalentProperty, OWL.sameAs, OWL.imports):
        assert list(graph.subject_objects(predicate)) == []


def test_a_mission_initiative_is_not_a_funding_scheme() -> None:
    initiative = URIRef(MKG + "MissionInitiative")
    for path in PATHS:
        graph = Graph().parse(path)
        assert graph.value(initiative, RDFS.subClassOf) is None
        assert graph.value(initiative, SKOS.exactMatch) is None


def test_every_stip_instrument_code_of_the_scheme_is_aligned(schemes: Graph) -> None:
    graph = Graph().parse(STIP_CODES)
    instruments = URIRef(VOCAB + "instrument-type")
    coded = {
        concept
        for concept in schemes.subjects(SKOS.inScheme, instruments)
        if schemes.value(concept, SKOS.notation)
    }
    assert len(coded) == 28
    assert coded <= set(graph.objects(None, SKOS.exactMatch))
    for code, concept in graph.subject_objects(SKOS.exactMatch):
        assert graph.value(code, SKOS.notation) == schemes.value(concept, SKOS.notation)


@pytest.mark.skipif(not STIP.is_dir(), reason="the STIP codebook is not beside the repository")
def test_stip_codes_are_those_of_the_codebook() -> None:
    graph = Graph().parse(STIP_CODES)
    book = dict[str, str]()
    for name in ("PolicyInstruments", "TargetGroups", "Themes"):
        with (STIP / f"stip_2021_codebook_{name}.csv").open(encoding="utf-8", newline="") as lines:
            book |= {row[0]: row[1].split("|")[-1] for row in csv.reader(lines) if "|" in row[1]}
    for code, notation in graph.subject_objects(SKOS.notation):
        assert book[str(notation)] == str(graph.value(code, SKOS.prefLabel))
