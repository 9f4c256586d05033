"""The shipped release, built once a session, in two engines that share no code."""

import pytest
import zstandard
from rdflib import Dataset

from ingest.home import Home
from ingest.pipeline import build
from kg.release import Release, open_store
from kg.shelf import DUMP
from kg.store import GraphStore


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return build(Home(tmp_path_factory.mktemp("home")))


@pytest.fixture(scope="session")
def oxigraph(release: Release) -> GraphStore:
    return open_store(release)


@pytest.fixture(scope="session")
def rdflib_dataset(release: Release) -> Dataset:
    dataset = Dataset(default_union=True)
    with zstandard.open(release.path / DUMP, "rb") as dump:
        dataset.parse(data=dump.read(), format="nquads")
    return dataset
