"""From a query to an HTTP answer in the format the client asked for; shared by the routes."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, urlencode

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from api.errors import BadRequest, BrokenOff
from api.execution import Answer, Limits, Runner, full_limits
from api.negotiation import GRAPH, HTML, RESULTS, choose
from api.pages import Grid, grid_of_results, grid_of_triples
from api.wiring import Service
from kg.store import Dataset, MediaChoice

RESULTS_JSON: Final = next(iter(RESULTS))
_N_TRIPLES: Final = "application/n-triples"
_TURTLE: Final = next(iter(GRAPH))
_DOWNLOADS: Final = {
    "rows": {"CSV": "csv", "JSON": "json", "TSV": "tsv", "XML": "xml"},
    "triples": {"Turtle": "turtle", "JSON-LD": "json-ld", "N-Triples": "ntriples"},
}
_log = logging.getLogger("mission_kg")

Parameters = list[tuple[str, str]]
Page = Callable[[Grid | bool, str, Mapping[str, str]], str]
"""Makes HTML from the grid, what its rows are (``rows`` or ``triples``) and download links."""


async def answer(
    request: Request,
    service: Service,
    query: str,
    parameters: Parameters,
    page: Page,
    *,
    dataset: Dataset | None = None,
    limits: Limits | None = None,
    runner: Runner | None = None,
) -> Response:
    """Answer ``query`` as Accept, ``?format=`` or ``?output=`` asks; ``page`` is for browsers.

    ``parameters``: those of the request, repeated in the download links; ``limits``: less than
    the service's own; ``runner``: another than the service's. Raises ``NotAcceptable`` and what
    running the query raises.
    """
    choice = choose(request.headers.get("accept"), format_of(parameters))
    limits = limits or full_limits(service.settings)
    media = MediaChoice(
        choice.results if choice.results not in (None, HTML) else RESULTS_JSON,
        choice.graph if choice.graph not in (None, HTML) else _fallback(choice.graph),
    )
    asked = _for_page(limits, service) if choice.results == choice.graph == HTML else limits
    written = await (runner or service.runner).answer(
        query, media, dataset=dataset, limits=asked, client=client_of(request)
    )
    try:
        chosen = choice.acceptable(written.media_type)
    except Exception:
        await _drop(written)
        raise
    headers = {"Mission-KG-Release": service.release.id, "Mission-KG-Limits": told(asked)}
    if written.cut is not None:
        headers["Mission-KG-Cut"] = written.cut
    if chosen != HTML:
        return answered(written, choice.content_type(chosen), headers)
    what = "rows" if written.media_type == RESULTS_JSON else "triples"
    read = grid_of_results if what == "rows" else grid_of_triples
    body = await whole(written.body)
    grid = await anyio.to_thread.run_sync(read, body, service.settings.page_rows)
    if isinstance(grid, Grid) and written.cut is not None:
        grid = replace(grid, cut=True)
    links = _links(request.url.path, parameters, _DOWNLOADS[what])
    return HTMLResponse(page(grid, what, links), headers=headers)


def answered(written: Answer, content_type: str, headers: Mapping[str, str]) -> Response:
    """An HTTP answer of a runner's answer: whole, or as it comes."""
    every = {**headers, "Content-Type": content_type}
    if isinstance(written.body, bytes):
        return Response(written.body, headers=every)
    return Streamed(written.body, headers=every)


class Streamed(Response):
    """An answer sent as it comes.

    Where it breaks after the first bytes, the connection ends without its last chunk, so that no
    client takes a part for the whole.
    """

    def __init__(self, parts: AsyncIterator[bytes], headers: Mapping[str, str]) -> None:
        super().__init__(headers=headers)
        del self.headers["content-length"]  # of the empty body
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer (ASGI 3.0)."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        try:
            await send(start)
            async for part in self._parts:
                await send({"type": "http.response.body", "body": part, "more_body": True})
        except Exception as error:
            _log.warning("%s broke off: %s", scope["path"], error)
            raise BrokenOff(error) from error
        finally:
            await close(self._parts)
        await send({"type": "http.response.body", "body": b""})


async def whole(body: bytes | AsyncIterator[bytes]) -> bytes:
    """All bytes of an answer."""
    if isinstance(body, bytes):
        return body
    try:
        return b"".join([part async for part in body])
    finally:
        await close(body)


async def close(parts: object) -> None:
    """End an iterator over parts, so that whatever makes them is free again."""
    ending = getattr(parts, "aclose", None)
    if ending is not None:
        await ending()


def told(limits: Limits) -> str:
    """Limits as the header ``Mission-KG-Limits`` tells them: seconds, rows, bytes, memory."""
    return (
        f"seconds={limits.seconds:g}, rows={limits.rows}, bytes={limits.answer_bytes}, "
        f"memory={limits.memory_bytes}"
    )


def client_of(request: Request) -> str:
    """Whose share of the service a request takes: the client's address."""
    client = request.client
    return client.host if client else ""


def format_of(parameters: Parameters) -> str | None:
    """The format named in the address: ``format``, else ``output``; of several, the first.

    SPARQLWrapper says each twice, ``format=rdf+xml&format=application/rdf+xml``.
    """
    names = ("format", "output")
    given = (value for name in names for key, value in parameters if key == name and value)
    return next(given, None)


def one(parameters: Parameters, name: str) -> str | None:
    """Value of the parameter ``name``, ``None`` without. Raises ``BadRequest`` if doubled."""
    values = [value for key, value in parameters if key == name]
    if len(values) > 1:
        raise BadRequest(f"The parameter {name} was given {len(values)} times; give it once.")
    return values[0] if values else None


def read_parameters(text: bytes) -> Parameters:
    """Read ``application/x-www-form-urlencoded`` text, which must be UTF-8.

    SPARQL 1.1 Protocol, sections 2.1.1 to 2.1.3. Raises ``BadRequest`` for other encodings.
    """
    try:
        return parse_qsl(
            text.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=1000
        )
    except UnicodeDecodeError as error:
        raise BadRequest("The parameters are not UTF-8; encode them as UTF-8.") from error
    except ValueError as error:
        raise BadRequest("The parameters cannot be read; there are more than 1,000.") from error


async def _drop(written: Answer) -> None:
    if not isinstance(written.body, bytes):
        await close(written.body)


def _for_page(limits: Limits, service: Service) -> Limits:
    """No more rows than a page shows, and one that tells that there are more."""
    return replace(limits, rows=min(limits.rows, service.settings.page_rows + 1))


def _fallback(graph: str | None) -> str:
    return _N_TRIPLES if graph == HTML else _TURTLE


def _links(path: str, parameters: Parameters, formats: Mapping[str, str]) -> dict[str, str]:
    kept = [(key, value) for key, value in parameters if key not in ("format", "output")]
    return {
        name: f"{path}?{urlencode([*kept, ('format', value)])}" for name, value in formats.items()
    }
