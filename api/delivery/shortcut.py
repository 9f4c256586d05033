"""The short way of an answer that is kept: found and sent before any other layer has begun.

The layers below would do the same; they take longer than the sending.
"""

import time
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from api.delivery.layer import Delivery
from api.delivery.recording import deliver
from api.delivery.requests import fields


class Accounts(Protocol):
    """Who gives requests their ids and writes down what became of them."""

    def new_id(self, scope: Scope) -> tuple[bytes, bytes]:
        """The header that names a request."""
        ...

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
        """Write down a request that was answered with what was kept; ``size``: bytes of body."""
        ...


class Shortcut:
    """Answers a GET whose answer ``delivery`` keeps; all else goes to ``app`` (ASGI 3.0)."""

    def __init__(self, app: ASGIApp, delivery: Delivery, accounts: Accounts) -> None:
        self._app = app
        self._delivery = delivery
        self._accounts = accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http" and scope["method"] == "GET":
            began = time.perf_counter()
            given = fields(scope)
            if given is not None and (found := self._delivery.find(scope, given)) is not None:
                release, answer = found
                name = self._accounts.new_id(scope)
                status, size = await deliver(answer, given, send, conditional=True, more=(name,))
                seconds = time.perf_counter() - began
                note = self._accounts.note
                note(scope, name[1], release, status, size, seconds, answer.cut)
                return
        await self._app(scope, receive, send)
