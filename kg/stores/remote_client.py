"""Speaks with a remote store: the SPARQL 1.1 Protocol through SPARQLWrapper, and its Graph Store.

Reading is asked again where the store was busy or broke off; changing never is, unless the request
may be sent twice without harm (``PUT`` and ``DELETE`` of a graph).
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib.metadata import version
from io import SEEK_END
from typing import BinaryIO, Final, TypeVar
from urllib.parse import urlencode, urlsplit
from urllib.request import Request

from SPARQLWrapper import POST, SPARQLWrapper
from tenacity import RetryCallState, Retrying, retry_if_exception_type
from tenacity.stop import stop_base

from kg.errors import StoreError, StoreRefused, StoreUnreachable
from kg.stores.connections import Connections, Deadline, Reply
from kg.stores.engines import GENERIC, Addresses, Engine, addresses, engine_named, engine_of
from kg.stores.replies import N_TRIPLES, Body, require_success, whole_body

AGENT: Final = f"mission-kg/{version('mission-kg')} (https://w3id.org/mission-kg)"
AUTO: Final = "auto"
_T = TypeVar("_T")
Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """Where a remote store is and how to speak with it.

    ``query``, ``update``, ``graphs``: addresses; the latter two may be left to what the engine
    usually has. ``engine``: a name of ``kg.stores.engines``, or ``auto``: told by its ``Server``
    header. ``union``: ``auto``, or one of ``engine``, ``parameter``, ``dataset`` where the
    deployment differs from the engine's record. ``user`` and ``password`` (basic or digest), or
    ``token`` (bearer). ``seconds``: for one exchange. ``answer_bytes``: of one answer;
    one larger than ``spool_bytes`` waits on disk (0: never). ``attempts``: for reading.
    """

    query: str
    update: str | None = None
    graphs: str | None = None
    engine: str = AUTO
    union: str = AUTO
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    seconds: float = 30.0
    answer_bytes: int = 1 << 30
    spool_bytes: int = 8 << 20
    attempts: int = 3


class _Wrapper(SPARQLWrapper):  # type: ignore[misc,unused-ignore]
    """SPARQLWrapper that is told the form of its text and gives its request."""

    def __init__(self, at: Addresses, form: str, text: str) -> None:
        self._form = form
        super().__init__(at.query, updateEndpoint=at.update, agent=AGENT)
        self.setMethod(POST)
        self.setOnlyConneg(True)  # no "format" and "output" beside Accept
        self.setQuery(text)

    def _parseQueryType(self, query: str) -> str:  # noqa: N802  its name there
        return self._form

    def request(self) -> Request:
        """The request as SPARQLWrapper writes it."""
        request: Request = self._createRequest()
        return request


class RemoteClient:
    """One remote store's wire. ``engine``, ``server``: told by the store when first spoken to."""

    def __init__(self, options: RemoteOptions) -> None:
        if urlsplit(options.query).scheme not in ("http", "https"):
            raise StoreError(f"{options.query} is no address of a store; it begins with https://.")
        self.options = options
        self._connections = Connections(options.query, 32, options.user, options.password)
        self.server, self.engine = "", GENERIC
        self.at = addresses(GENERIC, options.query, options.update, options.graphs)

    def greet(self) -> None:
        """Ask the store who it is. Raises ``StoreError`` where nothing answers there."""
        with self._sent(self._request("ASK", "ASK {}", "*/*"), None) as reply:
            require_success(reply)
            self.server = reply.headers.get("Server", "")
            reply.read()
        named = self.options.engine
        self.engine = engine_of(self.server) if named == AUTO else engine_named(named)
        options = self.options
        self.at = addresses(self.engine, options.query, options.update, options.graphs)

    def ask(
        self,
        form: str,
        text: str,
        take: Callable[[Body], _T],
        parameters: Parameters = (),
        seconds: float | None = None,
    ) -> _T:
        """What ``take`` makes of the answer to a query; asked again where that may help.

        ``take`` gets the whole body, and may be called again only if it has raised
        ``StoreUnreachable``. Raises ``StoreError`` or ``QueryFault``.
        """
        rows = form in ("SELECT", "ASK")
        deadline = Deadline(seconds or self.options.seconds)
        extra = [*parameters, *_time_limit(self.engine, deadline.seconds)]
        request = self._request(form, text, self.engine.rows if rows else N_TRIPLES, extra)

        def once() -> _T:
            with (
                self._sent(request, deadline) as reply,
                self._body(reply) as body,
            ):
                return take(body)

        return self._patiently(once, deadline)

    def update(self, text: str) -> None:
        """Run an update, once. Raises ``StoreError``; it may then have been done nevertheless."""
        if self.at.update is None:
            raise StoreRefused(
                f"No update address is known for {self.at.query}; nothing was changed. "
                "Give one (store_update_url)."
            )
        with self._sent(self._request("INSERT", text, "*/*"), None) as reply:
            require_success(reply)
            reply.read()

    def graph_store(
        self, method: str, graph: str | None, triples: bytes | BinaryIO | None = None
    ) -> bool:
        """``PUT``, ``POST`` or ``DELETE`` a graph (``None``: the default graph).

        Returns whether there was such a graph to delete. SPARQL 1.1 Graph Store HTTP Protocol,
        sections 5.3 to 5.5.
        """

        def once() -> bool:
            with self._sent(self._graph_request(method, graph, triples), None) as reply:
                if reply.status == 404 and method == "DELETE":
                    reply.read()
                    return False
                require_success(reply)
                reply.read()
                return True

        return once() if method == "POST" else self._patiently(once, None)

    def fetch(self, graph: str | None, take: Callable[[Body], _T]) -> _T | None:
        """What ``take`` makes of a graph's triples; ``None`` where there is no such graph."""

        def once() -> _T | None:
            with self._sent(self._graph_request("GET", graph), None) as reply:
                if reply.status == 404:
                    reply.read()
                    return None
                with self._body(reply) as body:
                    return take(body)

        return self._patiently(once, None)

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    @property
    def opened(self) -> int:
        """How many connections were opened so far."""
        return self._connections.opened

    def _request(self, form: str, text: str, accept: str, parameters: Parameters = ()) -> Request:
        wrapper = _Wrapper(self.at, form, text)
        for name, value in parameters:
            wrapper.addParameter(name, value)
        request = wrapper.request()
        request.add_header("Accept", accept)
        return self._signed(request)

    def _graph_request(
        self, method: str, graph: str | None, triples: bytes | BinaryIO | None = None
    ) -> Request:
        if self.at.graphs is None:
            raise StoreRefused(
                f"No graph-store address is known for {self.at.query}; nothing was asked. "
                "Give one (store_graphs_url)."
            )
        which = "default" if graph is None else urlencode({"graph": graph})
        request = Request(f"{self.at.graphs}?{which}", method=method)  # noqa: S310  http(s) only
        request.add_header("User-Agent", AGENT)
        request.add_header("Accept", N_TRIPLES if method == "GET" else "*/*")
        if triples is not None:
            request.data = triples
            request.add_header("Content-Type", N_TRIPLES)
            request.add_header("Content-Length", str(_size(triples)))
        return self._signed(request)

    def _signed(self, request: Request) -> Request:
        if self.options.token:  # RFC 6750; a user and password wait for the store's challenge
            request.add_header("Authorization", f"Bearer {self.options.token}")
        return request

    def _body(self, reply: Reply) -> AbstractContextManager[Body]:
        return whole_body(reply, self.engine, self.options.answer_bytes, self.options.spool_bytes)

    def _sent(self, request: Request, deadline: Deadline | None) -> Reply:
        return self._connections.send(request, deadline or Deadline(self.options.seconds))

    def _patiently(self, once: Callable[[], _T], deadline: Deadline | None) -> _T:
        """Call again what found the store busy or gone, a few times, within the deadline."""
        end = deadline or Deadline(self.options.seconds * self.options.attempts)
        again = Retrying(
            retry=retry_if_exception_type(StoreUnreachable),
            stop=_Spent(self.options.attempts, end),
            wait=_pause,
            reraise=True,
        )
        try:
            return again(once)
        except Exception as error:  # noqa: BLE001  all go on
            # Its frames hold rows that were being read; those may only be let go on this thread.
            error.__cause__ = error.__context__ = None
            raise error.with_traceback(None) from None


class _Spent(stop_base):
    """Stops when all attempts are made, or the next would come too late."""

    def __init__(self, attempts: int, end: Deadline) -> None:
        self._attempts, self._end = attempts, end

    def __call__(self, state: RetryCallState) -> bool:
        """Whether to give up."""
        return state.attempt_number >= self._attempts or _pause(state) >= self._end.rest()


def _pause(state: RetryCallState) -> float:
    """Seconds to wait: what the store asks for, else a little, more each time."""
    error = state.outcome.exception() if state.outcome else None
    asked = getattr(error, "retry_after", None)
    return asked if asked is not None else float(min(2.0, 0.05 * 4 ** (state.attempt_number - 1)))


def _time_limit(engine: Engine, seconds: float) -> Parameters:
    if engine.timeout is None:
        return ()
    name, units = engine.timeout
    return ((name, str(max(1, round(seconds * units)))),)


def _size(triples: bytes | BinaryIO) -> int:
    return len(triples) if isinstance(triples, bytes) else triples.seek(0, SEEK_END)
