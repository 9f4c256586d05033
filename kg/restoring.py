"""Brings a backup (``kg.archive``) back to an empty home: everything, or nothing."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kg.archive import (
    RELEASES,
    SOURCES,
    WORKSPACE,
    WORKSPACE_FILE,
    Backup,
    copy_member,
    damaged,
    disk_words,
    opened,
    read_backup,
    sync,
)
from kg.errors import ArchiveError, ReleaseError
from kg.shelf import read_release, verify
from kg.stores.oxigraph import OxigraphStore


def restore(file: Path, home: Path) -> Backup:
    """Bring a backup back to a ``home`` that has neither sources, releases nor workspace.

    The archive is verified before anything is written, each release after it; a fault leaves the
    home as it was. Raises ``ArchiveError``.
    """
    for name in (SOURCES, RELEASES, WORKSPACE):
        if (home / name).exists() and any((home / name).iterdir()):
            raise ArchiveError(
                f"{home / name} is there already; nothing was overwritten. Restore to another "
                "home with --home, or move that one away."
            )
    backup = read_backup(file)
    with disk_words(home), _room(home) as work, opened(file) as archive:
        for name, record in backup.files.items():
            copy_member(archive, file, name, record, work / name)
        for name in backup.releases:
            _check_release(file, work / RELEASES / name)
        _load_workspace(work)
        _move(work, home)
    return backup


def _check_release(file: Path, folder: Path) -> None:
    try:
        found = verify(read_release(folder))
    except ReleaseError as error:
        raise ArchiveError(f"{file}: {error} Nothing was restored.") from error
    if found:
        raise ArchiveError(damaged(file, f"{RELEASES}/{folder.name}", found[0].message))


def _load_workspace(work: Path) -> None:
    path = work / WORKSPACE_FILE
    if path.is_file():
        store = OxigraphStore.at(work / WORKSPACE)
        store.load(path)
        store.settle()
        del store  # closes it, so that it may be moved
        path.unlink()


def _move(work: Path, home: Path) -> None:
    """Move what was unpacked to its places, the releases last; back again where that fails."""
    moved: list[Path] = []
    try:
        for name in (SOURCES, WORKSPACE, RELEASES):
            if (work / name).exists():
                place = home / name
                if place.exists():
                    place.rmdir()
                (work / name).rename(place)
                moved.append(place)
    except OSError:
        for place in moved:
            place.rename(work / place.name)
        raise
    sync(home)


@contextmanager
def _room(home: Path) -> Iterator[Path]:
    """A directory in the home to unpack in; removed at the end, with a home that it made."""
    made = not home.exists()
    home.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".restoring-", dir=home))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if made and not any(home.iterdir()):
            home.rmdir()
