"""Backup of a whole home in one file, and back: a ZIP archive with a checksum for every file.

    backup.json         form, time, releases, and SHA-256 and size of every other member
    sources/...         what was ingested
    releases/<id>/...   each release as it is on the shelf
    workspace.nq        what the workspace holds (its default graph and named graphs)

Each member is packed by itself, so any ZIP tool lists and tests it, and damage concerns the file
it hits. What can be made anew (comparisons, dumps in other formats) is left out.
"""

import hashlib
import json
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from kg.errors import ArchiveError, ReleaseError
from kg.shelf import (
    MANIFEST,
    FileRecord,
    Release,
    all_releases,
    file_record,
    newest,
    verify,
)
from kg.stores.oxigraph import OxigraphStore

FORM: Final = 1
LISTING: Final = "backup.json"
SOURCES, RELEASES, WORKSPACE = "sources", "releases", "workspace"
WORKSPACE_FILE: Final = f"{WORKSPACE}.nq"
_SAFE: Final = re.compile(r"(?:sources|releases)(?:/(?!\.\.?(?:/|$))[^/\\:\x00]+)+|workspace\.nq")
_PACKED: Final = (".zst", ".sst", ".blob")
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: when it was made, ids of its releases, its files, bytes unpacked."""

    created: str
    releases: tuple[str, ...]
    files: Mapping[str, FileRecord]

    @property
    def size_bytes(self) -> int:
        """Bytes of all files, unpacked."""
        return sum(record.size for record in self.files.values())


def back_up(home: Path, target: Path, *, only_newest: bool = False) -> Backup:
    """Write a backup of ``home`` to ``target``, whole and verified, or nothing.

    ``only_newest``: of the releases only the newest. Raises ``ArchiveError`` where ``target`` is
    there already or cannot be written, and naming the file where a release is damaged.
    """
    if target.exists():
        raise ArchiveError(f"{target} is there already; nothing was overwritten. Choose another.")
    if not target.parent.is_dir():
        raise ArchiveError(f"{target.parent} is no directory. Make it, or choose another place.")
    with (
        disk_words(target),
        tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as work,
    ):
        listed = _releases(home / RELEASES, only_newest)
        paths = {**_sources(home), **_workspace(home, Path(work))}
        records = {name: file_record(path) for name, path in paths.items()}
        for release in listed:
            found = {MANIFEST: file_record(release.path / MANIFEST), **release.manifest.files}
            for name, record in found.items():
                member = f"{RELEASES}/{release.id}/{name}"
                paths[member], records[member] = release.path / name, record
        backup = Backup(_now(), tuple(release.id for release in listed), records)
        part = Path(work) / "backup.zip"
        _write(part, backup, paths)
        read_backup(part)
        _publish(part, target)
    return backup


def read_backup(file: Path) -> Backup:
    """Read a backup whole and compare every file in it with its checksum.

    Raises ``ArchiveError`` naming the archive, and the file in it that is damaged or missing.
    """
    with opened(file) as archive:
        backup = listing(archive, file)
        for name, record in backup.files.items():
            copy_member(archive, file, name, record, None)
    return backup


def _releases(folder: Path, only_newest: bool) -> tuple[Release, ...]:
    """Releases to keep. Raises ``ArchiveError`` naming a file that is damaged."""
    try:
        found = all_releases(folder)
        found = (newest(folder),) if found and only_newest else found
    except ReleaseError as error:
        raise ArchiveError(f"No backup was made: {error}") from error
    for release in found:
        for finding in verify(release):
            if finding.severity == "violation":
                raise ArchiveError(
                    f"No backup was made: {finding.place}: {finding.message} Build the release "
                    "again, or remove its directory."
                )
    return found


def _sources(home: Path) -> dict[str, Path]:
    """Files of the kept sources by member name; what a write left half done is passed over."""
    folder = home / SOURCES
    return {
        f"{SOURCES}/{path.relative_to(folder).as_posix()}": path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    }


def _workspace(home: Path, work: Path) -> dict[str, Path]:
    """The workspace as it is now, written out; a server may have it open meanwhile."""
    folder = home / WORKSPACE
    if not folder.is_dir() or not any(folder.iterdir()):
        return {}
    path = work / WORKSPACE_FILE
    with path.open("wb") as out:
        OxigraphStore.read_only(folder).dump(out)
    return {WORKSPACE_FILE: path}


def _write(part: Path, backup: Backup, paths: Mapping[str, Path]) -> None:
    head = {
        "form": FORM,
        "created": backup.created,
        "releases": backup.releases,
        "files": {
            name: {"sha256": record.sha256, "size": record.size}
            for name, record in backup.files.items()
        },
    }
    with zipfile.ZipFile(part, "x", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(LISTING, json.dumps(head, indent=1, ensure_ascii=False))
        for name, path in paths.items():
            stored = path.suffix in _PACKED
            how = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            archive.write(path, name, how)
    sync(part)


def _publish(part: Path, target: Path) -> None:
    """Give the whole archive its name in one step, unless the name was taken meanwhile."""
    try:
        os.link(part, target)
    except FileExistsError as error:
        raise ArchiveError(f"{target} is there already; nothing was overwritten.") from error
    except OSError:  # a file system without hard links
        part.rename(target)
    sync(target.parent)


def listing(archive: zipfile.ZipFile, file: Path) -> Backup:
    """What an archive says that it holds. Raises ``ArchiveError`` where it holds something else."""
    try:
        data = json.loads(archive.read(LISTING))
        if data["form"] != FORM:
            raise ArchiveError(
                f"{file} is a backup of form {data['form']}; this program reads form {FORM}."
            )
        files = {
            str(name): FileRecord(str(record["sha256"]), int(record["size"]))
            for name, record in data["files"].items()
        }
        backup = Backup(str(data["created"]), tuple(map(str, data["releases"])), files)
    except KeyError as error:
        raise ArchiveError(f"{file} is no backup: {error} is missing from {LISTING}.") from error
    except (ValueError, TypeError, AttributeError, zlib.error, zipfile.BadZipFile) as error:
        raise ArchiveError(damaged(file, LISTING, str(error))) from error
    present = set(archive.namelist()) - {LISTING}
    for name in sorted({*files, *present}):
        if not _SAFE.fullmatch(name):
            raise ArchiveError(f"{file}: {name!r} is no file of a home. This is no backup of ours.")
        if name not in present or name not in files:
            where = "the archive" if name not in present else LISTING
            raise ArchiveError(damaged(file, name, f"it is missing from {where}"))
    return backup


def copy_member(
    archive: zipfile.ZipFile, file: Path, name: str, record: FileRecord, target: Path | None
) -> None:
    """Unpack a member to ``target`` (``None``: nowhere) and compare it with its record."""
    digest, size = hashlib.sha256(), 0
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with archive.open(name) as member, open(target or os.devnull, "wb") as out:
            while block := member.read(_BLOCK):
                digest.update(block)
                size += len(block)
                if size > record.size:  # it will not be what it claims; do not fill the disk
                    break
                out.write(block)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ArchiveError(damaged(file, name, str(error))) from error
    if (digest.hexdigest(), size) != (record.sha256, record.size):
        raise ArchiveError(damaged(file, name, "its checksum differs"))


@contextmanager
def opened(file: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, opened for reading. Raises ``ArchiveError`` where it is none."""
    try:
        archive = zipfile.ZipFile(file)
    except zipfile.BadZipFile as error:
        raise ArchiveError(
            f"{file} is no whole archive ({error}); nothing was changed. Take another backup."
        ) from error
    except OSError as error:
        raise ArchiveError(f"{file} cannot be read: {error.strerror}. Check the path.") from error
    with archive:
        yield archive


@contextmanager
def disk_words(place: Path) -> Iterator[None]:
    """Errors of the disk in words."""
    try:
        yield
    except OSError as error:
        raise ArchiveError(
            f"{error.filename or place}: the disk says: {error.strerror or error}. Nothing was "
            "kept; make room, or choose another place."
        ) from error


def damaged(file: Path, name: str, reason: str) -> str:
    """The sentence about a damaged member of an archive."""
    return f"{file}: {name} in it is damaged ({reason}); nothing was changed. Take another backup."


def _now() -> str:
    return datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def sync(path: Path) -> None:
    """Bring a file, or the entries of a directory, to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
