"""Real endpoints: Oxigraph's server with data, and a server that misbehaves in every way."""

import shutil
import socket
import subprocess
import sysconfig
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode

from ingest import endpoint
from ingest.endpoint_client import USER_AGENT, Client, retry_after
from ingest.errors import EndpointRefused, EndpointUnavailable
from ingest.library import Reading
from kg.model import Batch, Claim
from ontology.names import ID, MKG, RDFS, SKOS

WD = "http://www.wikidata.org/entity/"
DATA = """@prefix wd: <http://www.wikidata.org/entity/> .
@prefix wdt: <http://www.wikidata.org/prop/direct/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
wd:Q1 rdfs:label "Harbour Board"@en, "Havnevesenet"@da ; wdt:P31 wd:Q9 ; skos:altLabel "HB"@en .
wd:Q9 wdt:P279 wd:Q43229 .
wd:Q2 rdfs:label "Harbour Board"@en ; wdt:P31 wd:Q5 .
wd:Q20 wdt:P297 "NO" ; rdfs:label "Norge"@da, "Norvegia"@it .
""" + "".join(f'wd:Q{n} rdfs:label "Name {n}"@en .\n' for n in range(100, 125))
KNOWN = Batch(
    (),
    (
        Claim(
            f"{ID}organisation/board", f"{RDFS}label", Literal("Harbour Board", language="en"), "s"
        ),
        Claim(f"{ID}country/no", f"{MKG}isoAlpha2", Literal("NO"), "s"),
    ),
)
QUICK = {"delay": "0", "first_wait": "0.01", "attempts": "3", "timeout": "5"}
ALL = """SELECT ?subject ?property ?value WHERE
{ ?subject <http://www.w3.org/2000/01/rdf-schema#label> ?value
  BIND(<http://www.w3.org/2000/01/rdf-schema#label> AS ?property) }
ORDER BY ?subject ?property ?value"""
MADE = """CONSTRUCT { ?s <http://www.w3.org/2004/02/skos/core#altLabel> ?o } WHERE
{ ?s <http://www.w3.org/2000/01/rdf-schema#label> ?o } ORDER BY ?s ?o"""


def server_binary() -> str | None:
    beside = Path(sysconfig.get_path("scripts")) / "oxigraph"
    return str(beside) if beside.exists() else shutil.which("oxigraph")


@pytest.fixture(scope="module")
def oxigraph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real SPARQL endpoint that holds ``DATA``."""
    binary = server_binary()
    assert binary, "the development dependency oxigraph brings the server"
    directory = tmp_path_factory.mktemp("oxigraph")
    (directory / "data.ttl").write_text(DATA)
    store = ["--location", str(directory / "store")]
    subprocess.run(
        [binary, "load", *store, "--file", str(directory / "data.ttl")],
        check=True,
        capture_output=True,
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        [binary, "serve-read-only", *store, "--bind", f"127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        _wait_for(address)
        yield f"{address}/query"
        process.terminate()


def _wait_for(address: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{address} did not start")


@pytest.fixture
def template(tmp_path: Path) -> Callable[[str], str]:
    """Writes a template; returns its path."""

    def write(text: str) -> str:
        path = tmp_path / "mine.rq"
        path.write_text(text)
        return str(path)

    return write


def test_organisations_as_wikidata_has_them(oxigraph: str) -> None:
    found = endpoint.read_input(oxigraph, QUICK, known=KNOWN)
    board = f"{ID}organisation/board"
    assert {(claim.subject, claim.property, claim.value) for claim in found.batch.claims} == {
        (board, f"{SKOS}exactMatch", NamedNode(f"{WD}Q1")),
        (board, f"{SKOS}altLabel", Literal("Havnevesenet", language="da")),
        (board, f"{SKOS}altLabel", Literal("HB", language="en")),
    }
    assert {claim.review_status for claim in found.batch.claims} == {"proposed"}
    [source] = found.batch.sources
    assert (source.publisher, source.licence, source.url) == ("Wikidata", "CC0-1.0", oxigraph)
    assert found.findings == ()


def test_countries_by_their_code(oxigraph: str) -> None:
    options = {**QUICK, "template": "wikidata-countries", "only": "country:no"}
    found = endpoint.read_input(oxigraph, options, known=KNOWN)
    assert {claim.value for claim in found.batch.claims} == {
        NamedNode(f"{WD}Q20"),
        Literal("Norge", language="da"),
    }
    options["only"] = "country:dk"
    assert endpoint.read_input(oxigraph, options, known=KNOWN).batch.claims == ()


@pytest.mark.parametrize("page", ["1", "7", "500"])
@pytest.mark.parametrize("text", [ALL, MADE])
def test_pages_give_everything_once(
    oxigraph: str, template: Callable[[str], str], page: str, text: str
) -> None:
    options = {**QUICK, "template": template(text), "page": page}
    found = endpoint.read_input(oxigraph, options)
    assert found.findings == ()
    assert len(found.batch.claims) == 30
    assert found.batch == endpoint.read_input(oxigraph, options).batch


def test_pages_without_order_are_warned_of(
    oxigraph: str, template: Callable[[str], str], told: Callable[..., list[str]]
) -> None:
    options = {**QUICK, "template": template(ALL.partition("ORDER")[0])}
    assert told(endpoint.read_input(oxigraph, options).findings) == [
        "warning: mine.rq: has no ORDER BY: pages may repeat or miss rows. Order by all selected "
        "variables."
    ]


def test_rows_that_are_no_statements_are_passed_over(
    oxigraph: str, template: Callable[[str], str]
) -> None:
    text = """SELECT ?subject ?property ?value WHERE { VALUES (?subject ?property ?value) {
      ("no iri" <http://purl.org/dc/terms/relation> 1) (UNDEF UNDEF UNDEF)
      (<http://e/a> <http://purl.org/dc/terms/relation> 2) } } ORDER BY ?value"""
    found = endpoint.read_input(oxigraph, {**QUICK, "template": template(text)})
    assert [claim.value.value for claim in found.batch.claims] == ["2"]


def test_a_query_that_the_endpoint_does_not_understand(
    oxigraph: str, template: Callable[[str], str]
) -> None:
    options = {**QUICK, "template": template(ALL.replace("BIND", "BLIND"))}
    with pytest.raises(
        EndpointRefused, match=r"does not understand the query \(HTTP 400\): .*error"
    ):
        endpoint.read_input(oxigraph, options)


def test_no_endpoint_there(oxigraph: str) -> None:
    with pytest.raises(EndpointRefused, match=r"There is no endpoint at .*/nowhere \(HTTP 404\)"):
        endpoint.read_input(oxigraph.replace("/query", "/nowhere"), QUICK, known=KNOWN)


def test_a_template_that_is_none(oxigraph: str, told: Callable[..., list[str]]) -> None:
    found = endpoint.read_input(oxigraph, {**QUICK, "template": "wikidata"})
    assert found.batch == Batch((), ())
    assert told(found.findings)[0].startswith("violation: wikidata: is no template.")


Step = Callable[[BaseHTTPRequestHandler], None]
ROW = b"""{"head": {"vars": ["subject", "property", "value"]}, "results": {"bindings": [
  {"subject": {"type": "uri", "value": "http://e/a"},
   "property": {"type": "uri", "value": "http://purl.org/dc/terms/relation"},
   "value": {"type": "literal", "value": "x"}}]}}"""
NONE = b'{"head": {"vars": ["subject", "property", "value"]}, "results": {"bindings": []}}'
JSON = "application/sparql-results+json"


def answer(
    body: bytes = ROW, media: str = JSON, status: int = 200, length: int | None = None, **more: str
) -> Step:
    """A step that answers so; ``length``: what it says its body has."""

    def step(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", media)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in more.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return step


def slow(handler: BaseHTTPRequestHandler) -> None:
    """A step that lets its caller wait longer than it will."""
    time.sleep(1.6)


def drop(handler: BaseHTTPRequestHandler) -> None:
    """A step that hangs up without a word."""
    handler.connection.shutdown(socket.SHUT_RDWR)


class Rude:
    """A server that goes through its steps, then gives empty pages."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.address = f"http://127.0.0.1:{server.server_address[1]}/sparql"
        self.steps: list[Step] = []
        self.asked: list[tuple[float, str]] = []


@pytest.fixture
def rude() -> Iterator[Rude]:
    """A misbehaving endpoint; fill ``steps``."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            state.asked.append((time.monotonic(), self.headers["User-Agent"]))
            (state.steps.pop(0) if state.steps else answer(NONE))(self)

        def log_message(self, *args: object) -> None:
            del args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Rude(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def ask(rude: Rude, template: Callable[[str], str]) -> Callable[..., Reading]:
    """Asks the rude endpoint with options."""

    def asks(text: str = ALL, **options: str) -> Reading:
        given = {**QUICK, "template": template(text), **options}
        return endpoint.read_input(rude.address, given)

    return asks


PASSING: dict[str, Step] = {
    "busy": answer(b"", status=429, Retry_After="0"),
    "down": answer(b"", status=503),
    "failing": answer(b"trouble", status=500),
    "cut JSON": answer(ROW[:90]),
    "cut body": answer(ROW, length=len(ROW) + 50),
    "hung up": drop,
}


@pytest.mark.parametrize("step", PASSING.values(), ids=PASSING)
def test_what_passes_is_tried_again(rude: Rude, ask: Callable[..., Reading], step: Step) -> None:
    rude.steps = [step, answer()]
    assert [claim.value.value for claim in ask().batch.claims] == ["x"]
    assert len(rude.asked) == 3


SENTENCES = {
    "busy": "is busy or failing (HTTP 429). Try again later.",
    "down": "is busy or failing (HTTP 503). Try again later.",
    "failing": "is busy or failing (HTTP 500). Try again later.",
    "cut JSON": "gave an answer that breaks off or is not well-formed (90 bytes of "
    "application/sparql-results+json): ",
    "hung up": "broke off its answer (RemoteDisconnected). Try again later.",
}


@pytest.mark.parametrize(("kind", "said"), SENTENCES.items())
def test_what_does_not_pass_is_told(
    rude: Rude, ask: Callable[..., Reading], kind: str, said: str
) -> None:
    rude.steps = [PASSING[kind]] * 3
    with pytest.raises(EndpointUnavailable) as caught:
        ask()
    assert str(caught.value).startswith(f"{rude.address} {said}")
    assert len(rude.asked) == 3


REFUSALS: dict[str, tuple[Step, str]] = {
    "a page": (
        answer(b"<html><body>Welcome</body></html>", "text/html"),
        "answered with text/html, not with SPARQL results or RDF. Give the address of the endpoint",
    ),
    "a truth value": (
        answer(b'{"head": {}, "boolean": true}'),
        "answered with application/sparql-results+json, not with SPARQL results or RDF.",
    ),
    "no access": (answer(b"", status=401), "refuses to answer (HTTP 403)."),
    "forbidden": (answer(b"", status=403), "refuses to answer (HTTP 403)."),
    "a long wait": (
        answer(b"", status=429, Retry_After="3600"),
        "asks to wait 3600 s, longer than 120 s. Try again later.",
    ),
}


@pytest.mark.parametrize(("step", "said"), REFUSALS.values(), ids=REFUSALS)
def test_what_will_not_pass_is_not_tried_again(
    rude: Rude, ask: Callable[..., Reading], step: Step, said: str
) -> None:
    rude.steps = [step]
    with pytest.raises(EndpointRefused) as caught:
        ask()
    assert str(caught.value).startswith(f"{rude.address} {said}")
    assert len(rude.asked) == 1


def test_no_rdf_for_a_construct(rude: Rude, ask: Callable[..., Reading]) -> None:
    rude.steps = [answer(b"<html/>", "text/html")]
    with pytest.raises(EndpointRefused, match="answered with text/html"):
        ask(MADE)


def test_a_slow_endpoint(rude: Rude, ask: Callable[..., Reading]) -> None:
    rude.steps = [slow]
    with pytest.raises(EndpointUnavailable) as caught:
        ask(timeout="1", attempts="1")
    assert str(caught.value) == (
        f"{rude.address} did not answer within 1 s. Try again later, ask for smaller pages "
        "(option page) or allow more time (option timeout)."
    )


def test_a_wait_that_was_asked_for_is_kept(rude: Rude, ask: Callable[..., Reading]) -> None:
    rude.steps = [answer(b"", status=429, Retry_After="1"), answer()]
    ask()
    assert rude.asked[1][0] - rude.asked[0][0] >= 1.0


def test_the_delay_between_requests_and_the_name_we_give(
    rude: Rude, ask: Callable[..., Reading]
) -> None:
    rude.steps = [answer(), answer()]
    ask(delay="0.2")
    moments = [moment for moment, _ in rude.asked]
    assert all(late - early >= 0.2 for early, late in pairwise(moments))
    assert {name for _, name in rude.asked} == {USER_AGENT}


def test_a_page_capped_by_the_endpoint_is_gone_on_from(
    rude: Rude, ask: Callable[..., Reading]
) -> None:
    rude.steps = [answer()] * 3
    ask(page="100")
    assert len(rude.asked) == 4


def test_an_endpoint_without_an_end(
    rude: Rude, ask: Callable[..., Reading], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "MOST_PAGES", 3)
    rude.steps = [answer()] * 4
    with pytest.raises(EndpointRefused, match="gave 3 pages without an end"):
        ask()


def test_an_answer_over_the_limit(rude: Rude) -> None:
    rude.steps = [answer(b"x" * 5000)]
    with pytest.raises(EndpointRefused, match="answered with more than 0 MB, the limit text_bytes"):
        Client(rude.address, 5, 1000).ask(ALL, "SELECT")


def test_nobody_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}/sparql"
    with pytest.raises(EndpointUnavailable, match=r"cannot be reached: .*Check the address"):
        endpoint.read_input(address, {**QUICK, "attempts": "1"}, known=KNOWN)


WRONG = {
    ("ftp://example.org/x", ""): '"ftp://example.org/x" is no address of an endpoint. Write it',
    ("file:///etc/passwd", ""): '"file:///etc/passwd" is no address of an endpoint.',
    ("http://127.0.0.1/sparql", "page=many"): (
        'The option page is "many"; a number from 0 up was expected. Write it like page=400.'
    ),
    ("http://127.0.0.1/sparql", "delay=-1"): 'The option delay is "-1"; a number from 0 up',
    ("http://127.0.0.1/sparql", "timeout=inf"): 'The option timeout is "inf"; a number from 0 up',
    ("http://127.0.0.1/sparql", "only=csiro"): (
        'The option only names "csiro", which is no CURIE. Write it like org:csiro; nothing was '
        "asked of http://127.0.0.1/sparql."
    ),
}


@pytest.mark.parametrize(("given", "said"), WRONG.items())
def test_wrong_options(given: tuple[str, str], said: str) -> None:
    address, option = given
    name, _, value = option.partition("=")
    with pytest.raises(EndpointRefused) as caught:
        endpoint.read_input(address, {name: value} if name else {}, known=KNOWN)
    assert str(caught.value).startswith(said)


def test_retry_after() -> None:
    now = datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert retry_after(None) is None
    assert retry_after("7") == 7.0
    assert retry_after("soon") is None
    assert retry_after(format_datetime(now + timedelta(seconds=30)), now) == 30.0
    assert retry_after("Wed, 01 May 2024 12:00:05 -0000", now) == 5.0
    assert retry_after(format_datetime(now - timedelta(seconds=30))) == 0.0
