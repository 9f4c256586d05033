"""What is served now, and how it changes under load without losing a request.

A request pins the service that was current when it came and keeps it to its last byte. A newer
release is verified, opened and asked before it takes over; the one before ends with its last
request.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final, cast

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from api.candidates import Choice
from api.errors import ApiError, Draining
from api.observing import metrics
from kg.errors import KgError

if TYPE_CHECKING:
    from api.wiring import Service

_log: Final = logging.getLogger("mission_kg.releases")


class Current:
    """Holds the service that is served now.

    With ``candidates`` it looks for a better release each ``watch_seconds``, and closes the
    service at the end; without, the service belongs to the caller and stays. ``drain_seconds``:
    longest time that requests to a replaced service may still take.
    """

    def __init__(
        self,
        service: "Service",
        candidates: Choice | None = None,
        *,
        watch_seconds: float = 5.0,
        drain_seconds: float = 300.0,
    ) -> None:
        self._held = Held(service)
        self._candidates = candidates
        self._watch_seconds = watch_seconds
        self._drain_seconds = drain_seconds
        self._leaving: set[asyncio.Task[None]] = set()
        self._draining = False

    @property
    def service(self) -> "Service":
        """The service that the next request gets. In a request, use :func:`service_of`."""
        return self._held.service

    @property
    def refused(self) -> dict[str, str]:
        """Releases on the shelf that cannot be served: id -> reason."""
        return {} if self._candidates is None else self._candidates.refused

    @contextmanager
    def pin(self) -> "Iterator[Service]":
        """The service now served, kept open for as long as the block lasts."""
        held = self.hold()
        try:
            yield held.service
        finally:
            held.let_go()

    def hold(self) -> "Held":
        """What is served now, kept open until :meth:`Held.let_go`."""
        self._held.pins += 1
        return self._held

    def drain(self) -> None:
        """From now on say that the process is about to end; requests are still answered."""
        self._draining = True

    def refuse_if_draining(self) -> None:
        """Raises ``Draining`` after :meth:`drain`."""
        if self._draining:
            raise Draining("The server is about to stop; ask another one, or again soon.")

    async def look_once(self) -> bool:
        """Look for a better release and swap to it; whether it did."""
        if self._candidates is None:
            return False
        found = await asyncio.to_thread(self._candidates.better_than, self.service.release.id)
        if found is not None and await self._answers(found, self._candidates):
            self.swap(found)
        metrics.RELEASES_REFUSED.set(len(self.refused))
        return found is self.service

    def swap(self, service: "Service") -> None:
        """Serve ``service`` from now on; the one before is closed after its last request."""
        old, self._held = self._held, Held(service)
        _log.info("serving %s instead of %s", service.release.id, old.service.release.id)
        metrics.RELEASE_SWAPS.inc()
        task = asyncio.get_running_loop().create_task(self._leave(old))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    @asynccontextmanager
    async def running(self) -> "AsyncIterator[None]":
        """Watch the shelf for as long as the block lasts; afterwards close what was opened."""
        metrics.watch_release(lambda: self.service.release)
        await self._warm()
        watcher = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watcher
            for task in tuple(self._leaving):
                task.cancel()
            await asyncio.gather(*self._leaving, return_exceptions=True)
            await self._close(self.service)

    async def _warm(self) -> None:
        """Start the workers, so that the first request need not wait; the shelf may change."""
        if self._candidates is None:
            return
        metrics.RELEASES_REFUSED.set(len(self.refused))
        try:
            await self.service.ready()
        except (KgError, ApiError) as error:
            _log.error("the release %s does not answer yet: %s", self.service.release.id, error)

    async def _watch(self) -> None:
        if self._candidates is not None:
            with contextlib.suppress(KgError, ApiError):  # /health/ready tells
                await self.service.ready()  # its workers start before the first query comes
        while self._candidates is not None:
            await asyncio.sleep(self._watch_seconds)
            try:
                await self.look_once()
            except Exception:  # noqa: BLE001  one bad release must not end the watching
                _log.exception("looking for a newer release failed")

    async def _answers(self, found: "Service", candidates: Choice) -> bool:
        try:
            await found.ready()
        except (KgError, ApiError) as error:
            candidates.refuse(found.release.id, f"it does not answer: {error}")
            await found.aclose()
            return False
        except BaseException:
            await found.aclose()
            raise
        return True

    async def _leave(self, old: "Held") -> None:
        old.retired = True
        try:
            if old.pins:
                async with asyncio.timeout(self._drain_seconds):
                    await old.free.wait()
        except TimeoutError:
            _log.warning(
                "%d requests to %s still ran after %g seconds (drain_seconds); they end now",
                old.pins,
                old.service.release.id,
                self._drain_seconds,
            )
        finally:
            await self._close(old.service)

    async def _close(self, service: "Service") -> None:
        if self._candidates is not None:
            await service.aclose()


class Held:
    """A service and the number of requests that pin it."""

    def __init__(self, service: "Service") -> None:
        self.service = service
        self.pins = 0
        self.retired = False
        self.free = asyncio.Event()

    def let_go(self) -> None:
        """End one hold; called once for each."""
        self.pins -= 1
        if self.retired and not self.pins:
            self.free.set()


class Pinned:
    """Raw ASGI: pins the current service for each request, as :func:`service_of` gives it."""

    def __init__(self, app: ASGIApp, current: Current) -> None:
        self._app = app
        self._current = current

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI 3.0)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        held = self._current.hold()
        state = scope.setdefault("state", {})
        state["service"], state["current"] = held.service, self._current
        try:
            await self._app(scope, receive, send)
        finally:
            held.let_go()


def current_of(request: HTTPConnection) -> Current:
    """The holder of the service that ``request`` pinned."""
    return cast("Current", request.scope["state"]["current"])
