"""Which endpoint answers: hot paths before any framework."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.protocol.endpoint import preflight

_PREFLIGHT = b"access-control-request-method"


class Dispatch:
    """Sends a request to the application of its path, else to ``rest``.

    ``exact``: path -> application; ``below``: beginning of a path -> application. OPTIONS of a
    page of another origin is answered here for all of ``rest``, which is only read.
    """

    def __init__(
        self, exact: Mapping[str, ASGIApp], below: Mapping[str, ASGIApp], rest: ASGIApp
    ) -> None:
        self._exact = exact
        self._below = below
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI 3.0)."""
        if scope["type"] != "http":
            await self._rest(scope, receive, send)
            return
        path = scope["path"]
        app = self._exact.get(path) or self._longer(path)
        if app is None and scope["method"] == "OPTIONS" and _is_preflight(scope):
            app = preflight(Request(scope), ("GET", "HEAD", "OPTIONS"))
        await (app or self._rest)(scope, receive, send)

    def _longer(self, path: str) -> ASGIApp | None:
        return next((app for start, app in self._below.items() if path.startswith(start)), None)


def _is_preflight(scope: Scope) -> bool:
    return any(name == _PREFLIGHT for name, _ in scope["headers"])
