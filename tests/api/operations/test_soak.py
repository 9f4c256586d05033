"""A long mixed load: memory stays flat, no process and no file handle is left behind.

``MISSION_KG_SOAK``: seconds that it lasts (default 25; 3600 for the real thing).
"""

import contextlib
import http.client
import itertools
import json
import os
import socket
import statistics
import threading
import time
from urllib.parse import quote

import psutil
import pytest

SECONDS = float(os.environ.get("MISSION_KG_SOAK", "25"))
CLASSES = "SELECT ?c (COUNT(*) AS ?n) WHERE { ?s a ?c } GROUP BY ?c ORDER BY DESC(?n) LIMIT 20"
ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
ALL = "SELECT * WHERE { ?s ?p ?o }"
TOLERANCE = 0.08 if SECONDS >= 300 else 0.25
"""Growth of memory that is still flat; a short run is still filling caches and forking workers."""


def good(status, _body):
    return status == 200


def polite(status, body):
    return status in (400, 503) and json.loads(body)["status"] == status


PATHS = [
    (f"/sparql?query={quote(CLASSES)}%20%23%20{{turn}}", good),
    (f"/sparql?query={quote(CLASSES)}", good),
    (f"/sparql?query={quote(ALL)}%20LIMIT%20200%20%23%20{{turn}}", good),
    ("/", good),
    ("/health/ready", good),
    ("/sparql?query=SELEKT%20{turn}", polite),
    ("/metrics", good),
]


class Usage:
    """Memory (bytes, private and shared once), handles and processes of a server."""

    def __init__(self, server):
        parent = psutil.Process(server.process.pid)
        self.memory, self.handles, self.processes = 0, parent.num_fds(), 0
        for each in [parent, *parent.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                self.memory += each.memory_full_info().pss
                self.processes += 1


def leave_early(server, ended):
    """Runaways that meet their limit, and clients that leave in the middle of an answer."""
    for number in itertools.count():
        if ended.wait(0.3):
            return
        query = quote(f"{ENDLESS if number % 2 else ALL} # {number}")
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", server.port), timeout=5) as client,
        ):
            client.sendall(f"GET /sparql?query={query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            client.recv(1000)


def run_away(server, ended):
    while not ended.is_set():
        with contextlib.suppress(OSError, http.client.HTTPException):
            server.query(ENDLESS)


@pytest.mark.slow
def test_memory_stays_flat_and_nothing_is_left(small_home, start, load, build_small, wait_until):
    # With a full cache from early on: what it keeps later takes no more room.
    limits = {"query_seconds": 1, "cache_bytes": 2**20, "cache_entry_bytes": 2**18}
    server = start(small_home, watch_seconds=1, concurrent_queries=2, **limits)
    ended = threading.Event()
    others = [
        threading.Thread(target=each, args=(server, ended)) for each in (leave_early, run_away)
    ]
    seen = []
    began = time.monotonic()
    with load(server, PATHS, clients=4) as clients:
        for thread in others:
            thread.start()
        try:
            while (now := time.monotonic() - began) < SECONDS:
                seen.append((now, Usage(server)))
                ended.wait(max(SECONDS / 100, 0.5))
        finally:
            ended.set()
            for thread in others:
                thread.join()
    assert clients.failures == []
    settled = [usage for moment, usage in seen if moment > SECONDS * 0.3]
    third = len(settled) // 3
    before, after = settled[:third], settled[-third:]

    def middle(usages, name):
        return statistics.median(getattr(each, name) for each in usages)

    told = {name: (middle(before, name), middle(after, name)) for name in vars(seen[0][1])}
    print(f"{clients.answers} answers in {SECONDS:g} s; first and last third: {told}")  # noqa: T201
    assert told["memory"][1] < told["memory"][0] * (1 + TOLERANCE), told
    assert told["handles"][1] <= told["handles"][0] + 4, told
    assert wait_until(lambda: Usage(server).processes == 4), Usage(server).processes
    assert server.metric("mission_kg_requests_running") == 1
    idle = Usage(server)
    swaps = max(2, int(SECONDS / 60))
    for number in range(swaps):
        release = build_small(small_home / "releases", f"soak {number}")
        assert server.serves(release)
        assert wait_until(lambda: Usage(server).processes == 4)
    later = Usage(server)
    assert later.handles <= idle.handles + 2
    assert later.memory < idle.memory * 1.25 + swaps * 2**20, (idle.memory, later.memory)
