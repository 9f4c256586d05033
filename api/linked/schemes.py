"""A concept scheme as a tree of its concepts."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from api.linked.addresses import page_of
from api.linked.describing import Description
from api.linked.names import Names
from ontology.names import VOCAB
from ontology.vocabulary import Concept, vocabulary


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
