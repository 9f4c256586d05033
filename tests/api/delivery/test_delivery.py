"""The delivery layer over real HTTP, in front of the whole application and its release."""

import asyncio
import gzip
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from time import perf_counter

import brotli
import httpx
import pytest
import zstandard

from api.delivery import ByteCache, Delivery, Finished, Version
from api.delivery.requests import made_anew

ROWS = "SELECT ?s ?o { ?s a ?o } ORDER BY ?s ?o LIMIT 300"
JSON = "application/sparql-results+json"
UNPACK = {
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    "br": brotli.decompress,
    "gzip": gzip.decompress,
}


def ask(client, query=ROWS, *, headers=None, **more):
    given = {"Accept": JSON, "Accept-Encoding": "identity", **(headers or {})}
    return client.get("/sparql", params={"query": query, **more}, headers=given)


def raw(client, encoding, path="/sparql", **params):
    """The bytes as they came, still encoded."""
    headers = {"Accept": JSON, "Accept-Encoding": encoding}
    with client.stream("GET", path, params=params, headers=headers) as answer:
        return answer, b"".join(answer.iter_raw())


@pytest.mark.parametrize("encoding", ["zstd", "br", "gzip"])
def test_each_encoding_holds_the_same_answer_under_a_validator_of_its_own(client, encoding):
    plain = ask(client)
    answer, body = raw(client, encoding, query=ROWS)
    assert answer.headers["content-encoding"] == encoding
    assert UNPACK[encoding](body) == plain.content
    assert len(body) < len(plain.content) / 3
    assert answer.headers["etag"] != plain.headers["etag"]
    assert not answer.headers["etag"].startswith("W/")
    assert int(answer.headers["content-length"]) == len(body)
    assert {"accept", "accept-encoding"} <= {
        part.strip().lower() for part in answer.headers["vary"].split(",")
    }


def test_a_first_and_a_kept_answer_are_the_same(serve_with):
    with serve_with() as client:
        first, again = ask(client), ask(client)
    drop = ("date", "x-request-id")
    assert again.content == first.content
    assert {k: v for k, v in again.headers.items() if k not in drop} == {
        k: v for k, v in first.headers.items() if k not in drop
    }


@pytest.mark.parametrize("path", ["/", "/api/v1/questions", "/static/style.css"])
def test_pages_have_validators(client, path):
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_who_has_the_answer_gets_304_with_what_a_cache_needs(client):
    first = ask(client)
    tag = first.headers["etag"]
    for asked in (tag, f'W/{tag}, "other"', f'"other",{tag}', "*"):
        answer = ask(client, headers={"If-None-Match": asked})
        assert (answer.status_code, answer.content) == (304, b""), asked
        for name in ("etag", "vary", "cache-control", "last-modified"):
            assert answer.headers[name] == first.headers[name]
        assert "content-type" not in answer.headers
    assert ask(client, headers={"If-None-Match": '"other"'}).status_code == 200


def test_if_none_match_decides_before_the_date(client):
    first = ask(client)
    date = first.headers["last-modified"]
    assert ask(client, headers={"If-Modified-Since": date}).status_code == 304
    both = {"If-Modified-Since": date, "If-None-Match": '"other"'}
    assert ask(client, headers=both).status_code == 200
    older = {"If-Modified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"}
    assert ask(client, headers=older).status_code == 200


def test_last_modified_is_when_the_release_was_made(client, service):
    moment = parsedate_to_datetime(ask(client).headers["last-modified"])
    assert moment.strftime("%Y%m%dT%H%M%SZ") == service.release.id[:16]


def test_a_posted_query_is_kept_by_its_body(client):
    def post(query, **headers):
        given = {"Content-Type": "application/sparql-query", "Accept": JSON, **headers}
        return client.post("/sparql", content=query, headers=given)

    one, other = post(ROWS), post(ROWS.replace("300", "3"))
    assert one.headers["etag"] != other.headers["etag"]
    assert post(ROWS).content == one.content
    # RFC 9110, section 13.2.1: conditions on methods that have none are passed over.
    assert post(ROWS, **{"If-None-Match": one.headers["etag"]}).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (RAND() AS ?x) {}",
        "SELECT (uuid () AS ?x) {}",
        "SELECT (STRUUID() AS ?x) {}",
        "SELECT (RAND # a comment\n() AS ?x) {}",
    ],
)
def test_what_is_made_anew_is_made_anew(client, query):
    assert ask(client, query).content != ask(client, query).content


@pytest.mark.parametrize("sign", ["#", " ", "# ", "now#", "now "])
def test_whether_a_query_is_made_anew_is_told_at_once(sign):
    """All requests wait meanwhile: no text may take longer than its length asks for."""
    body = b"ASK {} # NOW" + sign.encode() * 100_000
    scope = {"path": "/sparql", "query_string": b""}
    began = perf_counter()
    made_anew(scope, body)
    assert perf_counter() - began < 1


def test_a_method_head_has_the_headers_of_get(client):
    params = {"query": ROWS}
    got = client.get("/sparql", params=params, headers={"Accept": JSON})
    head = client.head("/sparql", params=params, headers={"Accept": JSON})
    assert head.content == b""
    for name in ("etag", "content-type", "content-encoding", "content-length"):
        assert head.headers.get(name) == got.headers.get(name), name


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_is_asked_each_time(client, path):
    assert "etag" not in client.get(path).headers


def test_a_fault_is_not_kept_and_has_no_validator(client):
    for _ in range(2):
        answer = ask(client, "SELECT nonsense")
        assert answer.status_code == 400
        assert "etag" not in answer.headers
        assert "last-modified" not in answer.headers


def test_equal_questions_at_once_run_once(serve_with):
    slow = "SELECT (COUNT(*) AS ?n) { ?a ?p ?b . ?b ?q ?c . ?c ?r ?d FILTER(STRLEN(STR(?d)) > 1) }"
    with serve_with(cache_bytes=0) as client:
        alone = ask(client, slow).elapsed.total_seconds()
    with serve_with() as client, ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: ask(client, slow), range(12)))
    assert len({answer.content for answer in answers}) == 1
    assert max(a.elapsed.total_seconds() for a in answers) < max(6 * alone, alone + 2)


def test_nothing_is_kept_where_the_operator_says_so(serve_with):
    with serve_with(cache_bytes=0) as client:
        first = ask(client)
        again = ask(client, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304  # the answer was made again, but not sent


# The layer in front of an application that is written for the case, called as a server calls it.

VERSION = Version("20260101T000000Z-00000000", b"Thu, 01 Jan 2026 00:00:00 GMT")


class Counting:
    """An application that counts how often it was asked, and answers in ``parts``."""

    def __init__(self, *parts: bytes, status=200, headers=(), pause=0.0):
        self.parts, self.status, self.headers, self.pause = parts, status, headers, pause
        self.asked = 0

    async def __call__(self, scope, receive, send):
        self.asked += 1
        await asyncio.sleep(self.pause)
        headers = [(b"content-type", b"text/csv"), *self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        for number, part in enumerate(self.parts, 1):
            more = number < len(self.parts)
            await send({"type": "http.response.body", "body": part, "more_body": more})


def layer(app, **limits):
    given = {"cache_bytes": 10**6, "entry_bytes": 10**5, "request_bytes": 1000, **limits}
    return Delivery(app, lambda: VERSION, **given)


async def get(app, path="/sparql", **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://example.org") as client:
        return await client.get(path, headers=names)


def test_an_answer_in_parts_is_kept_once_it_is_whole():
    app = Counting(b"a" * 3000, b"b" * 3000, b"")

    async def run():
        delivery = layer(app)
        return [await get(delivery, accept_encoding="identity") for _ in range(2)]

    first, again = asyncio.run(run())
    assert app.asked == 1
    assert first.content == again.content == b"a" * 3000 + b"b" * 3000
    assert "etag" not in first.headers
    assert again.headers["etag"]


@pytest.mark.parametrize(
    "app",
    [
        Counting(b"x" * 60_000, b"x" * 60_000),
        Counting(b"x", status=404),
        Counting(b"x", headers=[(b"cache-control", b"no-store")]),
        Counting(b"x", headers=[(b"cache-control", b"no-cache")]),
        Counting(b"x", headers=[(b"cache-control", b"private, max-age=3")]),
        Counting(b"x", headers=[(b"set-cookie", b"a=b")]),
        Counting(b"x", headers=[(b"mission-kg-release", b"another")]),
    ],
)
def test_what_is_not_for_all_or_too_large_is_not_kept(app):
    async def run():
        delivery = layer(app)
        await get(delivery, accept_encoding="identity")
        await get(delivery, accept_encoding="identity")
        return len(delivery.cache)

    assert asyncio.run(run()) == 0
    assert app.asked == 2


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/sparql", {"authorization": "Bearer x"}),
        ("/sparql", {"range": "bytes=0-1"}),
        ("/sparql", {"accept_datetime": "Thu, 01 Jan 2026 00:00:00 GMT"}),
        ("/workspace/sparql", {}),
        ("/metrics", {}),
    ],
)
def test_what_is_for_one_client_goes_through(path, headers):
    app = Counting(b"x")

    async def run():
        delivery = layer(app)
        return [await get(delivery, path, **headers) for _ in range(2)]

    assert not any("etag" in answer.headers for answer in asyncio.run(run()))
    assert app.asked == 2


@pytest.mark.parametrize("status", [200, 400, 503])
def test_who_asks_the_same_meanwhile_waits_for_the_one_answer(status):
    app = Counting(b"x", status=status, pause=0.05)

    async def run():
        delivery = layer(app)
        return await asyncio.gather(*(get(delivery) for _ in range(20)))

    assert {answer.status_code for answer in asyncio.run(run())} == {status}
    assert app.asked == 1


def test_a_refusal_of_one_client_is_not_given_to_another():
    app = Counting(b"x", status=429, pause=0.01)

    async def run():
        delivery = layer(app)
        await asyncio.gather(*(get(delivery) for _ in range(5)))

    asyncio.run(run())
    assert app.asked == 5


def test_who_waits_goes_on_when_the_first_fails():
    class Failing(Counting):
        async def __call__(self, scope, receive, send):
            if self.asked == 0:
                self.asked += 1
                await asyncio.sleep(0.02)
                raise RuntimeError("the first one fails")
            await super().__call__(scope, receive, send)

    app = Failing(b"x")

    async def run():
        delivery = layer(app)
        return await asyncio.gather(*(get(delivery) for _ in range(4)), return_exceptions=True)

    answers = asyncio.run(run())
    assert [type(a) for a in answers].count(RuntimeError) == 1
    assert [a.status_code for a in answers if isinstance(a, httpx.Response)] == [200] * 3
    assert app.asked == 2


def test_a_long_body_is_not_looked_up_but_reaches_the_application_whole():
    received = []

    async def app(scope, receive, send):
        size = 0
        while True:
            message = await receive()
            size += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        received.append(size)
        await Counting(b"x")(scope, receive, send)

    async def run():
        delivery = layer(app)
        transport = httpx.ASGITransport(delivery)
        async with httpx.AsyncClient(transport=transport, base_url="http://e") as client:
            for _ in range(2):
                await client.post("/sparql", content=iter_bytes([b"q" * 600, b"r" * 700, b"s"]))
        return len(delivery.cache)

    async def iter_bytes(parts):
        for part in parts:
            yield part

    assert asyncio.run(run()) == 0
    assert received == [1301, 1301]


def test_the_cache_stays_within_its_bytes_and_gives_up_the_least_used():
    cache = ByteCache(limit=20_000, entry_limit=10_000)
    for number in range(50):
        cache.get(0)
        cache.put(number, Finished(200, [], b"x" * 1000), request_bytes=10)
        assert cache.weight <= 20_000
    assert cache.get(0) is not None
    assert cache.get(1) is None
    assert cache.get(49) is not None
    assert not cache.put("large", Finished(200, [], b"x" * 10_001), request_bytes=0)
