"""``/timemap``: all mementos of a thing (RFC 7089, section 5); the rest is in ``api.history``."""

from typing import Final, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from api.errors import UnknownFile
from api.history.mementos import mementos_of
from api.history.moments import LINK_FORMAT, ROOMS, iri_at
from api.pages import render

router = APIRouter(tags=["Releases"])

_OFTEN: Final = {"Cache-Control": "no-cache"}


@router.get("/timemap/{form}/{path:path}", summary="List the versions of a thing")
async def timemap(request: Request, form: Literal["link", "json", "html"], path: str) -> Response:
    """List where a thing can be seen as it was, in link format, as JSON or as a page.

    ``path``: id/..., page/..., data/... or vocab/...; those addresses themselves answer to
    ``Accept-Datetime`` with the version that fits the time.
    """
    place = f"/{path}"
    if not place.startswith(ROOMS):
        raise UnknownFile(f"Versions are kept of {', '.join(ROOMS)}, not of {place[:80]}.")
    moments = await mementos_of(request).moments(place, request.scope)
    if not moments.releases:
        raise UnknownFile(f"No release kept here has {place[:200]}.")
    if form == "html":
        page = render("timemap.html", moments=moments, iri=iri_at(place))
        return HTMLResponse(page, headers=_OFTEN)
    if form == "json":
        return JSONResponse(moments.as_json(), headers=_OFTEN)
    return Response(moments.timemap(), media_type=LINK_FORMAT, headers=_OFTEN)
