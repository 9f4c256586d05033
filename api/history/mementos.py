"""Answers about a thing as it was: Memento (RFC 7089) around the routes of linked data.

Every resource below ``ROOMS`` is its own TimeGate (section 4.1.1): with ``Accept-Datetime`` it
answers 302 to its memento, ``/memento/<release>/<path>``. A memento is what the same routes answer
from that release; its links stay in that release.
"""

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import quote

import anyio
import anyio.to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import ApiError, UnknownFile
from api.history.moments import (
    MEMENTO,
    ROOMS,
    Moments,
    Presence,
    http_date,
    link_header,
    read_moment,
)
from api.history.shelves import History, created
from api.pages import render
from api.problems import answer_error
from kg.errors import KgError
from kg.shelf import Release

if TYPE_CHECKING:
    from api.wiring import Service

_AT_ONCE: Final = 2
"""Threads that may open old releases at a time, so that the past leaves room for the present."""
_LINKS: Final = re.compile(rb'(href="|<)(/(?:id|page|data|vocab)[/?])')
_MAIN: Final = b"<main"


class Mementos:
    """Raw ASGI around ``app``: negotiates time and pins older releases for it."""

    def __init__(self, app: ASGIApp, history: History) -> None:
        self._app = app
        self._history = history
        self._presence = Presence(history)
        self._limiter: anyio.CapacityLimiter | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI 3.0)."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
        elif scope["path"].startswith(MEMENTO):
            await self._guarded(self._memento, scope, receive, send)
        elif not scope["path"].startswith(ROOMS):
            await self._app(scope, receive, send)
        elif "accept-datetime" in Headers(scope=scope):
            await self._guarded(self._timegate, scope, receive, send)
        else:
            moments = Moments(quoted(scope["path"]), (), base_of(scope))
            await self._app(scope, receive, _with_links(send, moments.relations()))

    async def moments(self, path: str, scope: Scope) -> Moments:
        """The mementos of the resource at a path (decoded)."""
        if self._limiter is None:  # belongs to the running event loop, so not made before it
            self._limiter = anyio.CapacityLimiter(_AT_ONCE)
        found = await anyio.to_thread.run_sync(
            self._presence.moments, path, _service(scope), base_of(scope), limiter=self._limiter
        )
        return Moments(quoted(path), found.releases, found.base)

    async def _guarded(self, answer: "_Answer", scope: Scope, receive: Receive, send: Send) -> None:
        """Turn errors of this layer into problem documents, as the routes do with theirs."""
        try:
            await answer(scope, receive, send)
        except (ApiError, KgError) as error:
            response = answer_error(Request(scope), error)
            response.headers.add_vary_header("Accept-Datetime")
            await response(scope, receive, send)

    async def _timegate(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lead on to the memento that was the newest at the time asked for (section 4.1.1)."""
        moment = read_moment(Headers(scope=scope)["accept-datetime"])
        moments = await self.moments(scope["path"], scope)
        chosen = moments.at(moment)
        if chosen is None:  # never there: the routes say so in words
            await self._app(scope, receive, _with_links(send, []))
            return
        query = scope["query_string"].decode("latin-1")
        target = moments.address(chosen) + (f"?{query}" if query else "")
        links = [*moments.relations(), *moments.around(chosen)]
        response = RedirectResponse(
            target, 302, {"Link": link_header(links), "Vary": "Accept-Datetime"}
        )
        await response(scope, receive, send)

    async def _memento(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from the release named in the path, with its date (section 4.2)."""
        name, _, rest = scope["path"].removeprefix(MEMENTO).partition("/")
        path = f"/{rest}"
        release = self._history.release(name)
        if not path.startswith(ROOMS):
            raise UnknownFile(
                f"Of a release, {', '.join(ROOMS)} can be asked for here, not {path[:80]}."
            )
        moments = await self.moments(path, scope)
        service = await anyio.to_thread.run_sync(
            self._history.service, release, _service(scope), limiter=self._limiter
        )
        past = {
            **scope,
            "path": path,
            "raw_path": quoted(path).encode("ascii"),
            "state": {**scope["state"], "service": service},
        }
        await self._app(past, receive, _Past(send, moments, release, scope).send)


_Answer = Callable[[Scope, Receive, Send], Awaitable[None]]


class _Past:
    """Passes an answer on as a memento: dated, its links and addresses within its release."""

    def __init__(self, send: Send, moments: Moments, release: Release, scope: Scope) -> None:
        self._send = send
        self._moments = moments
        self._release = release
        self._prefix = f"{MEMENTO}{release.id}"
        self._newest = _service(scope).release
        self._start: Message | None = None
        self._page = bytearray()

    async def send(self, message: Message) -> None:
        """Take the application's next message."""
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif message["type"] == "http.response.body" and self._start is not None:
            self._page += message.get("body", b"")
            if not message.get("more_body", False):
                await self._end()
        else:
            await self._send(message)

    async def _begin(self, start: Message) -> None:
        headers = MutableHeaders(scope=start)
        if start["status"] < 400:
            self._date(headers, start["status"])
        if headers.get("content-type", "").startswith("text/html"):
            self._start = start  # held back, since its length will be another
        else:
            await self._send(start)

    def _date(self, headers: MutableHeaders, status: int) -> None:
        date = http_date(created(self._release))
        headers["Memento-Datetime"] = date
        headers["Mission-KG-Release"] = self._release.id
        if status == 200:
            headers["Last-Modified"] = date
        links = self._moments.relations()
        if self._release.id in {each.id for each in self._moments.releases}:
            links += self._moments.around(self._release)
        own = _LINKS.sub(self._within(), headers.get("link", "").encode("latin-1"))
        headers["Link"] = link_header([*filter(None, [own.decode("latin-1")]), *links])
        for name in ("location", "content-location"):
            if headers.get(name, "").startswith(ROOMS):
                headers[name] = self._prefix + headers[name]

    async def _end(self) -> None:
        start, page = self._start, bytes(self._page)
        assert start is not None  # noqa: S101  checked by the caller
        page = _LINKS.sub(self._within(), page)
        if start["status"] < 400:
            page = page.replace(_MAIN, self._banner().encode() + _MAIN, 1)
        MutableHeaders(scope=start)["content-length"] = str(len(page))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": page})

    def _within(self) -> bytes:
        """What a link becomes, as a replacement for ``_LINKS``."""
        return rb"\1" + self._prefix.encode("ascii") + rb"\2"

    def _banner(self) -> str:
        known = {each.id for each in self._moments.releases}
        return render(
            "past.html",
            release=self._release,
            newest=self._newest,
            still=self._newest.id in known,
            path=self._moments.path,
        )


def base_of(scope: Scope) -> str:
    """Address of this host as the client named it, without a slash at its end."""
    return str(Request(scope).base_url).rstrip("/")


def quoted(path: str) -> str:
    """A decoded path as it stands in an address."""
    return quote(path, safe="/:;,@!$&'()*+=~-._")


def _with_links(send: Send, links: list[str]) -> Send:
    """Pass answers on with links added, and say that they depend on the time asked for."""

    async def passing(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.add_vary_header("Accept-Datetime")
            if links and message["status"] < 400:
                own = headers.get("link")
                headers["Link"] = link_header([*([own] if own else []), *links])
        await send(message)

    return passing


def _service(scope: Scope) -> "Service":
    return cast("Service", scope["state"]["service"])


def mementos_of(request: HTTPConnection) -> Mementos:
    """The mementos of the application that handles ``request``."""
    return cast("Mementos", request.app.state.mementos)
