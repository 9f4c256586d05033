"""What every answer carries and every request must fit, whatever its route."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import RequestTooLarge, UrlTooLong
from api.problems import KINDS, respond

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Accept-Post, Accept-Query, Allow, Content-Location, ETag, Link, Location, "
        "Memento-Datetime, Mission-KG-Cut, Mission-KG-Limits, Mission-KG-Release, Retry-After, "
        "WWW-Authenticate, X-Request-Id"
    ),
}
"""No script, nothing from other origins; the data is open, so any page may read it."""

VARY: Final = ("Accept", "Accept-Encoding", "Accept-Language", "Origin")
"""What may change an answer: caches that know less of it mix answers up."""


_OURS: Final = [
    *((name.lower().encode("ascii"), value.encode("ascii")) for name, value in HEADERS.items()),
]
_NAMES: Final = frozenset(name for name, _ in _OURS)


class Guard:
    """Adds ``HEADERS``, answers HEAD as GET without its body, refuses addresses too long."""

    def __init__(self, app: ASGIApp, url_bytes: int) -> None:
        self._app = app
        self._url_bytes = url_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI 3.0)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _with_ours(message.get("headers", ()))}
            await send(message)

        if len(scope["raw_path"]) + len(scope["query_string"]) > self._url_bytes:
            await self._refuse(scope, receive, send_with_headers)
        elif scope["method"] == "HEAD":  # the server drops the body of the answer
            await self._app({**scope, "method": "GET"}, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = respond(
            Request(scope),
            KINDS[UrlTooLong],
            f"The address is longer than {self._url_bytes:,} bytes; send the query by POST.",
            {"limit": "url_bytes", "value": self._url_bytes},
        )
        await response(scope, receive, send)


async def read_body(request: Request, limit: int, name: str = "request_bytes") -> bytes:
    """Read the request's body. Raises ``RequestTooLarge`` over ``limit``, the setting ``name``."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise RequestTooLarge(f"The body is longer than {limit:,} bytes.", name, limit)
    return bytes(body)


def _with_ours(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Headers as ASGI carries them with ``HEADERS`` in the place of their like, ``VARY`` added."""
    kept = []
    varies: list[bytes] = []
    for pair in headers:
        if pair[0] == b"vary":
            varies.append(pair[1])
        elif pair[0] not in _NAMES:
            kept.append(pair)
    return [*kept, *_OURS, (b"vary", _varied(b",".join(varies)))]


@lru_cache(maxsize=64)
def _varied(given: bytes) -> bytes:
    """A value of ``Vary`` that names what was given and all of ``VARY``, each once."""
    named = [part.strip().decode("latin-1") for part in given.split(b",") if part.strip()]
    every = {name.lower(): name for name in (*VARY, *named)}
    return ", ".join(every.values()).encode("latin-1")
