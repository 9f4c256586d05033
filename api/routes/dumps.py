"""``/dumps/``: whole releases and their named graphs as files."""

from base64 import b64encode
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse

from api.delivery.conditions import http_date, is_known
from api.errors import BeingMade
from api.history.shelves import history_of
from api.linked.addresses import LICENCE
from api.linked.dumps import DumpFile, dumps_of, parts_of
from api.linked.graphs import title_of
from api.linked.making import ALL, CLAIMS, PACKED
from api.pages import render
from api.wiring import service_of
from kg.shelf import Release
from ontology.names import GRAPH

router = APIRouter(tags=["Dumps"])

_NEWEST: Final = "latest"
_SUMS: Final = "SHA256SUMS"


@router.get("/dumps", include_in_schema=False)
def without_slash() -> Response:
    """Lead on to the list."""
    return RedirectResponse("/dumps/", 308)


@router.get("/dumps/", summary="List the dumps of the release that is served")
async def list_dumps(request: Request) -> Response:
    """List the files with their sizes and digests; those not made yet are made now."""
    return await _listed(request, service_of(request).release)


@router.get("/dumps/{release}/", include_in_schema=False)
async def list_of_release(request: Request, release: str) -> Response:
    """List the files of one release."""
    return await _listed(request, history_of(request).release(release))


@router.get("/dumps/{release}/{name:path}", summary="One file of a release")
async def dump(request: Request, release: str, name: str) -> Response:
    """Send a file: ``all.nq.zst``, ``asserted.ttl.gz``, ``claims/SOURCE.nq.gz``, ``SHA256SUMS``.

    The first request for a release's files has them made, which may take longer than a request
    waits (503 with Retry-After). ``latest`` in place of the release's id leads to the newest.
    """
    if release == _NEWEST:
        return RedirectResponse(f"/dumps/{service_of(request).release.id}/{name}", 307)
    found = history_of(request).release(release)
    settings = service_of(request).settings
    dumps = dumps_of(settings.home)
    if name == _SUMS:
        await dumps.ensure(found, parts_of(found), settings.dump_seconds)
        lines = (f"{file.sha256}  {file.name}\n" for file in dumps.made(found, parts_of(found)))
        return PlainTextResponse("".join(lines))
    return _sent(request, found, await dumps.file(found, name, settings.dump_seconds))


def _sent(request: Request, release: Release, file: DumpFile) -> Response:
    """The file, with its digest (RFC 9530) and the date of the release; 304 to who has it."""
    digest = b64encode(bytes.fromhex(file.sha256)).decode()
    etag = f'"{file.sha256}"'
    modified = http_date(datetime.fromisoformat(release.manifest.created))
    headers = {
        "ETag": etag,
        "Last-Modified": modified.decode(),
        "Repr-Digest": f"sha-256=:{digest}:",
        "Cache-Control": "public, max-age=31536000, immutable",
        "Link": f'<{LICENCE}>; rel="license"',
    }
    if is_known(dict(request.headers.raw), etag.encode(), modified):
        return Response(status_code=304, headers=headers)
    return FileResponse(
        file.path,
        media_type=PACKED[file.pack],
        filename=f"mission-kg-{release.id}-{file.name.replace('/', '-')}",
        headers=headers,
    )


async def _listed(request: Request, release: Release) -> Response:
    settings = service_of(request).settings
    dumps = dumps_of(settings.home)
    served = service_of(request).release.id
    dumps.prune((served, *(each.id for each in history_of(request).releases())))
    waiting = ""
    try:
        await dumps.ensure(release, parts_of(release), settings.dump_seconds)
    except BeingMade as error:
        waiting = str(error)
    made: dict[str, list[DumpFile]] = {part: [] for part in parts_of(release)}
    for file in dumps.made(release, parts_of(release)):
        made[file.part].append(file)
    page = render(
        "dumps.html",
        release=release,
        parts=[(part, *_words(part), _number(release, part), made[part]) for part in made],
        releases=history_of(request).releases(),
        waiting=waiting,
        base=str(request.base_url),
    )
    headers = {"Cache-Control": "no-store"} if waiting else {}
    return HTMLResponse(page, headers=headers)


def _words(part: str) -> tuple[str, str]:
    if part == ALL:
        return "Everything", "All named graphs together."
    if part == CLAIMS:
        return "Claims", "What every source says, one named graph per source."
    return title_of(f"{GRAPH}{part}")


def _number(release: Release, part: str) -> int:
    """How many statements a part holds."""
    graphs = release.manifest.graphs
    if part == ALL:
        return release.manifest.counts["quads"]
    if part == CLAIMS:
        return sum(
            number for graph, number in graphs.items() if graph.startswith(f"{GRAPH}claims/")
        )
    return graphs.get(f"{GRAPH}{part}", 0)
