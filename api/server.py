"""Runs the application over HTTP: the listening socket, signals, the end.

SIGTERM: say on ``/health/ready`` that the end is near for ``stop_notice_seconds``, stop accepting,
let requests at work end for ``stop_seconds``, end the workers, leave with 0. SIGINT: the same
without the notice; twice: at once. SIGHUP: look for a newer release now.
"""

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Iterator
from types import FrameType
from typing import Final

import uvicorn

from api.app import create_app
from api.current import Current
from api.errors import BadRequest
from api.listening import patient
from api.observing.logs import Form, RequestLines, configure
from api.settings import Settings

_SPARE_HANDLES: Final = 512
"""File handles besides the connections: the store's files, pipes of the workers, libraries."""


def listen(host: str, port: int) -> socket.socket:
    """Open the port before the server starts. Raises ``BadRequest`` where it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise BadRequest(
            f"Cannot listen on {host}, port {port}: {error.strerror or error}. "
            "Choose another with --port, or 0 for a free one."
        ) from error


def run(current: Current, listener: socket.socket) -> None:
    """Serve until a signal says to stop; all workers are gone when it returns."""
    settings = current.service.settings
    form = log_form(settings)
    configure(form)
    _allow_handles(settings.connections + _SPARE_HANDLES)
    lines = RequestLines(form) if settings.log_requests else None
    config = uvicorn.Config(
        create_app(current=current, lines=lines),
        http=patient(settings.request_seconds, settings.stall_seconds),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_keep_alive=settings.idle_seconds,
        timeout_graceful_shutdown=max(round(settings.stop_seconds), 1),
        limit_concurrency=settings.connections,
        backlog=2048,
        lifespan="on",
    )
    gc.collect()
    gc.freeze()  # what is there now stays: no need to look through it for rubbish again
    Server(config, current, settings.stop_notice_seconds).run(sockets=[listener])


def log_form(settings: Settings) -> Form:
    """The form of log lines: as set, else for a reader: a person at a terminal or a program."""
    if settings.log_format != "auto":
        return settings.log_format
    return "logfmt" if sys.stderr.isatty() else "json"


class Server(uvicorn.Server):
    """uvicorn's server with notice before the end, and an orderly end after SIGTERM."""

    def __init__(self, config: uvicorn.Config, current: Current, notice_seconds: float) -> None:
        super().__init__(config)
        self._current = current
        self._notice_seconds = notice_seconds
        self._stop_at: float | None = None
        self._look_now = False
        self._looking: asyncio.Task[bool] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the signals; unlike uvicorn's, do not raise them once more at the end."""
        handlers = {
            signal.SIGTERM: self.handle_exit,
            signal.SIGINT: self.handle_exit,
            signal.SIGHUP: self._handle_look,
        }
        before = {number: signal.signal(number, handlers[number]) for number in handlers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop, after the notice where there is one; a second signal does not wait for it."""
        self._current.drain()
        if sig == signal.SIGTERM and self._notice_seconds and self._stop_at is None:
            self._stop_at = time.monotonic() + self._notice_seconds
        else:
            super().handle_exit(sig, frame)

    def _handle_look(self, _sig: int, _frame: FrameType | None) -> None:
        self._look_now = True

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: do what a signal asked for; whether to stop."""
        if self._stop_at is not None and time.monotonic() >= self._stop_at:
            self.should_exit = True
        if self._look_now:
            self._look_now = False
            self._looking = asyncio.create_task(self._current.look_once())
        return await super().on_tick(counter)


def leave() -> None:
    """End the process with 0, without waiting for threads.

    A thread cannot be stopped, and none holds anything that could be lost: releases are open
    for reading only.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _allow_handles(wanted: int) -> None:
    """Raise the soft limit of open files to what the connections need, as far as allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
