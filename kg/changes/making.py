"""Makes the record of changes between two releases once and keeps it beside the home.

    CACHE/<old>..<new>/
      changes.sqlite     counts and lists (``kg.changes.record``)
      patch.rdfp.zst     every line as RDF Patch (``kg.changes.merge``)

A pair's directory is written under another name and renamed when whole, so a reader never sees
half of it. Releases never change, so neither does the record of a pair.
"""

import os
import shutil
import tempfile
import time
from itertools import accumulate
from pathlib import Path
from typing import Final

import zstandard

from kg.changes.merge import BOTH, PATCH_END, dump_lines, merged, patch_head, patch_line
from kg.changes.record import Recorder
from kg.errors import StoreError
from kg.shelf import Release, read_release

RECORD: Final = "changes.sqlite"
PATCH: Final = "patch.rdfp.zst"
FORM: Final = 1
"""Form of the record; a record of another form is made anew."""
ROOM_BYTES: Final = 2 * 2**30
"""Room for the records of all pairs where nothing else is said."""
_UNFINISHED: Final = ".making-"
_STALE_SECONDS: Final = 24 * 3600
_LEVEL: Final = 3


def place_of(cache: Path, old: str, new: str) -> Path:
    """Directory of the record of a pair of releases (their ids), there or not."""
    return cache / f"{FORM}-{old}..{new}"


def is_made(cache: Path, old: str, new: str) -> bool:
    """Whether the record of a pair is there."""
    return place_of(cache, old, new).is_dir()


def make_changes(old: Path, new: Path, cache: Path, room_bytes: int = ROOM_BYTES) -> Path:
    """Compare two releases (their directories) unless that was done; returns the record's place.

    Memory stays at some megabytes whatever the releases' size. The newest records stay, as many as
    ``room_bytes`` hold.
    Raises ``ReleaseError`` naming a damaged file, ``StoreError`` where the disk refuses.
    """
    releases = read_release(old), read_release(new)
    place = place_of(cache, releases[0].id, releases[1].id)
    if place.is_dir():
        return place
    try:
        cache.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=cache))
        try:
            _write(*releases, work)
            _name(work, place)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        _prune(cache, room_bytes)
    except OSError as error:
        raise StoreError(f"{cache}: the disk says: {error}. Make room there.") from error
    return place


def _write(old: Release, new: Release, work: Path) -> None:
    start = time.perf_counter()
    recorder = Recorder(work / RECORD, _facts(old, new))
    packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    try:
        with (work / PATCH).open("wb") as raw, packer.stream_writer(raw) as patch:
            patch.write(patch_head(old.id, new.id))
            for side, line in merged(dump_lines(old), dump_lines(new)):
                recorder.see(side, line)
                if side != BOTH:
                    patch.write(patch_line(side, line))
            patch.write(PATCH_END)
        recorder.finish(seconds=round(time.perf_counter() - start, 3))
    finally:
        recorder.close()


def _facts(old: Release, new: Release) -> dict[str, object]:
    return {
        "releases": [old.id, new.id],
        "created": [old.manifest.created, new.manifest.created],
        "quads": [old.manifest.counts["quads"], new.manifest.counts["quads"]],
        "ontology": [old.manifest.ontology, new.manifest.ontology],
        "software": [old.manifest.software, new.manifest.software],
    }


def _name(work: Path, place: Path) -> None:
    try:
        work.chmod(0o755)  # else only the user who asked first could read it
        work.rename(place)
    except OSError:
        if not place.is_dir():  # else another process was quicker with the same record
            raise


def forget(cache: Path, old: str, new: str) -> None:
    """Remove the record of a pair, so that it is made anew."""
    shutil.rmtree(place_of(cache, old, new), ignore_errors=True)


def _prune(cache: Path, room_bytes: int) -> None:
    """Remove the oldest records for which there is no room, and what a crash left; not the newest.

    Records of another form go too.
    """
    found = sorted(
        (each for each in cache.iterdir() if each.is_dir()), key=os.path.getmtime, reverse=True
    )
    records = [each for each in found if each.name.startswith(f"{FORM}-")]
    sums = accumulate(sum(file.stat().st_size for file in each.iterdir()) for each in records)
    full = [each for each, total in zip(records, sums, strict=True) if total > room_bytes]
    stale = [each for each in found if each not in records and _is_stale(each)]
    for each in (*(each for each in full if each != records[0]), *stale):
        shutil.rmtree(each, ignore_errors=True)


def _is_stale(path: Path) -> bool:
    return (
        not path.name.startswith(_UNFINISHED) or time.time() - path.stat().st_mtime > _STALE_SECONDS
    )
