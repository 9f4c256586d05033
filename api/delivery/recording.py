"""One answer on its way out: dated, given its validator and, where it may be, kept."""

from collections.abc import Callable, Iterable
from typing import Final

from starlette.types import Message, Send

from api.delivery.cache import Finished, Header, Headers
from api.delivery.conditions import entity_tag, is_known
from api.delivery.requests import Fields
from api.delivery.version import Version

_FOR_ONE: Final = (b"no-store", b"private")
_CHECKED: Final = b"public, no-cache"
"""Anyone may keep the answer, but asks whether it still holds (RFC 9111, section 5.2.2.4)."""
_ALWAYS: Final = frozenset(
    {b"etag", b"last-modified", b"cache-control", b"vary", b"content-location", b"expires"}
)
"""Headers that a 304 repeats (RFC 9110, section 15.4.5)."""
_OF_BODY: Final = frozenset({b"content-length", b"content-type", b"content-encoding"})


class Recording:
    """Passes an answer on to ``send`` and makes a :class:`Finished` of it.

    ``on_finished`` is called with the whole answer and whether it may be kept, before its end is
    sent; ``on_stream`` when the answer turns out to come in parts, which are sent as they come.
    """

    def __init__(
        self,
        send: Send,
        given: Fields,
        version: Version,
        *,
        conditional: bool,
        tee_bytes: int,
        on_finished: Callable[[Finished, bool], None],
        on_stream: Callable[[], None],
    ) -> None:
        self._send = send
        self._given = given
        self._version = version
        self._conditional = conditional
        self._tee_bytes = tee_bytes
        self._on_finished = on_finished
        self._on_stream = on_stream
        self._keepable = False
        self._start: Message | None = None
        self._streaming = False
        self._parts: list[bytes] | None = None
        self._size = 0

    async def send(self, message: Message) -> None:
        """Take the application's next message (ASGI ``send``)."""
        if message["type"] == "http.response.start":
            self._start = message
            self._judge(message)
        elif message["type"] != "http.response.body" or self._start is None:
            await self._pass_on(message)
        elif not self._streaming and not message.get("more_body", False):
            answer = self._finish(message.get("body", b""))
            self._on_finished(answer, self._keepable)
            await deliver(answer, self._given, self._send, conditional=self._conditional)
        else:
            await self._stream(message)

    def _judge(self, start: Message) -> None:
        headers = dict(start["headers"])
        control = headers.get(b"cache-control", b"").lower()
        release = headers.get(b"mission-kg-release", self._version.release.encode())
        self._keepable = (
            start["status"] == 200
            and b"set-cookie" not in headers
            and not any(word in control for word in (*_FOR_ONE, b"no-cache"))
            and release == self._version.release.encode()
        )
        if start["status"] == 200 and not any(word in control for word in _FOR_ONE):
            start["headers"] = self._dated(list(start["headers"]), headers)

    def _dated(self, headers: Headers, known: Fields) -> Headers:
        if b"cache-control" not in known:
            headers.append((b"cache-control", _CHECKED))
        if self._keepable and b"last-modified" not in known:
            headers.append((b"last-modified", self._version.modified))
        vary = known.get(b"vary", b"")
        if b"accept-encoding" not in vary.lower():  # said also where it was not worth the work
            kept = [pair for pair in headers if pair[0] != b"vary"]
            value = b"Accept-Encoding" if not vary else vary + b", Accept-Encoding"
            headers = [*kept, (b"vary", value)]
        return headers

    def _finish(self, body: bytes) -> Finished:
        assert self._start is not None  # noqa: S101  a body follows its start (ASGI)
        status, headers = self._start["status"], self._start["headers"]
        names = dict(headers)
        if status != 200 or any(w in names.get(b"cache-control", b"") for w in _FOR_ONE):
            return Finished(status, headers, body)
        etag = names.get(b"etag", b"")
        if b"content-encoding" in names or not etag.startswith(b'"'):  # else the file's own holds
            etag = entity_tag(
                body, names.get(b"content-type", b""), names.get(b"content-encoding", b"")
            )
        kept = [pair for pair in headers if pair[0] not in (b"etag", b"content-length")]
        length = (b"content-length", str(len(body)).encode("ascii"))
        modified = names.get(b"last-modified", b"")
        cut = names.get(b"mission-kg-cut", b"")
        return Finished(status, [*kept, (b"etag", etag), length], body, etag, modified, cut)

    async def _stream(self, message: Message) -> None:
        assert self._start is not None  # noqa: S101  a body follows its start (ASGI)
        if not self._streaming:
            self._streaming = True
            self._on_stream()
            self._parts = [] if self._keepable else None
            encoded = b"content-encoding" in dict(self._start["headers"])
            if encoded:  # the validator was made for the body as it was before
                self._start["headers"] = [p for p in self._start["headers"] if p[0] != b"etag"]
            await self._send({**self._start, "headers": list(self._start["headers"])})
        body = message.get("body", b"")
        self._tee(body, last=not message.get("more_body", False))
        await self._send(message)

    def _tee(self, body: bytes, *, last: bool) -> None:
        if self._parts is None:
            return
        self._size += len(body)
        if self._size > self._tee_bytes:
            self._parts = None
            return
        self._parts.append(body)
        if last:
            self._on_finished(self._finish(b"".join(self._parts)), self._keepable)

    async def _pass_on(self, message: Message) -> None:
        self._keepable = False
        if self._start is not None and not self._streaming:
            self._streaming = True
            self._on_stream()
            await self._send(self._start)
        await self._send(message)


async def deliver(
    answer: Finished, given: Fields, send: Send, *, conditional: bool, more: Iterable[Header] = ()
) -> tuple[int, int]:
    """Send a finished answer with ``more`` headers, or 304 where the client has it.

    Returns the status and the number of bytes of the body.
    """
    if (
        conditional
        and (b"if-none-match" in given or b"if-modified-since" in given)
        and is_known(given, answer.etag, answer.modified)
    ):
        headers = [*(pair for pair in answer.headers if pair[0] not in _OF_BODY), *more]
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return 304, 0
    # A copy, since what stands before this layer adds its own headers to the list.
    headers = [*answer.headers, *more]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
    return answer.status, len(answer.body)
