import asyncio
import gzip
import hashlib
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pyoxigraph as ox
import pytest
import zstandard

from api.errors import BeingMade, UnknownDump
from api.linked.dumps import Dumps, parts_of
from api.linked.making import forms_of
from kg.shelf import DUMP
from ontology.names import GRAPH_ASSERTED, GRAPH_CLAIMS

_FORMS = {
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "ttl": ox.RdfFormat.TURTLE,
    "jsonld": ox.RdfFormat.JSON_LD,
}

pytestmark = pytest.mark.usefixtures("made_dumps")


def ensure(dumps, release, parts, seconds=60):
    asyncio.run(dumps.ensure(release, parts, seconds))


def the_file(dumps, release, name, seconds=60):
    return asyncio.run(dumps.file(release, name, seconds))


def unpacked(body, name):
    if name.endswith(".gz"):
        return gzip.decompress(body)
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)


@pytest.fixture
def dumps(tmp_path):
    made = Dumps(tmp_path / "dumps")
    yield made
    made.stop()


def test_everything_is_the_releases_own_dump(client, service):
    response = client.get(f"/dumps/{service.release.id}/all.nq.zst")
    plain = unpacked(response.content, "all.nq.zst")
    assert hashlib.sha256(plain).hexdigest() == service.release.manifest.dump


@pytest.mark.parametrize("name", ["all.trig.gz", "all.jsonld.zst", "claims.trig.zst"])
def test_forms_of_all_hold_the_same_quads(client, service, name):
    part, form, _ = name.split(".")
    body = unpacked(client.get(f"/dumps/{service.release.id}/{name}").content, name)
    whole = unpacked(
        client.get(f"/dumps/{service.release.id}/{part}.nq.gz").content, f"{part}.nq.gz"
    )
    assert set(ox.parse(body, format=_FORMS[form])) == set(
        ox.parse(whole, format=ox.RdfFormat.N_QUADS)
    )


@pytest.mark.parametrize("form", ["nq", "ttl", "jsonld"])
def test_one_graph_is_what_the_store_holds(client, service, form):
    name = f"asserted.{form}.zst"
    body = unpacked(client.get(f"/dumps/{service.release.id}/{name}").content, name)
    told = {quad.triple for quad in ox.parse(body, format=_FORMS[form])}
    assert told == {quad.triple for quad in service.store.quads(GRAPH_ASSERTED)}


def test_claims_of_one_source(client, service):
    graph = next(graph for graph in service.store.graphs() if graph.startswith(GRAPH_CLAIMS))
    slug = graph.removeprefix(GRAPH_CLAIMS)
    name = f"claims/{slug}.ttl.gz"
    body = unpacked(client.get(f"/dumps/{service.release.id}/{name}").content, name)
    told = {quad.triple for quad in ox.parse(body, format=ox.RdfFormat.TURTLE)}
    assert told == {quad.triple for quad in service.store.quads(graph)}


def test_a_file_carries_its_digest_and_date_and_comes_in_parts(client, service):
    path = f"/dumps/{service.release.id}/asserted.nq.gz"
    response = client.get(path)
    digest = hashlib.sha256(response.content)
    assert response.headers["etag"] == f'"{digest.hexdigest()}"'
    assert response.headers["content-type"] == "application/gzip"
    assert "content-encoding" not in response.headers
    assert response.headers["last-modified"].endswith("GMT")
    assert "immutable" in response.headers["cache-control"]
    part = client.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, response.content[10:20])
    known = client.get(path, headers={"If-None-Match": response.headers["etag"]})
    assert known.status_code == 304


def test_sums_are_those_of_the_files(client, service):
    lines = client.get(f"/dumps/{service.release.id}/SHA256SUMS").text.splitlines()
    assert len(lines) == sum(2 * len(forms_of(part)) for part in parts_of(service.release))
    digest, name = lines[0].split("  ")
    body = client.get(f"/dumps/{service.release.id}/{name}").content
    assert hashlib.sha256(body).hexdigest() == digest


def test_the_list_links_every_file(client, service):
    page = client.get("/dumps/").text
    for part in parts_of(service.release):
        for form in forms_of(part):
            assert f'href="/dumps/{service.release.id}/{part}.{form}.zst"' in page
    assert client.get("/dumps", follow_redirects=True).status_code == 200
    assert client.get(f"/dumps/{service.release.id}/").status_code == 200
    latest = client.get("/dumps/latest/all.nq.gz")
    assert latest.headers["location"] == f"/dumps/{service.release.id}/all.nq.gz"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing.nq.gz", "no part"),
        ("claims/nothing.nq.gz", "no part"),
        ("asserted.trig.gz", "ttl"),
        ("all.ttl.gz", "trig"),
        ("all.nq.rar", "zst"),
        ("..%2f..%2fmanifest.json", "no part"),
        ("index.json", "no part"),
    ],
)
def test_unknown_files_are_said(client, service, name, words):
    response = client.get(f"/dumps/{service.release.id}/{name}")
    assert response.status_code == 404
    assert words in response.json()["detail"]


def test_an_unknown_release_is_said(client):
    assert client.get("/dumps/20200101T000000Z-00000000/all.nq.gz").status_code == 404


def test_the_same_release_gives_the_same_bytes(service, dumps, tmp_path):
    other = Dumps(tmp_path / "other")
    for each in (dumps, other):
        ensure(each, service.release, ["inferred"], 60)
    first, second = (
        {file.name: file.sha256 for file in each.made(service.release, ["inferred"])}
        for each in (dumps, other)
    )
    assert first == second
    assert len(first) == 6


def test_many_ask_and_one_makes(service, dumps):
    with ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(the_file, dumps, service.release, "ontology.nq.gz", 60) for _ in range(8)
        ]
        files = {each.result() for each in asked}
    assert len(files) == 1


def test_a_killed_maker_leaves_nothing_half_written(service, tmp_path):
    target = tmp_path / "dumps" / service.release.id
    command = [sys.executable, "-m", "api.linked.making", str(service.release.path), str(target)]
    maker = subprocess.Popen([*command, "all"])
    until = time.monotonic() + 30
    while not list(target.glob(".making-all/*.nq.zst")) and time.monotonic() < until:
        time.sleep(0.005)
    maker.send_signal(signal.SIGKILL)
    maker.wait()
    dumps = Dumps(tmp_path / "dumps")
    assert dumps.made(service.release, ["all"]) == ()
    ensure(dumps, service.release, ["all"], 60)
    assert len(dumps.made(service.release, ["all"])) == 6
    assert not list(target.glob(".making*"))


def test_a_damaged_index_is_made_anew(service, dumps):
    file = the_file(dumps, service.release, "inferences.ttl.gz", 60)
    (file.path.parent / "index.json").write_text("{", "utf-8")
    assert dumps.made(service.release, ["inferences"]) == ()
    assert the_file(dumps, service.release, "inferences.ttl.gz", 60) == file


def test_what_cannot_be_made_is_said_and_not_tried_again_at_once(service, dumps, tmp_path):
    shutil.copytree(service.release.path, tmp_path / "broken", ignore=lambda _, names: [DUMP])
    broken = replace(service.release, path=tmp_path / "broken")
    for _ in range(2):
        with pytest.raises(BeingMade, match="could not be made"):
            ensure(dumps, broken, ["asserted"], 60)


def test_who_does_not_wait_is_told_to_come_back(service, dumps):
    with pytest.raises(BeingMade, match="being made"):
        ensure(dumps, service.release, ["all"], 0.001)


def test_dumps_of_removed_releases_go(service, dumps):
    ensure(dumps, service.release, ["inferred"], 60)
    dumps.prune([service.release.id])
    assert dumps.made(service.release, ["inferred"])
    dumps.prune([])
    assert not dumps.made(service.release, ["inferred"])
    with pytest.raises(UnknownDump):
        the_file(dumps, service.release, "x", 1)
