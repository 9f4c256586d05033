"""``/id``, ``/page``, ``/data``: every IRI of the graph, for people and for programs."""

from collections.abc import Sequence
from typing import Final, NoReturn
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.errors import BadRequest, NotAcceptable, RetiredThing
from api.linked.addresses import (
    BY_MEDIA,
    BY_SUFFIX,
    FORMATS,
    OFFERS,
    RDF_OFFERS,
    data_of,
    iri_of,
    links,
    page_of,
    split_suffix,
)
from api.linked.listing import listing
from api.linked.representing import Representation, description, represent
from api.negotiation import HTML, best
from api.terms import read_iri
from api.wiring import Service, service_of

router = APIRouter(tags=["Linked data"])

_SEE_OTHER: Final = 303
_MOVED: Final = 301
_DEEPEST: Final = 9


@router.get("/id/{path:path}", summary="An entity's IRI", status_code=303)
@router.get("/vocab/{path:path}", include_in_schema=False)
@router.get("/graph/{path:path}", include_in_schema=False)
def entity(request: Request, path: str) -> Response:
    """Lead on (303) to the page or the data about the entity, as ``Accept`` asks."""
    room = request.url.path.partition(path)[0].strip("/") if path else ""
    iri = iri_of(path if room == "id" else f"{room}/{path}")
    service = service_of(request)
    try:
        description(service, iri)
    except RetiredThing as retired:
        if retired.by is None:
            raise
        return RedirectResponse(page_of(retired.by), _MOVED)
    chosen = best(OFFERS, request.headers.get("accept"))
    if chosen is None:
        raise NotAcceptable(request.headers.get("accept", ""), tuple(OFFERS))
    target = page_of(iri) if chosen == HTML else data_of(iri)
    return RedirectResponse(target, _SEE_OTHER, {"Link": links(iri), "Vary": "Accept"})


@router.get("/page", include_in_schema=False)
def page_of_any(request: Request, iri: str) -> Response:
    """Show the page about any IRI or CURIE; one of ours leads on to its own address."""
    full = read_iri(iri).value
    address = page_of(full)
    if not address.startswith("/page?"):
        kept = [(k, v) for k, v in request.query_params.multi_items() if k != "iri"]
        return RedirectResponse(f"{address}?{urlencode(kept)}" if kept else address, _SEE_OTHER)
    return _page(request, full, address)


@router.get("/page/{path:path}", include_in_schema=False)
def page(request: Request, path: str) -> Response:
    """Show the page about an entity; ``in`` or ``out`` and ``page`` list one property."""
    iri = iri_of(path)
    return _page(request, iri, page_of(iri))


@router.get("/data", summary="RDF about any IRI")
def data_of_any(
    request: Request, iri: str, format: str | None = None, evidence: bool = False
) -> Response:
    """Describe any IRI or CURIE in RDF: what is stated about it, labels of what that leads to."""
    return _data(request, read_iri(iri).value, format, evidence)


@router.get("/data/{path:path}", summary="RDF about an entity")
def data(
    request: Request, path: str, format: str | None = None, evidence: bool = False
) -> Response:
    """Describe an entity in the form of the suffix (``.ttl``), of ``format``, or of ``Accept``.

    ``evidence=true`` adds the claims about it, with their places and sources.
    """
    bare, suffix = split_suffix(path)
    return _data(request, iri_of(bare), suffix or format, evidence)


def _page(request: Request, iri: str, address: str) -> Response:
    service = service_of(request)
    asked = request.query_params
    languages = preferred(asked.get("lang"), request.headers.get("accept-language"))
    way = next((way for way in ("in", "out") if way in asked), None)
    if way is not None:
        number = _number(asked.get("page", "1"))
        prop = read_iri(asked[way]).value
        body = listing(service, iri, way, prop, number, languages, address)
        return _sent(service, Representation(HTML, body.encode(), links(iri)), languages=True)
    try:
        made = represent(service, iri, HTML, languages=languages, address=address)
    except RetiredThing as retired:
        if retired.by is None:
            raise
        return RedirectResponse(page_of(retired.by), _MOVED)
    return _sent(service, made, languages=True)


def _data(request: Request, iri: str, name: str | None, evidence: bool) -> Response:
    service = service_of(request)
    accept = request.headers.get("accept")
    if name is not None:
        form = BY_SUFFIX.get(name.lower()) or BY_MEDIA.get(name.lower()) or _by_name(name)
    else:
        chosen = best(RDF_OFFERS, accept)
        if chosen is None:
            if best(OFFERS, accept) == HTML:
                return RedirectResponse(page_of(iri), _SEE_OTHER)
            raise NotAcceptable(accept or "", tuple(RDF_OFFERS))
        form = BY_MEDIA[chosen]
    try:
        made = represent(service, iri, form.media_type, evidence=evidence)
    except RetiredThing as retired:
        if retired.by is None:
            raise
        return RedirectResponse(data_of(retired.by, form.suffix), _MOVED)
    response = _sent(service, made)
    if name is None and not evidence:
        response.headers["Content-Location"] = data_of(iri, form.suffix)
    return response


def _by_name(name: str) -> NoReturn:
    raise NotAcceptable(f"format={name}", tuple(f"format={each.suffix}" for each in FORMATS))


def _sent(service: Service, made: Representation, *, languages: bool = False) -> Response:
    media = made.media_type
    kind = f"{media}; charset=utf-8" if media.startswith("text/") else media
    headers = {
        "Link": made.link,
        "Vary": "Accept, Accept-Language" if languages else "Accept",
        "Mission-KG-Release": service.release.id,
    }
    if made.cut:
        headers["Mission-KG-Cut"] = made.cut
    return Response(made.body, media_type=kind, headers=headers)


def preferred(chosen: str | None, accept: str | None) -> Sequence[str]:
    """Primary language tags, the preferred first (RFC 9110, section 12.5.4); English at the end.

    ``chosen`` wins over the header. What is no language tag is passed over.
    """
    ranked = []
    for place, part in enumerate((accept or "").split(",")[:20]):
        tag, _, parameters = part.strip().partition(";")
        try:
            quality = float(parameters.partition("=")[2] or 1)
        except ValueError:
            continue
        ranked.append((-quality, place, tag))
    tags = [chosen or "", *(tag for minus, _, tag in sorted(ranked) if minus < 0)]
    primary = [tag.strip().partition("-")[0].lower() for tag in tags]
    kept = [tag for tag in primary if tag.isascii() and tag.isalpha() and len(tag) <= _DEEPEST]
    return tuple(dict.fromkeys([*kept, "en"]))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:_DEEPEST]) == int(text)):
        raise BadRequest(f"page={quote(text[:40])} is no page number; give one from 1 on.")
    return int(text)
