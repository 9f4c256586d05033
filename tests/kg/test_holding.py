"""A release is brought into real engines whole, or not served from them at all."""

import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from email.message import Message
from pathlib import Path

import pytest

from api.stores.candidates import StoreCandidates
from kg.errors import ReleaseError, StoreError, StoreUnreachable
from kg.holding import Loaded, held_release, load_release, mark, require_same
from kg.model import Batch
from kg.release import build
from kg.shelf import Release, newest
from kg.stores.pinned import LOADING, PinnedStore
from kg.stores.remote import GRAPH_HELD, RemoteStore
from kg.stores.remote_client import RemoteOptions
from ontology.names import GRAPH_ASSERTED, GRAPH_INFERRED

Make = Callable[..., list[Batch]]


def quiet(_stage: str, _done: int, _total: int | None) -> None:
    """Show no progress."""


@pytest.fixture(scope="session")
def small_home(tmp_path_factory: pytest.TempPathFactory, make_batches: Make) -> Path:
    home = tmp_path_factory.mktemp("small")
    build(make_batches(), home / "releases")
    return home


@pytest.fixture
def release(small_home: Path) -> Release:
    return newest(small_home / "releases")


@pytest.fixture(params=["oxigraph_server", "virtuoso_server"])
def options(request: pytest.FixtureRequest) -> RemoteOptions:
    return request.getfixturevalue(request.param)


@pytest.fixture
def store(options: RemoteOptions) -> Iterator[RemoteStore]:
    with closing(RemoteStore(options)) as store:
        for graph in (*store.graphs(), GRAPH_HELD):
            store.clear(graph)
        yield store


def load(store: RemoteStore, release: Release, **how: object) -> Loaded:
    return load_release(store, release, quiet, **{"grace_seconds": 0.0, **how})  # type: ignore[arg-type]


def test_a_release_is_loaded_once(store: RemoteStore, release: Release) -> None:
    done = load(store, release)
    assert (done.sent, done.graphs) == (release.manifest.counts["quads"], len(store.graphs()))
    assert held_release(store) == release.id
    assert store.sizes() == dict(release.manifest.graphs)
    assert load(store, release).sent == 0
    pinned = PinnedStore(store.client.options, release.id, tuple(release.manifest.graphs), 60)
    with closing(pinned):
        case = (
            "SELECT (COUNT(DISTINCT ?c) AS ?n) { ?c a <https://w3id.org/mission-kg/ontology#Case> }"
        )
        assert int(pinned.select(case).rows[0][0].value) > 0  # type: ignore[union-attr]
        with pytest.raises(StoreError, match="reading only"):
            pinned.clear(GRAPH_ASSERTED)


def test_a_load_that_was_broken_off_goes_on(store: RemoteStore, release: Release) -> None:
    load(store, release)
    mark(store, LOADING + release.id)
    store.clear(GRAPH_ASSERTED)
    assert held_release(store) is None
    done = load(store, release)
    assert (done.graphs, done.sent) == (1, release.manifest.graphs[GRAPH_ASSERTED])
    assert held_release(store) == release.id


def test_what_a_store_holds_is_not_lost_by_mistake(store: RemoteStore, release: Release) -> None:
    store.update("INSERT DATA { GRAPH <https://example.org/theirs> { <a:a> <a:b> 1 } }")
    with pytest.raises(ReleaseError, match="other graphs already"):
        load(store, release)
    load(store, release, replace=True)
    assert "https://example.org/theirs" not in store.graphs()
    mark(store, "20200101T000000Z-00000000")
    with pytest.raises(ReleaseError, match="holds the release 20200101T000000Z-00000000"):
        load(store, release)


def test_what_is_missing_is_named(store: RemoteStore, release: Release) -> None:
    load(store, release)
    store.update(f"DELETE WHERE {{ GRAPH <{GRAPH_INFERRED}> {{ ?s a ?o }} }}")
    with pytest.raises(ReleaseError, match=r"graph/inferred> has [\d,]+ triples where"):
        require_same(store, release)


def test_nobody_is_served_while_a_store_is_loaded(oxigraph_server: RemoteOptions) -> None:
    """However a reader and a loader meet, no answer is from between."""
    graphs = tuple(f"https://example.org/g{number}" for number in range(4))
    with closing(RemoteStore(oxigraph_server)) as store:
        for graph in store.graphs():
            store.clear(graph)
        fill(store, graphs, 1)
        mark(store, "one")
        reader = PinnedStore(replace(oxigraph_server, seconds=10), "one", graphs, 0.1)
        seen: set[str] = set()
        told: list[str] = []
        thread = threading.Thread(target=read_on, args=(reader, seen, told))
        thread.start()
        time.sleep(0.3)
        mark(store, f"{LOADING}two")
        time.sleep(0.3)
        fill(store, graphs, 2)
        mark(store, "two")
        thread.join(10)
        reader.close()
    assert seen == {"1 1 1 1"}
    assert "holds loading two now, not one" in told[0]


def fill(store: RemoteStore, graphs: tuple[str, ...], number: int) -> None:
    for graph in graphs:
        store.clear(graph)
        store.update(f"INSERT DATA {{ GRAPH <{graph}> {{ <a:a> <a:b> {number} }} }}")


def read_on(reader: PinnedStore, seen: set[str], told: list[str]) -> None:
    query = "SELECT ?o { GRAPH ?g { <a:a> <a:b> ?o } } ORDER BY ?g"
    while not told:
        try:
            seen.add(" ".join(cell.value for (cell,) in reader.select(query).rows))  # type: ignore[union-attr]
        except ReleaseError as error:
            told.append(str(error))


class TestChoosing:
    """Which of several stores is served."""

    def choice(self, release: Release, held: dict[str, str | None]) -> StoreCandidates:
        def ask(place: str) -> str | None:
            if held[place] == "gone":
                raise StoreUnreachable(f"{place} cannot be reached.")
            return held[place]

        shelf = release.path.parent
        return StoreCandidates(shelf, list(held), ask, lambda place, found: (place, found.id))  # type: ignore[arg-type,return-value]

    def test_the_whole_one_is_served_and_another_stands_in(self, release: Release) -> None:
        held: dict[str, str | None] = {"blue": None, "green": release.id}
        choice = self.choice(release, held)
        assert choice.first() == ("green", release.id)
        assert "load-store" in choice.refused["blue"]
        assert choice.better_than(release.id) is None
        held["blue"] = release.id
        assert choice.better_than(release.id) is None
        held["green"] = "gone"
        assert choice.better_than(release.id) == ("blue", release.id)
        held["green"] = release.id
        assert choice.better_than(release.id) is None

    def test_nothing_to_serve_is_told(self, release: Release) -> None:
        unknown = "20990101T000000Z-00000000"
        choice = self.choice(release, {"blue": "gone", "green": unknown, "red": None})
        with pytest.raises(ReleaseError, match=f"blue cannot be reached.*{unknown}.*not on the"):
            choice.first()


@pytest.mark.slow
def test_a_release_is_served_from_a_store(options: RemoteOptions, small_home: Path) -> None:
    """The commands, from loading to answers over HTTP; then the store loses the release."""
    with closing(RemoteStore(options)) as store:
        for graph in (*store.graphs(), GRAPH_HELD):
            store.clear(graph)
    environment = {
        "PATH": "/usr/bin:/bin",
        "MISSION_KG_HOME": str(small_home),
        "MISSION_KG_PORT": "0",
        "MISSION_KG_WATCH_SECONDS": "0.2",
        "MISSION_KG_STORE_UPDATE_URL": options.update or "",
        "MISSION_KG_STORE_GRAPHS_URL": options.graphs or "",
        "MISSION_KG_STORE_USER": options.user,
        "MISSION_KG_STORE_PASSWORD": options.password,
    }
    command = str(Path(sys.executable).with_name("mission-kg"))
    refused = subprocess.run(
        [command, "serve", "--store", options.query],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    assert "It holds no whole release: mission-kg load-store brings one." in refused.stderr
    loaded = subprocess.run(
        [command, "load-store", options.query, "--json"],
        env=environment,
        capture_output=True,
        text=True,
    )
    release = json.loads(loaded.stdout)["release"]
    checked = subprocess.run(
        [command, "load-store", options.query, "--check"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert f"holds the release {release}." in checked.stdout
    with serving([command, "serve", "--store", options.query], environment) as address:
        rows, headers = ask(
            address, "SELECT ?s { ?s a <https://w3id.org/mission-kg/ontology#Case> }"
        )
        assert rows.count("\r\n") >= 3
        assert headers["Mission-KG-Release"] == release
        cut, headers = ask(address, "SELECT ?s { ?s ?p ?o }", "?max-rows=3")
        assert (cut.count("\r\n"), headers["Mission-KG-Cut"]) == (4, "rows")
        with urllib.request.urlopen(f"{address}/", timeout=30) as page:
            assert page.status == 200
        for query, status in (("SELECT * {", 400), ("SELECT * { SERVICE <http://e/> {} }", 403)):
            with pytest.raises(urllib.error.HTTPError) as caught:
                ask(address, query)
            assert caught.value.code == status
            caught.value.close()
        with closing(RemoteStore(options)) as store:
            mark(store, f"{LOADING}another")
        time.sleep(1)
        with pytest.raises(urllib.error.HTTPError) as caught:
            ask(address, "SELECT (1 AS ?fresh) { ?s ?p ?o } LIMIT 1")
        assert (caught.value.code, b"holds loading another now" in caught.value.read()) == (
            503,
            True,
        )
        caught.value.close()


@contextmanager
def serving(command: list[str], environment: dict[str, str]) -> Iterator[str]:
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        told = server.stdout.readline()
        found = re.search(r"http://[\d.:]+", told)
        assert found, told
        try:
            yield found[0]
        finally:
            server.terminate()


def ask(address: str, query: str, extra: str = "") -> tuple[str, Message]:
    body = urllib.parse.urlencode({"query": query}).encode()
    request = urllib.request.Request(f"{address}/sparql{extra}", body, {"Accept": "text/csv"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode(), answer.headers
