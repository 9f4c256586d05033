"""``/api/v1/cases``: the case library, by facets and words, from the tables of the release."""

from dataclasses import asdict
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request

from api.errors import BadRequest
from api.responding import Parameters, read_parameters
from api.wiring import service_of
from kg.tables import CaseTables, FacetValue
from ontology import curies
from ontology.vocabulary import vocabulary
from queries.errors import UnknownFacet, hint, near
from queries.facets import ORDER, facet, selection_query
from queries.library import facets

router = APIRouter(prefix="/api/v1", tags=["Cases"])

_OWN: Final = frozenset({"q", "sort", "page", "size"})
_MOST: Final = 50
"""Values chosen at once."""
_FACETS: Final = {
    "parameters": [
        {
            "name": name,
            "in": "query",
            "description": facets()[name].question + " A slug, CURIE or IRI; repeat it for any of.",
            "schema": {"type": "array", "items": {"type": "string"}},
        }
        for name in ORDER
    ]
}

Words = Annotated[str, Query(max_length=500, description="Words to be found in names and texts")]
Sort = Annotated[
    Literal["label", "known", "relevance"],
    Query(description="By name, by how much is known, or by how well the words fit"),
]
Number = Annotated[int, Query(ge=1, le=1_000_000, description="Which page, from 1")]
Size = Annotated[int, Query(ge=1, le=200, description="Cases on a page")]


@router.get("/cases", summary="Find cases by facets and words", openapi_extra=_FACETS)
def list_cases(
    request: Request, q: Words = "", sort: Sort = "label", page: Number = 1, size: Size = 20
) -> dict[str, Any]:
    """List the cases that have any of the values chosen of each facet, and all facets chosen.

    Each value tells how many cases would be found with it, its own facet's other choices left
    aside. ``sparql`` is the meaning of the choice of facets.
    """
    service = service_of(request)
    parameters = read_parameters(request.scope["query_string"])
    chosen = _chosen(service.tables, parameters)
    found = service.tables.cases(chosen, q, sort, start=(page - 1) * size, count=size)
    return {
        "release": service.release.id,
        "total": found.total,
        "page": page,
        "pages": -(-found.total // size),
        "cases": [asdict(case) for case in found.cases],
        "facets": [
            {
                "name": name,
                "title": facet(name).title,
                "values": [_described(name, value, parameters) for value in values],
            }
            for name, values in found.facets.items()
        ],
        "sparql": selection_query(chosen),
    }


def _chosen(tables: CaseTables, parameters: Parameters) -> dict[str, list[str]]:
    """Facet -> IRIs chosen of it. Raises ``UnknownFacet`` and ``BadRequest``."""
    chosen: dict[str, list[str]] = {}
    given = [(name, value) for name, value in parameters if name not in _OWN and value]
    if len(given) > _MOST:
        raise BadRequest(f"{len(given)} values are chosen; choose {_MOST} at the most.")
    for name, value in given:
        if name not in ORDER:
            raise UnknownFacet(name, (*ORDER, *_OWN))
        chosen.setdefault(name, []).append(_value(tables, name, value))
    return chosen


def _value(tables: CaseTables, name: str, text: str) -> str:
    """The IRI of a facet's value, given as a slug, CURIE or IRI. Raises ``BadRequest``."""
    known = tables.values(name)
    slugs = {_slug(iri): iri for iri in known}
    if text in slugs:
        return slugs[text]
    iri = text
    if ":" in text and "//" not in text:
        try:
            iri = curies.expand(text)
        except ValueError as error:
            raise BadRequest(f"{name}={text}: {error}") from error
    if iri in known or iri in vocabulary().concepts:  # a term that no case has finds none
        return iri
    listed = hint(near(text, slugs)) or f" The facet has {len(slugs)} values: {_some(slugs)}"
    raise BadRequest(f"No case has {text!r} as its {name}.{listed}")


def _some(slugs: dict[str, str]) -> str:
    """Some of the values, for someone who knows none."""
    shown = sorted(slugs)[:6]
    return ", ".join(shown) + (" ..." if len(slugs) > len(shown) else ".")


def _slug(iri: str) -> str:
    """The last part of an IRI, as it stands in addresses."""
    return iri.rstrip("/").replace("#", "/").rpartition("/")[2]


def _described(name: str, value: FacetValue, parameters: Parameters) -> dict[str, Any]:
    """A value with the address that chooses it, or gives it up if it is chosen."""
    word = _slug(value.value)
    kept = [(key, given) for key, given in parameters if key != "page"]
    ways = {(name, word), (name, value.value), (name, curies.compact(value.value) or word)}
    if value.chosen:
        kept = [pair for pair in kept if pair not in ways]
    else:
        kept.append((name, word))
    return {**asdict(value), "slug": word, "link": f"/api/v1/cases?{urlencode(kept)}"}
