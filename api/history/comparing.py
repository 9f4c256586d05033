"""Compares releases outside the serving process, one pair at a time, and waits for it a while.

A first comparison reads both dumps whole (seconds at a million quads), so it runs in a process of
its own with less priority; what it found is kept on disk and opened at once afterwards.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

from api.errors import StillComparing
from kg.changes import Changes, forget, is_made, place_of
from kg.errors import ReleaseError
from kg.shelf import Release

_WAITING: Final = 8
"""Pairs that may wait for being compared; further ones are asked to come back."""
_AGAIN: Final = "{} are being compared for the first time. Ask again in a few seconds."


class Comparing:
    """Comparisons in ``cache``, as many as ``room_bytes`` hold; a request waits ``seconds``."""

    def __init__(self, cache: Path, *, seconds: float, room_bytes: int) -> None:
        self._cache = cache
        self._seconds = seconds
        self._room_bytes = room_bytes
        self._one = asyncio.Lock()
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}

    def knows(self, old: Release, new: Release) -> bool:
        """Whether this pair was compared before."""
        return is_made(self._cache, old.id, new.id)

    async def changes(self, old: Release, new: Release) -> Changes:
        """What changed from ``old`` to ``new``.

        Raises ``StillComparing`` where that takes longer than a request waits, and
        ``kg.errors.ReleaseError`` naming a damaged file.
        """
        place = place_of(self._cache, old.id, new.id)
        if self.knows(old, new):
            try:
                return await asyncio.to_thread(Changes, place)
            except ReleaseError:  # damaged, or removed just now to make room
                await asyncio.to_thread(forget, self._cache, old.id, new.id)
        await self._make(old, new)
        return await asyncio.to_thread(Changes, place)

    async def _make(self, old: Release, new: Release) -> None:
        pair = (old.id, new.id)
        task = self._tasks.get(pair)
        if task is None:
            if len(self._tasks) >= _WAITING:
                raise StillComparing(_AGAIN.format("Many releases"))
            task = self._tasks[pair] = asyncio.create_task(self._run(old, new))
            task.add_done_callback(lambda done: self._forget(pair, done))
        done, _ = await asyncio.wait({task}, timeout=self._seconds)
        if not done:
            raise StillComparing(_AGAIN.format("These releases"))
        task.result()

    def _forget(self, pair: tuple[str, str], task: "asyncio.Task[None]") -> None:
        self._tasks.pop(pair, None)
        if not task.cancelled():
            task.exception()  # seen here, where all who waited for it have left

    async def _run(self, old: Release, new: Release) -> None:
        async with self._one:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "kg.changes",
                *(str(each) for each in (old.path, new.path, self._cache, self._room_bytes)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                _, said = await process.communicate()
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode:
            words = said.decode(errors="replace").strip()
            raise ReleaseError(
                words
                if process.returncode == 1 and words
                else "The comparing was ended early. "
                "Ask again; where it stays so, run: mission-kg releases --diff A B"
            )
