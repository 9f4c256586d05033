"""curl with the headers of real programs, odd but legal, and some that are neither."""

import json
import shutil
import subprocess

import pytest

JSON = "application/sparql-results+json"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
JENA = (
    "application/sparql-results+json, application/sparql-results+xml;q=0.9, "
    "text/tab-separated-values;q=0.7, text/csv;q=0.5, application/json;q=0.2, "
    "application/xml;q=0.2, */*;q=0.1"
)
RDF4J = (
    "application/x-binary-rdf-results-table, application/sparql-results+json;q=0.8, "
    "application/sparql-results+xml;q=0.8, text/csv;q=0.8, text/tab-separated-values;q=0.8"
)
BOTH_KINDS = "text/turtle, application/sparql-results+xml;q=0.9, application/ld+json;q=0.5"


@pytest.fixture(scope="module")
def curl():
    """Run curl; gives status, headers (lower case) and body of the last answer."""
    program = shutil.which("curl") or pytest.skip("no curl here")

    def run(*arguments, body=None):
        done = subprocess.run(
            [program, "--silent", "--show-error", "--max-time", "30", "--include", *arguments],
            input=body,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        rest = done.stdout
        while True:  # past "100 Continue"
            head, _, rest = rest.partition(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            status = int(first.split()[1])
            if status >= 200:
                break
        pairs = (line.partition(":") for line in lines)
        return status, {name.lower(): value.strip() for name, _, value in pairs}, rest

    return run


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JENA, JSON),
        (RDF4J, JSON),
        (BROWSER, "text/html"),
        (BOTH_KINDS, "application/sparql-results+xml"),
        ("application/json", "application/json"),
        ("text/csv;header=present;q=0.3, */*;q=0.1", "text/csv"),
        ("application/sparql-results+xml;charset=UTF-8", "application/sparql-results+xml"),
        ("application/sparql-results+json;version=1.2", JSON),
        ("TEXT/CSV", "text/csv"),
        ("text/csv ;q=1.000 , , text/html;q=0", "text/csv"),
        (", ".join(["image/png;q=0.9"] * 150 + ["text/csv;q=0.1"]), "text/csv"),
    ],
)
def test_accept_of_a_select(curl, sparql, accept, expected):
    header = "Accept:" if accept is None else f"Accept: {accept}"
    status, headers, _ = curl(
        "-G", sparql, "-H", header, "--data-urlencode", "query=SELECT ?s { ?s ?p ?o } LIMIT 1"
    )
    assert status == 200
    assert headers["content-type"].partition(";")[0] == expected
    assert "accept" in headers["vary"].lower()


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "text/turtle"),
        (" text/plain", ("application/n-triples", "text/plain")),
        (f" {BOTH_KINDS}", "text/turtle"),
        (f" {JENA}", ("application/ld+json", "application/json", "text/turtle")),
        (" application/rdf+xml;q=0.9, application/n-triples;q=0.95", "application/n-triples"),
    ],
)
def test_accept_of_a_construct(curl, sparql, accept, expected):
    query = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 1"
    status, headers, body = curl(
        sparql, "-H", f"Accept:{accept}", "--data-urlencode", f"query={query}"
    )
    assert status == 200
    assert headers["content-type"].partition(";")[0] in expected
    assert body


def test_two_accept_headers_are_one_list(curl, sparql):
    status, headers, _ = curl(
        f"{sparql}?query=ASK%7B%7D",
        "-H",
        "Accept: image/png",
        "-H",
        "Accept: text/csv;q=0.2, " + JSON,
    )
    assert (status, headers["content-type"].partition(";")[0]) == (200, JSON)


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate, gzip;q=0.5", "identity", "*"])
def test_codings(curl, sparql, coding):
    query = "query=SELECT * { ?s ?p ?o } LIMIT 200"
    plain = curl("-G", sparql, "--data-urlencode", query)[2]
    status, headers, body = curl(
        "-G", sparql, "-H", f"Accept-Encoding: {coding}", "--data-urlencode", query
    )
    assert status == 200
    used = headers.get("content-encoding", "identity")
    assert used in coding or coding == "*"
    assert (body == plain) is (used == "identity")
    assert len(json.loads(plain)["results"]["bindings"]) == 200


@pytest.mark.parametrize(
    "kind",
    [
        "application/sparql-query",
        "Application/SPARQL-Query",
        "application/sparql-query; charset=utf-8",
        'application/sparql-query;charset="UTF-8"',
        "application/sparql-query ; version=1.2",
    ],
)
def test_content_type_of_a_direct_query(curl, sparql, kind):
    status, _, body = curl(sparql, "-H", f"Content-Type: {kind}", "--data-binary", "ASK {}")
    assert (status, json.loads(body)["boolean"]) == (200, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--http1.0",),
        ("-H", "Expect: 100-continue"),
        ("-H", "Transfer-Encoding: chunked"),
        ("-H", "Connection: close"),
        ("-H", "User-Agent:"),
        ("-H", "Accept-Language: x, *;q=0"),
        ("-H", "If-None-Match: nonsense"),
        ("-H", "If-Modified-Since: yesterday"),
        ("-H", "Range: bytes=0-3"),
        ("-H", "Cookie: a=b; c"),
        ("-H", "Forwarded: for=unknown", "-H", "X-Forwarded-For: not an address, ::1"),
    ],
    ids=lambda given: given[-1],
)
def test_a_long_query_with_other_headers(curl, sparql, arguments):
    query = "ASK {} # " + "x" * 100_000
    status, _, body = curl(
        sparql,
        *arguments,
        *("-H", "Content-Type: application/sparql-query", "--data-binary", "@-"),
        body=query.encode(),
    )
    assert (status, json.loads(body)["boolean"]) == (200, True)


def test_form_written_by_hand(curl, sparql):
    query = "query=ASK%20%7B+%7D&default-graph-uri=&timeout=5"
    status, _, _ = curl(sparql, "--data", query)
    assert status in (200, 400)  # an empty IRI may be refused; it is never a fault
    status, _, body = curl(sparql, "--data", "query=ASK%20%7B+%7D")
    assert (status, json.loads(body)["boolean"]) == (200, True)


def test_query_method(curl, sparql):
    status, _, body = curl(
        *("-X", "QUERY", sparql, "-H", "Content-Type: application/sparql-query"),
        *("--data-binary", "ASK {}"),
    )
    assert (status, json.loads(body)["boolean"]) == (200, True)


def test_head_tells_the_type_without_a_body(curl, sparql):
    status, headers, body = curl("--head", f"{sparql}?query=ASK%7B%7D")
    assert (status, headers["content-type"].partition(";")[0], body) == (200, JSON, b"")


def test_preflight_of_a_page_elsewhere(curl, sparql):
    status, headers, _ = curl(
        *("-X", "OPTIONS", sparql, "-H", "Origin: https://yasgui.org"),
        *("-H", "Access-Control-Request-Method: POST"),
        *("-H", "Access-Control-Request-Headers: content-type, accept"),
    )
    assert status in (200, 204)
    assert headers["access-control-allow-origin"] in ("*", "https://yasgui.org")
    assert "POST" in headers["access-control-allow-methods"]
    assert "content-type" in headers["access-control-allow-headers"].lower()


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("-H", "Accept: image/png"), 406),
        (("-H", "Content-Type: text/plain", "--data-binary", "ASK {}"), 415),
        (("-H", "Content-Type:", "--data-binary", "ASK {}"), 415),
        (("-H", "Content-Type: ;;;", "--data-binary", "ASK {}"), 415),
        (("-X", "DELETE"), 405),
        (("--data", "query=ASK%FF%7B%7D"), 400),
        (("--data", "q=ASK"), 400),
    ],
    ids=["type", "plain", "none", "nonsense", "method", "not-utf-8", "no-query"],
)
def test_refusals_say_what_was_expected(curl, sparql, arguments, status):
    query = () if "--data" in arguments or "--data-binary" in arguments else ("?query=ASK%7B%7D",)
    found, headers, body = curl(f"{sparql}{''.join(query)}", *arguments)
    assert found == status
    assert headers["content-type"].partition(";")[0] in ("application/problem+json", "text/plain")
    assert body
    assert b"Traceback" not in body
