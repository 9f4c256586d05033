"""``/conformance``: how the service does in the test suites of the W3C."""

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.conformance import report, turtle
from api.negotiation import HTML, simple
from api.pages import render

router = APIRouter(tags=["Conformance"])

TURTLE: Final = "text/turtle"
_VARY: Final = {"Vary": "Accept"}


@router.get("/conformance", summary="Results of the W3C test suites")
def conformance(request: Request, format: str | None = None) -> Response:
    """Say what passed and what failed, and why: a page, or an EARL report in Turtle."""
    kind = TURTLE if format == "turtle" else simple((HTML, TURTLE), request.headers.get("accept"))
    if kind == TURTLE:
        return Response(turtle(), media_type="text/turtle; charset=utf-8", headers=_VARY)
    return HTMLResponse(render("conformance.html", report=report()), headers=_VARY)
