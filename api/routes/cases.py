"""The case library over REST, from the tables of the release: ``/api/v1/cases`` and beside it.

``/cases`` finds cases by facets and words, ``/compare`` puts some side by side, ``/matrix`` counts
them by two facets.
"""

from dataclasses import asdict
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request

from api.errors import BadRequest, UnknownCase
from api.responding import Parameters, read_parameters
from api.wiring import service_of
from kg.tables import CaseRow, CaseTables, FacetValue, FeatureRow
from ontology import curies
from ontology.names import ID
from ontology.vocabulary import vocabulary
from queries.binding import bind
from queries.errors import UnknownFacet, hint, near
from queries.facets import ORDER, facet, selection_query
from queries.library import facets, question

router = APIRouter(prefix="/api/v1", tags=["Cases"])

_OWN: Final = frozenset({"q", "sort", "page", "size", "rows", "columns"})
_WIDEST: Final = 6
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


Cases = Annotated[
    list[str],
    Query(description="A slug, CURIE or IRI of a case or of what it describes; repeat it"),
]
Only = Annotated[
    Literal["all", "known", "differences"],
    Query(description="All features, those known for a case, or those that differ"),
]
Facet = Annotated[str, Query(description="Name of a facet")]


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


@router.get("/compare", summary="Put two to six cases side by side")
def compare(request: Request, case: Cases, only: Only = "all") -> dict[str, Any]:
    """Compare cases feature by feature; each cell has one of the six statuses.

    ``sparql`` gives the same cells from the graph.
    """
    service = service_of(request)
    cases = _distinct([_case(service.tables, each) for each in case])
    rows = service.tables.compare(cases)
    asked = ",".join(curies.compact(each.initiative) or each.initiative for each in cases)
    return {
        "release": service.release.id,
        "cases": [asdict(each) for each in cases],
        "features": [
            {**asdict(row), "differs": row.differs, "known": row.known}
            for row in rows
            if _wanted(row, only)
        ],
        "summary": {
            "features": len(rows),
            "differ": sum(row.differs for row in rows),
            "known_for_all": sum(row.known == len(cases) for row in rows),
            "unknown_for_all": sum(not row.known for row in rows),
        },
        "sparql": bind(question("practices-side-by-side"), {"initiative": asked}),
    }


@router.get("/matrix", summary="Count cases by the values of two facets", openapi_extra=_FACETS)
def matrix(
    request: Request, rows: Facet = "country", columns: Facet = "instrument", q: Words = ""
) -> dict[str, Any]:
    """Count the cases that have both values; the facets of ``/cases`` choose among them."""
    service = service_of(request)
    chosen = _chosen(service.tables, read_parameters(request.scope["query_string"]))
    found = service.tables.matrix(rows, columns, chosen, q)
    return {
        "release": service.release.id,
        "rows": [asdict(each) for each in found.rows],
        "columns": [asdict(each) for each in found.columns],
        "counts": found.counts,
        "sparql": selection_query(chosen),
    }


def _wanted(row: FeatureRow, only: str) -> bool:
    return only == "all" or (row.differs if only == "differences" else row.known > 0)


def _distinct(cases: list[CaseRow]) -> list[CaseRow]:
    """Two to six different cases. Raises ``BadRequest``."""
    for place, each in enumerate(cases):
        if each in cases[:place]:
            raise BadRequest(f"{each.label} is named twice; name each case once.")
    if not 2 <= len(cases) <= _WIDEST:
        raise BadRequest(f"{len(cases)} cases are named; name two to {_WIDEST}, each as case=...")
    return cases


def _case(tables: CaseTables, text: str) -> CaseRow:
    """The case named by a slug, CURIE or IRI of it or of what it describes."""
    for iri in (text, f"{ID}case/{text}", f"{ID}initiative/{text}", _expanded(text)):
        if (found := tables.case(iri)) is not None:
            return found
    known = {_slug(iri) for each in tables.all() for iri in (each.iri, each.initiative)}
    listed = hint(near(_slug(_expanded(text)), known)) or " /api/v1/cases lists the cases."
    raise UnknownCase(f"There is no case {text!r}.{listed}")


def _expanded(text: str) -> str:
    try:
        return curies.expand(text)
    except ValueError:
        return text


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
