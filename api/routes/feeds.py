"""``/feeds``: what changes, for feed readers (Atom) and for programs (ActivityStreams 2.0)."""

from typing import Annotated, Final

import anyio.to_thread
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from api.errors import StillComparing, UnknownFile
from api.history import feeds
from api.history.shelves import History, history_of
from kg.changes import Changes
from kg.errors import KgError
from kg.shelf import Release

router = APIRouter(prefix="/feeds", tags=["Feeds"])

MOST: Final = 30
"""Releases that the Atom feed tells of."""
_OFTEN: Final = {"Cache-Control": "no-cache"}


@router.get("/releases.atom", summary="Follow the releases")
async def atom(request: Request) -> Response:
    """Tell of the newest releases, each with what changed in words, as Atom."""
    history = history_of(request)
    found = []
    wait = True
    for release in history.releases()[:MOST]:
        try:
            changes = await _changes(history, release) if wait or _known(history, release) else None
        except StillComparing:  # one wait is enough: the rest comes with the next visit
            changes, wait = None, False
        except KgError:  # a damaged release does not take the others with it
            changes = None
        found.append((release, None if changes is None else changes.summary))
    body = feeds.atom(found, str(request.base_url))
    return Response(body, media_type=feeds.ATOM, headers=_OFTEN)


@router.get("/changes", summary="Follow things and terms")
async def collection(request: Request) -> Response:
    """Give the ordered collection of all changes, its first and its last page."""
    history = history_of(request)
    releases = history.releases()
    first = last = None
    if releases:
        first = feeds.page_path(releases[-1].id, 1)
        newest = await _changes(history, releases[0])
        last = feeds.page_path(releases[0].id, feeds.pages_of(newest))
    data = feeds.collection(str(request.base_url), await _total(history, releases), first, last)
    return JSONResponse(data, media_type=feeds.ACTIVITY, headers=_OFTEN)


@router.get("/changes/{release}/{number}", summary="One page of the changes")
async def page(
    request: Request,
    release: Annotated[str, Path(description="Id of a release", max_length=100)],
    number: Annotated[int, Path(description="Page of its changes, from 1", ge=1, le=100_000)],
) -> Response:
    """Give activities of one release: what it created, updated and deleted."""
    history = history_of(request)
    found = history.release(release)
    changes = await _changes(history, found)
    pages = await anyio.to_thread.run_sync(feeds.pages_of, changes)
    if number > pages:
        raise UnknownFile(f"The changes of {found.id} have {pages} pages; there is no {number}.")
    around = await _neighbours(history, found, number, pages)
    data = await anyio.to_thread.run_sync(
        feeds.page, found, changes, number, str(request.base_url), around
    )
    return JSONResponse(data, media_type=feeds.ACTIVITY, headers=_OFTEN)


async def _neighbours(
    history: History, release: Release, number: int, pages: int
) -> tuple[str | None, str | None]:
    """Paths of the pages before and after, in the release's neighbours where it ends."""
    before: str | None = None
    after: str | None = None
    if number > 1:
        before = feeds.page_path(release.id, number - 1)
    elif (older := history.before(release)) is not None:
        before = feeds.page_path(older.id, feeds.pages_of(await _changes(history, older)))
    if number < pages:
        after = feeds.page_path(release.id, number + 1)
    elif (newer := history.after(release)) is not None:
        after = feeds.page_path(newer.id, 1)
    return before, after


async def _total(history: History, releases: tuple[Release, ...]) -> int | None:
    """All activities, where every comparison is at hand; else it is not told yet."""
    if not all(_known(history, release) for release in releases):
        return None
    total = len(releases)
    for release in releases:
        if (changes := await _changes(history, release)) is not None:
            total += await anyio.to_thread.run_sync(changes.count, "thing")
    return total


async def _changes(history: History, release: Release) -> Changes | None:
    """What a release changed; ``None`` for the first one kept."""
    before = history.before(release)
    return None if before is None else await history.comparing.changes(before, release)


def _known(history: History, release: Release) -> bool:
    before = history.before(release)
    return before is None or history.comparing.knows(before, release)
