"""What a form offers for a parameter: the things of its kind, or the terms of its vocabulary."""

from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode

from kg.store import GraphStore
from ontology import curies
from ontology.names import DCT, ID, KINDS, RDFS, SKOS, VOCAB
from queries.binding import ANY, terms
from queries.library import Parameter, Question

MOST: Final = 300
"""More things than this are not listed; the parameter is then typed in."""

_LABELS: Final = 4 * MOST


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry of a list: what is sent, what is read, and whether it is asked about now."""

    value: str
    label: str
    chosen: bool = False


def spaces(parameter: Parameter) -> tuple[str, ...]:
    """Namespaces of what the parameter takes; empty: anything."""
    if parameter.base == "iri":
        return tuple(f"{ID}{KINDS[prefix]}/" for prefix in parameter.of)
    return tuple(f"{VOCAB}{scheme}/" for scheme in parameter.of)


def things(store: GraphStore, space: str) -> dict[str, str]:
    """Labels of the things whose IRI starts with ``space``; empty if they are too many."""
    rows = store.select(
        f"SELECT DISTINCT ?x ?label {{ ?x <{RDFS}label>|<{SKOS}prefLabel>|<{DCT}title> ?label "
        f'FILTER(STRSTARTS(STR(?x), "{space}")) }} LIMIT {_LABELS}'
    ).rows
    found: dict[str, str] = {}
    for thing, label in rows:
        if isinstance(thing, NamedNode) and isinstance(label, Literal):
            usual = label.language in {None, "en"}
            if usual or thing.value not in found:
                found[thing.value] = label.value
    return found if len(found) <= MOST and len(rows) < _LABELS else {}


def choices(
    question: Question, parameter: Parameter, argument: str, known: dict[str, str]
) -> tuple[Choice, ...]:
    """List ``known`` by label, what ``argument`` names marked; empty if there is no list."""
    if not known:
        return ()
    asked = [
        term.value for term in terms(question, parameter, argument) if isinstance(term, NamedNode)
    ]
    offered = {**{iri: iri for iri in asked}, **known}
    listed = sorted(
        offered.items(),
        # A list of several shows few lines at once: what is asked about stands first.
        key=lambda pair: (parameter.many and pair[0] not in asked, pair[1].casefold()),
    )
    anything = (Choice(ANY, "any", not asked),) if parameter.optional else ()
    return anything + tuple(
        Choice(curies.compact(iri) or iri, label, iri in asked) for iri, label in listed
    )
