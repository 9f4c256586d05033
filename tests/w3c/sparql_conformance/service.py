"""A SPARQL service under test: where its operations are and how a test puts data there."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit, urlunsplit

import httpx
from rdflib import Graph

from sparql_conformance.manifest import Source
from sparql_conformance.results import EXTENSIONS, Result, parsed


class NotConforming(AssertionError):
    """The service does otherwise than the test expects."""


@dataclass(frozen=True)
class Endpoints:
    """Addresses of one service; ``None``: it has none.

    ``prefer_named``: the default graph cannot be written, or is the union of the named ones; then
    data of a test lies in named graphs only and each query names its dataset in the protocol.
    """

    sparql: str
    update: str | None = None
    graph_store: str | None = None
    token: str | None = None
    timeout: float = 30.0
    prefer_named: bool = False


@dataclass
class Service:
    """Requests to the service under test."""

    endpoints: Endpoints
    _client: httpx.Client = field(init=False)
    _holds: object = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._client = httpx.Client(timeout=self.endpoints.timeout)
        # A test says itself what it accepts; without it, nothing is sent.
        del self._client.headers["accept"]
        if self.endpoints.token:
            self._client.headers["authorization"] = f"Bearer {self.endpoints.token}"

    def close(self) -> None:
        self._client.close()

    def send(
        self,
        method: str,
        url: str,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> httpx.Response:
        """Send one request. Raises ``NotConforming`` where the connection breaks."""
        try:
            return self._client.request(method, url, headers=headers, content=body)
        except httpx.HTTPError as error:
            raise NotConforming(f"{method} {url}: {type(error).__name__} {error}") from error

    def query(
        self, query: str, accept: str, dataset: Iterable[tuple[str, str]] = ()
    ) -> httpx.Response:
        """POST a query directly (SPARQL 1.1 Protocol 2.1.3)."""
        headers = {"Content-Type": "application/sparql-query", "Accept": accept}
        url = with_query(self.endpoints.sparql, urlencode(list(dataset)))
        return self.send("POST", url, headers, query.encode())

    def answer(self, query: str, accept: str, dataset: Iterable[tuple[str, str]] = ()) -> Result:
        """Ask a query and read its answer. Raises ``NotConforming`` for another type or status."""
        return read(self.query(query, accept, dataset), accept)

    def update(self, request: str) -> httpx.Response:
        """POST an update directly (2.2.2). Raises ``LookupError`` without an address for it."""
        if self.endpoints.update is None:
            raise LookupError("The service has no address for updates.")
        self._holds = None
        headers = {"Content-Type": "application/sparql-update"}
        return self.send("POST", self.endpoints.update, headers, request.encode())

    def holds(self, dataset: list[tuple[str | None, Source]]) -> None:
        """Make the service hold exactly these files, unless it does already."""
        key = tuple((name, source.iri) for name, source in dataset)
        if self._holds == key:
            return
        self.empty()
        for name, source in dataset:
            self._load(name, source)
        self._holds = key

    def changed(self) -> None:
        """Forget what the service holds: a test has written."""
        self._holds = None

    def empty(self) -> None:
        """Remove all data: by an update, else graph after graph over the Graph Store Protocol."""
        if self.endpoints.update is not None:
            done(self.update("DROP ALL"))
            return
        names = self.answer(
            "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", "application/sparql-results+json"
        )
        for (name,) in getattr(names, "rows", ()):
            done(self.send("DELETE", self._graph_url(str(name))))
        if not self.endpoints.prefer_named:
            self.send("DELETE", self._graph_url(None))
        self._holds = None

    def _load(self, name: str | None, source: Source) -> None:
        media_type = EXTENSIONS[source.path.suffix[1:]]
        if self.endpoints.graph_store is None:
            triples = Graph().parse(source.path, publicID=source.iri).serialize(format="nt")
            block = f"GRAPH <{name}> {{ {triples} }}" if name else triples
            done(self.update(f"INSERT DATA {{ {block} }}"))
            return
        text = source.text()
        # The base would be the graph's name, not the file's.
        if media_type == "text/turtle":
            text = f"@base <{source.iri}> .\n{text}"
        if media_type == "application/rdf+xml":
            graph = Graph().parse(data=text, format="xml", publicID=source.iri)
            text, media_type = graph.serialize(format="nt"), "application/n-triples"
        headers = {"Content-Type": media_type}
        done(self.send("POST", self._graph_url(name), headers, text.encode()))

    def _graph_url(self, name: str | None) -> str:
        if self.endpoints.graph_store is None:
            raise LookupError("The service has no Graph Store Protocol address.")
        graph = urlencode({"graph": name}) if name else "default"
        return with_query(self.endpoints.graph_store, graph)


def with_query(url: str, query: str, path: str = "") -> str:
    """Append to the query string, and to the path, of an address that may have both."""
    parts = urlsplit(url)
    joined = "&".join(part for part in (parts.query, query) if part)
    return urlunsplit(parts._replace(path=parts.path + path, query=joined))


def done(response: httpx.Response) -> httpx.Response:
    """Expect success. Raises ``NotConforming``."""
    if not response.is_success:
        raise NotConforming(told(response, "2xx"))
    return response


def told(response: httpx.Response, expected: object) -> str:
    """Say what came instead of what was expected."""
    request = response.request
    body = response.text[:300]
    return f"{request.method} {request.url} gave {response.status_code}, not {expected}: {body}"


def media_type(response: httpx.Response) -> str:
    """Get the media type without its parameters."""
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


def read(response: httpx.Response, expected: str | None = None) -> Result:
    """Read an answer; its type must be the one asked for. Raises ``NotConforming``."""
    done(response)
    found = media_type(response)
    if expected is not None and found != expected:
        raise NotConforming(told(response, f"an answer in {expected} but in {found}"))
    try:
        return parsed(response.content, found, str(response.request.url))
    except ValueError as error:
        raise NotConforming(told(response, f"a readable answer ({error})")) from error
