"""The home directory: what was ingested, and the releases built from it.

    HOME/
      sources/<slug>/     one directory per ingested input: sources.csv, claims/claims.csv, run.json
      releases/           made by ``kg.release``
      .lock               held while something is written

A source's directory is written beside its place and moved there whole. POSIX has no exchange of
directories that Python can reach, so the old one first moves to a name that begins with
``.old-``; whoever takes the lock next puts it back if a crash came between the two moves.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ingest.errors import HomeBusy, HomeError

_NEW, _OLD = ".new-", ".old-"
_WAIT_SECONDS = 10.0


class Home:
    """A home directory; made when something is first written to it."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    @property
    def sources_dir(self) -> Path:
        """Directory of the ingested sources."""
        return self.path / "sources"

    @property
    def releases_dir(self) -> Path:
        """Directory of the releases."""
        return self.path / "releases"

    def sources(self) -> tuple[Path, ...]:
        """Directories of the ingested sources, sorted by name."""
        if not self.sources_dir.is_dir():
            return ()
        found = (each for each in self.sources_dir.iterdir() if each.is_dir())
        return tuple(sorted(each for each in found if not each.name.startswith(".")))

    @contextmanager
    def lock(self, wait_seconds: float = _WAIT_SECONDS) -> Iterator[None]:
        """Hold the home for writing. Raises ``HomeBusy`` where another process keeps it."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            held = FileLock(self.path / ".lock", timeout=wait_seconds)
            held.acquire()
        except Timeout as error:
            raise HomeBusy(
                f"Another process is writing to {self.path}. Wait until it is done, or stop it."
            ) from error
        except OSError as error:
            raise HomeError(
                f"The home {self.path} cannot be written: {error.strerror}. "
                "Choose another with --home."
            ) from error
        try:
            self._recover()
            yield
        finally:
            held.release()

    def replace(self, writers: Mapping[str, Callable[[Path], None]]) -> None:
        """Write source directories by name: all of them, or none.

        Each writer fills an empty directory. Hold the lock. Raises ``HomeError`` where the disk
        refuses; whatever a writer raises passes through, with the home as it was before.
        """
        self.sources_dir.mkdir(parents=True, exist_ok=True)
        try:
            for name, writer in writers.items():
                fresh = self.sources_dir / f"{_NEW}{name}"
                fresh.mkdir()
                writer(fresh)
            for name in writers:
                self._swap(name)
        except OSError as error:
            raise HomeError(
                f"{self.sources_dir} could not be written: {error.strerror}. "
                "It is as it was before; free some space, or choose another with --home."
            ) from error
        finally:
            self._recover()

    def _swap(self, name: str) -> None:
        place, old = self.sources_dir / name, self.sources_dir / f"{_OLD}{name}"
        if place.exists():
            place.rename(old)
        else:
            old.mkdir()  # An empty one says that there was none before.
        (self.sources_dir / f"{_NEW}{name}").rename(place)

    def _recover(self) -> None:
        """Put back what a crash moved aside, and sweep away what it left half-written.

        While directories with ``.new-`` are left, the replacement did not come to its end: every
        ``.old-`` goes back, so that all sources of one run change together.
        """
        if not self.sources_dir.is_dir():
            return
        unfinished = list(self.sources_dir.glob(f"{_NEW}*"))
        for old in self.sources_dir.glob(f"{_OLD}*"):
            if unfinished:
                self._put_back(old)
            else:
                shutil.rmtree(old)
        for fresh in unfinished:
            shutil.rmtree(fresh)

    def _put_back(self, old: Path) -> None:
        place = self.sources_dir / old.name.removeprefix(_OLD)
        shutil.rmtree(place, ignore_errors=True)
        if any(old.iterdir()):
            old.rename(place)
        else:
            old.rmdir()
