"""A concept scheme as a tree of its concepts."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from api.linked.addresses import page_of
from api.linked.describing import Description
from api.linked.names import Names
from kg.store import GraphStore
from ontology.names import RDF, SKOS, VOCAB
from ontology.vocabulary import Concept, vocabulary

MOST: Final = 100_000
"""Statements about the concepts of one scheme."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A concept, its definition, and those below it."""

    name: str
    lang: str | None
    href: str
    notation: str | None
    definition: str
    below: tuple["Branch", ...]


def tree_of(about: Description, names: Names) -> tuple[Branch, ...]:
    """The concepts of a scheme, the narrower under the broader; empty for anything else."""
    if not about.iri.startswith(VOCAB) or about.iri not in vocabulary().schemes:
        return ()
    inside = {iri: each for iri, each in vocabulary().concepts.items() if each.scheme == about.iri}
    names.learn(inside)
    below: dict[str, list[Concept]] = defaultdict(list)
    for each in inside.values():
        above = [iri for iri in each.broader if iri in inside]
        below[above[0] if above else ""].append(each)
    return _branches("", below, names, frozenset())


def terms_of(store: GraphStore, about: Description) -> list[Quad]:
    """Every statement about the concepts of a scheme; nothing for anything else."""
    if NamedNode(f"{SKOS}ConceptScheme") not in about.values(f"{RDF}type"):
        return []
    rows = store.select(
        f"SELECT DISTINCT ?s ?p ?o ?g {{ GRAPH ?g {{ "
        f"?s <{SKOS}inScheme> <{about.iri}> ; ?p ?o }} }} LIMIT {MOST}"
    ).rows
    found = [
        Quad(thing, prop, value, graph)
        for thing, prop, value, graph in rows
        if isinstance(thing, NamedNode)
        and isinstance(prop, NamedNode)
        and isinstance(graph, NamedNode)
        and isinstance(value, NamedNode | Literal)
    ]
    return sorted(
        found, key=lambda quad: (str(quad.subject), str(quad.predicate), str(quad.object))
    )


def _branches(
    above: str, below: Mapping[str, list[Concept]], names: Names, seen: frozenset[str]
) -> tuple[Branch, ...]:
    made = []
    for each in below.get(above, ()):
        if each.iri in seen:  # a circle in the data must not be one here
            continue
        name = names(each.iri)
        made.append(
            Branch(
                name.text,
                name.lang,
                page_of(each.iri),
                each.notation,
                each.definition,
                _branches(each.iri, below, names, seen | {each.iri}),
            )
        )
    return tuple(made)
