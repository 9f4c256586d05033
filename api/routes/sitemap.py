"""``/sitemap.xml`` and ``/robots.txt``: for those who read every page."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from api.errors import BadRequest
from api.linked.sitemap import MOST, index, maps, robots, site_map
from api.linked.state import state_of
from api.wiring import service_of

router = APIRouter()


@router.get("/sitemap.xml", include_in_schema=False)
def whole(request: Request) -> Response:
    """List the pages about things with a name, or the maps that list them where they are many."""
    service = service_of(request)
    named, day = state_of(service).named, service.release.manifest.created[:10]
    base = str(request.base_url)
    one = maps(named) == 1
    text = site_map(named, base, day, 1) if one else index(named, base, day)
    return Response(text, media_type="application/xml")


@router.get("/sitemap-{number}.xml", include_in_schema=False)
def one_of_several(request: Request, number: str) -> Response:
    """List one part of the pages, 50,000 at most."""
    service = service_of(request)
    named = state_of(service).named
    known = maps(named)
    if not (number.isascii() and number.isdigit() and 1 <= int(number[:9]) <= known):
        raise BadRequest(f"There are maps 1 to {known} of {MOST:,} pages each.")
    day = service.release.manifest.created[:10]
    text = site_map(named, str(request.base_url), day, int(number))
    return Response(text, media_type="application/xml")


@router.get("/robots.txt", include_in_schema=False)
def for_robots(request: Request) -> Response:
    """Ask robots to leave queries alone."""
    return PlainTextResponse(robots(str(request.base_url)))
