"""One job with one worker, from its sending to its end, whatever the end is."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from api.errors import TimeLimit, WorkerLost
from api.execution import Limits
from api.observing import metrics
from api.workers import wire
from api.workers.faults import WorkerFault, restored
from api.workers.link import Link
from api.workers.stream import AnswerStream, Spool
from api.workers.wire import Frame, Head
from api.workers.worker import memory_limit
from kg.errors import QueryFault

_SLOW_SECONDS: Final = 1.0
"""After this a job's worker steps behind the others, so that small queries stay quick."""
_SLOW_NICENESS: Final = 10
_ENDED: Final = {
    outcome: metrics.QUERIES.labels(outcome)
    for outcome in ("ok", "refused", "cut", "killed", "abandoned", "failed")
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a worker answered: what it says of the body, and the body, whole or as it comes."""

    head: Head
    body: bytes | AsyncIterator[bytes]
    seconds: float


class Exchange:
    """A job at work. ``done(retires)`` is called once, when the worker is free or gone."""

    def __init__(
        self,
        link: Link,
        limits: Limits,
        spool: Spool,
        sending_seconds: float,
        *,
        kill: Callable[[Link], None],
        done: Callable[[bool], None],
    ) -> None:
        self._link = link
        self._limits = limits
        self._spool = spool
        self._sending_seconds = sending_seconds
        self._kill, self._done = kill, done
        self._loop = asyncio.get_running_loop()
        self._stream: AnswerStream | None = None
        self._head: Head = {}
        self._ended = False
        self._slow = False
        self._began = self._loop.time()
        self._timer = self._loop.call_later(min(_SLOW_SECONDS, limits.seconds), self._tick)
        self.reply: asyncio.Future[Reply] = self._loop.create_future()
        """The answer, whole or begun; or the error."""

    def send(self, job: bytes) -> None:
        """Give the job to the worker."""
        self._link.listener = self
        self._link.send(job)

    def frame(self, frame: Frame) -> None:
        """Take a frame of the worker."""
        if self._ended:
            return
        kind, head, body = frame
        if kind == wire.CHUNK and self._stream is not None:
            self._stream.feed(body)
            self._answer(self._head, self._stream)  # not before: what fails first has a status
        elif kind == wire.WHOLE:
            self._answer(head, body)
            self._end("cut" if "cut" in head else "ok", bool(head.get("retires")))
        elif kind == wire.START:
            self._head, self._stream = head, self._open_stream()
        elif kind == wire.END and self._stream is not None:
            self._stream.end()
            self._end("ok", bool(head.get("retires")))
        elif kind == wire.FAILURE:
            error = restored(head)
            self._fail(error)
            outcome = "failed" if isinstance(error, WorkerFault) else "refused"
            self._end(outcome, bool(head.get("retires")))

    def lost(self, code: int | None) -> None:
        """Take note that the worker ended, with an exit code where one is known."""
        if not self._ended:
            error = self._cause(code)
            self._fail(error)
            self._end("failed" if isinstance(error, WorkerLost) else "killed", True)

    def abandon(self) -> None:
        """Nobody wants the answer any more: the worker is killed. Does nothing after the end."""
        if self._stream is not None:
            self._stream.stop()
        self._stop()

    def _stop(self, outcome: str = "abandoned") -> None:
        if not self._ended:
            self._kill(self._link)
            self._end(outcome, True)

    def _tick(self) -> None:
        """Step back when slow, end when over the limit."""
        left = self._began + self._limits.seconds - self._loop.time()
        if left <= 0:
            self._fail(_time_limit(self._limits.seconds))
            self._stop("killed")
            return
        self._timer = self._loop.call_later(left, self._tick)
        if self._link.thread_id and not self._slow:
            self._slow = True
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._link.thread_id, _SLOW_NICENESS)

    def _answer(self, head: Head, body: bytes | AnswerStream) -> None:
        if not self.reply.done():
            self.reply.set_result(Reply(head, body, self._loop.time() - self._began))

    def _fail(self, error: Exception) -> None:
        if self._stream is not None:
            self._stream.end(error)
        if not self.reply.done():
            self.reply.set_exception(error)

    def _end(self, outcome: str, retires: bool) -> None:
        self._ended = True
        self._timer.cancel()
        self._link.listener = None
        _ENDED[outcome].inc()
        metrics.QUERY_SECONDS.observe(self._loop.time() - self._began)
        self._done(retires or (self._slow and not _step_forward(self._link)))

    def _open_stream(self) -> AnswerStream:
        return AnswerStream(
            self._spool,
            self._sending_seconds,
            pause=self._link.pause,
            resume=self._link.resume,
            abandon=self._stop,
            too_slow=self._too_slow,
        )

    def _too_slow(self) -> Exception:
        return TimeLimit(
            f"The answer was not read within {self._sending_seconds:g} seconds and was given up.",
            "sending_seconds",
            self._sending_seconds,
        )

    def _cause(self, code: int | None) -> Exception:
        """What ended the worker, told by its exit code (negative: a signal)."""
        if code in (-signal.SIGABRT, -signal.SIGBUS):  # how the engine ends without memory
            return memory_limit(self._limits.memory_bytes)
        if code == -signal.SIGALRM:  # its own alarm: the server was too busy to stop it in time
            return _time_limit(self._limits.seconds)
        if code == -signal.SIGSEGV:  # its stack was full
            return QueryFault(
                "The query broke the engine that ran it, most likely by deep nesting or very long "
                "chains; write it flatter."
            )
        return WorkerLost("The process that answered was lost; ask again.")


def _step_forward(link: Link) -> bool:
    """Give a worker its place among the others back, where the system lets us."""
    try:
        os.setpriority(os.PRIO_PROCESS, link.thread_id, 0)
    except OSError:
        return False
    return True


def _time_limit(seconds: float) -> TimeLimit:
    return TimeLimit(
        f"The query took longer than {seconds:g} seconds and was stopped; ask for less, or run it "
        "on your own copy of the release.",
        "query_seconds",
        seconds,
    )
