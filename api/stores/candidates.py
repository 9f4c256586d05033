"""Which store should be served: the one that holds the newest release of the shelf, and answers.

With two stores a release is changed without a gap: load it into the one that is not served, and it
is served from there as soon as it is whole. Of two that hold the same, one stands in for the other.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kg.errors import KgError, ReleaseError
from kg.shelf import Release, read_release, release_names

if TYPE_CHECKING:
    from api.wiring import Service

_log: Final = logging.getLogger("mission_kg.releases")


class StoreCandidates:
    """Stores at addresses. ``held(address)``: id of the whole release there, ``None`` without.

    ``open_one(address, release)``: a service of it. Both raise ``KgError``. The release must be on
    the shelf ``releases_dir`` too: its reports, dumps and history are served from there.
    """

    def __init__(
        self,
        releases_dir: Path,
        places: Sequence[str],
        held: Callable[[str], str | None],
        open_one: "Callable[[str, Release], Service]",
    ) -> None:
        self._dir, self._places = releases_dir, tuple(places)
        self._held, self._open_one = held, open_one
        self._serving = ""
        self._refused: dict[str, str] = {}

    @property
    def refused(self) -> dict[str, str]:
        """Addresses, or releases in stores, that were passed over at the last look: -> reason."""
        return dict(sorted(self._refused.items()))

    def first(self) -> "Service":
        """The newest release that a store holds. Raises ``ReleaseError`` where none does."""
        found = self.better_than("")
        if found is None:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in self.refused.items())
            raise ReleaseError(f"No store holds a release that can be served. {reasons}")
        return found

    def better_than(self, served: str) -> "Service | None":
        """The newest release in any store, if not ``served`` from a store that still holds it."""
        self._refused = {}
        on_shelf = set(release_names(self._dir))
        holding = {place: name for place in self._places if (name := self._look(place, on_shelf))}
        # Newest first; of stores with the same release, the one that is served now first.
        order = sorted(holding, key=lambda each: (holding[each], each == self._serving))
        for place in reversed(order):
            if holding[place] == served and place == self._serving:
                return None
            found = self._open(place, holding[place])
            if found is not None:
                self._serving = place
                return found
        return None

    def refuse(self, name: str, reason: str) -> None:
        """Note why a release is passed over, in the log too; it is looked at again next time."""
        _log.error("the release %s cannot be served from its store: %s", name, reason)
        self._refused[name] = reason

    def _look(self, place: str, on_shelf: set[str]) -> str | None:
        try:
            name = self._held(place)
        except KgError as error:
            self.refuse(place, str(error))
            return None
        if name is None:
            self._refused[place] = "It holds no whole release: mission-kg load-store brings one."
        elif name not in on_shelf:
            self._refused[place] = (
                f"It holds the release {name}, which is not on the shelf {self._dir}. "
                "Restore it there from a backup, or load another."
            )
            name = None
        return name

    def _open(self, place: str, name: str) -> "Service | None":
        try:
            return self._open_one(place, read_release(self._dir / name))
        except (KgError, OSError) as error:
            self.refuse(place, str(error))
            return None
