"""Backups: whole and verified or not there; damage is named and changes nothing."""

import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from kg.archive import LISTING, back_up, read_backup
from kg.errors import ArchiveError
from kg.model import Batch
from kg.release import Release, build, open_store
from kg.restoring import restore
from kg.shelf import all_releases, verify
from kg.stores.oxigraph import OxigraphStore

Make = Callable[..., list[Batch]]
_QUAD = Quad(
    NamedNode("http://e.org/s"), NamedNode("http://e.org/p"), Literal("é"), NamedNode("urn:g")
)
_PLAIN = Quad(NamedNode("http://e.org/s"), NamedNode("http://e.org/p"), Literal("in no graph"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, make_batches: Make) -> Path:
    """A home with two releases, a kept source and a workspace."""
    path = tmp_path_factory.mktemp("home")
    build(make_batches(1), path / "releases")
    build(make_batches(2), path / "releases")
    (path / "sources" / "one" / "claims").mkdir(parents=True)
    (path / "sources" / "one" / "claims" / "claims.csv").write_text("subject,é\n", "utf-8")
    (path / "sources" / ".new-half").mkdir()
    (path / "sources" / ".new-half" / "x.csv").write_text("half")
    (path / "changes").mkdir()
    (path / "changes" / "cache").write_text("can be made anew")
    store = OxigraphStore.at(path / "workspace")
    store.add([_QUAD, _PLAIN])
    store.settle()
    return path


@pytest.fixture(scope="module")
def archive(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("backup") / "home.zip"
    back_up(home, file)
    return file


def _state(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def _releases(home: Path) -> tuple[Release, ...]:
    return all_releases(home / "releases")


def test_a_home_comes_back_whole(home: Path, archive: Path, tmp_path: Path) -> None:
    back = tmp_path / "deep" / "home"
    found = restore(archive, back)
    assert _releases(back) == tuple(
        Release(back / "releases" / each.id, each.manifest) for each in _releases(home)
    )
    assert found.releases == tuple(each.id for each in _releases(home))
    for release in _releases(back):
        assert verify(release) == ()
        assert open_store(release, in_memory=False).size() == release.manifest.counts["quads"]
    assert (back / "sources/one/claims/claims.csv").read_text("utf-8") == "subject,é\n"
    assert set(OxigraphStore.read_only(back / "workspace").quads()) == {_QUAD, _PLAIN}
    assert {each.name for each in back.iterdir()} == {"sources", "releases", "workspace"}
    assert not (back / "sources" / ".new-half").exists()


def test_only_the_newest_release(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "newest.zip"
    made = back_up(home, file, only_newest=True)
    assert made.releases == (_releases(home)[0].id,)
    restore(file, tmp_path / "back")
    assert [each.id for each in _releases(tmp_path / "back")] == list(made.releases)


def test_an_empty_home(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    assert back_up(tmp_path / "home", tmp_path / "empty.zip").files == {}
    assert restore(tmp_path / "empty.zip", tmp_path / "back").releases == ()


def test_any_zip_tool_reads_it(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        listing = json.loads(opened.read(LISTING))
        assert set(listing["files"]) | {LISTING} == set(opened.namelist())


def test_a_workspace_in_use_is_backed_up(tmp_path: Path) -> None:
    home = tmp_path / "home"
    script = (
        "import sys, pyoxigraph as ox\n"
        "store = ox.Store(sys.argv[1])\n"
        "store.update('INSERT DATA { <urn:s> <urn:p> <urn:o> }')\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
    )
    (home / "workspace").mkdir(parents=True)
    command = [sys.executable, "-c", script, str(home / "workspace")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"ready\n"
        back_up(home, tmp_path / "live.zip")
        holder.stdin.close()
    restore(tmp_path / "live.zip", tmp_path / "back")
    assert OxigraphStore.read_only(tmp_path / "back" / "workspace").size() == 1


class TestRefusals:
    def test_nothing_is_overwritten(self, home: Path, archive: Path, tmp_path: Path) -> None:
        before = archive.read_bytes()
        with pytest.raises(ArchiveError, match="there already"):
            back_up(home, archive)
        assert archive.read_bytes() == before
        state = _state(home)
        with pytest.raises(ArchiveError, match=r"sources is there already"):
            restore(archive, home)
        assert _state(home) == state

    def test_a_home_with_only_caches_may_be_restored_to(
        self, archive: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "changes").mkdir()
        (tmp_path / "releases").mkdir()
        restore(archive, tmp_path)
        assert len(_releases(tmp_path)) == 2

    def test_a_place_that_is_none(self, home: Path, tmp_path: Path) -> None:
        with pytest.raises(ArchiveError, match="is no directory"):
            back_up(home, tmp_path / "nowhere" / "x.zip")
        with pytest.raises(ArchiveError, match="cannot be read"):
            restore(tmp_path / "nothing.zip", tmp_path / "home")

    def test_a_damaged_release_is_not_backed_up(self, tmp_path: Path, make_batches: Make) -> None:
        release = build(make_batches(1), tmp_path / "home" / "releases")
        (release.path / "void.ttl").write_text("")
        with pytest.raises(ArchiveError, match=r"void\.ttl"):
            back_up(tmp_path / "home", tmp_path / "x.zip")
        assert [each.name for each in tmp_path.iterdir()] == ["home"]


def _rewritten(archive: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """A copy of the archive with members changed, or left out where ``change`` gives ``None``."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = change(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
    return target


class TestDamage:
    @pytest.mark.parametrize("seed", range(12))
    def test_a_flipped_byte_changes_nothing(self, archive: Path, tmp_path: Path, seed: int) -> None:
        data = bytearray(archive.read_bytes())
        with zipfile.ZipFile(archive) as opened:
            member = random.Random(seed).choice(
                [each for each in opened.infolist() if each.compress_size > 100]
            )
        data[member.header_offset + 60 + len(member.filename)] ^= 0x55
        broken = tmp_path / "broken.zip"
        broken.write_bytes(data)
        with pytest.raises(ArchiveError, match="nothing was changed") as caught:
            restore(broken, tmp_path / "home")
        assert member.filename in str(caught.value)
        assert not (tmp_path / "home").exists()

    @pytest.mark.parametrize("part", [0.0, 0.3, 0.99])
    def test_a_file_cut_short(self, archive: Path, tmp_path: Path, part: float) -> None:
        whole = archive.read_bytes()
        cut = tmp_path / "cut.zip"
        cut.write_bytes(whole[: int(len(whole) * part)])
        with pytest.raises(ArchiveError, match="no whole archive"):
            restore(cut, tmp_path / "home")
        assert not (tmp_path / "home").exists()

    def test_a_file_exchanged_for_another(self, archive: Path, tmp_path: Path) -> None:
        def change(name: str, data: bytes) -> bytes:
            return b"other" if name.endswith("claims.csv") else data

        with pytest.raises(ArchiveError, match=r"claims\.csv in it is damaged.*checksum"):
            restore(_rewritten(archive, tmp_path / "x.zip", change), tmp_path / "home")
        assert not (tmp_path / "home").exists()

    def test_a_file_missing(self, archive: Path, tmp_path: Path) -> None:
        def change(name: str, data: bytes) -> bytes | None:
            return None if name.endswith("quality.md") else data

        with pytest.raises(ArchiveError, match=r"quality\.md.*missing from the archive"):
            restore(_rewritten(archive, tmp_path / "x.zip", change), tmp_path / "home")

    @pytest.mark.parametrize(
        "name", ["../evil", "/etc/evil", "sources/../../evil", "releases/..", "C:/x", "home.txt"]
    )
    def test_a_member_that_leads_elsewhere(self, tmp_path: Path, name: str) -> None:
        listing = {"form": 1, "created": "x", "releases": [], "files": {}}
        listing["files"] = {name: {"sha256": "0" * 64, "size": 1}}
        file = tmp_path / "evil.zip"
        with zipfile.ZipFile(file, "w") as opened:
            opened.writestr(LISTING, json.dumps(listing))
            opened.writestr(name, "x")
        with pytest.raises(ArchiveError, match="is no file of a home"):
            restore(file, tmp_path / "home")
        assert {each.name for each in tmp_path.iterdir()} == {"evil.zip"}

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"form": 2}', '{"form": 1, "files": 3}'])
    def test_a_listing_that_is_none(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "x.zip"
        with zipfile.ZipFile(file, "w") as opened:
            opened.writestr(LISTING, text)
        with pytest.raises(ArchiveError, match=r"x\.zip"):
            read_backup(file)

    def test_a_release_that_is_damaged_inside_is_refused_after_unpacking(
        self, tmp_path: Path, make_batches: Make
    ) -> None:
        # Checksums of the archive fit, those of the release do not: made from a damaged home.
        home = tmp_path / "home"
        release = build(make_batches(1), home / "releases")
        back_up(home, tmp_path / "good.zip")
        name = f"releases/{release.id}/void.ttl"

        def change(member: str, data: bytes) -> bytes:
            if member == name:
                return b"changed"
            if member == LISTING:
                listing = json.loads(data)
                digest = hashlib.sha256(b"changed").hexdigest()
                listing["files"][name] = {"sha256": digest, "size": 7}
                return json.dumps(listing).encode()
            return data

        bad = _rewritten(tmp_path / "good.zip", tmp_path / "bad.zip", change)
        with pytest.raises(ArchiveError, match=r"void\.ttl has changed"):
            restore(bad, tmp_path / "back")
        assert not (tmp_path / "back").exists()


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file of this process may grow over 100 kB, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, old)


@pytest.mark.usefixtures("small_files")
def test_a_full_disk_leaves_nothing(home: Path, archive: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="the disk says"):
        back_up(home, tmp_path / "x.zip")
    with pytest.raises(ArchiveError, match="the disk says"):
        restore(archive, tmp_path / "back")
    assert os.listdir(tmp_path) == []
