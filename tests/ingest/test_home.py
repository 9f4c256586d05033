"""The home directory: written whole or not at all, whatever happens in between."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest import runs
from ingest.errors import HomeBusy, HomeDamaged, HomeError
from ingest.home import Home


def tree(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def writer(text: str) -> Callable[[Path], None]:
    def write(directory: Path) -> None:
        (directory / "a.txt").write_text(text)

    return write


def fails(directory: Path) -> None:
    (directory / "half.txt").write_text("half")
    raise ValueError("in the middle")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    with made.lock():
        made.replace({"one": writer("old"), "two": writer("old")})
    return made


def test_sources_are_listed_by_name(home: Home, tmp_path: Path) -> None:
    (home.sources_dir / ".new-x").mkdir()
    (home.sources_dir / "stray.txt").write_text("")
    assert [each.name for each in home.sources()] == ["one", "two"]
    assert Home(tmp_path / "none").sources() == ()
    assert home.releases_dir == home.path / "releases"


def test_replacing_leaves_nothing_aside(home: Home) -> None:
    with home.lock():
        home.replace({"one": writer("new"), "three": writer("new")})
    assert tree(home.sources_dir) == {
        "one/a.txt": b"new",
        "three/a.txt": b"new",
        "two/a.txt": b"old",
    }
    assert [each for each in home.sources_dir.iterdir() if each.name.startswith(".")] == []


def test_a_writer_that_fails_changes_nothing(home: Home) -> None:
    before = tree(home.path)
    with pytest.raises(ValueError, match="in the middle"), home.lock():
        home.replace({"one": writer("new"), "three": fails})
    assert tree(home.path) == before
    assert {each.name for each in home.sources_dir.iterdir()} == {"one", "two"}


def test_a_disk_that_fails_changes_nothing(home: Home) -> None:
    def full(directory: Path) -> None:
        raise OSError(28, os.strerror(28))

    before = tree(home.path)
    with pytest.raises(HomeError) as caught, home.lock():
        home.replace({"one": full})
    assert str(caught.value) == (
        f"{home.sources_dir} could not be written: No space left on device. It is as it was "
        "before; free some space, or choose another with --home."
    )
    assert tree(home.path) == before


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("moves", range(6))
def test_a_crash_at_any_move_is_mended_by_the_next_run(
    home: Home, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    """Stop before the n-th move of directories, without any clean-up, as a kill does."""
    before = tree(home.sources_dir)
    done = 0
    rename, mkdir = Path.rename, Path.mkdir

    def count(step: Callable[..., object]) -> Callable[..., object]:
        def counted(self: Path, *args: object, **named: object) -> object:
            nonlocal done
            if ".old-" in f"{self}{args}" or ".new-" in f"{self}{args}":
                if done == moves:
                    raise Killed
                done += 1
            return step(self, *args, **named)

        return counted

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", count(rename))
        patched.setattr(Path, "mkdir", count(mkdir))
        patched.setattr(Home, "_recover", lambda self: None)
        with pytest.raises(Killed):
            _replace_two(home)
    with home.lock():
        pass
    after = tree(home.sources_dir)
    assert after == before
    assert [each for each in home.sources_dir.iterdir() if each.name.startswith(".")] == []


def _replace_two(home: Home) -> None:
    with home.lock():
        home.replace({"one": writer("new"), "three": writer("new")})
    raise Killed


def test_a_crash_after_the_last_move_keeps_the_new(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Home, "_recover", lambda self: None)
        with home.lock():
            home.replace({"one": writer("new"), "three": writer("new")})
    with home.lock():
        pass
    assert tree(home.sources_dir)["one/a.txt"] == b"new"
    assert {each.name for each in home.sources_dir.iterdir()} == {"one", "two", "three"}


def test_only_one_writes_at_a_time(home: Home) -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with Home(home.path).lock():
            held.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    try:
        with pytest.raises(HomeBusy) as caught, home.lock(wait_seconds=0.05):
            pass
        assert str(caught.value) == (
            f"Another process is writing to {home.path}. Wait until it is done, or stop it."
        )
    finally:
        done.set()
        thread.join()


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    wrong = Home(tmp_path / "file" / "home")
    with pytest.raises(HomeError, match=r"cannot be written: .* with --home"), wrong.lock():
        pass


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"iri": "x"}', '{"iri": "x", "label": "y", "used": 3}']
)
def test_a_damaged_run(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(HomeDamaged) as caught:
        runs.read_run(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / 'run.json'} is missing or damaged. Remove {tmp_path} and ingest that source "
        "again."
    )
