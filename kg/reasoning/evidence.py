"""Finds the claims that made a plain triple: same subject, property and value, and they pass."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from kg.derive import BARRED_MODALITIES, BARRED_REVIEWS
from kg.store import GraphStore
from ontology.names import MKG, VOCAB

_BATCH: Final = 500
_QUERY: Final = f"""
SELECT ?claim ?s ?p ?o WHERE {{
  VALUES (?s ?p ?o) {{ %s }}
  ?claim <{MKG}claimSubject> ?s ; <%s> ?o ; <{MKG}claimProperty> ?p .
  ?claim <{MKG}valueStatus> <{VOCAB}value-status/present> ;
         <{MKG}modality> ?modality ; <{MKG}reviewStatus> ?review .
  FILTER(?modality NOT IN (%s))
  FILTER(?review NOT IN (%s))
}}"""


def claims_behind(store: GraphStore, triples: Iterable[Triple]) -> dict[Triple, tuple[str, ...]]:
    """Stated triple -> IRIs of the claims that state it and pass the published filter, sorted.

    Triples that no claim states (those of the vocabularies) are left out.
    """
    found: dict[Triple, set[str]] = {}
    by_kind: dict[str, list[Triple]] = {"claimObject": [], "claimValue": []}
    for triple in triples:
        kind = "claimValue" if isinstance(triple.object, Literal) else "claimObject"
        by_kind[kind].append(triple)
    for kind, wanted in by_kind.items():
        for batch in _batches(wanted):
            for triple, claim in _ask(store, f"{MKG}{kind}", batch):
                found.setdefault(triple, set()).add(claim)
    return {triple: tuple(sorted(claims)) for triple, claims in found.items()}


def _ask(store: GraphStore, link: str, triples: list[Triple]) -> Iterator[tuple[Triple, str]]:
    rows = " ".join(f"({t.subject} {t.predicate} {t.object})" for t in triples)
    modalities = _terms("claim-modality", BARRED_MODALITIES)
    reviews = _terms("review-status", BARRED_REVIEWS)
    for claim, s, p, o in store.select(_QUERY % (rows, link, modalities, reviews)).rows:
        if (
            isinstance(claim, NamedNode)
            and isinstance(s, NamedNode)
            and isinstance(p, NamedNode)
            and isinstance(o, NamedNode | Literal)
        ):
            yield Triple(s, p, o), claim.value


def _terms(scheme: str, names: Iterable[str]) -> str:
    return ", ".join(f"<{VOCAB}{scheme}/{name}>" for name in sorted(names))


def _batches(triples: Iterable[Triple]) -> Iterator[list[Triple]]:
    rest = iter(triples)
    while batch := list(islice(rest, _BATCH)):
        yield batch
