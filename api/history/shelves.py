"""The releases on the shelf as the routes see them, and older ones opened to answer from.

Old releases are opened from disk, read-only, when they are first asked for (some 20 ms each), and
the ``old_releases`` last used stay open.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final, cast

from starlette.requests import HTTPConnection

from api.errors import UnknownRelease
from api.history.comparing import Comparing
from kg.errors import KgError
from kg.shelf import Release, read_release, release_names

if TYPE_CHECKING:
    from api.wiring import Service

LATEST: Final = "latest"
CHANGES_DIR: Final = "changes"
"""Where under the home the comparisons are kept."""


class History:
    """The shelf ``releases_dir``; ``open_old`` opens a release from disk as a service."""

    def __init__(
        self,
        releases_dir: Path,
        open_old: "Callable[[Release], Service]",
        *,
        kept_open: int,
        comparing: Comparing,
    ) -> None:
        self._dir = releases_dir
        self._open_old = open_old
        self._kept_open = kept_open
        self._manifests: dict[str, Release | None] = {}
        self._open: OrderedDict[str, Service] = OrderedDict()
        self._lock = Lock()
        self.comparing = comparing

    def releases(self) -> tuple[Release, ...]:
        """Releases whose manifest can be read, newest first; a damaged one is passed over."""
        found = (self._read(name) for name in release_names(self._dir))
        return tuple(release for release in found if release is not None)

    def release(self, name: str) -> Release:
        """The release of that id; ``latest`` is the newest. Raises ``UnknownRelease``."""
        names = release_names(self._dir)
        wanted = names[0] if name == LATEST and names else name
        release = self._read(wanted) if wanted in names else None
        if release is None:
            near = get_close_matches(name, names, 3, 0.6) or names[:3]
            raise UnknownRelease(name, near)
        return release

    def before(self, release: Release) -> Release | None:
        """The release before this one, if any is still on the shelf."""
        older = (each for each in self.releases() if each.id < release.id)
        return next(older, None)

    def after(self, release: Release) -> Release | None:
        """The release after this one, if there is any."""
        newer = [each for each in self.releases() if each.id > release.id]
        return newer[-1] if newer else None

    def current_at(self, moment: datetime) -> Release:
        """The release that was the newest at that time; before the first one, the first.

        Raises ``UnknownRelease`` where the shelf is empty.
        """
        releases = self.releases()
        if not releases:
            raise UnknownRelease(LATEST, ())
        then = (each for each in releases if created(each) <= moment)
        return next(then, releases[-1])

    def service(self, release: Release, now: "Service") -> "Service":
        """A service that answers from ``release``: ``now`` if that is it, else one from disk.

        Raises ``kg.errors.ReleaseError`` where its files are damaged.
        """
        if release.id == now.release.id:
            return now
        with self._lock:
            found = self._open.get(release.id)
            if found is None:
                found = self._open[release.id] = self._open_old(release)
            self._open.move_to_end(release.id)
            while len(self._open) > self._kept_open:  # closed when its last user lets it go
                self._open.popitem(last=False)
            return found

    def _read(self, name: str) -> Release | None:
        """The release of a name on the shelf; read once, since it never changes."""
        if name not in self._manifests:
            try:
                self._manifests[name] = read_release(self._dir / name)
            except KgError:
                return None
        return self._manifests[name]


def created(release: Release) -> datetime:
    """When a release was made."""
    return datetime.fromisoformat(release.manifest.created)


def history_of(request: HTTPConnection) -> History:
    """The history of the application that handles ``request``."""
    return cast("History", request.app.state.history)
