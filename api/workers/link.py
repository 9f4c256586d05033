"""The server's side of one worker: sends it a job, reads its frames, hears of its end."""

import asyncio
import socket
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from api.workers.wire import Frame, Unpacker

_READ: Final = 1 << 19


class Listener(Protocol):
    """Who waits for a worker's frames."""

    def frame(self, frame: Frame) -> None:
        """Take a frame."""
        ...

    def lost(self, code: int | None) -> None:
        """Take note that the worker ended, with an exit code where one is known."""
        ...


class Link:
    """A worker's socket on the event loop; ``number`` names the worker to the zygote.

    Without a ``listener`` the frames go to ``idle``: that it is up, or could not come up.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        number: int,
        connection: socket.socket,
        idle: "Callable[[Link, Frame], None]",
    ) -> None:
        self.number = number
        self.process_id = 0
        self.thread_id = 0
        self.listener: Listener | None = None
        self._loop = loop
        self._idle = idle
        self._socket = connection
        self._close = weakref.finalize(self, connection.close)
        self._unpacker = Unpacker()
        self._unsent = memoryview(b"")
        self._reading = False
        self.resume()

    @property
    def is_open(self) -> bool:
        """Whether a job can be sent: not after the worker's end was heard of."""
        return self._socket.fileno() >= 0

    def send(self, data: bytes) -> None:
        """Send a job, as far as the socket takes it now and the rest as it can."""
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:  # it died; its end is heard of in a moment
            return
        if sent < len(data):
            self._unsent = memoryview(data)[sent:]
            self._loop.add_writer(self._socket.fileno(), self._send_rest)

    def pause(self) -> None:
        """Read no more for now: the worker waits with what it has to say."""
        if self._reading:
            self._loop.remove_reader(self._socket.fileno())
            self._reading = False

    def resume(self) -> None:
        """Read again."""
        if not self._reading and self._socket.fileno() >= 0:
            self._loop.add_reader(self._socket.fileno(), self.read)
            self._reading = True

    def read(self) -> bool:
        """Read what is there; whether there may be more."""
        try:
            data = self._socket.recv(_READ)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self.pause()  # its end is told by the zygote, with the reason
            return False
        for frame in self._unpacker.feed(data):
            if self.listener is not None:
                self.listener.frame(frame)
            else:
                self._idle(self, frame)
        return True

    def read_last_words(self) -> None:
        """Read what a worker that has ended sent before."""
        with suppress(OSError):
            while self._socket.fileno() >= 0 and self.read():
                pass

    def close(self) -> None:
        """Close the socket: an idle worker ends."""
        if self._socket.fileno() < 0:
            return
        if not self._loop.is_closed():
            self._loop.remove_reader(self._socket.fileno())
            self._loop.remove_writer(self._socket.fileno())
        self._reading = False
        self._close()

    def _send_rest(self) -> None:
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            return
        except OSError:
            sent = len(self._unsent)
        self._unsent = self._unsent[sent:]
        if not self._unsent:
            self._loop.remove_writer(self._socket.fileno())
