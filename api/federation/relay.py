"""Asks other endpoints what the SERVICE patterns of a query ask, and writes the answers into it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

import httpx
from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results

from api.errors import RemoteFault
from api.federation.addresses import AllowList, Target
from kg.errors import QueryForbidden
from kg.store import Cell
from kg.stores.calls import NOTHING_KNOWN, Call, answered, calls, values

_ACCEPT: Final = "application/sparql-results+json, application/sparql-results+xml;q=0.8"
_FORMATS: Final = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "application/xml": QueryResultsFormat.XML,
    "text/xml": QueryResultsFormat.XML,
}
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_MOVES: Final = 3
_AT_ONCE: Final = 8
_LONGEST: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one SERVICE: seconds, bytes and rows; and how many a query may have."""

    seconds: float
    bytes: int
    rows: int
    calls: int


class Relay:
    """Asks endpoints on the ``allowed`` list; the only part of the server that asks any."""

    def __init__(self, allowed: AllowList, bounds: Bounds, agent: str) -> None:
        self._allowed = allowed
        self._bounds = bounds
        self._agent = agent
        self._turns: asyncio.Semaphore | None = None

    @property
    def is_open(self) -> bool:
        """Whether any endpoint may be asked."""
        return not self._allowed.is_empty

    async def expand(self, query: str, seconds: float) -> str:
        """The query with every SERVICE replaced by its answer; as it is where it has none.

        Takes at most ``seconds``. Raises ``QueryForbidden`` for what is not allowed, unless
        SILENT; ``RemoteFault`` for what the other side does, unless SILENT; ``QueryFault``.
        """
        text = query.lower()
        if "service" not in text or (self._allowed.is_empty and "silent" not in text):
            return query  # where it runs, a text that reaches out is refused
        if len(query) > _LONGEST:
            raise QueryForbidden(
                f"A query with SERVICE may be {_LONGEST:,} signs long; this one has {len(query):,}."
            )
        made = await asyncio.to_thread(calls, query)
        if not made or (self._allowed.is_empty and not any(call.silent for call in made)):
            return query
        if len(made) > self._bounds.calls:
            raise QueryForbidden(
                f"The query has {len(made)} SERVICE patterns; at most {self._bounds.calls} are "
                "asked here."
            )
        return answered(query, made, await self._all(made, seconds))

    async def _all(self, made: Sequence[Call], seconds: float) -> list[str]:
        try:
            async with asyncio.timeout(seconds):
                return [await self._one(call) for call in made]
        except TimeoutError as error:
            raise RemoteFault(
                f"The SERVICE patterns took longer than {seconds:g} seconds together."
            ) from error

    async def _one(self, call: Call) -> str:
        try:
            return await self._ask(call)
        except (RemoteFault, QueryForbidden):
            if call.silent:
                return NOTHING_KNOWN
            raise

    async def _ask(self, call: Call) -> str:
        if self._turns is None:
            self._turns = asyncio.Semaphore(_AT_ONCE)
        try:
            async with self._turns, asyncio.timeout(self._bounds.seconds):
                media_type, body = await self._fetch(call)
        except TimeoutError as error:
            raise RemoteFault(
                f"SERVICE <{call.target}> took longer than {self._bounds.seconds:g} seconds."
            ) from error
        except httpx.HTTPError as error:
            raise RemoteFault(
                f"SERVICE <{call.target}> could not be asked: {error or type(error).__name__}."
            ) from error
        return await asyncio.to_thread(_as_values, call, media_type, body, self._bounds.rows)

    async def _fetch(self, call: Call) -> tuple[str, bytes]:
        url = call.target
        for _ in range(_MOVES + 1):
            target = self._allowed.target(url)
            address = await self._allowed.resolve(target)
            async with httpx.AsyncClient(trust_env=False, timeout=self._bounds.seconds) as client:
                request = self._request(client, target, address, call.query)
                response = await client.send(request, stream=True)
                if response.status_code in _MOVED and "location" in response.headers:
                    url = urljoin(url, response.headers["location"])
                    await response.aclose()
                    continue
                return await self._read(response, call)
        raise RemoteFault(f"SERVICE <{call.target}> redirects more than {_MOVES} times.")

    def _request(
        self, client: httpx.AsyncClient, target: Target, address: str, query: str
    ) -> httpx.Request:
        """A request to the address that was checked, under the name that was asked for."""
        url = httpx.URL(target.url)
        return client.build_request(
            "POST",
            url.copy_with(host=address, port=target.port),
            data={"query": query},
            headers={
                "Host": url.netloc.decode("ascii"),
                "Accept": _ACCEPT,
                "Accept-Encoding": "identity",  # a packed answer could grow beyond its bytes
                "User-Agent": self._agent,
            },
            extensions={"sni_hostname": target.host},
        )

    async def _read(self, response: httpx.Response, call: Call) -> tuple[str, bytes]:
        if response.status_code != 200:
            await response.aclose()
            raise RemoteFault(f"SERVICE <{call.target}> answered with {response.status_code}.")
        body = bytearray()
        async for part in response.aiter_raw():
            body += part
            if len(body) > self._bounds.bytes:
                await response.aclose()
                raise RemoteFault(
                    f"SERVICE <{call.target}> answered with more than {self._bounds.bytes:,} "
                    "bytes; ask it for less."
                )
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return kind, bytes(body)


def _as_values(call: Call, media_type: str, body: bytes, most: int) -> str:
    """The rows of an answer as VALUES. Raises ``RemoteFault`` where they are none."""
    form = _FORMATS.get(media_type)
    if form is None:
        raise RemoteFault(
            f"SERVICE <{call.target}> answered with {media_type or 'no type'}, which holds no rows."
        )
    read = _rows(form, body)
    if isinstance(read, str):
        raise RemoteFault(f"SERVICE <{call.target}> answered with no rows: {read}.")
    names, rows = read
    if len(rows) > most:
        raise RemoteFault(
            f"SERVICE <{call.target}> answered with {len(rows):,} rows; at most {most:,} are "
            "taken. Ask it for less."
        )
    return values(names, rows, call.target)


def _rows(form: QueryResultsFormat, body: bytes) -> tuple[list[str], list[tuple[Cell, ...]]] | str:
    """Variables and rows of an answer, or why there are none.

    Raises nothing: an error would carry the engine's own rows to another thread, which must not be.
    """
    try:
        found = parse_query_results(body, form)
        if not isinstance(found, QuerySolutions):
            return "it is a truth value"
        return [each.value for each in found.variables], [tuple(row) for row in found]
    except (SyntaxError, ValueError) as error:
        return str(error)
