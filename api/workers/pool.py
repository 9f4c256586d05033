"""The door to the workers: admits queries, hands them to free workers, keeps their number.

Opened by the first query, in its event loop. What ends a worker (a limit, a signal, the machine)
ends one query; another worker is forked at once. A query that lost its worker to something outside
is asked once more, if nothing of its answer was given yet.
"""

import asyncio
import itertools
import logging
import time
from dataclasses import dataclass
from typing import Final

from api.errors import Overloaded, WorkerLost
from api.execution import Answer, Limits
from api.workers import wire
from api.workers.admission import Turns, share_of
from api.workers.exchange import Exchange, Reply
from api.workers.faults import restored
from api.workers.link import Link
from api.workers.nursery import Nursery, Plan
from api.workers.stream import Spool
from api.workers.wire import Frame, Head
from kg.store import Dataset, MediaChoice

HELD_ROWS: Final = 100_000
"""With a limit of at most so many rows an answer leaves when it is whole: a cut is told first."""
_PAUSE_SECONDS: Final = 2.0
"""Between two tries to load a graph, or to start a worker, that failed."""
_log: Final = logging.getLogger("mission_kg.workers")


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


Turn = asyncio.Future[Link]


class WorkerPool:
    """Runs jobs in processes as ``plan`` says, within ``limits``; a ``Runner`` for strangers."""

    def __init__(self, plan: Plan, limits: Limits, size: Size) -> None:
        self._plan = plan
        self.limits = limits
        self._size = size
        self._numbers = itertools.count(1)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failure: Exception | None = None
        self._failed_at = 0.0
        self._reset()

    def _reset(self) -> None:
        size = self._size
        self._nursery: Nursery | None = None
        self._up = False
        self._links: dict[int, Link] = {}
        self._exchanges: dict[int, Exchange] = {}
        self._idle: list[Link] = []
        self._spool = Spool(size.spool_bytes)
        self._turns: Turns[Turn] = Turns(
            per_client=min(size.per_client, size.workers), waiting=size.waiting, refuse=_refuse
        )
        self._clients: dict[int, str] = {}

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
        """Have a worker do a job; twice if ``repeatable``. Raises as :meth:`answer`."""
        allowed = self._lowered(limits)
        job = wire.pack(wire.JOB, head | self._told(allowed), body)
        try:
            return await self._do(job, allowed, client)
        except WorkerLost:
            if not repeatable:
                raise
            return await self._do(job, allowed, client)

    async def aclose(self) -> None:
        """End all processes; queries at work end with ``WorkerLost``."""
        self.close()

    def close(self) -> None:
        """As :meth:`aclose`, from anywhere, also after the event loop has ended."""
        nursery, links = self._nursery, list(self._links.values())
        exchanges, waiting = list(self._exchanges.values()), self._turns.everyone()
        live = self._loop is not None and not self._loop.is_closed()
        self._reset()
        for link in links:
            link.close()
        if nursery is not None:
            nursery.close()
        if live:
            for exchange in exchanges:
                exchange.lost(None)
            for turn in waiting:
                _refuse(turn, WorkerLost("The service is being closed; ask again."))
        self._loop = None

    async def _do(self, job: bytes, limits: Limits, client: str) -> Reply:
        link = await self._turn(share_of(client))
        exchange = Exchange(
            link,
            limits,
            self._spool,
            self._size.sending_seconds,
            kill=self._kill,
            done=self._done,
        )
        self._exchanges[link.number] = exchange
        exchange.send(job)
        try:
            return await exchange.reply
        except asyncio.CancelledError:
            exchange.abandon()
            raise

    async def _turn(self, client: str) -> Link:
        """Wait for a free worker."""
        loop = self._open()
        if self._idle and self._turns.may_start(client):
            self._turns.start(client)
            link = self._idle.pop()
            self._clients[link.number] = client
            return link
        turn: Turn = loop.create_future()
        self._turns.wait(client, turn)
        timer = loop.call_later(self._size.waiting_seconds, self._wait_no_more, client, turn)
        self._hand_out()
        try:
            return await turn
        except asyncio.CancelledError:
            self._turns.leave(client, turn)
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._done(turn.result(), False)
            raise
        finally:
            timer.cancel()

    def _wait_no_more(self, client: str, turn: Turn) -> None:
        if not self._up and self._loop is not None:  # the graph is still being loaded
            self._loop.call_later(self._size.waiting_seconds, self._wait_no_more, client, turn)
            return
        self._turns.leave(client, turn)
        seconds = self._size.waiting_seconds
        words = f"No worker was free for {seconds:g} seconds; ask again in a few seconds."
        _refuse(turn, Overloaded(words, "waiting_seconds", seconds))

    def _hand_out(self) -> None:
        """Give free workers to those whose turn it is."""
        while self._idle and (chosen := self._turns.next()) is not None:
            client, turn = chosen
            if turn.done():
                self._turns.end(client)
                continue
            link = self._idle.pop()
            self._clients[link.number] = client
            turn.set_result(link)

    def _open(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._loop is not loop and self._loop is not None:
            self.close()
        if self._nursery is None:
            if self._failure and time.monotonic() < self._failed_at + _PAUSE_SECONDS:
                raise self._failure
            self._loop = loop
            self._nursery = Nursery(
                self._plan, loop, ready=self._ready, ended=self._ended, lost=self._lost
            )
        return loop

    def _ready(self, network_left: bool) -> None:
        self._up = True
        self._failure = None
        if not network_left:
            _log.warning("workers share the network of the server: the system forbids otherwise")
        for _ in range(self._size.workers):
            self._fork()

    def _fork(self) -> None:
        if self._nursery is None or self._loop is None:
            return
        number = next(self._numbers)
        self._links[number] = Link(
            self._loop, number, self._nursery.fork(number), self._heard_while_idle
        )

    def _heard_while_idle(self, link: Link, frame: Frame) -> None:
        if frame.kind == wire.READY:
            link.thread_id = int(frame.head.get("thread", 0))
            self._idle.append(link)
            self._hand_out()
        elif frame.kind == wire.FAILURE:
            error = restored(frame.head)
            _log.error("a worker could not start: %s", error)
            link.doomed = True
            for turn in self._turns.everyone():
                _refuse(turn, error)

    def _kill(self, link: Link) -> None:
        link.doomed = True
        if self._nursery is not None:
            self._nursery.kill(link.number)

    def _done(self, link: Link, retires: bool) -> None:
        """A job has ended; its worker is free unless it ends too."""
        self._exchanges.pop(link.number, None)
        client = self._clients.pop(link.number, None)
        if client is not None:
            self._turns.end(client)
        link.resume()
        if link.number not in self._links:
            return
        if retires or link.doomed:
            link.doomed = True
            link.close()
        else:
            self._idle.append(link)
        self._hand_out()

    def _ended(self, number: int, code: int) -> None:
        """The zygote says that a worker ended."""
        link = self._links.pop(number, None)
        if link is None:
            return
        link.read_last_words()
        failed_to_start = link.thread_id == 0
        if link in self._idle:
            self._idle.remove(link)
        exchange = self._exchanges.get(number)
        if exchange is not None:
            exchange.lost(code)
        link.close()
        if failed_to_start and self._loop is not None:
            self._loop.call_later(_PAUSE_SECONDS, self._fork)
        else:
            self._fork()

    def _lost(self, error: Exception | None) -> None:
        """The zygote is gone, and all workers with it."""
        if error is None:
            _log.error("the process that forks the workers was lost; it is started anew")
        else:
            self._failure, self._failed_at = error, time.monotonic()
        links, exchanges = list(self._links.values()), list(self._exchanges.values())
        was_up, self._up, self._nursery = self._up, False, None
        self._links, self._idle = {}, []
        for exchange in exchanges:
            exchange.lost(None)
        for link in links:
            link.close()
        if error is not None or not was_up:
            for turn in self._turns.everyone():
                _refuse(turn, error or WorkerLost("No worker could be started; ask again."))
        elif self._turns.waiting:
            self._open()

    def _lowered(self, wanted: Limits | None) -> Limits:
        own = self.limits
        if wanted is None:
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
