"""Whose turn it is: a bounded queue that is fair to each client.

A client may have so many queries at work and any number waiting, as long as there is room; a free
worker goes to the client with the fewest at work, and of these to the one that waited longest for
its turn. Where the queue is full, who has the most waiting gives way. So a client with a thousand
queries delays another's by one of its own at most, as long as a worker is left.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Final, Generic, TypeVar

from api.errors import Overloaded

_I = TypeVar("_I")
_IPV6_SITE_BITS: Final = 64


class Turns(Generic[_I]):
    """``per_client``: queries of one client at work; ``waiting``: all that wait.

    ``refuse`` is called with a waiting item that gives way to another client's.
    """

    def __init__(
        self, *, per_client: int, waiting: int, refuse: Callable[[_I, Overloaded], None]
    ) -> None:
        self._per_client = per_client
        self._limit = waiting
        self._refuse = refuse
        self._at_work: dict[str, int] = {}
        self._waiting: OrderedDict[str, deque[_I]] = OrderedDict()
        self.waiting = 0
        """How many wait."""

    def may_start(self, client: str) -> bool:
        """Whether a query may go to a free worker at once; :meth:`start` it then."""
        return self.next_client() is None and self._at_work.get(client, 0) < self._per_client

    def start(self, client: str) -> None:
        """Count a query as at work."""
        self._at_work[client] = self._at_work.get(client, 0) + 1

    def end(self, client: str) -> None:
        """Count a query as ended."""
        left = self._at_work[client] - 1
        if left:
            self._at_work[client] = left
        else:
            del self._at_work[client]

    def wait(self, client: str, item: _I) -> None:
        """Put a query to the end of its client's queue. Raises ``Overloaded``."""
        if self.waiting >= self._limit:
            self._make_room(client)
        self._waiting.setdefault(client, deque()).append(item)
        self.waiting += 1

    def leave(self, client: str, item: _I) -> None:
        """Take a query out of the queue, if it is there."""
        queue = self._waiting.get(client)
        if queue is not None and item in queue:
            queue.remove(item)
            self._left(client, queue)

    def next_client(self) -> str | None:
        """Whose turn it is, ``None`` where nobody may."""
        best, fewest = None, self._per_client
        for client in self._waiting:
            if (at_work := self._at_work.get(client, 0)) < fewest:
                best, fewest = client, at_work
                if not at_work:
                    break
        return best

    def next(self) -> tuple[str, _I] | None:
        """Take the query whose turn it is and count it as at work."""
        client = self.next_client()
        if client is None:
            return None
        queue = self._waiting[client]
        item = queue.popleft()
        self._left(client, queue)
        if client in self._waiting:
            self._waiting.move_to_end(client)
        self.start(client)
        return client, item

    def everyone(self) -> list[_I]:
        """Take out all that wait."""
        items = [item for queue in self._waiting.values() for item in queue]
        self._waiting.clear()
        self.waiting = 0
        return items

    def _make_room(self, client: str) -> None:
        error = Overloaded(
            f"{self._limit} queries wait already; ask again in a few seconds.",
            "waiting_queries",
            self._limit,
        )
        largest = max(self._waiting, key=lambda each: len(self._waiting[each]), default=client)
        own = len(self._waiting.get(client, ()))
        if len(self._waiting.get(largest, ())) <= own + 1:
            raise error
        queue = self._waiting[largest]
        item = queue.pop()
        self._left(largest, queue)
        self._refuse(item, error)

    def _left(self, client: str, queue: deque[_I]) -> None:
        self.waiting -= 1
        if not queue:
            del self._waiting[client]


@lru_cache(maxsize=4096)
def share_of(client: str) -> str:
    """Whose share a client's address takes: its own, of IPv6 that of its /64 site."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(int(address) >> _IPV6_SITE_BITS)
    return str(getattr(address, "ipv4_mapped", None) or address)
