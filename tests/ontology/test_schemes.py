"""The concept schemes: complete, coherent, and naming only what exists."""

import csv
from collections import Counter
from pathlib import Path

import pyoxigraph
import pytest
from rdflib import OWL, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, VANN

from ontology.files import modules, scheme_files
from ontology.names import MKG, SCHEME_PREFIXES, VOCAB

MKG_NS = Namespace(MKG)
SCHEME_FILES = scheme_files()
MODEL = Path(__file__).parents[2] / "../shared/model"
SEED_GONE = "the founding statements are not beside the repository"

MODEL_SCHEMES = frozenset(
    {
        "actor-role",
        "actor-type",
        "challenge-type",
        "change-type",
        "claim-modality",
        "comparison-feature",
        "coordination-level",
        "coordination-type",
        "decision-outcome",
        "decision-type",
        "design-principle",
        "dimension",
        "ec-impact-pathway",
        "evaluation-type",
        "funding-model",
        "funding-source",
        "governance-level",
        "impact-domain",
        "income-group",
        "indicator-type",
        "initiative-type",
        "innovation-stage",
        "instrument-class-be",
        "instrument-orientation",
        "instrument-resource-nato",
        "instrument-type",
        "involvement-mode",
        "item-relation",
        "item-standing",
        "learning-output",
        "mis-function",
        "mission-criterion",
        "mission-cycle",
        "mission-status",
        "mission-type",
        "moip-characteristic",
        "origin-mode",
        "ownership-degree",
        "policy-field",
        "policy-mix-quality",
        "practice-frame",
        "problem-complexity",
        "problem-solution-space",
        "response-type",
        "review-status",
        "risk-pattern",
        "scale",
        "system-failure",
        "transformative-outcome",
        "value-status",
        "wickedness",
    }
)
GROWN_SCHEMES = frozenset(
    {
        "design-feature",
        "discipline",
        "policy-concept",
        "region",
        "source-kind",
        "technology",
        "topic",
    }
)
ORDINAL_SCHEMES = ("coordination-level", "involvement-mode", "ownership-degree", "income-group")


@pytest.fixture(scope="module")
def graph() -> Graph:
    whole = Graph()
    for path in SCHEME_FILES:
        whole.parse(path)
    return whole


@pytest.fixture(scope="module")
def concepts(graph: Graph) -> list[URIRef]:
    return sorted(s for s in graph.subjects(RDF.type, SKOS.Concept) if isinstance(s, URIRef))


@pytest.fixture(scope="module")
def model() -> Graph:
    whole = Graph()
    for path in modules():
        whole.parse(path)
    return whole


def scheme_of(concept: URIRef) -> str:
    return concept.removeprefix(VOCAB).split("/")[0]


def test_all_51_schemes_of_the_model_and_seven_grown_ones_are_there() -> None:
    assert len(MODEL_SCHEMES) == 51
    assert {path.stem for path in SCHEME_FILES} == MODEL_SCHEMES | GROWN_SCHEMES


@pytest.mark.parametrize("path", SCHEME_FILES, ids=lambda path: path.stem)
def test_both_parsers_read_the_same(path: Path) -> None:
    store = pyoxigraph.Store()
    store.load(path=path, format=pyoxigraph.RdfFormat.TURTLE)
    assert len(store) == len(Graph().parse(path)) > 10


@pytest.mark.parametrize("path", SCHEME_FILES, ids=lambda path: path.stem)
def test_scheme_header_is_complete(path: Path) -> None:
    g = Graph().parse(path)
    scheme = URIRef(VOCAB + path.stem)
    assert list(g.subjects(RDF.type, SKOS.ConceptScheme)) == [scheme]
    for predicate in (DCTERMS.title, DCTERMS.description):
        texts = [o for o in g.objects(scheme, predicate) if isinstance(o, Literal)]
        languages = sorted(str(text.language) for text in texts)
        assert languages == ["en", "fr"], f"{predicate} of {path.stem}"
    for predicate in (DCTERMS.source, DCTERMS.license, OWL.versionInfo, SKOS.hasTopConcept):
        assert g.value(scheme, predicate) is not None, f"{predicate} of {path.stem}"
    prefixes = {scheme: prefix for prefix, scheme in SCHEME_PREFIXES.items()}
    assert str(g.value(scheme, VANN.preferredNamespacePrefix)) == prefixes.get(path.stem, path.stem)
    assert str(g.value(scheme, VANN.preferredNamespaceUri)) == f"{VOCAB}{path.stem}/"


def test_every_concept_is_documented(graph: Graph, concepts: list[URIRef]) -> None:
    assert len(concepts) >= 727
    for concept in concepts:
        labels = list(graph.objects(concept, SKOS.prefLabel))
        assert [getattr(label, "language", None) for label in labels] == ["en"], concept
        definition = graph.value(concept, SKOS.definition)
        assert isinstance(definition, Literal), concept
        assert definition.language == "en", concept
        assert str(definition).endswith((".", "?")), f"{concept}: {definition}"
        assert graph.value(concept, DCTERMS.source), concept


def test_every_concept_lies_in_the_scheme_its_iri_names(
    graph: Graph, concepts: list[URIRef]
) -> None:
    for concept in concepts:
        assert list(graph.objects(concept, SKOS.inScheme)) == [
            URIRef(VOCAB + scheme_of(concept))
        ], concept


def test_review_status_of_every_concept_is_a_term_of_its_scheme(
    graph: Graph, concepts: list[URIRef]
) -> None:
    known = set(graph.subjects(SKOS.inScheme, URIRef(VOCAB + "review-status")))
    for concept in concepts:
        statuses = set(graph.objects(concept, MKG_NS.reviewStatus))
        assert len(statuses) == 1, concept
        assert statuses <= known, concept


def test_no_two_concepts_of_a_scheme_share_a_label_or_notation(
    graph: Graph, concepts: list[URIRef]
) -> None:
    labels = Counter((scheme_of(c), str(graph.value(c, SKOS.prefLabel)).lower()) for c in concepts)
    assert [key for key, count in labels.items() if count > 1] == []
    notations = Counter(
        (scheme_of(c), str(notation))
        for c in concepts
        for notation in graph.objects(c, SKOS.notation)
    )
    shared = [key for key, count in notations.items() if count > 1]
    # STIP has one target group for all national ministries.
    assert shared == [("actor-type", "TG23")]


def test_broader_stays_in_the_scheme_and_has_no_cycle(graph: Graph) -> None:
    for narrow, broad in graph.subject_objects(SKOS.broader):
        assert scheme_of(URIRef(str(narrow))) == scheme_of(URIRef(str(broad)))
        assert (broad, SKOS.narrower, narrow) in graph
        assert narrow not in set(graph.transitive_objects(broad, SKOS.broader)), narrow
    assert len(list(graph.subject_objects(SKOS.broader))) == len(
        list(graph.subject_objects(SKOS.narrower))
    )


def test_concepts_without_a_broader_one_are_the_top_concepts(
    graph: Graph, concepts: list[URIRef]
) -> None:
    for concept in concepts:
        scheme = URIRef(VOCAB + scheme_of(concept))
        is_top = graph.value(concept, SKOS.broader) is None
        assert ((concept, SKOS.topConceptOf, scheme) in graph) == is_top, concept
        assert ((scheme, SKOS.hasTopConcept, concept) in graph) == is_top, concept


def test_every_link_to_a_concept_has_an_end(graph: Graph, concepts: list[URIRef]) -> None:
    known = set(concepts)
    for s, p, o in graph:
        if isinstance(o, URIRef) and "/" in o.removeprefix(VOCAB) and o.startswith(VOCAB):
            assert o in known, f"{s} {p} {o}"


def test_every_own_term_is_declared_in_the_ontology(graph: Graph, model: Graph) -> None:
    used = {str(t) for triple in graph for t in triple if str(t).startswith(MKG)}
    declared = {str(s) for s in model.subjects(RDF.type, None)}
    assert used - declared == set()


def test_concept_classes_are_kinds_of_concept(graph: Graph, model: Graph) -> None:
    """A structural class (Claim, Decision ...) is disjoint with skos:Concept, so never a type."""
    for cls in {o for o in graph.objects(None, RDF.type) if str(o).startswith(MKG)}:
        assert SKOS.Concept in set(model.transitive_objects(cls, RDFS.subClassOf)), cls


def test_ordinal_schemes_number_their_rungs_without_gaps(graph: Graph) -> None:
    for scheme in ORDINAL_SCHEMES:
        rungs = sorted(
            int(str(graph.value(c, SKOS.notation)))
            for c in graph.subjects(SKOS.inScheme, URIRef(VOCAB + scheme))
            if graph.value(c, SKOS.notation) is not None
        )
        assert rungs == list(range(1, len(rungs) + 1)), scheme
        assert len(rungs) >= 4, scheme


def test_instrument_types_have_one_orientation_class(graph: Graph) -> None:
    orientations = {
        MKG_NS[f"{name}InstrumentType"]
        for name in ("SupplySide", "DemandSide", "Regulatory", "Systemic")
    }
    unoriented = set()
    for concept in graph.subjects(SKOS.inScheme, URIRef(VOCAB + "instrument-type")):
        found = orientations & set(graph.objects(concept, RDF.type))
        assert len(found) <= 1, concept
        if not found:
            unoriented.add(str(concept).rsplit("/", 1)[1])
    assert unoriented == {"behaviour-change-campaign", "policy-measure"}


def test_46_comparison_features_lie_in_one_block_each(graph: Graph) -> None:
    features = set(graph.subjects(SKOS.inScheme, URIRef(VOCAB + "comparison-feature")))
    assert len(features) == 46
    assert all(len(list(graph.objects(f, MKG_NS.inDimension))) == 1 for f in features)


def test_every_design_feature_is_condensed_or_says_why_not(graph: Graph) -> None:
    comparison = set(graph.subjects(SKOS.inScheme, URIRef(VOCAB + "comparison-feature")))
    features = set(graph.subjects(SKOS.inScheme, URIRef(VOCAB + "design-feature")))
    assert len(features) >= 138
    for feature in features:
        targets = set(graph.objects(feature, MKG_NS.condensedTo))
        assert targets <= comparison, feature
        assert targets or graph.value(feature, SKOS.scopeNote), feature


@pytest.mark.skipif(not MODEL.is_dir(), reason=SEED_GONE)
def test_every_concept_of_the_founding_statements_resolves(concepts: list[URIRef]) -> None:
    known = {str(c) for c in concepts}
    missing = set()
    with (MODEL / "seed_assertions.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            for curie in (row["subject"], row["object"]):
                prefix, _, term = curie.partition(":")
                scheme = SCHEME_PREFIXES.get(prefix)
                if scheme and f"{VOCAB}{scheme}/{term}" not in known:
                    missing.add(curie)
    assert missing == set()


@pytest.mark.skipif(not MODEL.is_dir(), reason=SEED_GONE)
def test_every_term_of_the_model_is_published_with_its_review_mark(
    graph: Graph, concepts: list[URIRef]
) -> None:
    by_mark = {"S": "curator-checked", "V": "machine-extracted", "M": "unreviewed"}
    known = {str(c) for c in concepts}
    with (MODEL / "vocabularies.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 528
    for row in rows:
        iri = f"{VOCAB}{row['scheme']}/{row['term']}"
        assert iri in known
        if row["term"] == "kip9":  # eight of the nine pathways were read in the source
            continue
        status = str(graph.value(URIRef(iri), MKG_NS.reviewStatus)).rsplit("/", 1)[1]
        assert status == by_mark[row["check"][0]], iri
