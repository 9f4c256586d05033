"""Which release should be served: the newest on the shelf that is whole and opens.

A damaged one is passed over and remembered with its reason until its files change, so that each
look at the shelf costs a directory listing and not the checksums of gigabytes.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from kg.errors import KgError, ReleaseError
from kg.shelf import Release, read_release, release_names, signature, verify

if TYPE_CHECKING:
    from api.wiring import Service

_log: Final = logging.getLogger("mission_kg.releases")


class Choice(Protocol):
    """What may be served: from a shelf (:class:`Candidates`) or from stores elsewhere."""

    @property
    def refused(self) -> dict[str, str]:
        """What was passed over: name -> reason."""
        ...

    def better_than(self, served: str) -> "Service | None":
        """What should be served instead of the release ``served``, ``None`` for nothing else."""
        ...

    def refuse(self, name: str, reason: str) -> None:
        """Pass over a release, and say so in the log."""
        ...


class Candidates:
    """The releases of a shelf, as candidates for serving; ``open_one`` opens a whole one."""

    def __init__(self, releases_dir: Path, open_one: "Callable[[Release], Service]") -> None:
        self._dir = releases_dir
        self._open_one = open_one
        self._refused: dict[str, tuple[object, str]] = {}

    @property
    def refused(self) -> dict[str, str]:
        """Releases on the shelf that were passed over: id -> reason, naming the file."""
        return {name: reason for name, (_, reason) in sorted(self._refused.items())}

    def first(self) -> "Service":
        """The newest release that opens. Raises ``ReleaseError`` where none does."""
        found = self.better_than("")
        if found is not None:
            return found
        if self._refused:
            name = max(self._refused)
            more = f" Nor can {len(self._refused) - 1} older." if len(self._refused) > 1 else ""
            raise ReleaseError(f"The release {name} cannot be served: {self.refused[name]}{more}")
        raise ReleaseError(f"{self._dir}: there is no release yet. Make one: mission-kg build")

    def better_than(self, served: str) -> "Service | None":
        """The newest release that opens, if it is not the one ``served`` now.

        A release served that was taken off the shelf is worse than any still on it: so an
        operator rolls back.
        """
        names = release_names(self._dir)
        self._refused = {name: kept for name, kept in self._refused.items() if name in names}
        for name in names:
            if name == served:
                return None
            found = self._try(name)
            if found is not None:
                return found
        return None

    def refuse(self, name: str, reason: str) -> None:
        """Pass over a release until its files change, and say so in the log."""
        _log.error("the release %s cannot be served: %s", name, reason)
        self._refused[name] = (signature(self._dir / name), reason)

    def _try(self, name: str) -> "Service | None":
        path = self._dir / name
        if name in self._refused and self._refused[name][0] == signature(path):
            return None
        try:
            release = read_release(path)
            damage = [each.message for each in verify(release) if each.severity == "violation"]
            if damage:
                raise ReleaseError(" ".join(damage[:3]))
            service = self._open_one(release)
        except (KgError, OSError) as error:
            self.refuse(name, str(error).replace(f"{path}/", ""))
            return None
        self._refused.pop(name, None)
        return service
