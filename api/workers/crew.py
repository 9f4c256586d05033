"""The workers there are: keeps their number, whatever ends them, and knows which are free."""

import asyncio
import itertools
import logging
import time
from collections.abc import Callable
from typing import Final

from api.errors import WorkerLost
from api.observing import metrics
from api.workers import wire
from api.workers.faults import restored
from api.workers.link import Link
from api.workers.nursery import Nursery, Plan
from api.workers.wire import Frame

_PAUSE_SECONDS: Final = 2.0
"""Between two tries to load a graph, or to start a worker, that failed."""
_log: Final = logging.getLogger("mission_kg.workers")


class Crew:
    """So many workers as ``plan`` says, forked anew whenever one ends.

    ``free`` is called when a worker became free; ``failed`` with the error that keeps workers from
    starting. All on the event loop in which :meth:`open` was called first.
    """

    def __init__(
        self,
        plan: Plan,
        workers: int,
        *,
        free: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._plan = plan
        self._workers = workers
        self._free, self._failed = free, failed
        self._numbers = itertools.count(1)
        self._failure: Exception | None = None
        self._failed_at = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._nursery: Nursery | None = None
        self._links: dict[int, Link] = {}
        self._idle: list[Link] = []
        self.is_up = False
        """Whether the graph is loaded, so that workers come without delay."""

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The zygote's process id (also that of its process group), then those of the workers."""
        if self._nursery is None:
            return ()
        return (self._nursery.process_id, *(each.process_id for each in self._links.values()))

    @property
    def is_elsewhere(self) -> bool:
        """Whether the workers belong to another event loop than the one that runs."""
        return self._loop is not None and self._loop is not asyncio.get_running_loop()

    def open(self) -> None:
        """Start the zygote if there is none. Raises what kept it from loading a moment ago."""
        if self._nursery is None:
            if self._failure and time.monotonic() < self._failed_at + _PAUSE_SECONDS:
                raise self._failure
            self._loop = asyncio.get_running_loop()
            self._nursery = Nursery(
                self._plan, self._loop, ready=self._ready, ended=self._ended, lost=self._lost
            )

    def take(self) -> Link | None:
        """A free worker: the one that worked last, whose memory is warm."""
        return self._idle.pop() if self._idle else None

    def give_back(self, link: Link, retires: bool) -> None:
        """Take a worker back after its job; ``retires``: it ends, or is to end."""
        if link.number not in self._links:
            return
        link.resume()
        if retires:
            link.close()
        else:
            self._idle.append(link)
            self._free()

    def kill(self, link: Link) -> None:
        """End a worker at once."""
        if self._nursery is not None:
            self._nursery.kill(link.number)

    def close(self) -> None:
        """End all processes; jobs at work are told. Also after the event loop has ended."""
        nursery, links = self._nursery, list(self._links.values())
        live = self._loop is not None and not self._loop.is_closed()
        self._forget()
        self._loop = None
        for link in links:
            self._close(link, tell=live)
        if nursery is not None:
            nursery.close()

    def _forget(self) -> None:
        self._nursery, self.is_up = None, False
        self._links, self._idle = {}, []

    def _ready(self, network_left: bool) -> None:
        self.is_up = True
        self._failure = None
        if not network_left:
            _log.warning("workers share the network of the server: the system forbids otherwise")
        for _ in range(self._workers):
            self._fork()

    def _fork(self) -> None:
        if self._nursery is None or self._loop is None:
            return
        number = next(self._numbers)
        connection = self._nursery.fork(number)
        self._links[number] = Link(self._loop, number, connection, self._heard_while_idle)
        metrics.WORKER_STARTS.inc()
        metrics.WORKERS.inc()

    def _heard_while_idle(self, link: Link, frame: Frame) -> None:
        if frame.kind == wire.READY:
            link.process_id = int(frame.head.get("process", 0))
            link.thread_id = int(frame.head.get("thread", 0))
            self._idle.append(link)
            self._free()
        elif frame.kind == wire.FAILURE:
            error = restored(frame.head)
            _log.error("a worker could not start: %s", error)
            self._failed(error)

    def _ended(self, number: int, code: int) -> None:
        """The zygote says that a worker ended."""
        link = self._links.pop(number, None)
        if link is None:
            return
        link.read_last_words()
        if link in self._idle:
            self._idle.remove(link)
        self._close(link, code)
        if link.process_id == 0 and self._loop is not None:  # it never came up
            self._loop.call_later(_PAUSE_SECONDS, self._fork)
        else:
            self._fork()

    def _lost(self, error: Exception | None) -> None:
        """The zygote is gone, and all workers with it."""
        links, was_up = list(self._links.values()), self.is_up
        if error is None and not was_up:
            error = WorkerLost("The process that forks workers could not start; the log says why.")
        if error is None:
            _log.error("the process that forks the workers was lost; it is started anew")
        else:
            _log.error("there are no workers: %s", error)
            self._failure, self._failed_at = error, time.monotonic()
        self._forget()
        for link in links:
            self._close(link)
        if error is None:
            self.open()
        else:
            self._failed(error)

    def _close(self, link: Link, code: int | None = None, *, tell: bool = True) -> None:
        if tell and link.listener is not None:
            link.listener.lost(code)
        link.close()
        metrics.WORKERS.dec()
