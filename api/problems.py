"""Errors -> problem documents. The only place that knows HTTP status codes of errors.

RFC 9457. A browser gets a page, a client that accepts JSON gets ``application/problem+json``,
and a SPARQL client that asks for neither gets plain text whose first line says what is wrong.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api import errors as api_errors
from api.negotiation import HTML, JSON, TEXT, best
from api.pages import render
from ingest.errors import IngestError
from kg import errors as kg_errors
from ontology.names import BASE
from queries import errors as query_errors

PROBLEM_JSON: Final = "application/problem+json"
_OFFERS: Final = {
    PROBLEM_JSON: (JSON, "application/sparql-results+json", "application/ld+json"),
    HTML: ("application/xhtml+xml",),
    TEXT: (),
}
_log = logging.getLogger("mission_kg")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its HTTP ``status``, the ``slug`` of its type IRI, its ``title``."""

    status: int
    slug: str
    title: str


KINDS: Final[Mapping[type[Exception], Kind]] = {
    kg_errors.QuerySyntaxError: Kind(400, "query-syntax", "The query is not valid SPARQL"),
    kg_errors.QueryForbidden: Kind(
        403, "query-forbidden", "The query asks for what is not allowed"
    ),
    kg_errors.QueryFault: Kind(400, "query-fault", "The query cannot be answered"),
    kg_errors.GraphSyntaxError: Kind(400, "graph-syntax", "The text is not valid RDF"),
    kg_errors.NotDerivable: Kind(404, "not-derivable", "Nothing states or implies this"),
    kg_errors.TablesMissing: Kind(503, "no-tables", "This release has no tables of cases"),
    kg_errors.ReleaseError: Kind(503, "no-release", "There is no whole release to serve"),
    kg_errors.StoreTimeout: Kind(504, "store-timeout", "The store did not answer in time"),
    kg_errors.StoreRefused: Kind(502, "store-refused", "The store refuses this service"),
    kg_errors.BadAnswer: Kind(502, "store-answer", "The store's answer cannot be used"),
    kg_errors.StoreError: Kind(503, "store-fault", "The store cannot answer now"),
    kg_errors.KgError: Kind(500, "graph-fault", "The graph has a fault"),
    query_errors.UnknownQuestion: Kind(404, "unknown-question", "There is no such question"),
    query_errors.UnknownFacet: Kind(400, "unknown-facet", "There is no such facet"),
    query_errors.ArgumentError: Kind(400, "bad-argument", "An argument cannot be used"),
    query_errors.QuestionError: Kind(500, "question-fault", "The question has a fault"),
    IngestError: Kind(500, "ingest-fault", "The library has a fault"),
    ClientDisconnect: Kind(400, "client-left", "The client left before its request was whole"),
    api_errors.BadRequest: Kind(400, "bad-request", "The request cannot be read"),
    api_errors.UnknownRelease: Kind(404, "unknown-release", "There is no such release"),
    api_errors.UnknownThing: Kind(404, "unknown-thing", "Nothing is said about this"),
    api_errors.UnknownCase: Kind(404, "unknown-case", "There is no such case"),
    api_errors.RetiredThing: Kind(410, "retired", "This was withdrawn"),
    api_errors.UnknownDump: Kind(404, "unknown-dump", "There is no such dump"),
    api_errors.BeingMade: Kind(503, "being-made", "The file is being made"),
    api_errors.UnknownFile: Kind(404, "unknown-file", "There is no such file"),
    api_errors.StillComparing: Kind(503, "still-comparing", "The releases are being compared"),
    api_errors.NotAcceptable: Kind(406, "not-acceptable", "No such format here"),
    api_errors.UnsupportedMediaType: Kind(415, "unsupported-type", "This type is not read here"),
    api_errors.Draining: Kind(503, "draining", "The server is about to stop"),
    api_errors.UpdateRefused: Kind(403, "update-refused", "This service is read-only"),
    api_errors.RemoteFault: Kind(502, "remote-fault", "Another endpoint failed"),
    api_errors.WritingClosed: Kind(403, "writing-closed", "Nothing can be written here"),
    api_errors.NotAuthorised: Kind(401, "not-authorised", "A token is needed here"),
    api_errors.MethodNotAllowed: Kind(405, "method-not-allowed", "This method is not allowed here"),
    api_errors.GraphNotFound: Kind(404, "graph-not-found", "There is no such graph"),
    api_errors.ConditionFailed: Kind(412, "condition-failed", "The graph has changed"),
    api_errors.RequestTooLarge: Kind(413, "request-too-large", "The request is too large"),
    api_errors.UrlTooLong: Kind(414, "url-too-long", "The address is too long"),
    api_errors.AnswerTooLarge: Kind(403, "answer-too-large", "The answer is too large"),
    api_errors.MemoryLimit: Kind(503, "memory-limit", "The query needs too much memory"),
    api_errors.Overloaded: Kind(429, "overloaded", "Too many queries are being answered"),
    api_errors.WorkerLost: Kind(503, "worker-lost", "The answer was lost"),
    api_errors.TimeLimit: Kind(503, "time-limit", "The query took too long"),
}
"""Error class -> kind; an error takes the kind of its nearest class listed here."""

UNEXPECTED: Final = Kind(500, "unexpected", "Something broke here")
"""The kind of what nobody foresaw."""

_RETRY_SECONDS: Final = "5"
_FIELDS: Final = (
    "line",
    "column",
    "limit",
    "value",
    "near",
    "offers",
    "question",
    "parameter",
    "links",
)


def install(app: FastAPI) -> None:
    """Make every error of ``app`` answer as a problem document."""
    for error in (*KINDS, Exception):
        app.add_exception_handler(error, _handler)
    app.add_exception_handler(HTTPException, _http_handler)
    app.add_exception_handler(RequestValidationError, _validation_handler)


def kind_of(error: Exception) -> Kind:
    """Find the kind of an error by its class or the nearest listed base."""
    return next((KINDS[c] for c in type(error).__mro__ if c in KINDS), UNEXPECTED)


def respond(
    request: Request, kind: Kind, detail: str, extra: Mapping[str, Any] | None = None
) -> Response:
    """Problem document for ``kind`` in the form that the client can read."""
    document = {
        "type": f"{BASE}problem/{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": request.url.path,
        **(extra or {}),
    }
    request.state.limit = document.get("limit")  # for the log
    wanted = best(_OFFERS, request.headers.get("accept"))
    if wanted == HTML:
        query = getattr(request.state, "query", None)
        page = render("problem.html", problem=document, query=query)
        return HTMLResponse(page, kind.status)
    if wanted == PROBLEM_JSON:
        return JSONResponse(document, kind.status, media_type=PROBLEM_JSON)
    return PlainTextResponse(_as_text(document), kind.status)


def answer_error(request: Request, error: Exception) -> Response:
    """Answer a request that failed with ``error``; what nobody foresaw is logged.

    Headers that the error carries (``headers``) go with the answer.
    """
    kind = kind_of(error)
    if kind is UNEXPECTED:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        name = getattr(request.state, "request_id", "")
        return respond(
            request, kind, "An unexpected error happened; it was logged.", {"request": name}
        )
    extra = {f: v for f in _FIELDS if (v := getattr(error, f, None)) is not None}
    response = respond(request, kind, str(error), extra)
    if kind.status == 503 and not isinstance(error, api_errors.MemoryLimit):
        response.headers["Retry-After"] = _RETRY_SECONDS
    response.headers.update(getattr(error, "headers", {}))
    return response


async def _handler(request: Request, error: Exception) -> Response:
    return answer_error(request, error)


async def _http_handler(request: Request, error: Exception) -> Response:
    """Answer for what the router itself refuses: unknown address, wrong method."""
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class only
    words = {
        404: ("not-found", "There is no such page", f"Nothing is at {request.url.path}."),
        405: (
            "method-not-allowed",
            "This method is not allowed here",
            f"{request.method} is not allowed at {request.url.path}.",
        ),
    }
    slug, title, detail = words.get(
        error.status_code, ("http", "The request was refused", str(error.detail))
    )
    response = respond(request, Kind(error.status_code, slug, title), detail)
    response.headers.update(error.headers or {})
    return response


async def _validation_handler(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for this class only
    faults = "; ".join(
        f"parameter {each['loc'][-1]}: {str(each['msg']).lower()}" for each in error.errors()
    )
    return respond(request, KINDS[api_errors.BadRequest], f"{faults[:1].upper()}{faults[1:]}.")


def _as_text(document: Mapping[str, Any]) -> str:
    place = (
        f" (line {document['line']}, column {document.get('column')})" if "line" in document else ""
    )
    return f"{document['title']}{place}: {document['detail']}\n"
