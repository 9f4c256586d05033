"""A newer release takes over under load; a damaged one does not."""

import http.client
import json
import shutil
import threading
from urllib.parse import quote

import pytest

from kg.shelf import all_releases

MISSIONS = (
    "SELECT (COUNT(DISTINCT ?m) AS ?n) WHERE "
    "{ ?m a <https://w3id.org/mission-kg/ontology#Mission> }"
)
ALL = "SELECT * WHERE { ?s ?p ?o }"


def told(status, body):
    return status == 200 and json.loads(body)["results"]["bindings"][0]["n"]["value"] in "123"


PATHS = [
    (f"/sparql?query={quote(MISSIONS)}", told),
    (f"/sparql?query={quote(MISSIONS)}%20%23%20{{turn}}", told),
    ("/health/ready", lambda status, body: status == 200 and b'"ready"' in body),
    ("/", lambda status, body: status == 200 and b"Newest release" in body),
]


def test_newer_releases_take_over_under_load_without_a_failed_request(
    small_home, start, build_small, load, wait_until
):
    server = start(small_home, watch_seconds=0.2, concurrent_queries=2)
    before = {child.pid for child in server.children()}
    assert len(before) == 3  # two workers and the process that forks them
    slow = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    slow.request("GET", f"/sparql?query={quote(ALL)}", headers={"Accept": "text/csv"})
    answer = slow.getresponse()
    begun = answer.read(1000)
    with load(server, PATHS) as clients:
        for number in (2, 3):
            release = build_small(small_home / "releases", f"note {number}", number)
            assert server.serves(release), server.log.read_text()[-2000:]
            assert wait_until(lambda n=number: clients.answers > n * 50)
    assert clients.failures == []
    assert clients.answers > 100
    _, _, body = server.query(MISSIONS)
    assert json.loads(body)["results"]["bindings"][0]["n"]["value"] == "3"
    rows = (begun + answer.read()).count(b"\n")  # the answer begun three releases ago is whole
    slow.close()
    oldest = all_releases(small_home / "releases")[-1]
    assert rows > oldest.manifest.counts["quads"] * 0.5
    assert server.metric("mission_kg_release_swaps_total") == 2
    assert wait_until(lambda: len(server.children()) == len(before))
    assert not before & {child.pid for child in server.children()}


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


DAMAGES = {
    "dump-changed": (lambda at: flip(at / "dump.nq.zst"), "dump.nq.zst has changed"),
    "dump-missing": (lambda at: (at / "dump.nq.zst").unlink(), "dump.nq.zst is missing"),
    "store-cut": (
        lambda at: next(at.glob("store/*.sst")).write_bytes(b"cut"),
        ".sst has changed",
    ),
    "manifest-cut": (
        lambda at: (at / "manifest.json").write_text("{"),
        "manifest.json: the manifest is missing or damaged",
    ),
    "manifest-missing": (
        lambda at: (at / "manifest.json").unlink(),
        "manifest.json: the manifest is missing or damaged",
    ),
}


@pytest.fixture(scope="module")
def newer(tmp_path_factory, build_small):
    """A shelf with a release that is newer than the small home's."""
    shelf = tmp_path_factory.mktemp("newer")
    build_small(shelf, "newer", 2, "2050-01-01T00:00:00+00:00")
    return shelf


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_release_is_told_and_the_old_one_stays(
    small_home, newer, start, wait_until, damage
):
    server = start(small_home, watch_seconds=0.1)
    _, state = server.ready()
    source = next(path for path in newer.iterdir() if path.name.startswith("2050"))
    unfinished = small_home / "releases" / ".copying"
    shutil.copytree(source, unfinished)
    hurt, words = DAMAGES[damage]
    hurt(unfinished)
    unfinished.rename(small_home / "releases" / source.name)
    assert wait_until(lambda: server.ready()[1].get("refused"))
    status, now = server.ready()
    assert (status, now["release"]) == (200, state["release"])
    assert words in now["refused"][source.name]
    assert str(small_home) not in json.dumps(now)
    told = [line for line in server.lines if line["event"] == "mission_kg.releases"]
    assert len(told) == 1  # once, not at each look
    assert words in told[0]["message"]
    assert server.metric("mission_kg_releases_refused") == 1
    shutil.rmtree(small_home / "releases" / source.name)
    shutil.copytree(source, unfinished)
    unfinished.rename(small_home / "releases" / source.name)
    assert server.serves(source.name)
    assert "refused" not in server.ready()[1]


def test_a_damaged_newest_release_at_the_start_leaves_the_one_before(small_home, newer, start):
    source = next(path for path in newer.iterdir() if path.name.startswith("2050"))
    copy = small_home / "releases" / source.name
    shutil.copytree(source, copy)
    flip(copy / "dump.nq.zst")
    server = start(small_home)
    _, state = server.ready()
    assert state["release"] != source.name
    assert "dump.nq.zst" in state["refused"][source.name]


def test_taking_the_newest_release_off_the_shelf_rolls_back(small_home, newer, start):
    source = next(path for path in newer.iterdir() if path.name.startswith("2050"))
    copy = small_home / "releases" / source.name
    old = next(path.name for path in (small_home / "releases").iterdir() if path.name[0] == "2")
    shutil.copytree(source, copy)
    server = start(small_home, watch_seconds=0.1)
    assert server.ready()[1]["release"] == source.name
    copy.rename(copy.with_name(".withdrawn"))
    assert server.serves(old)


def test_many_asking_while_releases_come_pin_one_release_each(small_home, newer, start, load):
    """Two questions of one request see one release, however the shelf changes meanwhile."""
    source = next(path for path in newer.iterdir() if path.name.startswith("2050"))
    shelf = small_home / "releases"
    shutil.copytree(source, shelf / source.name)
    server = start(small_home, watch_seconds=0.05)
    ended = threading.Event()

    def toggle():
        shown, hidden = shelf / source.name, shelf / ".hidden"
        while not ended.wait(0.2):
            shown.rename(hidden)
            ended.wait(0.2)
            hidden.rename(shown)

    toggler = threading.Thread(target=toggle)
    toggler.start()
    try:
        with load(server, PATHS, clients=3) as clients:
            ended.wait(6)
    finally:
        ended.set()
        toggler.join()
    assert clients.failures == []
    assert server.metric("mission_kg_release_swaps_total") >= 3
