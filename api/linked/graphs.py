"""Named graphs as things: what each holds, how much, and where to get all of it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from pyoxigraph import Literal, NamedNode

from api.linked.describing import Description, Value
from ontology.names import (
    BASE,
    DCT,
    GRAPH_ASSERTED,
    GRAPH_ASSESSMENTS,
    GRAPH_CLAIMS,
    GRAPH_INFERENCES,
    GRAPH_INFERRED,
    GRAPH_ONTOLOGY,
    GRAPH_PROVENANCE,
    GRAPH_VOCABULARIES,
    ID,
    RDF,
    RDFS,
    XSD,
)

if TYPE_CHECKING:
    from kg.shelf import Manifest

SD: Final = "http://www.w3.org/ns/sparql-service-description#"
VOID: Final = "http://rdfs.org/ns/void#"

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    GRAPH_ASSERTED: (
        "Stated facts",
        "Plain statements that follow from claims which are accepted and said as fact.",
    ),
    GRAPH_INFERRED: (
        "Inferred facts",
        "What the rules of the ontology add to the stated facts.",
    ),
    GRAPH_INFERENCES: (
        "Reasons of classifications",
        "Why a thing was put into a class: the rule and the claims behind it.",
    ),
    GRAPH_ASSESSMENTS: (
        "Comparison cells",
        "One cell for each initiative and comparison feature, with the kind of empty it is.",
    ),
    GRAPH_ONTOLOGY: ("Ontology", "Classes, properties, axioms and alignments."),
    GRAPH_VOCABULARIES: ("Vocabularies", "All concept schemes."),
    GRAPH_PROVENANCE: (
        "Sources and places",
        "Sources, the places in them, and who entered what and when.",
    ),
}
"""Title and description of each graph that a release has by design."""


def title_of(graph: str) -> tuple[str, str]:
    """Title and description of a named graph; of one source's claims: which."""
    if graph in WORDS:
        return WORDS[graph]
    slug = graph.removeprefix(GRAPH_CLAIMS)
    return f"Claims of {slug.replace('-', ' ')}", "Every claim made in one source."


def describe_graph(manifest: "Manifest", iri: str) -> Description:
    """Describe a named graph from the release's manifest; false where it has none such."""
    if iri not in manifest.graphs:
        return Description(iri, {})
    title, words = title_of(iri)
    number = Literal(str(manifest.graphs[iri]), datatype=NamedNode(f"{XSD}integer"))
    said: list[tuple[str, Value]] = [
        (f"{RDF}type", NamedNode(f"{SD}NamedGraph")),
        (f"{RDF}type", NamedNode(f"{VOID}Dataset")),
        (f"{RDFS}label", Literal(title, language="en")),
        (f"{DCT}description", Literal(words, language="en")),
        (f"{DCT}isPartOf", NamedNode(f"{BASE}dataset")),
        (f"{VOID}triples", number),
    ]
    if iri.startswith(GRAPH_CLAIMS):
        source = NamedNode(f"{ID}source/{iri.removeprefix(GRAPH_CLAIMS)}")
        said.append((f"{DCT}source", source))
    return Description(iri, dict.fromkeys(said, (f"{BASE}dataset",)))
