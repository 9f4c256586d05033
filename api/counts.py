"""How much a release holds, for the front page and for ``releases``."""

from typing import Final

from pyoxigraph import Literal

from kg.store import GraphStore
from ontology.names import MKG

_CLASSES: Final = {
    "missions": "Mission",
    "initiatives": "MissionInitiative",
    "cases": "Case",
    "claims": "Claim",
    "sources": "Source",
}


def counts(store: GraphStore) -> dict[str, int]:
    """Number of things of each kind, and of countries in which an initiative operates."""
    found = {name: _count(store, f"?x a <{MKG}{kind}>") for name, kind in _CLASSES.items()}
    countries = f"?i <{MKG}operatesIn> ?x . ?x a <{MKG}Country>"
    return {**found, "countries": _count(store, countries)}


def _count(store: GraphStore, pattern: str) -> int:
    cell = store.select(f"SELECT (COUNT(DISTINCT ?x) AS ?n) {{ {pattern} }}").rows[0][0]
    return int(cell.value) if isinstance(cell, Literal) else 0
