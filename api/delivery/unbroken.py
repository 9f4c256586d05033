"""What breaks off before its first byte has left is answered as what it is: an error.

Compression keeps the first bytes back until they are worth sending, and the status with them. So
an answer that fails in the meantime can still be told with its proper status; later the connection
is cut, since without the last message of an answer the server does not end it well.
"""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import BrokenOff
from api.problems import answer_error


class Unbroken:
    """Answers for ``app`` (ASGI 3.0) where it breaks off and nothing was sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        start: Message | None = None
        sent = False

        async def hold_start(message: Message) -> None:
            nonlocal start, sent
            if message["type"] == "http.response.start":
                start = message
                return
            if start is not None:
                sent, first, start = True, start, None
                await send(first)
            await send(message)

        try:
            await self._app(scope, receive, hold_start)
        except BrokenOff as broken:
            if not sent:
                response = answer_error(Request(scope), broken.error)
                await response(scope, receive, send)
