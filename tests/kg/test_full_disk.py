"""A disk that fills up while a release is built: words, no rubbish, the release before stays."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from kg.shelf import newest, release_names, verify

BUILD = Path(__file__).parents[1] / "api" / "operations" / "build_small.py"
MIB = 2**20


def build(shelf, note, file_bytes=None):
    """Build in a process of its own, whose files may not grow over ``file_bytes``."""

    def limit():
        if file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    return subprocess.run(
        [sys.executable, str(BUILD), str(shelf), note],
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=limit,
    )


def check_refused(done, shelf, before):
    assert done.returncode == 1
    assert "kg.errors.StoreError" in done.stderr.splitlines()[-1]
    assert "the disk says" in done.stderr.splitlines()[-1]
    assert release_names(shelf) == (before,)
    assert verify(newest(shelf)) == ()
    assert [path.name for path in shelf.iterdir() if path.name.startswith(".b")] == []


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory):
    """A shelf with one release on a disk of 48 MiB."""
    place = tmp_path_factory.mktemp("disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no mount command here")
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        assert build(place / "releases", "first").returncode == 0
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("free_kib", [0, 40, 700, 2000, 4000, 6000])
def test_a_full_disk_leaves_the_release_before(small_disk, free_kib):
    shelf = small_disk / "releases"
    before = newest(shelf).id
    ballast = small_disk / "ballast"
    room = os.statvfs(small_disk)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize - free_kib * 1024)
    try:
        check_refused(build(shelf, "no room"), shelf, before)
    finally:
        ballast.unlink()


def test_with_room_again_the_same_build_succeeds(small_disk):
    shelf = small_disk / "releases"
    before = newest(shelf).id
    done = build(shelf, "with room")
    assert done.returncode == 0, done.stderr
    assert newest(shelf).id == done.stdout.strip() != before
    assert verify(newest(shelf)) == ()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A shelf with one release."""
    place = tmp_path_factory.mktemp("shelf") / "releases"
    assert build(place, "first").returncode == 0
    return place


@pytest.mark.parametrize("file_kib", [0, 8, 64, 512, 2048])
def test_a_limit_on_files_leaves_the_release_before(shelf, file_kib):
    check_refused(build(shelf, "no room", file_kib * 1024), shelf, newest(shelf).id)


def test_a_place_that_may_not_be_written_is_told(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("no directory")
    done = build(blocked / "releases", "nowhere")
    assert done.returncode == 1
    assert str(blocked) in done.stderr
