import contextlib
import importlib.util
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from api.settings import Settings
from api.wiring import open_service
from kg.release import build

MONTHS = (1, 3, 5)
"""Months of 2026 in which the releases were made."""


def _small_batches():
    """The small library of tests/kg, which meets every shape."""
    path = Path(__file__).parents[2] / "kg" / "conftest.py"
    spec = importlib.util.spec_from_file_location("small_library", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.small_batches


def _reviewed(batch):
    """The batch with its labels reviewed and one status changed."""

    def touch(claim):
        name = claim.property.rpartition("#")[2]
        if name == "label":
            return replace(claim, review_status="curator-checked")
        if name == "targetValue":
            return replace(claim, value=type(claim.value)("half of <it>"))
        return claim

    return replace(batch, claims=tuple(map(touch, batch.claims)))


@pytest.fixture(scope="session")
def past(tmp_path_factory):
    """A home with three releases: two initiatives; a third; the second gone, the first changed."""
    home = tmp_path_factory.mktemp("past")
    small = _small_batches()
    shared, first, second, third = small(3)
    steps = ([shared, first, second], [shared, first, second, third])
    steps += ([shared, _reviewed(first), third],)
    for month, batches in zip(MONTHS, steps, strict=True):
        build(batches, home / "releases", created=datetime(2026, month, 1, 12, tzinfo=UTC))
    return home


@pytest.fixture(scope="session")
def past_service(past):
    return open_service(Settings(home=past))


@pytest.fixture(scope="session")
def past_address(past_service, served):
    with served(past_service) as base:
        yield base


@pytest.fixture
def visitor(past_address):
    with httpx.Client(base_url=past_address, timeout=60) as made:
        yield made


@pytest.fixture
def ids(visitor):
    """Ids of the releases, oldest first."""
    return [each["id"] for each in reversed(visitor.get("/releases").json())]


@pytest.fixture
def command(past):
    """Run ``mission-kg`` on the home with three releases; gives exit code, output, errors."""

    def run(*arguments, home=past):
        done = subprocess.run(
            [Path(sys.executable).with_name("mission-kg"), *arguments, "--home", str(home)],
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture
def serve_copy(past, tmp_path, served):
    """Serve a copy of the home, to be damaged: gives its path and a client."""

    @contextlib.contextmanager
    def started(**limits):
        home = tmp_path / "copy"
        shutil.copytree(past, home)
        service = open_service(Settings(home=home, **limits))
        with served(service) as base, httpx.Client(base_url=base, timeout=60) as made:
            yield home, made

    return started


@pytest.fixture(scope="session")
def ids_once(steady):
    """Ids of the releases, oldest first, for tests that Hypothesis repeats."""
    return [each["id"] for each in reversed(steady.get("/releases").json())]


@pytest.fixture(scope="session")
def steady(past_address):
    """A client for tests that Hypothesis repeats."""
    with httpx.Client(base_url=past_address, timeout=60) as made:
        yield made
