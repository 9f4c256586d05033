"""A long answer on its way: taken from the worker as fast as it writes, given as the client reads.

So a slow reader costs memory, of which there is a bounded spool, and not a worker. Where the spool
is full the worker waits, at most until its time is over.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Self

from api.workers.worker import FIRST


class Spool:
    """Bytes of all answers on their way together; full at ``size``."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._used = 0
        self._paused: set[AnswerStream] = set()

    @property
    def used(self) -> int:
        """Bytes kept now."""
        return self._used

    def add(self, stream: "AnswerStream", size: int) -> bool:
        """Count bytes of a stream; whether it may go on. Each may keep one block."""
        self._used += size
        if self._used <= self._size or stream.kept <= FIRST:
            return True
        self._paused.add(stream)
        return False

    def give_back(self, stream: "AnswerStream", size: int) -> None:
        """Count bytes that left; lets streams that waited go on."""
        self._used -= size
        if self._paused:
            room = self._used < self._size
            for each in tuple(self._paused) if room else (stream,):
                if each in self._paused and (room or each.kept <= FIRST):
                    self._paused.discard(each)
                    each.go_on()

    def forget(self, stream: "AnswerStream") -> None:
        """A stream that has ended waits no more."""
        self._paused.discard(stream)


class AnswerStream:
    """The bytes of an answer, once, by ``async for``; ends with the error that ended the query.

    Whoever has one reads it to the end or calls :meth:`aclose`; after ``seconds`` it is given up.
    """

    def __init__(
        self,
        spool: Spool,
        seconds: float,
        *,
        pause: Callable[[], None],
        resume: Callable[[], None],
        abandon: Callable[[], None],
        too_slow: Callable[[], Exception],
    ) -> None:
        self._spool = spool
        self._pause, self._resume, self._abandon = pause, resume, abandon
        self._too_slow = too_slow
        self._parts: deque[bytes] = deque()
        self._ended = self._taken = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(seconds, self._give_up)
        self.kept = 0
        """Bytes that wait for the reader."""

    def feed(self, data: bytes) -> None:
        """Take bytes of the worker."""
        if self._ended:
            return
        self._parts.append(data)
        self.kept += len(data)
        if not self._spool.add(self, len(data)):
            self._pause()
        self._wake()

    def end(self, error: Exception | None = None) -> None:
        """Take note that no more comes; with ``error`` all but the first bytes are dropped."""
        if self._ended:
            return
        self._ended = True
        self._error = error
        if error is not None:
            self._drop(but=0 if self._taken else 1)
            if not self._parts:
                self._timer.cancel()
        self._wake()

    def go_on(self) -> None:
        """Let the worker write again."""
        if not self._ended:
            self._resume()

    def __aiter__(self) -> Self:
        """Iterate over itself, once."""
        return self

    async def __anext__(self) -> bytes:
        """The next bytes. Raises the error that ended the query."""
        while not self._parts:
            if self._ended:
                self._timer.cancel()
                if self._error is not None:
                    raise self._error
                raise StopAsyncIteration
            self._waiter = self._loop.create_future()
            await self._waiter
        data = self._parts.popleft()
        self.kept -= len(data)
        self._spool.give_back(self, len(data))
        self._taken = True
        return data

    async def aclose(self) -> None:
        """Stop: the query is killed if it still runs. Does nothing after the end."""
        self.stop()

    def stop(self) -> None:
        """As :meth:`aclose`."""
        self._timer.cancel()
        if not self._ended:
            self.end(self._too_slow())
            self._abandon()
        self._drop()

    def _give_up(self) -> None:
        unread = not self._ended or self._parts
        if unread:
            was_running = not self._ended
            self._ended = True
            self._error = self._too_slow()
            self._drop()
            self._wake()
            if was_running:
                self._abandon()

    def _drop(self, but: int = 0) -> None:
        self._spool.forget(self)
        size = 0
        while len(self._parts) > but:
            size += len(self._parts.pop())
        self.kept -= size
        if size:
            self._spool.give_back(self, size)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
