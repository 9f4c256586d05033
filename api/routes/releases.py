"""``/releases``: all releases, each with its reports and files; what changed between any two."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import anyio.to_thread
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    StreamingResponse,
)

from api.errors import BadRequest, UnknownFile
from api.history import viewing
from api.history.asking import PATCH, Asked, form_of, read_asked
from api.history.headlines import PARTS, headlines
from api.history.reports import reports
from api.history.shelves import LATEST, history_of
from api.history.writing import (
    changes_quads,
    pair_path,
    path_of,
    release_json,
    release_quads,
)
from api.linked.addresses import BY_MEDIA
from api.linked.writing import write
from api.negotiation import HTML, JSON
from api.pages import render
from api.responding import read_parameters
from api.wiring import service_of
from kg.changes import Changes
from kg.shelf import DUMP, MANIFEST, STORE, Release
from ontology.curies import compact

router = APIRouter(prefix="/releases", tags=["Releases"])

Name = Annotated[str, Path(description="Id of a release, or latest", max_length=100)]

_MEDIA: Final = {
    ".zst": "application/zstd",
    ".ttl": "text/turtle",
    ".json": JSON,
    ".md": "text/markdown",
}
_FILES: Final = {
    MANIFEST: "what the release is made of, with checksums",
    "tables.sqlite": "tables for lists and search",
    DUMP: "all statements as sorted N-Quads, packed with zstd",
    "void.ttl": "statistics as VoID",
    "quality.json": "quality report for programs",
    "quality.md": "quality report in words",
    "validation.json": "findings of the validation for programs",
    "validation.md": "findings of the validation in words",
}
_OFTEN: Final = {"Cache-Control": "no-cache"}
"""The list of releases may change without the release that is served."""


@router.get("", summary="List the releases")
def list_releases(request: Request) -> Response:
    """List all releases, newest first, as a page, JSON or RDF."""
    form = form_of(request, read_parameters(request.scope["query_string"]))
    releases = history_of(request).releases()
    older = list(zip(releases, (*releases[1:], None), strict=True)) if releases else []
    if form == JSON:
        data = [{**release_json(each), "changes": _changes_link(old, each)} for each, old in older]
        return JSONResponse(data, headers=_OFTEN)
    if form != HTML:
        quads = [quad for each, old in older for quad in release_quads(each, old)]
        return Response(write(quads, BY_MEDIA[form]), media_type=form, headers=_OFTEN)
    served = service_of(request).release.id
    page = render("releases.html", releases=older, served=served, pair_path=pair_path)
    return HTMLResponse(page, headers=_OFTEN)


@router.get("/{old}..{new}", summary="Say what changed between two releases")
async def compare(request: Request, old: Name, new: Name) -> Response:
    """Tell terms, claims and statements added, changed and removed, in words and by page.

    Parameters: ``show`` (things, terms, claims, statements), ``change``, ``graph``, ``about`` (a
    CURIE or IRI) and ``page``. As a page, JSON, RDF, or all of it as RDF Patch.
    """
    asked, parameters = read_asked(request)
    form = form_of(request, parameters, patch=True)
    history = history_of(request)
    pair = history.release(old), history.release(new)
    path = pair_path(pair[0].id, pair[1].id)
    if LATEST in (old, new):
        return RedirectResponse(_with_query(path, request), 307)
    if pair[0].id > pair[1].id:
        raise BadRequest(
            f"The first release is the newer one; ask for {pair_path(pair[1].id, pair[0].id)}."
        )
    changes = await history.comparing.changes(*pair)
    headers = {"Link": _alternates(path)}
    if form == PATCH:
        headers["Content-Disposition"] = f'attachment; filename="{pair[0].id}..{pair[1].id}.rdfp"'
        return StreamingResponse(changes.patch(), media_type=PATCH, headers=headers)
    lists = await anyio.to_thread.run_sync(
        viewing.listings, history, service_of(request), pair, changes, asked
    )
    if form == JSON:
        return JSONResponse(viewing.as_json(changes, asked, lists), headers=headers)
    if form != HTML:
        quads = changes_quads(changes.summary, (row for each in lists for row in each.rows))
        return Response(write(quads, BY_MEDIA[form]), media_type=form, headers=headers)
    return HTMLResponse(_page(changes, asked, lists, path), headers=headers)


@router.get("/{name}", summary="Describe one release")
def describe_release(request: Request, name: Name) -> Response:
    """Show a release: its manifest, its quality and validation reports, its files."""
    form = form_of(request, read_parameters(request.scope["query_string"]))
    history = history_of(request)
    release = history.release(name)
    if name == LATEST:
        return RedirectResponse(_with_query(path_of(release.id), request), 307, headers=_OFTEN)
    before, after = history.before(release), history.after(release)
    headers = {"Link": ", ".join(_versions(before, after))}
    if form == JSON:
        data = {
            **release_json(release),
            "changes": _changes_link(before, release),
            "files": [
                {**each, "url": f"{path_of(name)}/{each['name']}"} for each in _files(release)
            ],
        }
        return JSONResponse(data, headers=headers)
    if form != HTML:
        quads = release_quads(release, before)
        return Response(write(quads, BY_MEDIA[form]), media_type=form, headers=headers)
    page = render(
        "release.html",
        release=release,
        before=before,
        after=after,
        files=_files(release),
        reports=reports(release),
        graphs=viewing.by_part(release.manifest.graphs, sum),
        pair_path=pair_path,
    )
    return HTMLResponse(page, headers=headers)


@router.get("/{name}/{file}", summary="Download a file of a release")
def download(request: Request, name: Name, file: str) -> Response:
    """Send a file of the release as it was made; the manifest has its checksum."""
    release = history_of(request).release(name)
    known = [each["name"] for each in _files(release)]
    path = release.path / file
    if file not in known or not path.is_file():
        raise UnknownFile(
            f"The release {release.id} has no file {file!r}; it has {', '.join(known)}."
        )
    suffix = path.suffix
    return FileResponse(path, media_type=_MEDIA.get(suffix, "application/octet-stream"))


def _page(changes: Changes, asked: Asked, lists: tuple[viewing.Listing, ...], path: str) -> str:
    return render(
        "changes.html",
        summary=changes.summary,
        said=headlines(changes.summary),
        asked=asked,
        lists=lists,
        path=path,
        parts=PARTS,
        about=compact(asked.about) or asked.about,
        graphs=viewing.by_part(changes.summary.graphs, _added_up),
    )


def _added_up(counts: list[Mapping[str, int]]) -> Mapping[str, int]:
    return {name: sum(each[name] for each in counts) for name in counts[0]}


def _files(release: Release) -> list[dict[str, Any]]:
    """Files that are offered: name, what it is, bytes, SHA-256 (the manifest has none)."""
    found: list[dict[str, Any]] = [{"name": MANIFEST, "what": _FILES[MANIFEST]}]
    for name, record in release.manifest.files.items():
        if not name.startswith(f"{STORE}/"):
            what = _FILES.get(name, "")
            found.append(
                {"name": name, "what": what, "bytes": record.size, "sha256": record.sha256}
            )
    return found


def _changes_link(before: Release | None, release: Release) -> str | None:
    return None if before is None else pair_path(before.id, release.id)


def _versions(before: Release | None, after: Release | None) -> list[str]:
    """Links between versions (RFC 5829)."""
    links = ['</releases>; rel="version-history"', '</releases/latest>; rel="latest-version"']
    if before is not None:
        links.append(f'<{path_of(before.id)}>; rel="predecessor-version"')
    if after is not None:
        links.append(f'<{path_of(after.id)}>; rel="successor-version"')
    return links


def _alternates(path: str) -> str:
    forms = {"html": HTML, "json": JSON, "ttl": "text/turtle", "patch": PATCH}
    return ", ".join(
        f'<{path}?format={name}>; rel="alternate"; type="{media}"' for name, media in forms.items()
    )


def _with_query(path: str, request: Request) -> str:
    query = request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path
