"""``/sparql``: queries to the release, and what this service is."""

from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.errors import UpdateRefused
from api.execution import Limits, full_limits
from api.negotiation import GRAPH, HTML, best, content_type
from api.pages import EXAMPLE, Grid, render
from api.protocol.description import describe, of_release, outline
from api.protocol.endpoint import Endpoint
from api.protocol.requests import FORM, QUERY, Operation, read_operation
from api.responding import answer
from api.settings import Settings
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

    async def respond(self, request: Request) -> Response:
        """Answer the query of a request; without any query string describe the service."""
        service = service_of(request)
        if request.method == "GET" and not request.scope["query_string"]:
            return described(request)
        operation = await read_operation(request, service.settings.request_bytes)
        if operation.kind == "update":
            raise UpdateRefused(_NO_UPDATES)
        query = request.state.query = operation.text

        def page(grid: Grid | bool, what: str, links: object) -> str:
            return render(
                "sparql.html", query=query, grid=grid, what=what, links=links, service=None
            )

        return await answer(
            request,
            service,
            query,
            operation.parameters,
            page,
            dataset=operation.dataset,
            limits=limits_of(operation, service.settings),
        )


def limits_of(operation: Operation, settings: Settings) -> Limits:
    """The service's limits, less where the caller asks for less. Raises ``BadRequest``."""
    full = full_limits(settings)
    return Limits(
        operation.less("timeout", full.seconds, "seconds"),
        max(int(operation.less("max-rows", full.rows, "rows")), 1),
        full.answer_bytes,
        full.memory_bytes,
    )


def described(request: Request) -> Response:
    """The service description: RDF by Accept, a page for browsers (section 2 of it)."""
    service = service_of(request)
    facts = of_release(service.release.manifest, str(request.base_url))
    chosen = best(GRAPH, request.headers.get("accept")) or "text/turtle"
    headers = {"Mission-KG-Release": service.release.id}
    if chosen == HTML:
        page = render("sparql.html", query=EXAMPLE, grid=None, service=outline(facts))
        return HTMLResponse(page, headers=headers)
    return Response(
        describe(facts, chosen), headers={**headers, "Content-Type": content_type(chosen)}
    )
