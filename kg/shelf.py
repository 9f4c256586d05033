"""The shelf of releases: a directory of immutable, dated release directories.

A release is whole or not there: it is written under a name that begins with a dot and renamed when
everything is on disk. Names sort by time. Its files:

    manifest.json      what it is, from what, counts, SHA-256 and size of each file
    dump.nq.zst        all quads, sorted N-Quads; the same inputs give the same bytes
    store/             RocksDB, opened read-only
    void.ttl           VoID statistics
    validation.json    findings of SHACL, and validation.md in words
    tables.sqlite      cases, facets and texts, for lists and search
    quality.json       how much is known, and quality.md in words
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from kg.errors import BuildInProgress, ReleaseError, StoreError
from kg.model import Finding
from kg.stores.faults import room_faults
from kg.stores.oxigraph import OxigraphStore

MANIFEST: Final = "manifest.json"
DUMP: Final = "dump.nq.zst"
STORE: Final = "store"
UNFINISHED: Final = ".building-"
IN_MEMORY_QUADS: Final = 2_000_000
"""Up to this many quads a release is served from memory: about 360 bytes and 3 to 5 µs each to
load; above, from RocksDB read-only, which opens in 20 ms and answers about 4 times slower."""

_NAME: Final = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
_VOLATILE: Final = re.compile(r"LOCK|LOG(\.old\..*)?")
"""Files that RocksDB writes when opening a store; no part of the data."""
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class FileRecord:
    """``size`` in bytes, ``sha256`` in hexadecimal."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a release says of itself.

    ``created``: UTC, ISO 8601; ``inputs``: digest of all that went in; ``dump``: SHA-256 of the
    unpacked dump; ``counts``: quads, claims, sources and more by name; ``graphs``, ``classes``,
    ``modalities``: IRI or term -> number; ``seconds``: stage of the build -> time it took;
    ``files``: path inside the release -> record.
    """

    id: str
    created: str
    software: str
    ontology: str
    inputs: str
    dump: str
    counts: Mapping[str, int]
    graphs: Mapping[str, int]
    classes: Mapping[str, int]
    modalities: Mapping[str, int]
    seconds: Mapping[str, float]
    files: Mapping[str, FileRecord]


@dataclass(frozen=True, slots=True)
class Release:
    """A whole release on the shelf."""

    path: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        """Name of the release, the same as its directory's; sorts by time."""
        return self.manifest.id

    @property
    def size_bytes(self) -> int:
        """Bytes of all its files."""
        return sum(record.size for record in self.manifest.files.values())


def release_names(releases_dir: Path) -> tuple[str, ...]:
    """Names of the releases on the shelf, newest first, whether whole or damaged."""
    try:
        names = [path.name for path in releases_dir.iterdir() if _NAME.fullmatch(path.name)]
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return tuple(sorted(names, reverse=True))


def signature(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Name, time of change (ns) and size (bytes) of each file below; tells whether one changed.

    The time is that of the inode: a file put back under its old date counts as changed.
    """
    try:
        stats = [(name, (path / name).stat()) for name in _files(path)]
    except OSError:  # it is being written, moved or removed just now
        return ()
    return tuple((name, stat.st_ctime_ns, stat.st_size) for name, stat in stats)


def all_releases(releases_dir: Path) -> tuple[Release, ...]:
    """Whole releases, newest first; unfinished and foreign directories are passed over.

    Raises ``ReleaseError`` where a release's manifest cannot be read.
    """
    return tuple(read_release(releases_dir / name) for name in release_names(releases_dir))


def newest(releases_dir: Path) -> Release:
    """The newest whole release. Raises ``ReleaseError`` where there is none."""
    names = release_names(releases_dir)
    if not names:
        raise ReleaseError(f"{releases_dir}: there is no release yet. Make one: mission-kg build")
    return read_release(releases_dir / names[0])


def read_release(path: Path) -> Release:
    """The release in a directory. Raises ``ReleaseError`` naming a bad or missing manifest."""
    file = path / MANIFEST
    try:
        data = json.loads(file.read_text("utf-8"))
        data["files"] = {name: FileRecord(**record) for name, record in data["files"].items()}
        return Release(path, Manifest(**data))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ReleaseError(
            f"{file}: the manifest is missing or damaged ({error}). "
            "Remove this release's directory, or build again."
        ) from error


def open_store(release: Release, in_memory: bool | None = None) -> OxigraphStore:
    """The release's graph: loaded to memory where it is small (or asked), else read-only on disk.

    Raises ``ReleaseError`` where its files are missing or damaged.
    """
    if in_memory is None:
        in_memory = release.manifest.counts["quads"] <= IN_MEMORY_QUADS
    part = DUMP if in_memory else STORE
    if not (release.path / part).exists():
        raise ReleaseError(f"{release.path / part}: missing from the release. Build again.")
    try:
        if not in_memory:
            return OxigraphStore.read_only(release.path / STORE)
        store = OxigraphStore.memory()
        store.load(release.path / DUMP)
    except StoreError as error:
        raise ReleaseError(f"The release {release.id} is damaged: {error}") from error
    if store.size() != release.manifest.counts["quads"]:
        raise ReleaseError(
            f"{release.path / DUMP}: holds {store.size()} quads where the manifest says "
            f"{release.manifest.counts['quads']}. Restore the release, or build again."
        )
    return store


def verify(release: Release) -> tuple[Finding, ...]:
    """Checks every file against the manifest; one finding per file missing, changed or added."""
    kept = {name: _record_or_none(release.path / name) for name in release.manifest.files}
    findings = [
        Finding(
            severity="violation",
            message=f"{name} is missing from the release."
            if kept[name] is None
            else f"{name} has changed since the release was made (its checksum differs).",
            place=str(release.path / name),
            remedy="Restore the release from a backup, or build again.",
        )
        for name, record in release.manifest.files.items()
        if kept[name] != record
    ]
    extra = set(_files(release.path)) - set(release.manifest.files) - {MANIFEST}
    findings += [
        Finding(
            severity="warning",
            message=f"{name} is no part of the release.",
            place=str(release.path / name),
            remedy="Remove the file.",
        )
        for name in sorted(extra)
    ]
    return tuple(findings)


def keep(releases_dir: Path, count: int) -> tuple[str, ...]:
    """Remove all but the newest ``count`` releases (at least one); ids of those removed."""
    removed = all_releases(releases_dir)[max(count, 1) :]
    for release in removed:
        doomed = release.path.with_name(f"{UNFINISHED}old-{release.id}")
        release.path.rename(doomed)
        shutil.rmtree(doomed)
    return tuple(release.id for release in removed)


@contextmanager
def building(releases_dir: Path) -> Iterator[Path]:
    """A fresh directory to build in, with the shelf locked; what killed builds left is removed.

    The lock is the kernel's and ends with the process, however it ends. Raises
    ``BuildInProgress``, and ``StoreError`` where the disk is full or refuses. The directory is
    removed afterwards unless :func:`seal` renamed it.
    """
    with room_faults(releases_dir), _lock(releases_dir / ".lock"):
        for rest in releases_dir.glob(f"{UNFINISHED}*"):
            shutil.rmtree(rest)
        work = releases_dir / f"{UNFINISHED}{os.getpid()}"
        work.mkdir()
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def seal(work: Path, manifest: Manifest) -> Release:
    """Write the manifest, bring all to disk, and give the directory its name in one step."""
    text = json.dumps(asdict(manifest), indent=1, sort_keys=True, ensure_ascii=False)
    (work / MANIFEST).write_text(text + "\n", "utf-8")
    for name in _files(work):
        _sync(work / name)
    for folder in {work, *(work / name for name in _files(work))}:
        _sync(folder if folder.is_dir() else folder.parent)
    final = work.with_name(manifest.id)
    work.rename(final)
    _sync(final.parent)
    return Release(final, manifest)


def file_records(folder: Path) -> dict[str, FileRecord]:
    """Records of all files below a folder but the manifest, by path with slashes."""
    return {name: file_record(folder / name) for name in _files(folder) if name != MANIFEST}


def file_record(path: Path) -> FileRecord:
    """Digest and size of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return FileRecord(digest.hexdigest(), path.stat().st_size)


def _record_or_none(path: Path) -> FileRecord | None:
    return file_record(path) if path.is_file() else None


def _files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not _VOLATILE.fullmatch(path.name)
    )


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    import fcntl  # POSIX only, like the forked workers

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BuildInProgress(
                f"{path.parent}: another build is at work here. Wait until it is done."
            ) from error
        yield
