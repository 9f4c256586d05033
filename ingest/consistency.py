"""What can be wrong between the rows: double ids, circles, things without a class or name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from pyoxigraph import NamedNode

from ingest.faults import Faults, shown
from ingest.terms import curie
from kg.model import Claim
from ontology.names import ID, MKG, RDF, RDFS, SKOS
from ontology.vocabulary import Vocabulary

HIERARCHIES = {
    f"{SKOS}broader": "skos:broader",
    f"{MKG}locatedIn": "locatedIn",
    f"{MKG}partOfOrganisation": "partOfOrganisation",
    f"{MKG}precedesPhase": "precedesPhase",
    f"{MKG}derivedFromSource": "derivedFromSource",
}
"""Properties that must not lead back to where they began -> how people write them."""
_UNTYPED = (f"{ID}source/", f"{ID}segment/", f"{ID}agent/", f"{ID}ingest-run/", f"{ID}claim/")
_SHOWN_AT_MOST = 6

Placed = tuple[str, Claim]
"""A claim with the place it was read at."""


def check_keys(placed: Iterable[Placed], faults: Faults) -> None:
    """Every id stands for one statement in the whole library."""
    first: dict[str, tuple[str, str]] = {}
    for place, claim in placed:
        if claim.key is None:
            continue
        where, said_there = first.setdefault(claim.key, (place, claim.iri))
        if where != place and said_there != claim.iri:
            faults.violation(
                f'{place}, column "id"',
                f"the id {shown(claim.key)} is already used at {where}.",
                "Give this line an id of its own.",
            )


def check_repeats(placed: Iterable[Placed], faults: Faults) -> None:
    """The same statement from the same place twice adds nothing."""
    first: dict[str, str] = {}
    for place, claim in placed:
        if claim.iri in first:
            said = f"says the same, from the same place of the same source, as {first[claim.iri]}."
            faults.warning(place, said, "Remove one of the two lines.", claim.subject)
        else:
            first[claim.iri] = place


def check_circles(placed: Iterable[Placed], words: Vocabulary, faults: Faults) -> None:
    """Hierarchies lead upwards only; the ontology's own ``skos:broader`` links count too."""
    for iri, name in HIERARCHIES.items():
        edges: dict[str, set[str]] = defaultdict(set)
        where: dict[tuple[str, str], str] = {}
        for place, claim in placed:
            if claim.property == iri and isinstance(claim.value, NamedNode):
                edges[claim.subject].add(claim.value.value)
                where.setdefault((claim.subject, claim.value.value), place)
        if edges and name == "skos:broader":
            _add_broader(edges, words)
        _tell_circle(edges, where, name, faults)


def _add_broader(edges: dict[str, set[str]], words: Vocabulary) -> None:
    for iri, concept in words.concepts.items():
        if concept.broader:
            broader = concept.broader
            edges[iri].update((broader,) if isinstance(broader, str) else broader)


def _tell_circle(
    edges: Mapping[str, set[str]], where: Mapping[tuple[str, str], str], name: str, faults: Faults
) -> None:
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        # graphlib lists each node's predecessor first: turned round, the list follows the links.
        circle: list[str] = list(reversed(error.args[1]))
        steps = list(pairwise(circle))
        place = next((where[step] for step in steps if step in where), "")
        path = " → ".join(curie(iri) for iri in circle[:_SHOWN_AT_MOST])
        more = " → …" if len(circle) > _SHOWN_AT_MOST else ""
        faults.violation(
            place,
            f"{name} goes round in a circle: {path}{more}.",
            "Remove one of these links.",
            circle[0],
        )


def check_described(placed: Iterable[Placed], described: frozenset[str], faults: Faults) -> None:
    """Every entity in use has a class and a name, here or among ``described`` (IRIs)."""
    used: dict[str, str] = {}
    classed, named = set(described), set(described)
    for place, claim in placed:
        used.setdefault(claim.subject, place)
        if isinstance(claim.value, NamedNode):
            used.setdefault(claim.value.value, place)
        if claim.property == f"{RDF}type":
            classed.add(claim.subject)
        elif claim.property == f"{RDFS}label":
            named.add(claim.subject)
    for iri, place in used.items():
        if not iri.startswith(ID) or iri.startswith(_UNTYPED):
            continue
        lacking = [
            what for what, known in (("class", classed), ("label", named)) if iri not in known
        ]
        if lacking:
            _tell_lacking(iri, place, lacking, faults)


def _tell_lacking(iri: str, place: str, lacking: list[str], faults: Faults) -> None:
    rows = " and one ".join(f'with the property "{_ROW[what]}"' for what in lacking)
    said = f"{curie(iri)} has no {' and no '.join(lacking)}."
    faults.warning(place, said, f"Add a row {rows} for it.", iri)


_ROW = {"class": "a", "label": "label"}
