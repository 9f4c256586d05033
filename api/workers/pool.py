"""The door to the workers: admits jobs in fair turns and hands them to free workers.

Opened by the first job, in its event loop. What ends a worker (a limit, a signal, the machine) ends
one job; another worker is forked at once. A query that lost its worker to something outside is
asked again, if nothing of its answer was given yet.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from api.errors import Overloaded, WorkerLost
from api.execution import Answer, Limits
from api.observing import metrics
from api.workers import wire
from api.workers.admission import Turns, share_of
from api.workers.crew import Crew
from api.workers.exchange import Exchange, Reply
from api.workers.link import Link
from api.workers.nursery import Plan
from api.workers.stream import Spool
from api.workers.wire import Head
from kg.store import Dataset, MediaChoice

HELD_ROWS: Final = 100_000
"""With a limit of at most so many rows an answer leaves when it is whole: a cut is told first."""
_WEIGHT_BYTES: Final = 64 * 1024
"""A waiting job counts once, and once more for so many of its bytes."""
_REPEATS: Final = 2
Turn = asyncio.Future[Link]


@dataclass(frozen=True, slots=True)
class Size:
    """How many workers, queries of one client at work, and waiting queries.

    Seconds that a query may wait and an answer may take to be read; bytes of answers kept for
    their readers, all together.
    """

    workers: int
    per_client: int
    waiting: int
    waiting_seconds: float
    sending_seconds: float
    spool_bytes: int


class WorkerPool:
    """Runs jobs in processes as ``plan`` says, within ``limits``; a ``Runner`` for strangers."""

    def __init__(self, plan: Plan, limits: Limits, size: Size) -> None:
        self.limits = limits
        self._size = size
        self._start_counting()
        self.crew = Crew(plan, size.workers, free=self._hand_out, failed=self._refuse_all)

    @property
    def at_work(self) -> int:
        """How many jobs are at work."""
        return self._turns.at_work

    def _start_counting(self) -> None:
        size = self._size
        self._spool = Spool(size.spool_bytes)
        self._turns: Turns[Turn] = Turns(
            per_client=min(size.per_client, size.workers), waiting=size.waiting, refuse=_refuse
        )

    async def answer(
        self,
        query: str,
        media: MediaChoice,
        *,
        dataset: Dataset | None = None,
        limits: Limits | None = None,
        client: str = "",
    ) -> Answer:
        """Answer a query. Raises the limit it met, ``Overloaded``, or what the store raises."""
        head: Head = {"do": "query", "media": (media.results, media.graph)}
        if dataset is not None:
            head["dataset"] = (dataset.default, dataset.named)
        body = query.encode("utf-8", "surrogatepass")
        reply = await self.run(head, body, limits=limits, client=client, repeatable=True)
        return Answer(reply.head["type"], reply.body, reply.head.get("cut"), reply.seconds)

    async def run(
        self,
        head: Head,
        body: bytes,
        *,
        limits: Limits | None = None,
        client: str = "",
        repeatable: bool = False,
    ) -> Reply:
        """Have a worker do a job; if ``repeatable``, again when its worker is lost.

        Raises as :meth:`answer`.
        """
        allowed = self._lowered(limits)
        job = wire.pack(wire.JOB, head | self._told(allowed), body)
        turns = self._turns
        for _ in range(_REPEATS if repeatable else 0):
            try:
                return await self._do(job, allowed, share_of(client))
            except WorkerLost:
                if turns is not self._turns:  # the pool was closed
                    raise
        return await self._do(job, allowed, share_of(client))

    async def aclose(self) -> None:
        """End all processes; jobs at work end with ``WorkerLost``."""
        self.close()

    def close(self) -> None:
        """As :meth:`aclose`, also after the event loop has ended."""
        waiting = self._turns.everyone()
        self.crew.close()
        self._start_counting()
        for turn in waiting:
            if not turn.get_loop().is_closed():
                _refuse(turn, WorkerLost("The service is being closed; ask again."))

    async def _do(self, job: bytes, limits: Limits, client: str) -> Reply:
        link = await self._turn(client, 1 + len(job) // _WEIGHT_BYTES)
        turns = self._turns
        if not link.is_open:  # it ended between its turn and now, when it had no job to be told of
            turns.end(client)
            raise WorkerLost("The process that was to answer was lost; ask again.")

        def done(retires: bool) -> None:
            metrics.QUERIES_RUNNING.dec()
            turns.end(client)
            self.crew.give_back(link, retires)
            self._hand_out()

        exchange = Exchange(
            link, limits, self._spool, self._size.sending_seconds, kill=self.crew.kill, done=done
        )
        metrics.QUERIES_RUNNING.inc()
        exchange.send(job)
        try:
            return await exchange.reply
        except asyncio.CancelledError:
            exchange.abandon()
            raise

    async def _turn(self, client: str, weight: int) -> Link:
        """Wait for a free worker."""
        if self.crew.is_elsewhere:
            self.close()
        self.crew.open()
        if self._turns.may_start(client) and (link := self.crew.take()) is not None:
            self._turns.start(client)
            return link
        loop = asyncio.get_running_loop()
        turn: Turn = loop.create_future()
        self._turns.wait(client, turn, min(weight, 1 + self._size.waiting // 4))
        timer = loop.call_later(self._size.waiting_seconds, self._wait_no_more, client, turn)
        metrics.QUERIES_WAITING.inc()
        try:
            return await turn
        except asyncio.CancelledError:
            self._turns.leave(client, turn)
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._turns.end(client)
                self.crew.give_back(turn.result(), False)
            raise
        finally:
            metrics.QUERIES_WAITING.dec()
            timer.cancel()

    def _wait_no_more(self, client: str, turn: Turn) -> None:
        seconds = self._size.waiting_seconds
        if not self.crew.is_up:  # the graph is still being loaded
            turn.get_loop().call_later(seconds, self._wait_no_more, client, turn)
            return
        self._turns.leave(client, turn)
        words = f"No worker was free for {seconds:g} seconds; ask again in a few seconds."
        _refuse(turn, Overloaded(words, "waiting_seconds", seconds))

    def _hand_out(self) -> None:
        """Give free workers to those whose turn it is."""
        while self._turns.next_client() is not None and (link := self.crew.take()) is not None:
            client, turn = self._turns.next()
            if turn.done():  # it was cancelled just now
                self._turns.end(client)
                self.crew.give_back(link, False)
                return
            turn.set_result(link)

    def _refuse_all(self, error: Exception) -> None:
        for turn in self._turns.everyone():
            _refuse(turn, error)

    def _lowered(self, wanted: Limits | None) -> Limits:
        own = self.limits
        if wanted is None or wanted == own:
            return own
        return Limits(
            min(own.seconds, wanted.seconds),
            min(own.rows, wanted.rows),
            min(own.answer_bytes, wanted.answer_bytes),
            min(own.memory_bytes, wanted.memory_bytes),
        )

    def _told(self, allowed: Limits) -> Head:
        head: Head = {
            "seconds": allowed.seconds,
            "rows": allowed.rows,
            "bytes": allowed.answer_bytes,
            "hold": allowed.rows <= HELD_ROWS,
        }
        if allowed.memory_bytes < self.limits.memory_bytes:
            head["memory"] = allowed.memory_bytes
        return head


def _refuse(turn: Turn, error: Exception) -> None:
    if not turn.done():
        turn.set_exception(error)
