"""The files for deploying say what this program is, and are hardened."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from api.observing import metrics
from api.settings import Settings
from kg.shelf import Manifest, Release

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "mission-kg.service"
CONTAINER = ROOT / "deploy" / "Containerfile"
MOST_EXPOSED = 20
"""Tenths on the scale of ``systemd-analyze security``: 0 is safe, 100 is everything open."""

COUNTS = ({"quads": 1}, {}, {}, {}, {}, {})
"""What a manifest counts, the rest of it empty."""

systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here"
)


@systemd
def test_the_unit_is_valid(tmp_path):
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/mission-kg/bin/mission-kg", sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@systemd
def test_the_unit_is_hardened():
    command = ["systemd-analyze", "security", "--offline=yes", f"--threshold={MOST_EXPOSED}"]
    done = subprocess.run([*command, str(UNIT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", [UNIT, CONTAINER])
def test_settings_named_there_exist(file):
    named = set(re.findall(r"MISSION_KG_([A-Z_]+)=", file.read_text())) - {"NAME"}
    assert named
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def instructions():
    text = re.sub(r"\\\n", " ", CONTAINER.read_text())
    lines = [line.strip() for line in text.splitlines() if line.strip() and line[0] != "#"]
    return [(line.split()[0], line.split()[1:]) for line in lines]


def test_the_container_copies_every_room_and_only_what_is_there():
    copied = {
        name
        for word, rest in instructions()
        if word == "COPY" and not rest[0].startswith("--from")
        for name in rest[:-1]
    }
    rooms = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    assert copied >= set(rooms["targets"]["wheel"]["packages"])
    assert [name for name in copied if not (ROOT / name).exists()] == []
    kept = (ROOT / ".containerignore").read_text().splitlines()
    assert {f"!{name}" for name in copied} <= set(kept)


def test_the_container_runs_without_root_and_tells_its_health():
    stage = instructions()
    last = max(at for at, (word, _) in enumerate(stage) if word == "FROM")
    final = dict(stage[last:])
    assert int(final["USER"][0].partition(":")[0]) > 0
    assert "/health/ready" in " ".join(final["HEALTHCHECK"])
    assert final["VOLUME"] == ["/data"]
    assert {word for word, _ in stage} <= {
        *("FROM", "ENV", "RUN", "WORKDIR", "COPY", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL"),
        *("HEALTHCHECK", "ENTRYPOINT", "CMD"),
    }


def test_the_operators_page_names_settings_and_metrics_that_exist():
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")
    named = {name.lower() for name in re.findall(r"MISSION_KG_([A-Z_]+)", page)}
    in_words = {each for each in re.findall(r"`([a-z]+_[a-z_]+)`", page) if "kg" not in each}
    assert named | in_words <= set(Settings.model_fields)
    metrics.watch_release(lambda: Release(ROOT, Manifest("x", "2026-01-01", *[""] * 4, *COUNTS)))
    told = metrics.exposition().decode()
    names = {name.removesuffix("_bucket") for name in re.findall(r"mission_kg_[a-z_]+", page)}
    assert [name for name in names if name not in told] == []
