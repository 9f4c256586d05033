"""``/catalog`` (DCAT 3) and ``/.well-known/void``: the data set described."""

import json
from typing import Final

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.errors import BeingMade, NotAcceptable
from api.history.shelves import history_of
from api.linked.addresses import BY_MEDIA, BY_SUFFIX, FORMATS, LICENCE, OFFERS, Format
from api.linked.catalogue import TITLE, WORDS, catalogue, release_iri, schema_org, statistics
from api.linked.dumps import DumpFile, dumps_of, parts_of
from api.linked.graphs import title_of
from api.linked.writing import escaped, write
from api.negotiation import HTML, best
from api.pages import render
from api.wiring import service_of
from kg.shelf import Release
from ontology.names import GRAPH_CLAIMS

router = APIRouter(tags=["Catalogue"])

_SEE_OTHER: Final = 303


@router.get("/dataset", include_in_schema=False)
@router.get("/contributors", include_in_schema=False)
def dataset() -> Response:
    """Lead on from the data set's IRI to its description."""
    return RedirectResponse("/catalog", _SEE_OTHER)


@router.get("/dataset/{path:path}", include_in_schema=False)
def part(path: str) -> Response:
    """Lead on from a part of the data set to the statistics, where it is described."""
    return RedirectResponse("/.well-known/void", _SEE_OTHER)


@router.get("/catalog", summary="The catalogue: releases, files, services (DCAT 3)")
@router.get("/catalog.{suffix}", include_in_schema=False)
async def describe_catalogue(
    request: Request, suffix: str | None = None, format: str | None = None
) -> Response:
    """Describe the data set's releases and files, as a page or in RDF."""
    form = _form(request, suffix or format)
    service = service_of(request)
    base = str(request.base_url)
    files, waiting = await _files(request)
    releases = history_of(request).releases() or (service.release,)
    if form is None:
        made = [file for file in files[service.release.id] if file.part == "all"]
        page = render(
            "catalogue.html",
            release=service.release,
            releases=[(each, release_iri(each.id)) for each in releases],
            files=made,
            graphs=_graphs(service.release),
            formats={each.name: f"/catalog.{each.suffix}" for each in FORMATS},
            words=WORDS,
            title=TITLE,
            waiting=waiting,
            json_ld=escaped(json.dumps(schema_org(service.release, made, base))),
        )
        return _sent(page.encode(), HTML, "catalog", waiting)
    body = await to_thread.run_sync(
        lambda: write(catalogue(releases, service.release.id, files, base), form)
    )
    return _sent(body, form.media_type, "catalog", waiting)


@router.get("/.well-known/void", summary="Statistics of the data set (VoID)")
async def describe_statistics(request: Request, format: str | None = None) -> Response:
    """Count triples, classes and properties, for the whole and each graph; name ways to get it."""
    form = _form(request, format)
    if form is None:
        return RedirectResponse("/catalog", _SEE_OTHER)
    release = service_of(request).release
    files, waiting = await _files(request)
    base = str(request.base_url)
    body = await to_thread.run_sync(
        lambda: write(statistics(release, files[release.id], base), form)
    )
    return _sent(body, form.media_type, ".well-known/void", waiting)


async def _files(request: Request) -> tuple[dict[str, tuple[DumpFile, ...]], bool]:
    """Dumps made so far, by release; those of the release served are waited for a while."""
    service = service_of(request)
    dumps = dumps_of(service.settings.home)
    waiting = False
    try:
        await dumps.ensure(
            service.release, parts_of(service.release), service.settings.dump_seconds
        )
    except BeingMade:
        waiting = True
    releases = {each.id: each for each in history_of(request).releases()}
    releases[service.release.id] = service.release
    return {each.id: dumps.made(each, parts_of(each)) for each in releases.values()}, waiting


def _form(request: Request, name: str | None) -> Format | None:
    """The form of RDF that is asked for, ``None`` for a page. Raises ``NotAcceptable``."""
    if name is not None:
        form = BY_SUFFIX.get(name) or BY_MEDIA.get(name)
        if form is None and name != "html":
            raise NotAcceptable(name, tuple(each.suffix for each in FORMATS))
        return form
    chosen = best(OFFERS, request.headers.get("accept"))
    if chosen is None:
        raise NotAcceptable(request.headers.get("accept", ""), tuple(OFFERS))
    return BY_MEDIA.get(chosen)


def _graphs(release: Release) -> list[tuple[str, str, str, int]]:
    """IRI, title, description and size of each graph that is no source's."""
    return [
        (graph, *title_of(graph), number)
        for graph, number in release.manifest.graphs.items()
        if not graph.startswith(GRAPH_CLAIMS)
    ]


def _sent(body: bytes, media: str, path: str, waiting: bool) -> Response:
    alternates = [
        f'</{path}.{each.suffix}>; rel="alternate"; type="{each.media_type}"' for each in FORMATS
    ]
    links = [*(alternates if path == "catalog" else ()), f'<{LICENCE}>; rel="license"']
    if path == "catalog":
        links.append('</.well-known/void>; rel="describedby"')
    headers = {"Link": ", ".join(links), "Vary": "Accept"}
    if waiting:  # files are still being made: what is said now does not hold for long
        headers["Cache-Control"] = "no-store"
    if media == HTML:
        return HTMLResponse(body, headers=headers)
    return Response(body, media_type=media, headers=headers)
