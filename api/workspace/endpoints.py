"""``/workspace``: a SPARQL service that is read and written, for who has the operator's token."""

import re
from collections.abc import AsyncGenerator, Mapping
from typing import Final, Literal

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.errors import BadRequest
from api.execution import Answer, change_limits
from api.federation.relay import Relay
from api.guard import read_body
from api.negotiation import GRAPH, HTML, best, choose, content_type
from api.pages import render
from api.protocol.description import Facts, describe, outline
from api.protocol.endpoint import Endpoint
from api.protocol.graphs import DEFAULT, graph_of, type_of
from api.protocol.requests import FORM, QUERY, UPDATE, ContentType, read_operation
from api.protocol.sparql import answer_query, limits_of
from api.responding import answered, client_of, format_of, read_parameters
from api.settings import Settings
from api.workspace.access import check_token
from api.workspace.door import Conditions, Graph, WorkspaceDoor
from kg.workspace import fresh_name

SPARQL_PATH: Final = "/workspace/sparql"
GRAPHS_PATH: Final = "/workspace/graph-store"
_PRIVATE: Final = {"Cache-Control": "no-store"}
_TAG: Final = re.compile(r'(W/)?"([^"]*)"')
_BODY: Final = "workspace_bytes"
_MOST_PARTS: Final = 100


class _Private(Endpoint):
    """An endpoint behind the token, whose answers nobody keeps."""

    def __init__(self, door: WorkspaceDoor | None, settings: Settings) -> None:
        self._door = door
        self._settings = settings

    async def respond(self, request: Request) -> Response:
        """Answer whoever has the token."""
        check_token(request, self._settings)
        assert self._door is not None  # noqa: S101  there is one where there is a token
        response = await self.serve(request, self._door)
        response.headers.update(_PRIVATE)
        return response

    async def serve(self, request: Request, door: WorkspaceDoor) -> Response:
        """Answer a request that may be made."""
        raise NotImplementedError


class WorkspaceSparql(_Private):
    """Queries and updates (SPARQL 1.1 Protocol, sections 2.1 and 2.2)."""

    allowed = ("GET", "HEAD", "POST", "QUERY")
    options = (
        ("Accept-Post", f"{QUERY}, {UPDATE}, {FORM}"),
        ("Accept-Query", f"{QUERY}, {FORM}"),
    )

    def __init__(self, door: WorkspaceDoor | None, settings: Settings, relay: Relay) -> None:
        super().__init__(door, settings)
        self._relay = relay

    async def serve(self, request: Request, door: WorkspaceDoor) -> Response:
        """Answer a query, run an update, or describe the service."""
        if request.method == "GET" and not request.scope["query_string"]:
            return await _described(request, door, federates=self._relay.is_open)
        operation = await read_operation(request, self._settings.workspace_bytes, _BODY)
        if operation.kind == "update":
            limits = limits_of(operation, change_limits(self._settings))
            if request.method == "QUERY":
                raise BadRequest("An update changes data, so it is sent by POST, not by QUERY.")
            await door.update(operation.text, operation.dataset, limits, client_of(request))
            return Response(status_code=204)
        return await answer_query(request, operation, self._relay, door)


class WorkspaceGraphs(_Private):
    """The graphs of the workspace (SPARQL 1.1 Graph Store HTTP Protocol)."""

    allowed = ("GET", "HEAD", "PUT", "POST", "DELETE")

    async def serve(self, request: Request, door: WorkspaceDoor) -> Response:
        """Read or change the graph that a request names."""
        name = graph_of(request, GRAPHS_PATH)
        if request.method == "GET":
            return await self._get(request, door, name)
        if request.method == "POST" and name is None:
            return await self._create(request, door)
        if name is None:
            raise BadRequest("The graph is missing: name it by graph=, by default, or by address.")
        graph, conditions = name or None, _conditions(request)
        if request.method == "DELETE":
            await door.delete(graph, conditions, client_of(request))
            return Response(status_code=204)
        do: Literal["put", "post"] = "put" if request.method == "PUT" else "post"
        sent = await self._sent(request, graph)
        new = await door.write(do, graph, sent, conditions, client_of(request))
        return Response(status_code=201 if new else 204)

    async def _get(self, request: Request, door: WorkspaceDoor, name: str | None) -> Response:
        if name is None:
            return await _described(request, door, federates=False)
        wanted = format_of(read_parameters(request.scope["query_string"]))
        choice = choose(_without_html(request.headers.get("accept")), wanted)
        chosen = choice.acceptable("text/turtle")
        if chosen == HTML:
            chosen = "text/turtle"
        reply = await door.graph(name or None, chosen, client_of(request))
        tag = f'"{reply.head["revision"]}.{chosen.rpartition("/")[2]}"'
        headers = {"ETag": tag}
        if _names(request.headers.get("if-none-match"), tag):
            return Response(status_code=304, headers=headers)
        return answered(Answer(chosen, reply.body), choice.content_type(chosen), headers)

    async def _create(self, request: Request, door: WorkspaceDoor) -> Response:
        """Keep a graph that was sent without a name, and say which it got (section 5.5)."""
        name = fresh_name(f"{request.base_url}{GRAPHS_PATH.removeprefix('/')}")
        sent = await self._sent(request, name)
        await door.write("post", name, sent, Conditions(), client_of(request))
        return Response(status_code=201, headers={"Location": name})

    async def _sent(self, request: Request, base: str | None) -> Graph:
        """The RDF of a body: one text, or the files of a form (section 5.5)."""
        content = ContentType.of(request)
        body = await read_body(request, self._settings.workspace_bytes, _BODY)
        if content.media_type == "multipart/form-data":
            return Graph(await _files(request.headers, body), base)
        media_type = type_of(content.media_type)
        content.decode(b"", "graph")
        return Graph(((media_type, body),), base)


async def _files(headers: Headers, body: bytes) -> tuple[tuple[str, bytes], ...]:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body
        yield b""

    try:
        parser = MultiPartParser(headers, stream(), max_files=_MOST_PARTS, max_fields=_MOST_PARTS)
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:
        raise BadRequest(f"The form cannot be read: {error}.") from error
    try:
        files = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
        if not files:
            raise BadRequest("The form holds no file; send each RDF text as a file with its type.")
        return tuple([(_type_of_file(each), await each.read()) for each in files])
    finally:
        await form.close()


def _type_of_file(file: UploadFile) -> str:
    return type_of((file.content_type or "").partition(";")[0].strip().lower())


async def _described(request: Request, door: WorkspaceDoor, *, federates: bool) -> Response:
    sizes = await door.sizes()
    base = str(request.base_url)
    facts = Facts(
        endpoint=f"{base}{SPARQL_PATH.removeprefix('/')}",
        home=base,
        graphs={name: size for name, size in sizes.items() if name},
        default=sizes[DEFAULT],
        union=False,
        updates=True,
        federates=federates,
    )
    chosen = best(GRAPH, request.headers.get("accept")) or "text/turtle"
    if chosen == HTML:
        return HTMLResponse(
            render("sparql.html", query="ASK {}", grid=None, service=outline(facts))
        )
    return Response(describe(facts, chosen), headers={"Content-Type": content_type(chosen)})


def _conditions(request: Request) -> Conditions:
    return Conditions(
        _revisions(request.headers, "if-match"), _revisions(request.headers, "if-none-match")
    )


def _revisions(headers: Mapping[str, str], name: str) -> tuple[str, ...] | None:
    """Revisions in a header of entity tags; a weak one never matches a change."""
    given = headers.get(name)
    if given is None:
        return None
    if given.strip() == "*":
        return ("*",)
    return tuple(tag.partition(".")[0] for weak, tag in _TAG.findall(given) if not weak)


def _names(header: str | None, tag: str) -> bool:
    return header is not None and (
        header.strip() == "*" or tag in (f'"{each}"' for _, each in _TAG.findall(header))
    )


def _without_html(accept: str | None) -> str | None:
    """Browsers get Turtle: what is in the workspace is nobody's page."""
    if accept is None or best({HTML: (), "text/turtle": ()}, accept) != HTML:
        return accept
    return "text/turtle"
