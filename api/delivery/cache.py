"""Finished answers kept as bytes, bounded by what they weigh, the least lately used given up."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

Header = tuple[bytes, bytes]
"""Name, in lower case, and value, as ASGI carries them."""
Headers = list[Header]

OVERHEAD: Final = 2048
"""Bytes counted for an entry beside its body and its request: headers, objects, table."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A whole answer in the encoding in which it is sent.

    ``headers``: complete, its length and validator included; ``etag`` and ``modified``: the values
    of ETag and Last-Modified, empty where the answer has none; ``cut``: the limit that cut it.
    """

    status: int
    headers: Headers
    body: bytes
    etag: bytes = b""
    modified: bytes = b""
    cut: bytes = b""


class ByteCache:
    """Answers by key, at most ``limit`` bytes of them, none of them over ``entry_limit`` bytes."""

    def __init__(self, limit: int, entry_limit: int) -> None:
        self.entry_limit = min(entry_limit, limit)
        self._limit = limit
        self._entries: OrderedDict[Hashable, tuple[Finished, int]] = OrderedDict()
        self.weight = 0

    def __len__(self) -> int:
        """How many answers are kept."""
        return len(self._entries)

    def get(self, key: Hashable) -> Finished | None:
        """Look an answer up; what is found counts as used."""
        found = self._entries.get(key)
        if found is None:
            return None
        self._entries.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, answer: Finished, request_bytes: int) -> bool:
        """Keep an answer; ``request_bytes``: what its key weighs. Tells whether it was kept."""
        weight = len(answer.body) + request_bytes + OVERHEAD
        if weight > self._limit or len(answer.body) > self.entry_limit:
            return False
        if (old := self._entries.pop(key, None)) is not None:
            self.weight -= old[1]
        self._entries[key] = (answer, weight)
        self.weight += weight
        while self.weight > self._limit:
            _, (_, freed) = self._entries.popitem(last=False)
            self.weight -= freed
        return True
