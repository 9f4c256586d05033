"""SIGTERM: notice, no new connections, requests at work end, no process is left."""

import http.client
import os
import signal
import socket
import threading
import time
from urllib.parse import quote

import psutil
import pytest

LIGHT = "SELECT * WHERE { ?s ?p ?o } LIMIT 2"
ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
SLOW = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f FILTER(?c = ?f && ?a != ?d) }"


def running(process):
    """Whether a process still runs; one that only waits to be reaped does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def asking(server, query):
    """Ask on a thread; the list gets status and body, or the error."""
    got = []

    def ask():
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        try:
            connection.request("GET", f"/sparql?query={quote(query)}")
            answer = connection.getresponse()
            got.append((answer.status, answer.read()))
        except (OSError, http.client.HTTPException) as error:
            got.append((0, repr(error).encode()))
        finally:
            connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    return thread, got


def test_a_request_at_work_ends_and_no_process_is_left(small_home, start, wait_until):
    server = start(small_home, query_seconds=4, stop_seconds=20)
    server.query(LIGHT)
    children = server.children()
    thread, got = asking(server, ENDLESS)
    assert wait_until(lambda: server.metric("mission_kg_requests_running") > 1)
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert wait_until(lambda: server.get("/health/live")[0] == 0, 3)  # nobody new is let in
    assert server.process.poll() is None
    assert server.process.wait(15) == 0
    assert time.monotonic() - began < 12
    thread.join(10)
    assert (got[0][0], b"4" in got[0][1]) == (503, True)  # its limit ended it, not the stop
    assert not [child for child in children if running(child)]


def test_what_takes_longer_than_the_stop_is_ended(small_home, start, wait_until):
    server = start(small_home, query_seconds=600, stop_seconds=1)
    server.query(LIGHT)
    thread, got = asking(server, ENDLESS)
    assert wait_until(lambda: server.metric("mission_kg_requests_running") > 1)
    children = server.children()
    began = time.monotonic()
    assert server.stop(seconds=15) == 0
    assert time.monotonic() - began < 8
    thread.join(10)
    assert got
    assert wait_until(lambda: not [child for child in children if running(child)], 5)


def test_notice_is_given_before_the_end(small_home, start, load, wait_until):
    server = start(small_home, stop_notice_seconds=1.5)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    light = (f"/sparql?query={quote(LIGHT)}", lambda status, _: status == 200)
    with load(server, [light], clients=2) as clients:
        server.process.send_signal(signal.SIGTERM)
        assert wait_until(lambda: server.get("/health/ready")[0] == 503, 1)
        status, headers, body = server.get("/health/ready", connection=connection)
        assert (status, b"draining" in body, "Retry-After" in headers) == (503, True, True)
        assert server.get("/health/live")[0] == 200
        time.sleep(0.5)
    assert clients.failures == []
    connection.close()
    assert server.process.wait(10) == 0


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_idle_connections_do_not_hold_up_the_end(small_home, start, sign):
    server = start(small_home)
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(5)]
    half = socket.create_connection(("127.0.0.1", server.port))
    half.sendall(b"GET / HTTP/1.1\r\nHost")
    began = time.monotonic()
    assert server.stop(sign) == 0
    assert time.monotonic() - began < 5
    for each in [*idle, half]:
        each.close()
    assert "Traceback" not in server.log.read_text()


def test_no_worker_outlives_a_killed_server(small_home, start, wait_until):
    server = start(small_home)
    server.query(LIGHT)
    thread, _ = asking(server, ENDLESS)
    assert wait_until(lambda: server.metric("mission_kg_requests_running") > 1)
    children = server.children()
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait(10)
    thread.join(10)
    assert children
    assert wait_until(lambda: not [child for child in children if running(child)], 5)


def test_hangup_looks_for_a_newer_release_at_once(small_home, start, build_small):
    server = start(small_home, watch_seconds=3600)
    release = build_small(small_home / "releases", "after the hang-up")
    assert server.ready()[1]["release"] != release
    server.process.send_signal(signal.SIGHUP)
    assert server.serves(release)
