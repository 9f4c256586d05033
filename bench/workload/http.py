"""One connection to an endpoint, kept open, and the time of a whole answer on it."""

import http.client
import socket
import time
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

JSON = "application/sparql-results+json"
N_TRIPLES = "application/n-triples"


class Refused(Exception):
    """An answer other than 200. The text: status and the beginning of the body."""


@dataclass(frozen=True)
class Timed:
    """``seconds``: from sending to the last byte of ``body``."""

    seconds: float
    body: bytes


class Asker:
    """A client of one SPARQL endpoint; GET, no compression, one connection."""

    def __init__(self, endpoint: str, seconds: float, source: str = "127.0.0.1") -> None:
        parts = urlsplit(endpoint)
        self._path = parts.path
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._seconds = seconds
        self._source = source
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, query: str, accept: str) -> Timed:
        """Ask. Raises ``Refused``, and ``OSError`` where the server is gone or too slow."""
        path = f"{self._path}?query={quote(query, safe='')}"
        try:
            connection = self._open()
            _acknowledge_at_once(connection.sock)
            start = time.perf_counter()
            connection.request("GET", path, headers={"Accept": accept})
            answer = connection.getresponse()
            _acknowledge_at_once(connection.sock)
            body = answer.read()
            seconds = time.perf_counter() - start
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if isinstance(error, OSError):
                raise
            raise Refused(f"broken answer: {error!r}") from error
        if answer.will_close:
            self.close()
        if answer.status != 200:
            raise Refused(f"{answer.status}: {body[:200].decode('utf-8', 'replace')}")
        return Timed(seconds, body)

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is None:
            made = http.client.HTTPConnection(
                self._host, self._port, timeout=self._seconds, source_address=(self._source, 0)
            )
            made.connect()
            made.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connection = made
        return self._connection


def _acknowledge_at_once(connection: socket.socket) -> None:
    """Do not delay acknowledgements: Virtuoso waits for them between head and body (40 ms)."""
    if hasattr(socket, "TCP_QUICKACK"):  # Linux; it resets itself, so it is set each time
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def accept_for(graph: bool) -> str:
    """The media type that answers are compared in."""
    return N_TRIPLES if graph else JSON
