"""The outermost layer: one id, one log line and one count for each request.

Raw ASGI, since it is on the path of every answer, cached ones too.
"""

import hashlib
import itertools
import logging
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import ApiError
from api.observing import metrics
from api.observing.logs import REQUEST_ID, Form, RequestLines, request_line
from api.problems import UNEXPECTED, respond
from kg.errors import KgError

ID_HEADER: Final = b"x-request-id"
CUT_HEADER: Final = b"mission-kg-cut"

_log: Final = logging.getLogger("mission_kg.requests")
_ID: Final = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_METHODS: Final = frozenset(
    ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "TRACE", "CONNECT")
)
_PROCESS: Final = secrets.token_hex(11)
_NUMBERS: Final = itertools.count(1)
_HASH_DIGITS: Final = 16
_HIT: Final = ',"cache":"hit"'


class RouteNames:
    """Names for metrics: the fixed beginning of a known route's path, else ``other``.

    A short fixed list, whatever strangers ask for: a label of their making would fill the memory
    of who gathers the metrics.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._known: set[str] = {"/"}
        for path in paths:
            fixed: list[str] = []
            for part in path.split("/")[1:3]:
                if not part or "{" in part:
                    break
                fixed.append(part)
            if fixed:
                self._known.add("/" + "/".join(fixed))

    def __call__(self, path: str) -> str:
        """The name of the route that ``path`` goes to, as far as its beginning tells."""
        if path in self._known:
            return path
        parts = path.split("/", 3)
        if len(parts) > 2 and (two := f"/{parts[1]}/{parts[2]}") in self._known:
            return two
        if len(parts) > 1 and parts[1] and (one := f"/{parts[1]}") in self._known:
            return one
        return "other"


class RequestLog:
    """Raw ASGI: gives each request an id (or keeps the client's), counts it, logs it.

    ``lines`` takes the log lines; ``None`` writes none. An error that no one answered is
    answered here, and logged once.
    """

    def __init__(self, app: ASGIApp, routes: RouteNames, lines: RequestLines | None = None) -> None:
        self._app = app
        self._routes = routes
        self._lines = lines
        self._form: Form = lines.form if lines is not None else "json"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI 3.0)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        exchange = _Exchange(_id_of(scope), state, send)
        REQUEST_ID.set(exchange.id)
        state["request_id"] = exchange.id
        metrics.REQUESTS.running += 1
        try:
            await self._app(scope, receive, exchange.send)
        except Exception as error:  # noqa: BLE001  the last place that can answer for it
            await exchange.fail(error, scope, receive)
        finally:
            metrics.REQUESTS.running -= 1
            self._record(scope, exchange)

    def new_id(self, scope: Scope) -> tuple[bytes, bytes]:
        """The header that names a request: the client's own id or a new one."""
        return ID_HEADER, _id_of(scope).encode("ascii")

    def note(
        self,
        scope: Scope,
        request_id: bytes,
        release: str,
        status: int,
        size: int,
        seconds: float,
        cut: bytes,
    ) -> None:
        """Count and log a GET that was answered with what was kept, before this layer."""
        path = scope["path"]
        metrics.REQUESTS.ended(self._routes(path), "GET", status, seconds)
        metrics.REQUESTS.kept += 1
        more = _HIT
        if cut:
            limit = cut.decode("latin-1")
            metrics.LIMITS_HIT.labels(limit).inc()
            more = f',"limit":"{limit}"{_HIT}'
        if self._lines is not None:
            name = request_id.decode("ascii")
            milliseconds = seconds * 1000
            self._lines.add(
                request_line(
                    self._form, "info", name, "GET", path, status, milliseconds, size, release, more
                )
            )

    def _record(self, scope: Scope, exchange: "_Exchange") -> None:
        seconds = time.perf_counter() - exchange.began
        method = scope["method"] if scope["method"] in _METHODS else "other"
        metrics.REQUESTS.ended(self._routes(scope["path"]), method, exchange.status, seconds)
        if not exchange.complete:
            metrics.REQUESTS.abandoned += 1
        state: dict[str, Any] = scope["state"]
        if state.get("cache") == "hit":
            metrics.REQUESTS.kept += 1
        limit = exchange.cut or state.get("limit")
        if limit:
            metrics.LIMITS_HIT.labels(limit).inc()
        if self._lines is not None:
            self._lines.add(self._line(scope["path"], method, state, limit, exchange, seconds))

    def _line(
        self,
        path: str,
        method: str,
        state: Mapping[str, Any],
        limit: str | None,
        exchange: "_Exchange",
        seconds: float,
    ) -> str:
        service = state.get("service")
        query = state.get("query")
        more = f',"limit":"{limit}"' if limit else ""
        if query:
            more += f',"query":"{query_hash(query)}"'
        if (cache := state.get("cache")) is not None:
            more += f',"cache":"{cache}"'
        if not exchange.complete:
            more += ',"abandoned":"yes"'
        failed = (exchange.status or 0) >= UNEXPECTED.status and not limit
        return request_line(
            self._form,
            "error" if failed else "info",
            exchange.id,
            method,
            path,
            exchange.status,
            seconds * 1000,
            exchange.sent,
            service.release.id if service is not None else "",
            more,
        )


class _Exchange:
    """One request and what became of its answer. ``sent``: bytes of body."""

    __slots__ = ("_send", "_state", "began", "complete", "cut", "id", "sent", "started", "status")

    def __init__(self, request_id: str, state: Mapping[str, Any], send: Send) -> None:
        self.id = request_id
        self._state = state
        self.began = time.perf_counter()
        self.status: int | None = None
        self.sent = 0
        self.started = False
        self.complete = False
        self.cut: str | None = None
        self._send = send

    async def send(self, message: Message) -> None:
        """Pass a message on, noting what it says."""
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            headers = message.get("headers", ())
            kept = self._state.get("cache") == "hit"  # then it was looked for when it was kept
            cut = self._state.get("cut") if kept else dict(headers).get(CUT_HEADER)
            if cut:
                self.cut = cut.decode("latin-1")
            named = [*headers, (ID_HEADER, self.id.encode("latin-1"))]
            await self._send({**message, "headers": named})
        else:
            await self._send(message)
            self.sent += len(message.get("body", b""))
            self.complete = not message.get("more_body", False)

    async def fail(self, error: Exception, scope: Scope, receive: Receive) -> None:
        """Answer for an error that came through, where that is still possible."""
        if isinstance(error, ClientDisconnect):
            return
        if isinstance(error, ApiError | KgError):
            _log.warning("the answer broke off: %s", error)
        elif not self.complete:  # else it was logged where it was answered
            _log.error("the request failed", exc_info=error)
        if not self.started:
            words = "An unexpected error happened; it was logged."
            response = respond(Request(scope), UNEXPECTED, words, {"request": self.id})
            await response(scope, receive, self.send)


def query_hash(query: str | bytes) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a query's text (UTF-8)."""
    text = query.encode("utf-8", "surrogatepass") if isinstance(query, str) else query
    return hashlib.sha256(text).hexdigest()[:_HASH_DIGITS]


def _id_of(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == ID_HEADER and _ID.fullmatch(value):
            return str(value, "ascii")
    return f"{_PROCESS}{next(_NUMBERS):010x}"
