"""Faults of the machine under a running server: killed workers, a clock that jumps."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from kg.shelf import all_releases, newest, verify

COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s a <https://w3id.org/mission-kg/ontology#Mission> }"
COUNT_TURN = f"/sparql?query={quote(COUNT)}%20%23%20{{turn}}"
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
BUILD = Path(__file__).with_name("build_small.py")


def right(status, body):
    return status == 200 and json.loads(body)["results"]["bindings"][0]["n"]["value"] == "1"


def right_or_lost(status, body):
    """A query whose worker was killed twice says so; never anything else, never a wrong answer."""
    return right(status, body) or (status == 503 and b"worker-lost" in body)


@pytest.mark.parametrize("seed", [1, 2])
def test_workers_killed_at_random_under_load(small_home, start, load, wait_until, seed):
    server = start(small_home, concurrent_queries=3)
    chance = random.Random(seed)
    kills = 0
    with load(server, [(COUNT_TURN, right_or_lost)], clients=6) as clients:
        end = time.monotonic() + 8
        while time.monotonic() < end:
            time.sleep(chance.uniform(0.02, 0.4))
            workers = [each for each in server.children() if each.ppid() != server.process.pid]
            if workers:
                with contextlib.suppress(psutil.NoSuchProcess):
                    chance.choice(workers).kill()
                    kills += 1
    assert kills > 10
    assert clients.failures == []
    assert clients.answers > 100
    assert wait_until(lambda: len(alive(server)) == 4)
    assert right(*server.query(COUNT)[::2])


def test_the_process_that_forks_the_workers_is_killed(small_home, start, load, wait_until):
    server = start(small_home, concurrent_queries=2)
    with load(server, [(COUNT_TURN, right_or_lost)], clients=4) as clients:
        for _ in range(2):
            time.sleep(1)
            (zygote,) = psutil.Process(server.process.pid).children()
            zygote.kill()
            assert wait_until(lambda z=zygote: z.pid not in {each.pid for each in alive(server)})
            assert wait_until(lambda: right(*server.query(COUNT)[::2]))
    assert clients.failures == []
    assert wait_until(lambda: len(alive(server)) == 3)
    assert server.ready()[0] == 200


def test_workers_frozen_for_longer_than_the_limit_are_replaced(small_home, start, wait_until):
    server = start(small_home, concurrent_queries=1, query_seconds=1)
    (worker,) = [each for each in server.children() if each.ppid() != server.process.pid]
    os.kill(worker.pid, signal.SIGSTOP)
    status, headers, body = server.query(COUNT)
    assert (status, b"query_seconds" in body, "Retry-After" in headers) == (503, True, True)
    assert wait_until(lambda: right(*server.query(COUNT)[::2]))


def alive(server):
    return [each for each in server.children() if each.status() != psutil.STATUS_ZOMBIE]


def test_a_release_made_by_an_earlier_clock_still_comes_later(small_home, start, build_small):
    """Names sort by time; a clock set back must not hide the newer release behind the older."""
    server = start(small_home, watch_seconds=0.2)
    release = build_small(small_home / "releases", "clock set back", 1, "1999-01-01T00:00:00+00:00")
    assert newest(small_home / "releases").id == release
    assert server.serves(release)
    moments = [
        datetime.fromisoformat(each.manifest.created)
        for each in all_releases(small_home / "releases")
    ]
    assert moments == sorted(moments, reverse=True)
    assert len(set(moments)) == 2


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime (Debian: libfaketime) is not here")
@pytest.mark.parametrize("jump", ["-10y", "+10y"])
def test_a_clock_that_jumps_while_building_and_serving(
    small_home, start, tmp_path, jump, wait_until
):
    """The clock of server and build jumps by ten years and back; nothing hangs or goes back."""
    offset = tmp_path / "offset"
    offset.write_text("+0")
    faked = {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    server = start(small_home, faked, watch_seconds=0.2)
    assert right(*server.query(COUNT)[::2])
    offset.write_text(jump)
    year = time.gmtime().tm_year
    assert wait_until(lambda: str(year) not in server.get("/health/live")[1]["Date"])
    assert right(*server.query(f"{COUNT} # jumped")[::2])
    done = subprocess.run(
        [sys.executable, str(BUILD), str(small_home / "releases"), f"after {jump}"],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **faked},
    )
    assert done.returncode == 0, done.stderr
    assert server.serves(done.stdout.strip())
    offset.write_text("+0")
    assert wait_until(lambda: str(year) in server.get("/health/live")[1]["Date"])
    assert right(*server.query(f"{COUNT} # back")[::2])
    assert verify(newest(small_home / "releases")) == ()
    assert server.metric("mission_kg_release_age_seconds") >= 0
    assert server.stop() == 0


def test_clients_that_leave_early_take_nothing_with_them(small_home, start, wait_until):
    server = start(small_home, concurrent_queries=2, query_seconds=60)
    endless = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"

    def leave():
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(
                f"GET /sparql?query={quote(endless)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
            )
            time.sleep(0.3)

    threads = [threading.Thread(target=leave) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wait_until(lambda: right(*server.query(COUNT)[::2]), 10)
    assert wait_until(lambda: server.metric("mission_kg_requests_running") == 1)
    assert wait_until(lambda: len(alive(server)) == 3)
