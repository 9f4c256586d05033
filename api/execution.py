"""Where strangers' queries run: the one door between HTTP and the store.

Each query runs and is written out on one worker thread, since a running result may not cross
threads. Three named limits: how many run at once, how long one may take, how much it may write.
A thread cannot be killed: a query over its time is answered, its thread ends by itself.
"""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

import anyio
import anyio.to_thread

from api.errors import AnswerTooLarge, TimeLimit
from api.settings import Settings
from kg.errors import KgError
from kg.store import Dataset, GraphStore, MediaChoice


@dataclass(frozen=True, slots=True)
class Limits:
    """What a caller may lower, never raise: wall time, rows, bytes of the answer, memory."""

    seconds: float
    rows: int
    answer_bytes: int
    memory_bytes: int


def full_limits(settings: Settings) -> Limits:
    """The service's own limits: what holds where a caller asks for no less."""
    return Limits(
        settings.query_seconds,
        settings.answer_rows,
        settings.answer_bytes,
        settings.query_memory_bytes,
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its media type, its bytes (all, or as they come), and what cut it short.

    ``cut`` names the limit that left rows out, ``None`` where the answer is whole.
    """

    media_type: str
    body: bytes | AsyncIterator[bytes]
    cut: str | None = None
    seconds: float = 0.0


class Runner(Protocol):
    """A door for strangers' queries."""

    async def answer(
        self,
        query: str,
        media: MediaChoice,
        *,
        dataset: Dataset | None = None,
        limits: Limits | None = None,
        client: str = "",
    ) -> Answer:
        """Answer ``query``. Raises what is over its limit, and what the store raises.

        ``limits``: less than the service's own; ``client``: whose share of the service it takes.
        """
        ...

    async def aclose(self) -> None:
        """End what still runs."""
        ...


class QueryRunner:
    """Answers queries from ``store`` within limits named as in ``api.settings``."""

    def __init__(
        self, store: GraphStore, *, concurrent: int, seconds: float, answer_bytes: int
    ) -> None:
        self._store = store
        self._concurrent = concurrent
        self._limiter: anyio.CapacityLimiter | None = None
        self._seconds = seconds
        self._answer_bytes = answer_bytes

    async def answer(
        self,
        query: str,
        media: MediaChoice,
        *,
        dataset: Dataset | None = None,
        limits: Limits | None = None,
        client: str = "",
    ) -> Answer:
        """Answer ``query``. Raises ``TimeLimit``, ``AnswerTooLarge`` and what the store raises."""
        if self._limiter is None:  # belongs to the running event loop, so not made before it
            self._limiter = anyio.CapacityLimiter(self._concurrent)
        try:
            with anyio.fail_after(limits.seconds if limits else self._seconds):
                return await anyio.to_thread.run_sync(
                    self._write,
                    query,
                    media,
                    dataset,
                    limiter=self._limiter,
                    abandon_on_cancel=True,
                )
        except TimeoutError as error:
            raise TimeLimit(
                f"The query took longer than {self._seconds:g} seconds and was given up; "
                "ask for less, or run it on your own copy of the release.",
                "query_seconds",
                self._seconds,
            ) from error

    async def aclose(self) -> None:
        """Do nothing: threads end by themselves."""

    def _write(self, query: str, media: MediaChoice, dataset: Dataset | None) -> Answer:
        out = _Bounded(self._answer_bytes)
        try:
            written = self._store.write_answer(query, media, out, dataset=dataset)
            return Answer(written, out.getvalue())
        except (KgError, AnswerTooLarge) as error:
            # Its frames hold the running result, which may only be let go on this thread.
            error.__cause__ = error.__context__ = None
            raise error.with_traceback(None) from None


class _Bounded(io.BytesIO):
    """A buffer that refuses to grow over ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self._full = False

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        if self._full:  # the engine empties its own buffer once more when it gives up
            return len(data)
        if self.tell() + len(data) > self._limit:
            self._full = True
            raise AnswerTooLarge(
                f"The answer is larger than {self._limit:,} bytes; add a LIMIT, or take the "
                "release's dump.",
                "answer_bytes",
                self._limit,
            )
        return super().write(data)
