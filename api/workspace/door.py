"""The door to the workspace: its jobs, in the server process."""

from dataclasses import dataclass
from typing import Literal

from api.execution import Answer, Limits
from api.workers.exchange import Reply
from api.workers.pool import WorkerPool
from api.workers.wire import Head
from kg.store import Dataset, MediaChoice


@dataclass(frozen=True, slots=True)
class Conditions:
    """Revisions named by If-Match and If-None-Match; ``*``: any; ``None``: no condition."""

    match: tuple[str, ...] | None = None
    none_match: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """An RDF graph as sent: texts with their media types; ``base``: against what IRIs are read."""

    parts: tuple[tuple[str, bytes], ...]
    base: str | None


class WorkspaceDoor:
    """Runs the jobs of the workspace in ``pool``, which has one worker.

    Each method raises what is over its limit, ``GraphNotFound``, ``ConditionFailed`` and what the
    store raises.
    """

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    async def answer(
        self,
        query: str,
        media: MediaChoice,
        *,
        dataset: Dataset | None = None,
        limits: Limits | None = None,
        client: str = "",
    ) -> Answer:
        """Answer a query about what is in the workspace (``api.execution.Runner``)."""
        return await self._pool.answer(query, media, dataset=dataset, limits=limits, client=client)

    async def update(self, text: str, dataset: Dataset | None, limits: Limits, client: str) -> None:
        """Run an update; ``dataset``: what its patterns see."""
        head: Head = {"do": "update"}
        if dataset is not None:
            head["dataset"] = (dataset.default, dataset.named)
        body = text.encode("utf-8", "surrogatepass")
        await self._pool.run(head, body, limits=limits, client=client)

    async def sizes(self) -> dict[str, int]:
        """Triples by graph; the default graph has an empty name."""
        reply = await self._pool.run({"do": "sizes"}, b"", repeatable=True)
        return dict(reply.head["sizes"])

    async def graph(self, name: str | None, media_type: str, client: str) -> Reply:
        """Read a graph; the reply's head has its ``revision``."""
        head: Head = {"do": "get", "graph": name, "type": media_type}
        return await self._pool.run(head, b"", client=client, repeatable=True)

    async def write(
        self,
        do: Literal["put", "post"],
        name: str | None,
        graph: Graph,
        conditions: Conditions,
        client: str,
    ) -> bool:
        """Replace a graph or add to it; whether it is new."""
        head = {
            **_condition_head(conditions),
            "do": do,
            "graph": name,
            "base": graph.base,
            "parts": [(kind, len(part)) for kind, part in graph.parts],
        }
        body = b"".join(part for _, part in graph.parts)
        reply = await self._pool.run(head, body, client=client)
        return bool(reply.head["created"])

    async def delete(self, name: str | None, conditions: Conditions, client: str) -> None:
        """Remove a graph."""
        head = {**_condition_head(conditions), "do": "delete", "graph": name}
        await self._pool.run(head, b"", client=client)

    async def aclose(self) -> None:
        """End the worker."""
        await self._pool.aclose()


def _condition_head(conditions: Conditions) -> Head:
    match, none_match = conditions.match, conditions.none_match
    return {
        **({"match": list(match)} if match is not None else {}),
        **({"none_match": list(none_match)} if none_match is not None else {}),
    }
