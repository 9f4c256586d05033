"""From a query to an HTTP answer in the format the client asked for; shared by the routes."""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode

import anyio.to_thread
from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from api.errors import BadRequest
from api.negotiation import GRAPH, HTML, RESULTS, choose
from api.pages import Grid, grid_of_results, grid_of_triples
from api.wiring import Service
from kg.store import MediaChoice

RESULTS_JSON: Final = next(iter(RESULTS))
_N_TRIPLES: Final = "application/n-triples"
_TURTLE: Final = next(iter(GRAPH))
_DOWNLOADS: Final = {
    "rows": {"CSV": "csv", "JSON": "json", "TSV": "tsv", "XML": "xml"},
    "triples": {"Turtle": "turtle", "JSON-LD": "json-ld", "N-Triples": "ntriples"},
}

Parameters = list[tuple[str, str]]
Page = Callable[[Grid | bool, str, Mapping[str, str]], str]
"""Makes HTML from the grid, what its rows are (``rows`` or ``triples``) and download links."""


async def answer(
    request: Request, service: Service, query: str, parameters: Parameters, page: Page
) -> Response:
    """Answer ``query`` as Accept or ``?format=`` asks; ``page`` is for browsers.

    ``parameters``: those of the request, repeated in the download links. Raises
    ``NotAcceptable`` and what running the query raises.
    """
    choice = choose(request.headers.get("accept"), one(parameters, "format"))
    media = MediaChoice(
        choice.results if choice.results not in (None, HTML) else RESULTS_JSON,
        choice.graph if choice.graph not in (None, HTML) else _fallback(choice.graph),
    )
    written = await service.runner.answer(query, media)
    chosen = choice.acceptable(written.media_type)
    if chosen != HTML:
        return Response(written.body, media_type=chosen)
    what = "rows" if written.media_type == RESULTS_JSON else "triples"
    read = grid_of_results if what == "rows" else grid_of_triples
    grid = await anyio.to_thread.run_sync(read, written.body, service.settings.page_rows)
    links = _links(request.url.path, parameters, _DOWNLOADS[what])
    return HTMLResponse(page(grid, what, links))


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


def _fallback(graph: str | None) -> str:
    return _N_TRIPLES if graph == HTML else _TURTLE


def _links(path: str, parameters: Parameters, formats: Mapping[str, str]) -> dict[str, str]:
    kept = [(key, value) for key, value in parameters if key != "format"]
    return {
        name: f"{path}?{urlencode([*kept, ('format', value)])}" for name, value in formats.items()
    }
