"""``/timemap``: all mementos of a thing (RFC 7089, section 5); the rest is in ``api.history``."""

from typing import Final, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from api.errors import UnknownFile
from api.history.mementos import mementos_of
from api.history.moments import LINK_FORMAT, ROOMS

router = APIRouter(tags=["Releases"])

_OFTEN: Final = {"Cache-Control": "no-cache"}


@router.get("/timemap/{form}/{path:path}", summary="List the versions of a thing")
async def timemap(request: Request, form: Literal["link", "json"], path: str) -> Response:
    """List where a thing can be seen as it was, in link format or JSON; ``path``: id/..., page/...

    A thing's own address answers to ``Accept-Datetime`` with the one that fits the time.
    """
    place = f"/{path}"
    if not place.startswith(ROOMS):
        raise UnknownFile(f"Versions are kept of {', '.join(ROOMS)}, not of {place[:80]}.")
    moments = await mementos_of(request).moments(place, request.scope)
    if not moments.releases:
        raise UnknownFile(f"No release kept here has {place[:200]}.")
    if form == "json":
        return JSONResponse(moments.as_json(), headers=_OFTEN)
    return Response(moments.timemap(), media_type=LINK_FORMAT, headers=_OFTEN)
