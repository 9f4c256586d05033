"""``/api/v1/why``: the derivation of a triple, down to its claims and their sources."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse

from api.negotiation import HTML, JSON, TEXT, simple
from api.pages import render
from api.terms import read_triple
from api.wiring import service_of

router = APIRouter(prefix="/api/v1", tags=["Why"])

Thing = Annotated[str, Query(description="A CURIE such as init:pilot-e, or an IRI")]
Value = Annotated[str, Query(description='A CURIE, an IRI, or a literal such as "Pilot-E"@en')]


@router.get("/why", summary="Say why a triple is in the graph")
def why(
    request: Request,
    subject: Thing,
    predicate: Thing,
    object: Value,
    format: str | None = None,
) -> Response:
    """Explain a stated or inferred triple in words and as JSON: rules, premises, claims."""
    service = service_of(request)
    kind = JSON if format == "json" else simple((JSON, HTML, TEXT), request.headers.get("accept"))
    explanation = service.explain(read_triple(subject, predicate, object))
    if kind == JSON:
        return JSONResponse(explanation.as_json())
    if kind == TEXT:
        return PlainTextResponse("".join(f"{line}\n" for line in explanation.sentences()))
    asked = {"subject": subject, "predicate": predicate, "object": object}
    link = f"{request.url.path}?{urlencode({**asked, 'format': 'json'})}"
    page = render("why.html", **asked, steps=_steps(explanation.sentences()), json=link)
    return HTMLResponse(page)


def _steps(sentences: list[str]) -> list[tuple[int, str]]:
    """Depth of each sentence, told by its indent, and its text."""
    return [((len(each) - len(each.lstrip())) // 2, each.strip(" -")) for each in sentences]
