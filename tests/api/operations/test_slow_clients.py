"""Clients that keep a connection waiting are dropped; slow ones that go on are not."""

import socket
import time
from urllib.parse import quote

import psutil

ALL = "SELECT * WHERE { ?a ?b ?c }"
LIGHT = f"/sparql?query={quote('SELECT * WHERE { ?s ?p ?o } LIMIT 2')}"


def connect(server, receive_buffer=None):
    made = socket.socket()
    if receive_buffer:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    made.settimeout(30)
    made.connect(("127.0.0.1", server.port))
    return made


def closed(sock, seconds=10):
    """Whether the other side has closed; reads what comes until then."""
    sock.settimeout(seconds)
    try:
        while sock.recv(65536):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


def test_drips_of_a_request_are_not_waited_for(small_home, start):
    server = start(small_home, request_seconds=1.5)
    clients = [connect(server) for _ in range(100)]
    for each in clients:
        each.sendall(b"GET /sparql HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    began = time.monotonic()
    while time.monotonic() - began < 1:
        for each in clients:
            each.sendall(b"a")
        assert server.get(LIGHT)[0] == 200  # others are answered meanwhile
        time.sleep(0.2)
    assert all(closed(each, 5) for each in clients)
    assert time.monotonic() - began < 6
    assert server.metric('mission_kg_connections_dropped_total{waiting_for="request"}') >= 100
    for each in clients:
        each.close()


def test_a_connection_that_never_says_anything_is_closed(small_home, start):
    server = start(small_home, request_seconds=1)
    silent = connect(server)
    assert closed(silent, 5)
    silent.close()


def test_a_body_that_does_not_come_is_not_waited_for(small_home, start):
    server = start(small_home, request_seconds=1)
    client = connect(server)
    client.sendall(
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
        b"Content-Length: 1000\r\n\r\nSELECT"
    )
    assert closed(client, 5)
    client.close()
    assert server.get(LIGHT)[0] == 200
    assert "Traceback" not in server.log.read_text()


def test_headers_without_end_are_refused(small_home, start):
    server = start(small_home)
    client = connect(server)
    client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
    sent = 0
    try:
        while sent < 4 * 2**20:
            sent += client.send(b"X-More: " + b"y" * 8000 + b"\r\n")
    except ConnectionError:
        pass
    assert sent < 4 * 2**20
    assert closed(client)
    client.close()
    assert server.get(LIGHT)[0] == 200


def test_more_connections_than_there_is_room_for(small_home, start, wait_until):
    server = start(small_home, connections=50, request_seconds=3)
    handles = psutil.Process(server.process.pid).num_fds()
    silent = [connect(server) for _ in range(400)]
    assert wait_until(lambda: psutil.Process(server.process.pid).num_fds() <= handles + 50 + 70)
    status, _, body = server.get(LIGHT)
    assert status in (0, 503), body
    assert all(closed(each, 10) for each in silent)
    assert wait_until(lambda: server.get(LIGHT)[0] == 200)
    assert server.metric('mission_kg_connections_dropped_total{waiting_for="room"}') > 200
    for each in silent:
        each.close()
    assert psutil.Process(server.process.pid).num_fds() <= handles + 5


def test_a_client_that_never_reads_is_dropped(small_home, start, wait_until):
    server = start(small_home, stall_seconds=1, concurrent_queries=2)
    before = psutil.Process(server.process.pid).memory_info().rss
    clients = [connect(server, 4096) for _ in range(20)]
    for number, each in enumerate(clients):
        query = quote(f"{ALL} # {number}")
        each.sendall(f"GET /sparql?query={query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    dropped = 'mission_kg_connections_dropped_total{waiting_for="answer"}'
    assert wait_until(lambda: server.metric(dropped) >= 20, 40), server.metric(dropped)
    assert server.get(LIGHT)[0] == 200
    assert server.metric("mission_kg_queries_running") == 0
    for each in clients:
        each.close()
    after = psutil.Process(server.process.pid).memory_info().rss
    assert after - before < 300 * 2**20
    assert "Traceback" not in server.log.read_text()


def test_a_slow_reader_that_goes_on_gets_the_whole_answer(small_home, start):
    server = start(small_home, stall_seconds=1)
    client = connect(server, 4096)
    query = quote(ALL)
    _, _, whole = server.get(f"/sparql?query={query}", accept="text/csv")
    assert len(whole) > 2**20
    client.sendall(
        f"GET /sparql?query={query} HTTP/1.1\r\nHost: x\r\nAccept: text/csv\r\n"
        "Connection: close\r\n\r\n".encode()
    )
    got = bytearray()
    began = time.monotonic()
    while part := client.recv(60_000):
        got += part
        if time.monotonic() - began < 5:
            time.sleep(0.15)
    client.close()
    assert got.count(b"\n") >= whole.count(b"\n")
    assert time.monotonic() - began > 3
