"""The server's handle of the zygote: starts it, asks it to fork and to kill, hears who ended."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from api.settings import plain_environment
from api.workers.faults import restored
from api.workers.zygote import MESSAGE

_BUFFER: Final = 1 << 20
"""Bytes asked for each worker's socket; the kernel may give less."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a zygote loads: ``operations`` as ``module:class``, made with ``arguments`` (JSON).

    ``memory_bytes``: what each worker may take beside it; ``network``: whether it keeps the
    network, which only one that asks a store elsewhere needs.
    """

    operations: str
    memory_bytes: int
    arguments: dict[str, Any] = field(default_factory=dict, repr=False)
    network: bool = False


class Nursery:
    """A running zygote. Its callbacks come from the event loop ``loop``.

    ``ready(network_left)`` once; ``ended(number, exit_code)`` for each worker; ``lost(error)`` when
    there will be no more workers: with the error that kept the graph from loading, or ``None``.
    """

    def __init__(
        self,
        plan: Plan,
        loop: asyncio.AbstractEventLoop,
        *,
        ready: Callable[[bool], None],
        ended: Callable[[int, int], None],
        lost: Callable[[Exception | None], None],
    ) -> None:
        self._loop = loop
        self._ready, self._ended, self._lost = ready, ended, lost
        self._rest = b""
        self._control, far = socket.socketpair()
        with far:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                [sys.executable, "-m", "api.workers.zygote", str(far.fileno())],
                pass_fds=(far.fileno(),),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,  # Ctrl-C in a terminal is for the server
            )
        if self._process.stdin is not None:
            # Not an argument: those are for every user of the machine to read.
            with suppress(BrokenPipeError), self._process.stdin as plan_input:
                plan_input.write(json.dumps(asdict(plan)).encode())
        self._control.setblocking(False)
        self._close = weakref.finalize(self, _end, self._process, self._control)
        loop.add_reader(self._control.fileno(), self._hear)

    @property
    def process_id(self) -> int:
        """The zygote's process id; that of its process group too."""
        return self._process.pid

    def fork(self, number: int) -> socket.socket:
        """Have a worker forked; returns this side of its socket, which does not block."""
        near, far = socket.socketpair()
        with far:
            for each in (near, far):
                for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                    each.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
            near.setblocking(False)
            with suppress(OSError):  # a zygote that is gone is heard of in a moment
                socket.send_fds(self._control, [MESSAGE.pack(b"F", number, 0)], [far.fileno()])
        return near

    def kill(self, number: int) -> None:
        """Have a worker killed, at once and however busy it is."""
        with suppress(OSError):
            self._control.send(MESSAGE.pack(b"K", number, 0))

    def close(self) -> None:
        """End the zygote and all its workers. Does nothing a second time."""
        if self._control.fileno() >= 0 and not self._loop.is_closed():
            self._loop.remove_reader(self._control.fileno())
        self._close()

    def _hear(self) -> None:
        try:
            data = self._control.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            self._lost(None)
            return
        self._rest += data
        while len(self._rest) >= MESSAGE.size:
            kind, number, value = MESSAGE.unpack_from(self._rest)
            if kind == b"X":
                self._hear_failure(value)
                return
            self._rest = self._rest[MESSAGE.size :]
            if kind == b"R":
                self._ready(bool(value))
            else:
                self._ended(number, value)

    def _hear_failure(self, size: int) -> None:
        words = self._rest[MESSAGE.size :]
        if len(words) >= size:
            self.close()
            self._lost(restored(json.loads(words[:size])))


def _environment() -> dict[str, str]:
    """What a fresh interpreter needs; no setting and no secret of the server."""
    paths = os.pathsep.join(path for path in sys.path if path)
    return plain_environment() | {"PYTHONPATH": paths, "PYTHONSAFEPATH": "1"}


def _end(process: "subprocess.Popen[bytes]", control: socket.socket) -> None:
    control.close()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
