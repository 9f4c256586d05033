"""Whose turn it is: a bounded queue that is fair to each client.

A client may have so many queries at work and any number waiting, as long as there is room; a free
worker goes to the client with the fewest at work, and of these to the one that waited longest for
its turn. Where the queue is full, who has the most waiting gives way. So a client with a thousand
queries delays another's by one of its own at most, as long as a worker is left.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Final, Generic, TypeVar

from api.errors import Overloaded

_I = TypeVar("_I")
_IPV6_SITE_BITS: Final = 64


class Turns(Generic[_I]):
    """``per_client``: queries of one client at work; ``waiting``: room for all that wait.

    A waiting item takes room as its ``weight`` says. ``refuse`` is called with an item that gives
    way to another client's.
    """

    def __init__(
        self, *, per_client: int, waiting: int, refuse: Callable[[_I, Overloaded], None]
    ) -> None:
        self._per_client = per_client
        self._room = waiting
        self._refuse = refuse
        self._at_work: dict[str, int] = {}
        self._queues: OrderedDict[str, _Queue[_I]] = OrderedDict()
        self.waiting = 0
        """Room taken by all that wait."""

    @property
    def at_work(self) -> int:
        """How many queries are at work."""
        return sum(self._at_work.values())

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

    def wait(self, client: str, item: _I, weight: int = 1) -> None:
        """Put a query to the end of its client's queue. Raises ``Overloaded``."""
        while self.waiting + weight > self._room:
            self._make_room(client, weight)
        queue = self._queues.setdefault(client, _Queue())
        queue.items.append((item, weight))
        self._count(client, queue, weight)

    def leave(self, client: str, item: _I) -> None:
        """Take a query out of the queue, if it is there."""
        queue = self._queues.get(client, _Queue())
        for place, (each, weight) in enumerate(queue.items):
            if each is item:
                del queue.items[place]
                self._count(client, queue, -weight)
                return

    def next_client(self) -> str | None:
        """Whose turn it is, ``None`` where nobody may."""
        best, fewest = None, self._per_client
        for client in self._queues:
            if (at_work := self._at_work.get(client, 0)) < fewest:
                best, fewest = client, at_work
                if not at_work:
                    break
        return best

    def next(self) -> tuple[str, _I]:
        """Take the query whose turn it is and count it as at work. Raises ``LookupError``."""
        client = self.next_client()
        if client is None:
            raise LookupError("nobody may start")
        queue = self._queues[client]
        item, weight = queue.items.popleft()
        self._queues.move_to_end(client)
        self._count(client, queue, -weight)
        self.start(client)
        return client, item

    def everyone(self) -> list[_I]:
        """Take out all that wait."""
        items = [item for queue in self._queues.values() for item, _ in queue.items]
        self._queues.clear()
        self.waiting = 0
        return items

    def _make_room(self, client: str, weight: int) -> None:
        """Let the newest query of who takes most room give way, or refuse ``client``'s."""
        error = Overloaded(
            "Too many queries wait already; ask again in a few seconds.",
            "waiting_queries",
            self._room,
        )
        own = self._queues[client].weight if client in self._queues else 0
        largest = max(self._queues, key=lambda each: self._queues[each].weight, default=client)
        if largest == client or self._queues[largest].weight <= own + weight:
            raise error
        queue = self._queues[largest]
        item, freed = queue.items.pop()
        self._count(largest, queue, -freed)
        self._refuse(item, error)

    def _count(self, client: str, queue: "_Queue[_I]", weight: int) -> None:
        queue.weight += weight
        self.waiting += weight
        if not queue.items:
            del self._queues[client]


@dataclass(slots=True)
class _Queue(Generic[_I]):
    """What one client has waiting, and the room that it takes."""

    items: deque[tuple[_I, int]] = field(default_factory=deque)
    weight: int = 0


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
