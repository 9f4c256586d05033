"""``/sparql``: queries to the release, and what this service is."""

from dataclasses import replace
from time import monotonic
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.errors import UpdateRefused
from api.execution import Limits, Runner, full_limits
from api.federation.relay import Relay
from api.negotiation import GRAPH, HTML, best, content_type
from api.pages import EXAMPLE, Grid, render
from api.protocol.description import describe, of_release, outline
from api.protocol.endpoint import Endpoint
from api.protocol.requests import FORM, QUERY, Operation, read_operation
from api.responding import answer
from api.wiring import service_of

OPTIONS: Final = (("Accept-Post", f"{QUERY}, {FORM}"), ("Accept-Query", f"{QUERY}, {FORM}"))
_NO_UPDATES: Final = (
    "Updates are refused: a release never changes. Write to /workspace/update with a token, "
    "or add claims with mission-kg ingest and build a new release."
)


class SparqlEndpoint(Endpoint):
    """Answers queries (SPARQL 1.1 Protocol, section 2.1) and describes itself."""

    allowed = ("GET", "HEAD", "POST", "QUERY")
    options = OPTIONS

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def respond(self, request: Request) -> Response:
        """Answer the query of a request; without any query string describe the service."""
        service = service_of(request)
        if request.method == "GET" and not request.scope["query_string"]:
            return described(request, federates=self._relay.is_open)
        operation = await read_operation(request, service.settings.request_bytes)
        if operation.kind == "update":
            raise UpdateRefused(_NO_UPDATES)
        return await answer_query(request, operation, self._relay)


async def answer_query(
    request: Request, operation: Operation, relay: Relay, runner: Runner | None = None
) -> Response:
    """Answer a query, SERVICE included; ``runner``: another than that of the release."""
    service = service_of(request)
    query = request.state.query = operation.text
    limits = limits_of(operation, full_limits(service.settings))
    began = monotonic()
    asked = await relay.expand(query, limits.seconds)

    def page(grid: Grid | bool, what: str, links: object) -> str:
        return render("sparql.html", query=query, grid=grid, what=what, links=links, service=None)

    left = max(limits.seconds - (monotonic() - began), 0.001)
    response = await answer(
        request,
        service,
        asked,
        operation.parameters,
        page,
        dataset=operation.dataset,
        limits=limits if asked is query else replace(limits, seconds=left),
        runner=runner,
    )
    if asked is not query:  # what another endpoint says does not follow from the release
        response.headers["Cache-Control"] = "no-store"
    return response


def limits_of(operation: Operation, full: Limits) -> Limits:
    """The ``full`` limits, less where the caller asks for less. Raises ``BadRequest``."""
    return Limits(
        operation.less("timeout", full.seconds, "seconds"),
        max(int(operation.less("max-rows", full.rows, "rows")), 1),
        full.answer_bytes,
        full.memory_bytes,
    )


def described(request: Request, *, federates: bool) -> Response:
    """The service description: RDF by Accept, a page for browsers (section 2 of it)."""
    service = service_of(request)
    facts = of_release(service.release.manifest, str(request.base_url), federates=federates)
    chosen = best(GRAPH, request.headers.get("accept")) or "text/turtle"
    headers = {"Mission-KG-Release": service.release.id}
    if chosen == HTML:
        page = render("sparql.html", query=EXAMPLE, grid=None, service=outline(facts))
        return HTMLResponse(page, headers=headers)
    return Response(
        describe(facts, chosen), headers={**headers, "Content-Type": content_type(chosen)}
    )
