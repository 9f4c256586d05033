"""What every endpoint of this package has: methods, OPTIONS, errors, clients that leave."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from api.errors import MethodNotAllowed
from api.problems import answer_error

PATIENCE_SECONDS: Final = 0.1
"""Time before an endpoint looks whether its client is still there: most answers are quicker."""
_TOKENS: Final = re.compile(r"[\w!#$%&'*+.^`|~-]+(?: *, *[\w!#$%&'*+.^`|~-]+)*", re.ASCII)
_HEADERS: Final = "Accept, Accept-Language, Authorization, Content-Type, If-Match, If-None-Match"
_DAY_SECONDS: Final = "86400"


class Endpoint:
    """A raw ASGI application: one address, some methods, no routing in between.

    ``allowed``: methods beside OPTIONS; HEAD is answered as GET, the server drops the body.
    ``options``: headers of the answer to OPTIONS that say which bodies are read.
    """

    allowed: Sequence[str] = ("GET", "HEAD")
    options: Sequence[tuple[str, str]] = ()

    async def respond(self, request: Request) -> Response:
        """Answer a request whose method is allowed. Raises any error of the house."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI 3.0)."""
        client = _Client(scope, receive)
        request = Request(scope, client.receive)
        with client.awaited():
            try:
                response = await self._answer(request)
            except Exception as error:  # noqa: BLE001  every error becomes an answer
                response = answer_error(request, error)
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return preflight(request, (*self.allowed, "OPTIONS"), self.options)
        if request.method not in self.allowed:
            raise MethodNotAllowed(request.method, (*self.allowed, "OPTIONS"))
        return await self.respond(request)


def preflight(
    request: Request, allowed: Sequence[str], extra: Sequence[tuple[str, str]] = ()
) -> Response:
    """Answer OPTIONS: what is allowed here, also from pages of other origins (Fetch, CORS)."""
    asked = request.headers.get("access-control-request-headers", "").strip()
    methods = ", ".join(allowed)
    return Response(
        status_code=204,
        headers={
            "Allow": methods,
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": asked if _TOKENS.fullmatch(asked) else _HEADERS,
            "Access-Control-Max-Age": _DAY_SECONDS,
            **dict(extra),
        },
    )


class _Client:
    """The client of one request: stops the work on it when the client leaves.

    Whether it left can be seen only in what it sends, so not before its body was read.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self._silent = scope["method"] in ("GET", "HEAD", "OPTIONS")
        self._watch: asyncio.Task[None] | None = None
        self._work: asyncio.Task[None] | None = None
        self.left = False

    async def receive(self) -> Message:
        """Read what the client sends (ASGI 3.0)."""
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            self._silent = True
        return message

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """Stop the block when the client leaves; the block then ends without an error."""
        self._work = asyncio.current_task()
        timer = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._begin)
        try:
            yield
        except asyncio.CancelledError:
            if not self.left or self._work is None:
                raise
            self._work.uncancel()
        finally:
            timer.cancel()
            if self._watch is not None:
                self._watch.cancel()

    def _begin(self) -> None:
        self._watch = asyncio.get_running_loop().create_task(self._until_left())

    async def _until_left(self) -> None:
        while not self.left:
            if not self._silent:
                await asyncio.sleep(PATIENCE_SECONDS)
            elif (await self._receive())["type"] == "http.disconnect" and self._work is not None:
                self.left = True
                self._work.cancel()
