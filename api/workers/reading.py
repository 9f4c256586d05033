"""What workers of a release can do: answer queries, from memory or from disk."""

from pathlib import Path

from api.workers.wire import Head
from api.workers.worker import Output
from kg.shelf import open_store, read_release
from kg.store import Dataset, MediaChoice
from kg.stores.oxigraph import OxigraphStore


class ReleaseOperations:
    """Answers queries about the release in a directory.

    In memory it is loaded before the fork and shared; on disk each worker opens it for itself,
    since the engine's threads do not live through a fork.
    """

    writes = False

    def __init__(self, path: str, in_memory: bool) -> None:
        self._path = Path(path)
        self._in_memory = in_memory
        self._store: OxigraphStore | None = None
        self.opens = not in_memory

    def prepare(self) -> None:
        """Load the release where it is served from memory. Raises ``ReleaseError``."""
        if self._in_memory:
            self._open()

    def begin(self) -> None:
        """Open the release where it is served from disk, and ask once, so that all is imported."""
        store = self._store or self._open()
        for media in ("application/sparql-results+json", "text/csv"):
            store.stream_answer("ASK {}", MediaChoice(media, "text/turtle"), _Nothing(), rows=1)

    def run(self, job: Head, body: bytes, out: Output) -> None:
        """Answer the query in ``body``. Raises what the store raises."""
        store = self._store or self._open()
        store.stream_answer(
            body.decode("utf-8", "surrogatepass"),
            MediaChoice(*job["media"]),
            out,
            rows=job["rows"],
            dataset=dataset_of(job),
        )

    def _open(self) -> OxigraphStore:
        self._store = open_store(read_release(self._path), self._in_memory)
        return self._store


def dataset_of(job: Head) -> Dataset | None:
    """The dataset given beside a query, ``None`` without."""
    if "dataset" not in job:
        return None
    default, named = job["dataset"]
    return Dataset(_tuple(default), _tuple(named))


def _tuple(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


class _Nothing:
    """A sink for what nobody asked."""

    def begin(self, media_type: str) -> None:
        """Do nothing."""

    def cut(self) -> None:
        """Do nothing."""

    def write(self, data: bytes, /) -> int:
        """Take bytes."""
        return len(data)

    def flush(self) -> None:
        """Do nothing."""
