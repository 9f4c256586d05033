"""What workers in front of a remote store can do: ask it, and read its answers within limits.

The engine runs the query; reading what it answers may take as much memory and time as a stranger
wants, so it is done in a worker that is killed at its limits. A killed worker's connection closes,
which ends the query in the engine where the engine looks.
"""

from typing import Any

from api.workers.reading import dataset_of
from api.workers.wire import Head
from api.workers.worker import Output
from kg.store import MediaChoice
from kg.stores.pinned import PinnedStore
from kg.stores.remote_client import RemoteOptions


class RemoteOperations:
    """Answers queries about the release ``release`` in the store at ``options``.

    ``options``: fields of ``RemoteOptions``; ``graphs``: named graphs of the release;
    ``look_seconds``: between two looks whether the store still holds it.
    """

    writes = False
    opens = True

    def __init__(
        self, options: dict[str, Any], release: str, graphs: list[str], look_seconds: float
    ) -> None:
        # Workers write no file, so a long answer waits in memory, of which they have so much.
        self._options = RemoteOptions(**{**options, "spool_bytes": 0})
        self._release, self._graphs, self._look_seconds = release, tuple(graphs), look_seconds
        self._store: PinnedStore | None = None

    def prepare(self) -> None:
        """Do nothing: connections are not shared."""

    def begin(self) -> None:
        """Meet the store. Raises ``StoreError`` or ``ReleaseError``."""
        self._store = PinnedStore(self._options, self._release, self._graphs, self._look_seconds)
        self._store.look()

    def run(self, job: Head, body: bytes, out: Output) -> None:
        """Answer the query in ``body``. Raises what the store raises."""
        assert self._store is not None  # noqa: S101  begin comes before any job
        self._store.stream_answer(
            body.decode("utf-8", "surrogatepass"),
            MediaChoice(*job["media"]),
            out,
            rows=job["rows"],
            dataset=dataset_of(job),
        )
