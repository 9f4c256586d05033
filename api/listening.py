"""Connections with patience that ends: slow senders, slow readers and too many are dropped.

uvicorn waits for ever for a request to become whole and for an answer to be read; a few hundred
such clients would hold every connection there is.
"""

import asyncio
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.observing import metrics

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

HEAD_BYTES: Final = 128 * 2**10
"""Largest request line with headers; over every ``url_bytes`` that the settings allow."""

OVER_LIMIT: Final = 64
"""Connections over the limit that are still told 503; more are closed unheard, or silent ones
would take all file handles."""

_PROGRESS_BYTES: Final = 16 * 2**10
"""Whoever moves this much in each span of patience is slow, not stalling."""


def patient(request_seconds: float, stall_seconds: float) -> type[HttpToolsProtocol]:
    """Make uvicorn's protocol with limits on how long a client may keep a connection waiting.

    ``request_seconds``: for a request to become whole; ``stall_seconds``: for which an answer
    waits unread. Both start anew whenever ``_PROGRESS_BYTES`` went through.
    """

    class Patient(_Patient):
        _request_seconds = request_seconds
        _stall_seconds = stall_seconds

    return Patient


class _Patient(HttpToolsProtocol):
    _request_seconds: float
    _stall_seconds: float

    def __init__(
        self,
        config: "Config",
        server_state: "ServerState",
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._sending: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None
        self._in_head = True
        self._received = 0
        self._unread = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_request()
        limit = self.limit_concurrency
        if limit is not None and len(self.connections) > limit + OVER_LIMIT:
            self._drop("room")

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop(self._sending, self._reading)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)
        if self._in_head and self._received > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(f"The request's headers are longer than {HEAD_BYTES:,} bytes.")

    def send_400_response(self, msg: str) -> None:
        metrics.REQUESTS_UNREADABLE.inc()
        super().send_400_response(msg)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._sending is None:
            self._await_request()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._stop(self._sending)
        self._sending = None
        self._in_head = True
        self._received = 0

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop(self._reading)
        self._reading = None

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._await_reading()  # the end of the last answer may still wait unread

    def shutdown(self) -> None:
        super().shutdown()
        if self.transport.is_closing():
            self._await_reading()

    def _await_request(self) -> None:
        self._received = 0
        self._sending = self.loop.call_later(self._request_seconds, self._sent_enough)

    def _sent_enough(self) -> None:
        if not self._in_head and self._received >= _PROGRESS_BYTES:
            self._await_request()
        else:
            self._drop("request")

    def _await_reading(self) -> None:
        self._stop(self._reading)
        self._unread = self.transport.get_write_buffer_size()
        self._reading = self.loop.call_later(self._stall_seconds, self._read_enough)

    def _read_enough(self) -> None:
        left = self.transport.get_write_buffer_size()
        if left and self._unread - left < _PROGRESS_BYTES:
            self._drop("answer")
        elif left:
            self._await_reading()

    def _drop(self, waiting_for: str) -> None:
        metrics.CONNECTIONS_DROPPED.labels(waiting_for).inc()
        self.transport.abort()

    @staticmethod
    def _stop(*timers: asyncio.TimerHandle | None) -> None:
        for timer in timers:
            if timer is not None:
                timer.cancel()
