"""A remote store that is slow, gone, or answers nonsense: told in words, never passed on."""

import contextlib
import gc
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from kg.errors import (
    BadAnswer,
    PartialAnswer,
    QueryFault,
    QueryForbidden,
    StoreError,
    StoreRefused,
    StoreTimeout,
    StoreUnreachable,
)
from kg.store import Dataset, MediaChoice
from kg.stores.remote import RemoteStore
from kg.stores.remote_client import RemoteOptions

GOOD = b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"1"}}]}}'
TRUE = b'{"head":{},"boolean":true}'
SELECT = "SELECT ?x { ?x ?y ?z }"
MEDIA = MediaChoice("text/csv", "text/turtle")
Behaviour = Callable[[socket.socket], None]


class Scripted:
    """A server of raw bytes: greets well, then behaves as told, one behaviour a request."""

    def __init__(self) -> None:
        self.script: list[Behaviour] = []
        self.requests: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}/sparql"
        threading.Thread(target=self._accept, daemon=True).start()

    def store(self, **options: object) -> RemoteStore:
        defaults = {"seconds": 10.0, "attempts": 1, "union": "engine"}
        return RemoteStore(RemoteOptions(self.address, **{**defaults, **options}))  # type: ignore[arg-type]

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for a client
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while request := read_request(connection):
                self.requests.append(request)
                try:
                    if b"query=ASK+%7B%7D" in request:
                        connection.sendall(reply(TRUE))
                    else:
                        self.script.pop(0)(connection)
                except (OSError, IndexError):
                    return


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            part = connection.recv(65536)
        except OSError:
            return b""
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (
            int(line[15:])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def reply(
    body: bytes,
    media: str = "application/sparql-results+json",
    status: str = "200 OK",
    headers: str = "",
) -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n"
        f"{headers}\r\n".encode()
        + body
    )


def says(data: bytes) -> Behaviour:
    return lambda connection: connection.sendall(data)


def breaks_off(data: bytes) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_RDWR)

    return behave


def drips(data: bytes, pause: float) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        for each in data:
            connection.sendall(bytes([each]))
            time.sleep(pause)

    return behave


@pytest.fixture
def server() -> Iterator[Scripted]:
    scripted = Scripted()
    yield scripted
    scripted.close()


NONSENSE = {
    "an error page": (reply(b"<html>oops</html>", "text/html"), "a web page"),
    "another format": (reply(b"x\r\n1\r\n", "text/csv"), "text/csv"),
    "truncated JSON": (reply(GOOD[:-3]), "broken"),
    "text after JSON": (reply(GOOD + b" Timeout!"), "broken"),
    "no JSON": (reply(b"OK"), "broken"),
    "JSON of something else": (reply(b'{"error": "busy"}'), "broken"),
    "bytes that are no UTF-8": (reply(GOOD.replace(b'"1"', b'"\xff"')), "broken"),
    "an IRI that is none": (
        reply(GOOD.replace(b'"literal","value":"1"', b'"uri","value":"a b"')),
        "broken",
    ),
    "a truth value": (reply(TRUE), "truth value"),
    "another coding": (reply(GOOD, headers="Content-Encoding: br\r\n"), "coding"),
    "no length and no end": (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/sparql-results+json\r\n"
        b"Connection: close\r\n\r\n" + GOOD,
        "neither its length",
    ),
}


class TestNonsense:
    @pytest.mark.parametrize("name", NONSENSE)
    def test_nonsense_is_told(self, server: Scripted, name: str) -> None:
        data, words = NONSENSE[name]
        server.script = [breaks_off(data)] * 2
        with closing(server.store()) as store, pytest.raises(BadAnswer, match=words):
            store.select(SELECT)
        # The first connection may still be closing: a second store has one of its own.
        with closing(server.store()) as store, pytest.raises(BadAnswer, match=words):
            store.write_answer(SELECT, MEDIA, io.BytesIO())

    def test_an_error_may_be_let_go_on_another_thread(self, server: Scripted) -> None:
        """The engine's rows may not: pytest makes its complaint an error."""
        server.script = [says(reply(GOOD + b" Timeout!"))]
        kept: list[BaseException] = []
        with closing(server.store()) as store:
            try:
                store.select(SELECT)
            except BadAnswer as error:
                kept.append(error)
        thread = threading.Thread(target=lambda: (kept.clear(), gc.collect()))
        thread.start()
        thread.join()
        assert not kept

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (reply(b"<a:a> <a:b> .\n", "application/n-triples"), "broken"),
            (reply(b"<html>", "text/html"), "a web page"),
            (reply(GOOD), "triples as application/n-triples were asked for"),
        ],
    )
    def test_triples_that_are_none(self, server: Scripted, data: bytes, words: str) -> None:
        server.script = [says(data)]
        with closing(server.store()) as store, pytest.raises(BadAnswer, match=words):
            store.construct("CONSTRUCT WHERE { ?s ?p ?o }")

    @pytest.mark.parametrize("body", [GOOD, b'{"head":{"vars":[]},"results":{"bindings":[]}}'])
    def test_rows_are_no_truth_value(self, server: Scripted, body: bytes) -> None:
        server.script = [says(reply(body))]
        with closing(server.store()) as store, pytest.raises(BadAnswer, match="truth value"):
            store.ask("ASK { ?s ?p ?o }")

    @pytest.mark.parametrize(
        "data",
        [
            reply(GOOD, status="206 Partial Content"),
            reply(GOOD, headers="X-SPARQL-MaxRows: 10000\r\n"),
            reply(GOOD, headers="X-SQL-State: S1TAT\r\n"),
        ],
    )
    def test_a_part_is_not_passed_on(self, server: Scripted, data: bytes) -> None:
        server.script = [says(data)]
        with (
            closing(server.store(engine="virtuoso")) as store,
            pytest.raises(PartialAnswer, match="only a part"),
        ):
            store.select(SELECT)

    def test_too_large_an_answer(self, server: Scripted) -> None:
        server.script = [says(reply(GOOD + b" " * 10_000))]
        with (
            closing(server.store(answer_bytes=5_000)) as store,
            pytest.raises(StoreError, match="larger than 5,000 bytes"),
        ):
            store.select(SELECT)


class TestSlowAndGone:
    def test_silence_ends_in_time(self, server: Scripted) -> None:
        server.script = [lambda connection: time.sleep(5)]
        with closing(server.store(seconds=1.0)) as store:
            start = time.monotonic()
            with pytest.raises(StoreTimeout, match="within 1 s"):
                store.select(SELECT)
            assert time.monotonic() - start < 3

    @pytest.mark.parametrize("part", ["head", "body"])
    def test_drops_of_an_answer_end_in_time_too(self, server: Scripted, part: str) -> None:
        data = reply(GOOD)
        cut = data.index(b"\r\n\r\n") + 4 if part == "body" else 0

        def behave(connection: socket.socket) -> None:
            connection.sendall(data[:cut])
            drips(data[cut:], 0.2)(connection)

        server.script = [behave]
        with closing(server.store(seconds=1.0)) as store:
            start = time.monotonic()
            with pytest.raises(StoreTimeout):
                store.select(SELECT)
            assert time.monotonic() - start < 3

    @pytest.mark.parametrize("kept", [0, 30, 90, -1])
    def test_gone_in_the_middle(self, server: Scripted, kept: int) -> None:
        server.script = [breaks_off(reply(GOOD)[:kept])]
        told = (
            StoreUnreachable,
            BadAnswer,
        )  # a head without its end may look like one without length
        with closing(server.store()) as store, pytest.raises(told):
            store.select(SELECT)

    def test_a_chunked_answer_without_its_end(self, server: Scripted) -> None:
        head = (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/sparql-results+json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        server.script = [breaks_off(head + b"%x\r\n%s\r\n" % (len(GOOD), GOOD))]
        with closing(server.store()) as store, pytest.raises(StoreUnreachable, match="broke off"):
            store.select(SELECT)

    def test_reading_is_asked_again(self, server: Scripted) -> None:
        busy = reply(b"later", "text/plain", "503 Busy")
        server.script = [breaks_off(b""), says(busy), says(reply(GOOD))]
        with closing(server.store(attempts=3)) as store:
            assert len(store.select(SELECT).rows) == 1
        assert len(server.requests) == 4

    def test_what_is_wrong_is_not_asked_again(self, server: Scripted) -> None:
        server.script = [says(reply(b"no", "text/plain", "400 Bad Request")), says(reply(GOOD))]
        with (
            closing(server.store(attempts=3)) as store,
            pytest.raises(QueryFault, match=r"400\): no"),
        ):
            store.select(SELECT)
        assert len(server.script) == 1

    def test_an_update_is_sent_once(self, server: Scripted) -> None:
        server.script = [breaks_off(b"")] * 3
        with closing(server.store(attempts=3, update=server.address)) as store:
            with pytest.raises(StoreUnreachable):
                store.update("INSERT DATA { GRAPH <a:g> { <a:a> <a:b> 1 } }")
            assert len(server.script) == 2

    def test_a_wait_longer_than_there_is_time_for(self, server: Scripted) -> None:
        server.script = [says(reply(b"", "text/plain", "503 Busy", "Retry-After: 60\r\n"))] * 3
        with closing(server.store(attempts=3)) as store:
            with pytest.raises(StoreUnreachable, match="busy") as caught:
                store.select(SELECT)
            assert caught.value.retry_after == 60
        assert len(server.script) == 2

    def test_nobody_listens(self, server: Scripted) -> None:
        server.close()
        with pytest.raises(StoreUnreachable, match=r"cannot be reached: Connection refused"):
            server.store()

    def test_a_name_that_nobody_has(self) -> None:
        with pytest.raises(StoreUnreachable, match="cannot be reached"):
            RemoteStore(RemoteOptions("http://nobody.invalid/sparql", attempts=1, seconds=5))

    def test_no_address(self) -> None:
        with pytest.raises(StoreError, match="begins with https"):
            RemoteStore(RemoteOptions("localhost:7878/query"))


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "words"),
        [
            ("401 Unauthorized", "user and password"),
            ("403 Forbidden", "user and password"),
            ("404 Not Found", "no such service"),
            ("500 Oops", "The store failed"),
        ],
    )
    def test_statuses_in_words(self, server: Scripted, status: str, words: str) -> None:
        server.script = [says(reply(b"the reason", "text/plain", status))]
        with closing(server.store()) as store, pytest.raises(StoreError, match=words) as caught:
            store.select(SELECT)
        assert "the reason" in str(caught.value)

    def test_a_redirect_is_not_followed(self, server: Scripted) -> None:
        data = reply(b"", "text/plain", "302 Found", "Location: http://169.254.169.254/\r\n")
        server.script = [says(data)]
        with (
            closing(server.store(token="secret")) as store,
            pytest.raises(StoreRefused, match=r"169\.254"),
        ):
            store.select(SELECT)

    @pytest.mark.parametrize(
        "query",
        [
            "PREFIX f: <bif:> SELECT * { ?s f:contains 'x' }",
            "SELECT (<sql:exec>('x') AS ?y) {}",
            "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
            "PREFIX j: <java:java.lang.> SELECT (j:System('x') AS ?y) {}",
        ],
    )
    def test_the_inside_of_an_engine_is_not_reached(self, server: Scripted, query: str) -> None:
        with closing(server.store()) as store, pytest.raises(QueryForbidden, match="inside"):
            store.select(query)
        assert len(server.requests) == 1

    @pytest.mark.parametrize(
        "query", ["SELECT * { ?s ?p 'a\\u0022 . } #' }", "SELECT * { ?s <http://e/\\u003E> ?o }"]
    )
    def test_escapes_that_engines_read_apart(self, server: Scripted, query: str) -> None:
        with closing(server.store()) as store, pytest.raises(QueryFault, match="codepoint"):
            store.select(query)

    @pytest.mark.parametrize(
        "query", ["DEFINE get:soft 'soft' SELECT * {}", "SELECT * { ?s ?p ?o OPTION (any) }"]
    )
    def test_dialects_are_no_sparql(self, server: Scripted, query: str) -> None:
        with closing(server.store()) as store, pytest.raises(QueryFault, match="not valid"):
            store.select(query)


class TestOnTheWire:
    def test_one_connection_serves_many_requests(self, server: Scripted) -> None:
        server.script = [says(reply(GOOD))] * 5
        with closing(server.store()) as store:
            for _ in range(5):
                store.select(SELECT)
            assert store.client.opened == 1

    def test_a_connection_that_the_server_closed_is_not_used(self, server: Scripted) -> None:
        server.script = [breaks_off(reply(GOOD)), says(reply(GOOD))]
        with closing(server.store()) as store:
            store.select(SELECT)
            time.sleep(0.05)
            assert len(store.select(SELECT).rows) == 1
            assert store.client.opened == 2

    def test_a_token_is_sent_and_never_shown(self, server: Scripted) -> None:
        server.script = [says(reply(GOOD))]
        with closing(server.store(token="very-secret")) as store:
            store.select(SELECT)
            assert "very-secret" not in repr(store.client.options)
        assert b"authorization: bearer very-secret" in server.requests[1].lower()

    def test_a_basic_challenge_is_answered_once_and_remembered(self, server: Scripted) -> None:
        challenge = reply(b"", "text/plain", "401 No", 'WWW-Authenticate: Basic realm="x"\r\n')
        server.script = [says(challenge), says(reply(GOOD)), says(reply(GOOD))]
        with closing(server.store(user="ada", password="pw")) as store:
            store.select(SELECT)
            store.select(SELECT)
        sent = [b"Authorization: Basic YWRhOnB3" in each for each in server.requests]
        assert sent == [False, False, True, True]

    def test_a_dataset_goes_as_parameters(self, server: Scripted) -> None:
        server.script = [says(reply(GOOD))] * 2
        with closing(server.store()) as store:
            dataset = Dataset(default=("http://e/d",), named=("http://e/n",))
            store.write_answer(SELECT, MEDIA, io.BytesIO(), dataset=dataset)
            assert (
                b"default-graph-uri=http%3A//e/d&named-graph-uri=http%3A//e/n"
                in server.requests[-1]
            )
            store.write_answer(SELECT, MEDIA, io.BytesIO(), dataset=Dataset(default=()))
            assert b"graph/none" in server.requests[-1]
