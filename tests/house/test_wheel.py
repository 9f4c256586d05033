"""The build backend drops a mistyped folder without a word; the wheel is held against the tree."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "ingest", "kg", "queries", "ontology")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel's file names, built as a release would be."""
    uv = shutil.which("uv") or pytest.skip("uv is not installed here")
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [uv, "build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", out],
        cwd=ROOT,
        check=True,
    )
    (built,) = out.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def tracked(*places: str) -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *places],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}


def test_wheel_holds_every_file_of_the_rooms(wheel):
    assert {name for name in wheel if ".dist-info/" not in name} == tracked(*ROOMS)


def test_wheel_holds_what_is_no_code(wheel):
    suffixes = {Path(name).suffix for name in wheel}
    assert {".ttl", ".rq", ".csv", ".html", ".css", ".svg"} <= suffixes
    assert {name.rpartition("/")[2] for name in wheel} >= {"LICENSE", "LICENSE-DATA"}


def test_rooms_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert tuple(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == ROOMS
    assert not list(ROOT.glob("*.py")), "a module at the root could shadow a library"
