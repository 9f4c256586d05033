"""What an operator sees: one line and one count per request, and nothing of who asked."""

import hashlib
import http.client
import io
import json
import re
import threading
import time
from urllib.parse import quote

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.observing.logs import line
from api.observing.requests import RouteNames, query_hash

SECRET = "SELECT * WHERE { ?s ?p 'my-private-words' }"


@pytest.fixture(scope="module")
def server(first_home, tmp_path_factory, server_class):
    made = server_class(first_home, tmp_path_factory.mktemp("observed") / "serve.log")
    yield made
    made.close()


def request_lines(server, wait_until, count):
    """The lines of requests, without those of the start."""
    found = lambda: [  # noqa: E731
        each
        for each in server.lines
        if each["event"] == "request" and not each["path"].startswith("/health")
    ]
    assert wait_until(lambda: len(found()) >= count)
    return found()


def test_a_line_tells_the_request_and_nothing_of_who_asked(server, wait_until):
    headers = {"X-Request-ID": "trace.7:a_b-c", "User-Agent": "Telltale/1.0"}
    status, answered, body = server.query(SECRET, headers=headers)
    assert (status, answered["X-Request-ID"]) == (200, "trace.7:a_b-c")
    told = request_lines(server, wait_until, 1)[-1]
    assert told["id"] == "trace.7:a_b-c"
    assert (told["method"], told["path"], told["status"]) == ("GET", "/sparql", 200)
    assert told["query"] == hashlib.sha256(SECRET.encode()).hexdigest()[:16]
    assert told["release"] == server.ready()[1]["release"]
    assert told["bytes"] == len(body)
    assert 0 < told["ms"] < 60_000
    text = server.log.read_text()
    assert not [sign for sign in ("private", "127.0.0.1", "Telltale") if sign in text]


@pytest.mark.parametrize("bad", ["", "two words", "x" * 65, 'quote"', "new\\line", "é"])
def test_an_id_that_could_harm_the_log_is_replaced(server, bad):
    _, answered, _ = server.query(SECRET, headers={"X-Request-ID": bad.encode("utf-8")})
    assert re.fullmatch(r"[0-9a-f]{32}", answered["X-Request-ID"])


def test_refusals_have_an_id_too(server):
    for path in ("/nothing/here", "/sparql?query=SELEKT", f"/sparql?query={'x' * 40_000}"):
        status, answered, _ = server.get(path)
        assert status >= 400
        assert answered["X-Request-ID"]


def test_the_limit_that_was_hit_is_told(small_home, start, wait_until):
    server = start(small_home, url_bytes=300)
    status, _, _ = server.get(f"/sparql?query={'x' * 400}")
    assert status == 414
    (told,) = request_lines(server, wait_until, 1)
    assert told["limit"] == "url_bytes"
    assert server.metric('mission_kg_limits_hit_total{limit="url_bytes"}') == 1


def test_metrics_can_be_read_and_hold_no_text_of_strangers(server):
    for path in ("/sparql?query=SELEKT", "/a/b/c?d=e", "/wp-admin/setup", "/", "/questions/none"):
        server.get(path)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("BREW", "/")
    connection.getresponse().read()
    connection.close()
    _, headers, body = server.get("/metrics")
    assert headers["Content-Type"].startswith("text/plain")
    families = {each.name: each for each in text_string_to_metric_families(body.decode())}
    requests = families["mission_kg_requests"].samples
    routes = {each.labels["route"] for each in requests}
    assert routes >= {"/sparql", "other", "/", "/health/live"}
    assert not [route for route in routes if "wp-admin" in route or route.startswith("/a")]
    assert {each.labels["method"] for each in requests} <= {"GET", "other"}
    assert families["mission_kg_request_seconds"].type == "histogram"
    (info,) = families["mission_kg_release_info"].samples
    assert info.labels["release"] == server.ready()[1]["release"]
    assert families["mission_kg_release_quads"].samples[0].value > 1000
    assert 0 <= families["mission_kg_release_age_seconds"].samples[0].value < 3600
    assert families["process_resident_memory_bytes"].samples[0].value > 2**20
    assert families["process_open_fds"].samples[0].value > 3


def test_answers_sent_again_are_told(server, wait_until):
    before = server.metric("mission_kg_requests_from_cache_total")
    query = "SELECT * WHERE { ?again ?p ?o } LIMIT 3"
    first, second = (server.query(query)[2] for _ in range(2))
    assert first == second
    assert server.metric("mission_kg_requests_from_cache_total") == before + 1
    assert server.metric("mission_kg_cache_bytes") > len(first)
    hash_of = query_hash(query)
    told = lambda: [each for each in server.lines if each.get("query") == hash_of]  # noqa: E731
    assert wait_until(lambda: told())


def test_metrics_may_be_closed(small_home, start):
    server = start(small_home, metrics="false")
    assert server.get("/metrics")[0] == 404


def test_log_lines_may_be_closed_or_logfmt(small_home, start, wait_until):
    server = start(small_home, log_format="logfmt")
    server.query(SECRET)
    assert wait_until(lambda: "path=/sparql status=200" in server.log.read_text())
    silent = start(small_home, log_requests="false")
    silent.query(SECRET)
    assert silent.stop() == 0
    assert "/sparql" not in silent.log.read_text()


def test_a_line_is_one_line_whatever_it_holds():
    nasty = 'a\nb="c" \x1b[31m\x00 d=e'
    for form in ("json", "logfmt"):
        written = line(form, {"path": nasty, "none": None, "empty": "", "n": 3})
        assert len(io.StringIO(written).readlines()) == 1
        assert "\x1b" not in written
        assert "none" not in written
    assert json.loads(line("json", {"path": nasty})) == {"path": nasty}


def test_names_of_routes_are_a_fixed_list():
    names = RouteNames(["/sparql", "/sparql/", "/questions/{name}", "/api/v1/things/{x}", "/{any}"])
    assert names("/sparql") == names("/sparql/") == "/sparql"
    assert names("/questions/whatever") == "/questions"
    assert names("/api/v1/things/7") == "/api/v1"
    assert {names(path) for path in ("/x", "//", "", "/sparqll", quote("/ü"))} == {"other"}


def test_a_hash_can_be_made_again_from_the_text():
    assert query_hash(SECRET) == query_hash(SECRET.encode()) != query_hash(SECRET + " ")


ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
LIGHT = "SELECT * WHERE { ?s ?p ?o } LIMIT 2"


@pytest.mark.parametrize("trusted", ["127.0.0.1", ""])
def test_a_share_is_counted_by_the_address_that_a_trusted_proxy_tells(
    small_home, start, wait_until, trusted
):
    server = start(
        small_home,
        trusted_proxies=trusted,
        client_queries=1,
        concurrent_queries=2,
        query_seconds=5,
    )
    one, other = {"X-Forwarded-For": "198.51.100.1"}, {"X-Forwarded-For": "198.51.100.2"}
    busy = threading.Thread(target=server.query, args=(ENDLESS,), kwargs={"headers": one})
    busy.start()
    assert wait_until(lambda: server.metric("mission_kg_queries_running") == 1)
    time.sleep(0.5)
    assert server.metric("mission_kg_queries_running") == 1
    began = time.monotonic()
    assert server.query(LIGHT, headers=other)[0] == 200
    waited = time.monotonic() - began
    busy.join()
    assert (waited < 2) == bool(trusted)
