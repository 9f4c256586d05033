"""``/sparql``: queries by GET and POST (SPARQL 1.1 Protocol, section 2.1)."""

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.errors import BadRequest, UnsupportedMediaType, UpdateRefused
from api.guard import read_body
from api.negotiation import HTML, best
from api.pages import EXAMPLE, render
from api.responding import RESULTS_JSON, Parameters, answer, one, read_parameters
from api.wiring import Service, service_of

router = APIRouter(tags=["SPARQL"])

_FORM: Final = "application/x-www-form-urlencoded"
_QUERY: Final = "application/sparql-query"
_UPDATE: Final = "application/sparql-update"
_DATASET: Final = ("default-graph-uri", "named-graph-uri")
_PARAMETERS: Final = {
    "parameters": [
        {"name": "query", "in": "query", "schema": {"type": "string"}, "description": "SPARQL 1.1"},
        {
            "name": "format",
            "in": "query",
            "schema": {"type": "string"},
            "description": "json, xml, csv, tsv, turtle, ntriples, json-ld, rdf+xml or html; "
            "wins over Accept",
        },
    ]
}


@router.get("/sparql", summary="Answer a query given in the address", openapi_extra=_PARAMETERS)
@router.get("/sparql/", include_in_schema=False)
async def query_by_get(request: Request) -> Response:
    """Answer the query in ``query``; without parameters a browser gets a form."""
    parameters = read_parameters(request.scope["query_string"])
    if not parameters and best({RESULTS_JSON: (), HTML: ()}, request.headers.get("accept")) == HTML:
        page = render("sparql.html", query=EXAMPLE, grid=None)
        return HTMLResponse(page)
    return await _answer(request, service_of(request), parameters)


@router.post("/sparql", summary="Answer a query sent as a form or as text")
@router.post("/sparql/", include_in_schema=False)
async def query_by_post(request: Request) -> Response:
    """Answer a form's ``query``, or a body of type ``application/sparql-query``."""
    service = service_of(request)
    content_type = request.headers.get("content-type", "")
    media_type, _, options = (part.strip().lower() for part in content_type.partition(";"))
    in_address = read_parameters(request.scope["query_string"])
    body = await read_body(request, service.settings.request_bytes)
    if media_type == _UPDATE:
        raise UpdateRefused(_NO_UPDATES)
    if media_type == _FORM:
        return await _answer(request, service, [*in_address, *read_parameters(body)])
    if media_type == _QUERY:
        query = _as_text(body, options)
        return await _answer(request, service, [*in_address, ("query", query)])
    raise UnsupportedMediaType(
        f"A body of type {media_type or 'unknown'} is not read here; send {_QUERY} or {_FORM}."
    )


async def _answer(request: Request, service: Service, parameters: Parameters) -> Response:
    query = _query_of(parameters)
    request.state.query = query

    def page(grid: object, what: str, links: object) -> str:
        return render("sparql.html", query=query, grid=grid, what=what, links=links)

    return await answer(request, service, query, parameters, page)


def _query_of(parameters: Parameters) -> str:
    names = {name for name, _ in parameters}
    if "update" in names:
        raise UpdateRefused(_NO_UPDATES)
    for name in _DATASET:
        if name in names:
            raise BadRequest(
                f"The parameter {name} is not supported; name the graphs in the query with "
                "FROM or GRAPH."
            )
    query = one(parameters, "query")
    if query is None:
        raise BadRequest("The parameter query is missing; it holds the SPARQL text.")
    return query


def _as_text(body: bytes, options: str) -> str:
    charset = options.partition("charset=")[2].strip(' "')
    try:
        if charset not in ("", "utf-8", "utf8"):
            raise UnicodeError
        return body.decode("utf-8")
    except UnicodeError as error:
        raise BadRequest("The query is not UTF-8; SPARQL is sent as UTF-8.") from error


_NO_UPDATES: Final = (
    "Updates are refused: a release never changes. Add claims with mission-kg ingest and build "
    "a new release."
)
