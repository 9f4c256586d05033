"""No request breaks a service, and no lost process leaves half a change behind."""

import itertools
import os
import signal
import threading

import httpx
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TOKEN = "a token for tests, long enough"
NAMES = st.sampled_from(
    [
        "query",
        "update",
        "graph",
        "default",
        "default-graph-uri",
        "named-graph-uri",
        "using-graph-uri",
        "format",
        "output",
        "timeout",
        "max-rows",
        "version",
        "x",
    ]
)
VALUES = st.sampled_from(
    [
        "",
        "ASK {}",
        "CLEAR SILENT GRAPH <a:a>",
        "a:a",
        "json",
        "text/csv",
        "1",
        "-0",
        "1e999",
        "nan",
        "%",
        "SERVICE",
        "SELECT * { SERVICE SILENT <a:a> {} }",
        "\x00",
        "é😀",
        "'",
    ]
) | st.text(max_size=30)
TYPES = st.sampled_from(
    [
        "",
        ";",
        "text/turtle",
        "application/sparql-query",
        "application/sparql-update",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/ld+json",
        "application/sparql-query; charset=x; version=y",
        "application/rdf+xml",
        "a/b; =;",
    ]
)
PATHS = st.sampled_from(
    [
        "/sparql",
        "/sparql/",
        "/graph-store",
        "/graph-store/x",
        "/workspace/sparql",
        "/update",
        "/workspace/graph-store",
        "/workspace/graph-store/%00",
        "/workspace/graph-store/x y",
    ]
)
HEADERS = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "QUERY", "OPTIONS", "PATCH"]),
    path=PATHS,
    params=st.lists(st.tuples(NAMES, VALUES), max_size=4),
    kind=TYPES,
    body=st.binary(max_size=40) | VALUES.map(lambda text: text.encode("utf-8", "replace")),
    accept=HEADERS,
    match=st.none() | HEADERS | st.sampled_from(["*", '"x"', 'W/"x.y"']),
)
def test_no_request_breaks_a_service(open_address, method, path, params, kind, body, accept, match):
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind, "Accept": accept}
    if match is not None:
        headers |= {"If-Match": match, "If-None-Match": match}
    response = httpx.request(
        method, open_address + path, params=params, content=body, headers=headers, timeout=60
    )
    assert response.status_code < 500, response.text
    assert "Traceback" not in response.text


@pytest.mark.slow
def test_a_lost_process_leaves_no_half_change(writer, open_home, open_address):
    """Whatever kills the workspace's process, a graph is what it was or what it was to be."""
    store = f"{open_address}/workspace/graph-store?graph=http://x.org/g"
    sizes = (2000, 1)
    headers = {**writer.headers, "Content-Type": "text/turtle"}
    stop = threading.Event()
    killed = 0

    def write():
        for size in itertools.cycle(sizes):
            if stop.is_set():
                return
            body = "".join(f"<a:{n}> <a:p> {size} ." for n in range(size))
            httpx.put(store, content=body, headers=headers, timeout=60)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(6):
            stop.wait(0.7)
            for process in _workers(open_home / "workspace"):
                os.kill(process.pid, signal.SIGKILL)
                killed += 1
            count = "SELECT (COUNT(*) AS ?n) { GRAPH <http://x.org/g> { ?s ?p ?o } }"
            answer = writer.get("/workspace/sparql", params={"query": count})
            if answer.status_code == 200:
                (row,) = answer.json()["results"]["bindings"]
                assert int(row["n"]["value"]) in {0, *sizes}
            else:
                assert answer.status_code in {429, 503}
    finally:
        stop.set()
        thread.join()
    assert killed
    assert writer.post("/update", data={"update": "DROP ALL"}).status_code == 204


def _workers(directory):
    """Processes below this one that have files of a directory open."""
    return [
        each
        for each in psutil.Process().children(recursive=True)
        if any(file.path.startswith(str(directory)) for file in each.open_files())
    ]
