"""Endpoints that a federation test expects to find elsewhere, for the time of that test."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from rdflib import Graph
from rdflib.term import Node

from sparql_conformance.manifest import QT, Case


@dataclass
class Elsewhere:
    """Address in a test -> address of the endpoint that stands in for it."""

    addresses: dict[str, str] = field(default_factory=dict)

    def rewrite(self, text: str) -> str:
        for there, here in self.addresses.items():
            text = text.replace(there, here)
        return text


@contextlib.contextmanager
def federated(case: Case, action: Node) -> Iterator[Elsewhere]:
    """Serve the ``qt:serviceData`` of a test on the loopback; nothing where it has none."""
    graphs: dict[str, Graph] = {}
    with (
        _serving(graphs)
        if (action, QT.serviceData, None) in case.graph
        else (contextlib.nullcontext("")) as base
    ):
        elsewhere = Elsewhere()
        for number, data in enumerate(case.graph.objects(action, QT.serviceData)):
            graph = graphs[f"/{number}"] = Graph()
            for file in case.graph.objects(data, QT.data):
                graph.parse(case.source(file).path, publicID=str(file))
            elsewhere.addresses[str(case.graph.value(data, QT.endpoint))] = f"{base}/{number}"
        yield elsewhere


@contextlib.contextmanager
def _serving(graphs: dict[str, Graph]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Keep the terminal for the tests."""

        def do_GET(self) -> None:
            self._answer(parse_qs(urlsplit(self.path).query)["query"][0])

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = self.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
            self._answer(parse_qs(body)["query"][0] if form else body)

        def _answer(self, query: str) -> None:
            result = graphs[urlsplit(self.path).path].query(query)
            body = result.serialize(format="json") or b""
            self.send_response(200)
            self.send_header("Content-Type", "application/sparql-results+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
