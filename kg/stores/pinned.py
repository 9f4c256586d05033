"""A remote store of which one release is served: it refuses to answer from anything else.

Whoever loads another release into a store says so first, in the store, and waits until every reader
may have noticed (``kg.holding``). So a reader that looks at most ``look_seconds`` before it asks,
and again after an answer that took longer, never passes on an answer from a half-loaded release.
"""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from kg.errors import ReleaseError
from kg.store import Dataset
from kg.stores.remote import GRAPH_HELD, RemoteStore
from kg.stores.remote_client import RemoteOptions
from kg.stores.replies import Body
from ontology.names import BASE, OWL

DATASET: Final = f"{BASE}dataset"
HELD: Final = f"{OWL}versionInfo"
LOADING: Final = "loading "
_ASK: Final = f"SELECT ?v WHERE {{ GRAPH <{GRAPH_HELD}> {{ <{DATASET}> <{HELD}> ?v }} }}"

_T = TypeVar("_T")


class PinnedStore(RemoteStore):
    """The release ``release`` with the named graphs ``graphs``, read-only."""

    def __init__(
        self, options: RemoteOptions, release: str, graphs: tuple[str, ...], look_seconds: float
    ) -> None:
        super().__init__(options, writable=False, graphs=graphs)
        self._release, self._look_seconds = release, look_seconds
        self._looked = -float("inf")

    def _send(
        self,
        form: str,
        query: str,
        take: Callable[[Body], _T],
        names_dataset: bool,
        dataset: Dataset | None = None,
        seconds: float | None = None,
    ) -> _T:
        """Ask; raises ``ReleaseError`` where the store holds the release no more."""
        start = time.monotonic()
        if start - self._looked > self._look_seconds:
            self.look()

        def checked(body: Body) -> _T:
            if time.monotonic() - start > self._look_seconds:
                self.look()
            return take(body)

        return super()._send(form, query, checked, names_dataset, dataset, seconds)

    def look(self) -> None:
        """Raise ``ReleaseError`` where the store holds the release no more."""
        before = time.monotonic()
        held = said(self)
        if held != self._release:
            raise ReleaseError(
                f"The store at {self.client.options.query} holds "
                f"{held or 'no release'} now, not {self._release} that was served from it."
            )
        self._looked = before


def said(store: RemoteStore) -> str:
    """What the store says that it holds: a release's id, ``loading`` and an id, or nothing."""
    rows = store.rows_of(_ASK)
    return rows[0][0] if len(rows) == 1 else ""
