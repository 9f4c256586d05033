"""The one door between HTTP and whatever answers strangers' queries.

Behind it stand the workers of ``api.workers``, or an engine elsewhere: what is asked of them and
what they answer is the same.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from api.settings import Settings
from kg.store import Dataset, MediaChoice


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


def change_limits(settings: Settings) -> Limits:
    """The limits of one change of the workspace, or of reading a graph of it."""
    return Limits(
        max(settings.update_seconds, settings.query_seconds),
        settings.answer_rows,
        settings.answer_bytes,
        max(settings.workspace_memory_bytes, settings.query_memory_bytes),
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

        ``limits``: less than the service's own, anything more is passed over; ``client``: whose
        share of the service it takes. Who gets a body that comes in parts reads it to its end or
        calls its ``aclose()``; it raises the error that ended it.
        """
        ...

    async def aclose(self) -> None:
        """End what still runs."""
        ...
