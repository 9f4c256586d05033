"""SERVICE: refused, or asked by the server itself at addresses that were checked."""

import asyncio
import json
import time
from ipaddress import ip_address

import pytest

from api.errors import RemoteFault
from api.federation.addresses import AllowList, is_public
from kg.errors import QueryForbidden

JSON = "application/sparql-results+json"


def reply(handler, body, status=200, kind=JSON, **headers):
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def results(*rows):
    names = sorted({name for row in rows for name in row})
    cells = [
        {name: {"type": "literal", "value": value} for name, value in row.items()} for row in rows
    ]
    return json.dumps({"head": {"vars": names}, "results": {"bindings": cells}}).encode()


def rows_of(client, query):
    response = client.get("/sparql", params={"query": query})
    assert response.status_code == 200, response.text
    bindings = response.json()["results"]["bindings"]
    return [{name: cell["value"] for name, cell in row.items()} for row in bindings]


def refusal(client, query):
    response = client.get("/sparql", params={"query": query})
    return response.status_code, response.json()["detail"]


def test_closed_service_is_refused(client, elsewhere):
    asked = []
    with elsewhere(lambda handler: asked.append(handler.body)) as there:
        status, words = refusal(client, f"SELECT * {{ SERVICE <{there}> {{ ?s ?p ?o }} }}")
        assert (status, "SERVICE" in words) == (403, True)
        query = f"SELECT * {{ SERVICE SILENT <{there}> {{ ?s ?p ?o }} }}"
        assert rows_of(client, query) == [{}]
        assert not asked


def test_solutions_of_another_endpoint_are_joined(stranger, elsewhere):
    asked = []

    def answer(handler):
        asked.append((handler.body, handler.headers))
        reply(handler, results({"x": "1", "y": "a"}, {"x": "2", "y": 'b"\\\n'}))

    with elsewhere(answer) as there:
        query = f"""PREFIX p: <http://x.org/>
            SELECT ?x ?y {{ VALUES ?x {{ "2" "3" }} SERVICE <{there}> {{ ?x p:is ?y }} }}"""
        assert rows_of(stranger, query) == [{"x": "2", "y": 'b"\\\n'}]
    ((body, headers),) = asked
    assert "PREFIX+p%3A" in body
    assert "VALUES" not in body
    assert headers["User-Agent"].startswith("mission-kg/")


def test_optional_and_unbound(stranger, elsewhere):
    answer = results({"x": "1", "y": "a"}, {"x": "2"})
    with elsewhere(lambda handler: reply(handler, answer)) as there:
        query = (
            f"SELECT * {{ VALUES ?x {{ '3' }} OPTIONAL {{ SERVICE <{there}> {{ ?x ?p ?y }} }} }}"
        )
        assert rows_of(stranger, query) == [{"x": "3"}]
        both = rows_of(stranger, f"SELECT * {{ SERVICE <{there}> {{ ?x ?p ?y }} }}")
        assert sorted(both, key=str) == [{"x": "1", "y": "a"}, {"x": "2"}]


def test_answer_follows_no_release(stranger, elsewhere):
    with elsewhere(lambda handler: reply(handler, results({"x": str(time.time())}))) as there:
        query = f"SELECT * {{ SERVICE <{there}> {{ ?x ?p ?y }} }}"
        assert rows_of(stranger, query) != rows_of(stranger, query)


def test_description_says_whether_it_federates(stranger, client):
    assert "BasicFederatedQuery" in stranger.get("/sparql").text
    assert "BasicFederatedQuery" not in client.get("/sparql").text


FAULTS = {
    "status": lambda handler: reply(handler, b"", 500),
    "no results": lambda handler: reply(handler, b"<html>", kind=JSON),
    "another type": lambda handler: reply(handler, b"<html>", kind="text/html"),
    "truth value": lambda handler: reply(handler, b'{"head":{},"boolean":true}'),
    "too many bytes": lambda handler: reply(handler, b" " * 200_000),
    "too many rows": lambda handler: reply(handler, results(*({"x": "1"} for _ in range(600)))),
    "too slow": lambda handler: time.sleep(6),
    "closes": lambda handler: handler.connection.close(),
    "circle": lambda handler: reply(handler, b"", 307, Location=handler.path),
    "packed": lambda handler: reply(handler, b"\x1f\x8b", **{"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_of_the_other_side(stranger, elsewhere, fault):
    with elsewhere(FAULTS[fault]) as there:
        status, words = refusal(stranger, f"SELECT * {{ SERVICE <{there}> {{ ?x ?p ?y }} }}")
        assert (status, there.rpartition("/")[0] in words) == (502, True)
        silent = f"SELECT * {{ SERVICE SILENT <{there}> {{ ?x ?p ?y }} }}"
        assert rows_of(stranger, silent) == [{}]


def test_redirect_is_checked_again(stranger, elsewhere):
    asked = []
    with elsewhere(lambda handler: asked.append(handler.path)) as private:
        target = private.replace("127.0.0.1", "localhost")
        moved = {"Location": target}
        with elsewhere(lambda handler: reply(handler, b"", 302, **moved)) as there:
            status, words = refusal(stranger, f"SELECT * {{ SERVICE <{there}> {{ ?x ?p ?y }} }}")
    assert (status, "localhost" in words, asked) == (403, True, [])


@pytest.mark.parametrize(
    "target",
    [
        "http://x.org/sparql",
        "http://localhost:1/",
        "http://[::1]/",
        "http://2130706433/",
        "http://allowed.invalid.evil.example/",
        "http://allowed.invalid:81/",
        "http://user@allowed.invalid/",
        "http://allowed.invalid@evil.example/",
        "file:///etc/passwd",
        "ftp://allowed.invalid/",
        "relative",
        "http://[",
        "http://allowed.invalid:99999/",
    ],
)
def test_addresses_that_are_not_asked(stranger, target):
    status, _ = refusal(stranger, f"SELECT * {{ SERVICE <{target}> {{ ?s ?p ?o }} }}")
    assert status in {400, 403}


@pytest.mark.parametrize(
    "pattern",
    [
        "SERVICE ?where { ?s ?p ?o }",
        "SERVICE x:y { ?s ?p ?o }",
        "SERVICESILENT <http://x.org/> { ?s ?p ?o }",
        "BIND(true AS ?t) SERVICE<http://x.org/>{}",
        "{ SELECT * { SERVICE <http://x.org/> {} } }",
        "FILTER EXISTS { SERVICE <http://x.org/> {} }",
        "FILTER(1<2&&'a'>'b')SERVICE <http://x.org/> {}",
        "SERVICE <http://x.org/> { { }",
    ],
)
def test_ways_to_write_it(stranger, client, pattern):
    for each in (stranger, client):
        status, _ = refusal(each, f"SELECT * {{ {pattern} }}")
        assert status in {400, 403}


def test_calls_are_counted(stranger, elsewhere):
    with elsewhere(lambda handler: reply(handler, results({"x": "1"}))) as there:
        call = f"SERVICE <{there}> {{ ?x ?p ?y }}"
        assert rows_of(stranger, f"SELECT * {{ {call} {call} }}") == [{"x": "1"}]
        assert refusal(stranger, f"SELECT * {{ {call} {call} {call} }}")[0] == 403


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
    ],
)
def test_addresses_that_are_not_public(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888"])
def test_addresses_that_are_public(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", ["::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"])
def test_addresses_within_addresses(address, monkeypatch):
    allowed = AllowList(("x.example",), ())

    async def resolve():
        async def found(*_, **__):
            return [(None, None, None, None, (address, 80))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found)
        await allowed.resolve(allowed.target("http://x.example/"))

    with pytest.raises(QueryForbidden, match="no public address"):
        asyncio.run(resolve())


def test_name_without_an_address():
    allowed = AllowList(("allowed.invalid",), ())
    with pytest.raises(RemoteFault, match=r"allowed\.invalid"):
        asyncio.run(allowed.resolve(allowed.target("http://allowed.invalid/")))
