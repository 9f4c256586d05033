"""``/graph-store``: the release's graphs, to be read (SPARQL 1.1 Graph Store HTTP Protocol)."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.errors import GraphNotFound, UpdateRefused
from api.pages import Grid, render
from api.protocol.endpoint import Endpoint
from api.protocol.graphs import DEFAULT, graph_of
from api.protocol.sparql import described
from api.responding import answer, read_parameters
from api.wiring import service_of

PATH: Final = "/graph-store"
_WHOLE: Final = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
_NAMED: Final = "CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{}> {{ ?s ?p ?o }} }}"
_CLOSED: Final = (
    "A release never changes. Write to /workspace/graph-store with a token, or add claims with "
    "mission-kg ingest and build a new release."
)


class ReleaseGraphs(Endpoint):
    """Gives the graphs of the release; refuses to change them."""

    allowed = ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH")

    def __init__(self, *, federates: bool) -> None:
        self._federates = federates

    async def respond(self, request: Request) -> Response:
        """Answer with the graph that a request names; without a name with the list of graphs."""
        if request.method != "GET":
            raise UpdateRefused(_CLOSED)
        graph = graph_of(request, PATH)
        if graph is None:
            return described(request, federates=self._federates)
        service = service_of(request)
        if graph != DEFAULT and graph not in service.release.manifest.graphs:
            raise GraphNotFound(
                f"The release has no graph {graph}. {PATH} without a name lists those it has."
            )
        query = _WHOLE if graph == DEFAULT else _NAMED.format(graph)
        parameters = read_parameters(request.scope["query_string"])

        def page(grid: Grid | bool, what: str, links: object) -> str:
            return render(
                "sparql.html", query=query, grid=grid, what=what, links=links, service=None
            )

        return await answer(request, service, query, parameters, page)
