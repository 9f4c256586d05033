"""Kept HTTP connections to one server, with one deadline for the whole of each exchange.

SPARQLWrapper opens each request with ``urllib.request.urlopen``, which always asks the server to
close the connection afterwards; its ``setUseKeepAlive`` needs a package that does not exist for
Python 3 and would change the opener of the whole process. So requests made by SPARQLWrapper are
sent here, over ``http.client``: a connection whose answer was read to its end is kept and used
again. A time limit of a socket starts anew with each byte; here it is what is left of the whole.
"""

import io
import select
import socket
import ssl
import time
from base64 import b64encode
from collections import deque
from email.message import Message
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    HTTPSConnection,
    IncompleteRead,
)
from typing import Any, Final, Self, cast
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDigestAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    Request,
    parse_http_list,
    parse_keqv_list,
)

from kg.errors import StoreError, StoreRefused, StoreTimeout, StoreUnreachable

_BUFFER: Final = 1 << 16


class Deadline:
    """A moment by which an exchange must be over, ``seconds`` from now."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, more than 0. Raises ``TimeoutError`` when there are none."""
        left = self.rest()
        if left <= 0:
            raise TimeoutError
        return left

    def rest(self) -> float:
        """Seconds left; 0 or less when the moment has passed."""
        return self._end - time.monotonic()


class Connections:
    """Connections to the server of one address; safe to use from several threads.

    ``idle``: how many are kept while nobody uses them. ``user``, ``password``: for basic or
    digest authentication, where the server asks for it (RFC 7617, RFC 7616).
    """

    def __init__(self, address: str, idle: int = 16, user: str = "", password: str = "") -> None:
        parts = urlsplit(address)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._host, self._port = parts.hostname or "", parts.port
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._idle: deque[HTTPConnection] = deque()
        self._most = idle
        self.opened = 0
        self._user, self._password = user, password
        self._challenge = ""
        self._known = HTTPPasswordMgrWithDefaultRealm()
        self._digest = HTTPDigestAuthHandler(self._known)

    def send(self, request: Request, deadline: Deadline) -> "Reply":
        """The reply to a request; its body is still to be read.

        Raises ``StoreTimeout``, ``StoreUnreachable`` or ``StoreRefused`` (a redirect).
        """
        if self._challenge:
            self._authorise(request)
        reply = self._send(request, deadline)
        challenge = reply.headers.get("WWW-Authenticate", "")
        if reply.status == 401 and self._user and challenge:
            reply.close()
            self._challenge = challenge
            self._authorise(request)
            reply = self._send(request, deadline)
        if 300 <= reply.status < 400:
            reply.close()
            raise StoreRefused(
                f"{request.full_url} sends on to {reply.headers.get('Location', 'nowhere')} "
                f"(HTTP {reply.status}). Give the address that answers itself."
            )
        return reply

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    def _send(self, request: Request, deadline: Deadline) -> "Reply":
        connection = self._take()
        try:
            return self._exchange(connection, request, deadline)
        except BaseException as error:
            connection.close()
            if isinstance(error, TimeoutError | OSError | HTTPException):
                raise fault(self.origin, error, deadline) from error
            raise

    def _exchange(
        self, connection: HTTPConnection, request: Request, deadline: Deadline
    ) -> "Reply":
        if connection.sock is None:
            connection.timeout = deadline.left()
            connection.connect()
            plain: socket.socket = connection.sock  # type: ignore[assignment]
            connection.sock = cast("socket.socket", _Watched(plain))
            self.opened += 1
        cast("_Watched", connection.sock).deadline = deadline
        body: Any = request.data
        if hasattr(body, "seek"):
            body.seek(0)
        headers = dict(request.header_items())
        connection.request(request.get_method(), request.selector, body, headers)
        return Reply(self, connection, connection.getresponse(), deadline)

    def _take(self) -> HTTPConnection:
        """A connection that is kept and still open, else a new one."""
        while self._idle:
            connection = self._idle.pop()
            # Something to read before anything was asked: the server has closed it.
            if connection.sock and not select.select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()
        if self._tls is None:
            return HTTPConnection(self._host, self._port, blocksize=_BUFFER)
        return HTTPSConnection(self._host, self._port, context=self._tls, blocksize=_BUFFER)

    def give_back(self, connection: HTTPConnection, whole: bool) -> None:
        """Keep a connection whose answer was read to its end; close it otherwise."""
        if whole and connection.sock and len(self._idle) < self._most:
            self._idle.append(connection)
        else:
            connection.close()

    def _authorise(self, request: Request) -> None:
        """Answer the server's challenge; further requests answer it before it is made again.

        Not before the first one: Virtuoso makes no challenge to who comes with a basic answer.
        """
        scheme, _, rest = self._challenge.partition(" ")
        if scheme.lower() == "digest":
            fields = parse_keqv_list([part for part in parse_http_list(rest) if part])
            self._known.add_password(None, request.full_url, self._user, self._password)
            answer = self._digest.get_authorization(request, fields)
        else:
            answer = b64encode(f"{self._user}:{self._password}".encode()).decode()
        request.add_header("Authorization", f"{scheme} {answer}")


class Reply:
    """A reply whose body is being read; a context manager that gives the connection back.

    ``status``, ``headers``: of HTTP. ``measured``: whether the end of the body can be told from a
    break (its length is known, or it comes in chunks; RFC 9112, section 6.3).
    """

    def __init__(
        self,
        origin: Connections,
        connection: HTTPConnection,
        response: HTTPResponse,
        deadline: Deadline,
    ) -> None:
        self._origin, self._connection, self._response = origin, connection, response
        self._deadline = deadline
        self.status: int = response.status
        self.headers: Message = response.headers
        self.measured = response.length is not None or bool(response.chunked)

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the connection back."""
        self.close()

    def info(self) -> Message:
        """The headers, under the name that ``SPARQLWrapper.QueryResult`` uses."""
        return self.headers

    def read(self, most: int = -1) -> bytes:
        """Up to ``most`` further bytes (all: -1); none at the end.

        Raises ``StoreTimeout`` or ``StoreUnreachable`` where the answer stops before its end.
        """
        try:
            data = self._response.read() if most < 0 else self._response.read(most)
            if not data and most > 0 and self._response.length:
                raise IncompleteRead(b"", self._response.length)
        except (HTTPException, OSError, ValueError) as error:
            raise fault(self._origin.origin, error, self._deadline) from error
        return data

    def close(self) -> None:
        """Give the connection back; one whose answer was not read to its end is closed."""
        whole = self._response.isclosed() and not self._response.will_close
        self._response.close()
        self._origin.give_back(self._connection, whole)


class _Watched:
    """A socket as ``http.client`` uses it, each of whose waits ends at ``deadline``."""

    deadline: Deadline

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def fileno(self) -> int:
        """Handle of the socket."""
        return self._sock.fileno()

    def sendall(self, data: bytes) -> None:
        """Send all of ``data``."""
        self._sock.settimeout(self.deadline.left())
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Make a buffered reader; the socket closes when it and the reader are closed."""
        return io.BufferedReader(_Reader(self._sock, self.deadline), _BUFFER)

    def close(self) -> None:
        """Close the socket as soon as nobody reads from it."""
        self._sock.close()


class _Reader(io.RawIOBase):
    """Bytes of a socket, each wait for them ending at a deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock, self._deadline = sock, deadline
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        """Wait for bytes and read them."""
        self._sock.settimeout(self._deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Let go of the socket."""
        self._raw.close()
        super().close()


def fault(origin: str, error: BaseException, deadline: Deadline) -> StoreError:
    """What went wrong on the way, as one of our errors in words."""
    if isinstance(error, TimeoutError):
        return StoreTimeout(
            f"The store at {origin} did not answer within {deadline.seconds:g} s. Ask for less, "
            "allow it more time, or see how busy it is."
        )
    if isinstance(error, ssl.SSLError):
        return StoreRefused(f"The store at {origin} shows no certificate to trust: {error}.")
    if isinstance(error, HTTPException | ValueError):
        return StoreUnreachable(
            f"The store at {origin} broke off its answer ({type(error).__name__}); nothing of it "
            "was used. Try again."
        )
    return StoreUnreachable(
        f"The store at {origin} cannot be reached: {getattr(error, 'strerror', None) or error}. "
        "See whether it runs, and check its address."
    )
