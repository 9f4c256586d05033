"""Whatever is sent: no 500, no hang, no answer without words.

``MISSION_KG_FUZZ`` multiplies the number of examples (default 1).
"""

import http.client
import os
import socket
import time
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

TIMES = int(os.environ.get("MISSION_KG_FUZZ", "1"))
PATIENCE = 15.0
"""Seconds; far over every limit that these servers have."""


def examples(number):
    return settings(
        max_examples=number * TIMES,
        deadline=None,
        database=None,
        derandomize=TIMES == 1,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def fuzzed(first_home, tmp_path_factory, server_class):
    made = server_class(
        first_home,
        tmp_path_factory.mktemp("fuzzed") / "serve.log",
        query_seconds=2,
        write_token="let-me-write-here",
    )
    yield made
    try:
        assert made.get("/health/ready")[0] == 200
        text = made.log.read_text()
        assert "Traceback" not in text, text[text.index("Traceback") :][:3000]
    finally:
        made.close()


def check(status, headers, body, seconds, what):
    told = f"{what} -> {status} {body[:300]!r} in {seconds:.1f} s"
    assert status != 500, told
    assert status < 500 or (status == 503 and headers.get("Retry-After")) or status == 501, told
    assert status < 400 or body or status == 412 or what.startswith("HEAD"), told
    assert seconds < PATIENCE, told


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_what_the_openapi_file_says_and_does_not_say(fuzzed, mode):
    schema = schemathesis.openapi.from_url(f"{fuzzed.address}/api/openapi.json")
    operations = [each.ok() for each in schema.get_all_operations()]
    assert len(operations) > 10
    asked = 0
    for operation in operations:

        @examples(12)
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case):
            nonlocal asked
            asked += 1
            answer = case.call(timeout=PATIENCE)
            headers = {name.title(): values[0] for name, values in answer.headers.items()}
            what = f"{case.method} {case.formatted_path} {case.query} {case.body!r}"[:500]
            check(answer.status_code, headers, answer.content, answer.elapsed, what)

        try:
            ask()
        except schemathesis.errors.InvalidSchema:
            raise
        except Exception as error:
            if (
                "Unsatisfiable" in type(error).__name__
            ):  # nothing can be wrong in what takes nothing
                continue
            raise
    assert asked > 50


TERMS = st.sampled_from(
    [
        *("?s", "?p", "?o", "<x:y>", "a", "_:b", '"text"@en', "'''long'''", "1e999", "true", "()"),
        *("<http://[", "\\u0000", "\ud800", "[]", "rdf:type", "mkg:Mission", "<>", "<../..>"),
    ]
)
FORMS = st.sampled_from(
    [
        *("SELECT * WHERE {{ {0} {1} {2} }} LIMIT 3", "ASK {{ {0} {1} {2} }}"),
        *("CONSTRUCT {{ {0} {1} {2} }} WHERE {{ {0} ?p {2} }} LIMIT 2", "DESCRIBE {0}"),
        *("SELECT ({0} AS ?x) {{ }}", "SELECT * {{ {0} ({1})*/^{2} ?z }} LIMIT 1"),
        *("SELECT * {{ SERVICE {0} {{ {1} {2} ?x }} }}", "SELECT * FROM {0} {{ {1} {2} ?x }}"),
        *(
            "INSERT DATA {{ {0} {1} {2} }}",
            "LOAD {0}",
            "CLEAR ALL",
            "DELETE WHERE {{ {0} {1} {2} }}",
        ),
        *("SELECT * {{ VALUES {0} {{ {1} {2} }} }}", "SELECT (COUNT({0}) AS ?n) {{ {0} {1} {2} }}"),
        *(
            "SELECT * {{ FILTER(REGEX({0}, {1}, {2})) }}",
            "BASE {0} PREFIX : {1} SELECT * {{ {2} }}",
        ),
        *("SELECT * {{ GRAPH {0} {{ {1} {2} ?x }} }} ORDER BY {0}", "{0} {1} {2}"),
    ]
)
QUERIES = st.one_of(
    st.builds(lambda form, *terms: form.format(*terms), FORMS, TERMS, TERMS, TERMS),
    st.text(max_size=60),
    st.integers(1, 3000).map(lambda depth: "ASK " + "{" * depth),
    st.integers(1, 3000).map(lambda depth: f"ASK {{ FILTER({'(' * depth}1{')' * depth}) }}"),
)
VALUES = st.one_of(
    QUERIES,
    st.sampled_from(
        [*("", "0", "-1", "1e400", "nan", "json", "xml", "html", "1.2", "x:y", "http://[", "*")]
    ),
)
NAMES = st.sampled_from(
    [
        *("query", "query", "query", "update", "default-graph-uri", "named-graph-uri", "timeout"),
        *("max-rows", "format", "output", "version", "using-graph-uri", "using-named-graph-uri"),
        *("graph", "default", "", "Query", "query[]"),
    ]
)
TYPES = st.sampled_from(
    [
        *("application/x-www-form-urlencoded", "application/sparql-query", "text/turtle", ""),
        *(
            "application/sparql-update",
            "application/sparql-query; charset=utf-16",
            "multipart/form",
        ),
        *("application/n-quads", "application/rdf+xml", "application/ld+json", "a/b;c", ";", "/"),
    ]
)
ACCEPTS = st.one_of(
    st.sampled_from(
        [
            *("", "*/*", "text/html", "application/json", "text/turtle;q=0.1,*/*;q=0.01", "q=1"),
            *("application/*", "text/csv;q=2", "a/b", "*/*;q=0", "text/turtle;version=1.2", ",,;"),
        ]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
)
PATHS = st.sampled_from(
    [
        *("/sparql", "/sparql/", "/sparql", "/graph-store", "/update", "/workspace/sparql"),
        *("/workspace/update", "/workspace/graph-store", "/sparql/x", "/data", "/releases"),
    ]
)
METHODS = st.sampled_from(
    ["GET", "GET", "POST", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "QUERY"]
)
RIGHT = "Bearer let-me-write-here"
TOKENS = st.sampled_from([*[RIGHT] * 6, "", "Bearer no", "Basic eDp5", "Bearer"])
BODIES = st.one_of(
    QUERIES.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(st.tuples(NAMES, VALUES), max_size=4).map(
        lambda pairs: urlencode(pairs, errors="surrogatepass").encode()
    ),
    st.binary(max_size=80),
    st.sampled_from(
        [b"<a:a> <a:b> <a:c> .", b'<?xml version="1.0"?><!DOCTYPE x []>', b"{}", b"[1"]
    ),
)


@examples(250)
@given(
    method=METHODS,
    path=PATHS,
    pairs=st.lists(st.tuples(NAMES, VALUES), max_size=4),
    kind=TYPES,
    accept=ACCEPTS,
    token=TOKENS,
    body=BODIES,
)
def test_the_protocol(fuzzed, method, path, pairs, kind, accept, token, body):
    target = f"{path}?{urlencode(pairs, errors='surrogatepass')}" if pairs else path
    headers = {"Accept": accept, "Content-Type": kind, "Authorization": token}
    connection = http.client.HTTPConnection("127.0.0.1", fuzzed.port, timeout=PATIENCE)
    began = time.monotonic()
    try:
        connection.request(
            method,
            target,
            body=None if method in ("GET", "HEAD") else body,
            headers={name: value for name, value in headers.items() if value},
        )
        answer = connection.getresponse()
        got = answer.read()
        check(
            answer.status,
            answer.headers,
            got,
            time.monotonic() - began,
            f"{method} {target} {headers} {body!r}",
        )
    finally:
        connection.close()


@examples(60)
@given(
    st.one_of(
        st.binary(min_size=1, max_size=200),
        st.builds(
            lambda line, rest: line + rest,
            st.sampled_from(
                [
                    *(b"GET / HTTP/1.1\r\n", b"GET /sparql?query=%ff%00 HTTP/1.1\r\nHost: x\r\n"),
                    *(
                        b"POST /sparql HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                        b"\r\n",
                    ),
                    *(b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\n"),
                    b"GET / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
                    b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
                    b"CONNECT x:1 HTTP/1.1\r\n\r\n",
                    b"GET http://[::1 HTTP/1.1\r\n\r\n",
                ]
            ),
            st.binary(max_size=60),
        ),
    )
)
def test_bytes_that_may_not_be_http(fuzzed, sent):
    with socket.create_connection(("127.0.0.1", fuzzed.port), timeout=PATIENCE) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        got = b""
        try:
            while part := client.recv(65536):
                got += part
        except ConnectionError:
            pass
    assert not got.startswith(b"HTTP/1.1 500"), (sent, got[:300])
