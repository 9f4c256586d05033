"""A worker: takes one job after the other from its socket and writes the answers back.

What it can do is given by :class:`Operations`; ``api.workers.reading`` has those of a release.
"""

import os
import signal
import socket
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from api.errors import AnswerTooLarge, MemoryLimit
from api.workers import wire
from api.workers.confinement import AddressSpace, confine, limit_memory
from api.workers.faults import is_known, packed
from api.workers.wire import Frame, Head
from kg.errors import KgError, QueryFault

FIRST: Final = 256 * 1024
"""Bytes kept back, so that what fails early gets a proper status."""
_GRACE_SECONDS: Final = 1.0
_LOOK_EVERY: Final = 32
"""Jobs between two looks at the size of this process."""


class Operations(Protocol):
    """What workers of one kind can do. Made in the zygote; names of jobs are names of methods."""

    writes: bool
    opens: bool

    def prepare(self) -> None:
        """Load what all workers share; called once, in the zygote."""
        ...

    def begin(self) -> None:
        """Open what each worker has for itself; called in the worker."""
        ...

    def run(self, job: Head, body: bytes, out: "Output") -> None:
        """Do the job; raises errors of ours."""
        ...


class Output:
    """Takes an answer and sends it on: whole where it is short, else as it comes.

    ``head`` is what the answer says of itself; it leaves with the first byte, so that a cut is told
    before it. With ``hold`` nothing leaves before the end.
    """

    def __init__(self, connection: socket.socket, limits: Head) -> None:
        self.head: Head = {}
        self._connection = connection
        self._limit: int = limits["bytes"]
        self._rows: int = limits["rows"]
        self._hold: bool = limits["hold"]
        self._parts: list[bytes] = []
        self._kept = 0
        self._sent = 0
        self._broken = False

    @property
    def started(self) -> bool:
        """Whether the first bytes have left."""
        return self._sent > 0

    def begin(self, media_type: str) -> None:
        """Take the media type of what follows."""
        self.head["type"] = media_type

    def cut(self) -> None:
        """Take note that rows are left out. Raises ``AnswerTooLarge`` if it is too late to say."""
        if self.started:
            self._broken = True
            raise AnswerTooLarge(
                f"The answer has more than {self._rows:,} rows; add a LIMIT, or take the "
                "release's dump.",
                "answer_rows",
                self._rows,
            )
        self.head["cut"] = "rows"

    def write(self, data: bytes, /) -> int:
        """Take bytes. Raises ``AnswerTooLarge``."""
        if self._broken:  # the engine empties its own buffer once more when it gives up
            return len(data)
        if self._sent + self._kept + len(data) > self._limit:
            self._broken = True
            raise AnswerTooLarge(
                f"The answer is larger than {self._limit:,} bytes; add a LIMIT, or take the "
                "release's dump.",
                "answer_bytes",
                self._limit,
            )
        self._parts.append(bytes(data))
        self._kept += len(data)
        if self._kept > FIRST and not self._hold:
            self._send()
        return len(data)

    def flush(self) -> None:
        """Do nothing; the engine calls it at the end."""

    def finish(self, retires: bool) -> None:
        """Send what is left; ``retires``: this worker ends now."""
        end = {"retires": True} if retires else {}
        if self.started or self._kept > FIRST:
            self._send()
            self._connection.sendall(wire.pack(wire.END, end))
        else:
            self._connection.sendall(wire.pack(wire.WHOLE, self.head | end, b"".join(self._parts)))

    def _send(self) -> None:
        if not self.started:
            self._connection.sendall(wire.pack(wire.START, self.head))
        body = b"".join(self._parts)
        for place in range(0, len(body), FIRST):
            part = body[place : place + FIRST]
            self._connection.sendall(wire.pack(wire.CHUNK, None, part))
        self._sent += self._kept
        self._kept = 0
        self._parts.clear()


def work(connection: socket.socket, operations: Operations, memory_bytes: int) -> None:
    """Be a worker: open what there is to open, set the limits, serve. For a thread of its own."""
    with suppress(BrokenPipeError, ConnectionResetError):  # the server is gone
        try:
            operations.begin()
        except KgError as error:
            connection.sendall(wire.pack(wire.FAILURE, packed(error)))
            return
        with Path(os.devnull).open("r+b") as nothing:  # no stranger writes to the server's log
            os.dup2(nothing.fileno(), 2)
        space = confine(memory_bytes, writes=operations.writes, opens=operations.opens)
        Worker(connection, operations, space, memory_bytes).serve()


class Worker:
    """Serves jobs until the server is gone or it has grown too large to share memory fairly."""

    def __init__(
        self,
        connection: socket.socket,
        operations: Operations,
        space: AddressSpace,
        memory_bytes: int,
    ) -> None:
        self._connection = connection
        self._operations = operations
        self._space = space
        self._start = space.size()
        self._memory = memory_bytes
        self._lowered = False
        self._jobs = 0

    def serve(self) -> None:
        """Work until there is no more to do."""
        up = {"process": os.getpid(), "thread": threading.get_native_id()}
        self._connection.sendall(wire.pack(wire.READY, up))
        reader = wire.Reader(self._connection)
        while (job := reader.next()) is not None:
            if self._do(job):
                return

    def _do(self, job: Frame) -> bool:
        """Do one job; whether this worker ends now.

        The server stops it in time; should the server be too busy for that, the kernel does.
        """
        self._limit_memory(job.head.get("memory"))
        signal.setitimer(signal.ITIMER_REAL, job.head["seconds"] + _GRACE_SECONDS)
        try:
            retires = self._run(job)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return retires

    def _run(self, job: Frame) -> bool:
        out = Output(self._connection, job.head)
        try:
            self._operations.run(job.head, job.body, out)
        except Exception as error:  # noqa: BLE001  goes to the server, which logs it
            retires = isinstance(error, MemoryError | RecursionError)
            failure = self._told(error) | {"retires": retires}
            self._connection.sendall(wire.pack(wire.FAILURE, failure))
            return retires
        retires = self._has_grown()
        out.finish(retires)
        return retires

    def _told(self, error: Exception) -> dict[str, Any]:
        if isinstance(error, MemoryError):
            return packed(memory_limit(self._memory))
        if isinstance(error, RecursionError):
            return packed(QueryFault("The query nests too deeply to be read; write it flatter."))
        if is_known(error):
            return packed(error)
        return {"words": "".join(traceback.format_exception(error))}

    def _limit_memory(self, wanted: int | None) -> None:
        """Give this job less memory, or what the last one did without back."""
        if self._start and (wanted is not None or self._lowered):
            limit_memory(self._start + (self._memory if wanted is None else wanted))
            self._lowered = wanted is not None

    def _has_grown(self) -> bool:
        """Whether earlier jobs left so much behind that a later one would miss it."""
        self._jobs += 1
        if self._jobs % _LOOK_EVERY:
            return False
        return self._space.size() > self._start + self._memory // 4


def memory_limit(size: int) -> MemoryLimit:
    """The error for a query that needed more than ``size`` bytes."""
    return MemoryLimit(
        f"The query needed more than {size:,} bytes of memory and was stopped; ask for less at "
        "once, or run it on your own copy of the release.",
        "query_memory_bytes",
        size,
    )
