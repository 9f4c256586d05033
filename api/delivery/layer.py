"""The layer that answers again what was answered before, as ASGI messages, before any routing.

An answer is kept under all that may change it: the release, address, host, headers of negotiation
and, for a query sent as a body, that body. Equal requests that arrive while the first is at work
wait for its answer. What an application marks ``no-store``, ``private`` or ``no-cache`` is not
kept, nor is what a query makes anew each time (``NOW``, ``RAND``, ``UUID``).
"""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette_compress import CompressMiddleware, add_compress_type

from api.delivery.cache import ByteCache, Finished
from api.delivery.recording import Recording, deliver
from api.delivery.requests import (
    BY_BODY,
    Fields,
    fields,
    is_whole,
    key_of,
    made_anew,
    may_keep,
    read_body,
    replay,
)
from api.delivery.unbroken import Unbroken
from api.delivery.version import Version

_MEDIA_TYPES: Final = (
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "application/n-quads",
    "application/n-triples",
    "application/trig",
    "application/activity+json",
    "application/problem+json",
    "application/rdf-patch",
    "application/atom+xml",
    "application/link-format",
    "application/owl+xml",
    "text/csv",
    "text/n3",
    "text/tab-separated-values",
    "text/turtle",
)
"""Compressed beside those that the library knows."""
_UNSHARED: Final = frozenset({200, 429})
"""Statuses not shared unless the answer is kept: 429 concerns the client that asked."""


class _Flight:
    """A request at work; others that ask the same wait until ``done``."""

    __slots__ = ("answer", "done")

    def __init__(self) -> None:
        self.done = asyncio.Event()
        self.answer: Finished | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request whose answer may be kept: its ``key`` and what is needed to answer it."""

    key: Hashable
    scope: Scope
    receive: Receive
    send: Send
    given: Fields
    version: Version
    body: bytes

    @property
    def conditional(self) -> bool:
        """Whether the method knows conditions (RFC 9110, section 13.2.1)."""
        return bool(self.scope["method"] != "POST")


class Delivery:
    """Compresses, validates and keeps the answers of ``app`` (ASGI 3.0).

    ``version``: tells the release now served; ``cache_bytes``: what all kept answers may weigh, 0
    keeps and shares none; ``entry_bytes``: the largest that is kept; ``request_bytes``: the longest
    body of a query that is looked up.
    """

    def __init__(
        self,
        app: ASGIApp,
        version: Callable[[], Version],
        *,
        cache_bytes: int,
        entry_bytes: int,
        request_bytes: int,
    ) -> None:
        for media_type in _MEDIA_TYPES:
            add_compress_type(media_type)
        self._app = Unbroken(CompressMiddleware(app, minimum_size=256, zstd_level=3))
        self._version = version
        self._shares = cache_bytes > 0
        self.cache = ByteCache(cache_bytes, entry_bytes)
        self._request_bytes = request_bytes
        self._flights: dict[Hashable, _Flight] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        given = fields(scope) if scope["type"] == "http" and may_keep(scope) else None
        if given is None:
            await self._app(scope, receive, send)
        elif scope["method"] in BY_BODY:
            await self._posted(scope, receive, send, given)
        else:
            version = self._version()
            key = key_of(scope, given, version)
            await self._answer(_Asked(key, scope, receive, send, given, version, b""))

    def find(self, scope: Scope, given: Fields) -> tuple[str, Finished] | None:
        """The release served and its answer to a GET, if it is kept; ``given``: its headers."""
        version = self._version()
        answer = self.cache.get(key_of(scope, given, version))
        return None if answer is None else (version.release, answer)

    async def _posted(self, scope: Scope, receive: Receive, send: Send, given: Fields) -> None:
        body, messages = await read_body(receive, self._request_bytes)
        receive = replay(messages, receive)
        if not is_whole(messages):
            await self._app(scope, receive, send)
            return
        version = self._version()
        key = key_of(scope, given, version, body)
        await self._answer(_Asked(key, scope, receive, send, given, version, body))

    async def _answer(self, asked: _Asked) -> None:
        """Answer from what is kept, with another's answer that is on its way, or by asking."""
        if not self._shares or made_anew(asked.scope, asked.body):
            await self._ask(asked, None)
            return
        while True:
            answer = self.cache.get(asked.key)
            if answer is None and (flight := self._flights.get(asked.key)) is not None:
                await flight.done.wait()
                answer = flight.answer
                if answer is None:
                    continue
            if answer is None:
                await self._lead(asked)
            else:
                _tell(asked.scope, answer)
                await deliver(answer, asked.given, asked.send, conditional=asked.conditional)
            return

    async def _lead(self, asked: _Asked) -> None:
        """Ask on behalf of all who wait for the same, and keep the answer."""
        flight = self._flights[asked.key] = _Flight()
        try:
            await self._ask(asked, flight)
        finally:
            self._land(asked.key, flight)

    async def _ask(self, asked: _Asked, flight: _Flight | None) -> None:
        """Have the application answer; with a flight, for the others and the next ones too."""

        def finish(answer: Finished, keepable: bool) -> None:
            if flight is not None:
                self._finish(asked, flight, answer, keepable)

        def stream() -> None:
            if flight is not None:
                self._land(asked.key, flight)

        recording = Recording(
            asked.send,
            asked.given,
            asked.version,
            conditional=asked.conditional,
            tee_bytes=0 if flight is None else self.cache.entry_limit,
            on_finished=finish,
            on_stream=stream,
        )
        scope = asked.scope
        if scope["method"] == "HEAD":  # the server drops the body of the answer
            scope = {**scope, "method": "GET"}
        await self._app(scope, asked.receive, recording.send)

    def _finish(self, asked: _Asked, flight: _Flight, answer: Finished, keepable: bool) -> None:
        """Keep a finished answer and let those go on who wait; its own client comes after them."""
        if keepable:
            weight = len(asked.scope["query_string"]) + len(asked.scope["path"])
            self.cache.put(asked.key, answer, weight)
        if keepable or answer.status not in _UNSHARED:
            flight.answer = answer
        self._land(asked.key, flight)

    def _land(self, key: Hashable, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        flight.done.set()


def _tell(scope: Scope, answer: Finished) -> None:
    """Tell the request log that an answer was kept, and what had cut it."""
    state = scope.setdefault("state", {})
    state["cache"] = "hit"
    state["cut"] = answer.cut
