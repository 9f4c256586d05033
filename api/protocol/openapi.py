"""The protocol's endpoints in the OpenAPI description, which no framework writes for them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from api.negotiation import FORMATS, GRAPH, HTML, RESULTS
from api.protocol.graph_store import PATH
from api.protocol.requests import FORM, QUERY, UPDATE, VERSIONS
from api.workspace.endpoints import GRAPHS_PATH, SPARQL_PATH

_TEXT: Final = {"schema": {"type": "string"}}
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_IRIS: Final = {"type": "array", "items": {"type": "string", "format": "iri"}}
_SCHEME: Final = "workspaceToken"
_PROBLEMS: Final = {
    "400": "The request, the query or the RDF cannot be read; with line and column",
    "401": "The token is missing or wrong",
    "403": "The query asks for what is not allowed, or writing is closed",
    "404": "There is no such graph",
    "405": "This method is not allowed here",
    "406": "None of the formats asked for fits the answer",
    "412": "A condition of the request does not hold",
    "413": "The body is too large",
    "414": "The address is too long; send the query by POST",
    "415": "A body of this type is not read here",
    "429": "Too many queries at once; Retry-After says when to ask again",
    "502": "An endpoint asked by SERVICE failed",
    "503": "The query took too long, or the server is busy; with Retry-After",
}
_PROBLEM_TYPES: Final = ("application/problem+json", "text/html", "text/plain")


def describe_protocol(openapi: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """Wrap what writes a description so that it has the protocol's endpoints too."""

    def described() -> dict[str, Any]:
        schema = openapi()
        if "/sparql" not in schema["paths"]:
            schema["paths"] = {**_paths(), **schema["paths"]}
            schemes = schema.setdefault("components", {}).setdefault("securitySchemes", {})
            schemes[_SCHEME] = {"type": "http", "scheme": "bearer"}
        return schema

    return described


def _paths() -> dict[str, Any]:
    reading = {"get": _graph("Get a graph of the release", "200", closed=False)}
    return {
        "/sparql": _sparql(closed=False),
        PATH: reading,
        SPARQL_PATH: _sparql(closed=True),
        "/workspace/update": {"post": _sparql(closed=True)["post"]},
        "/update": {"post": _sparql(closed=True)["post"]},
        GRAPHS_PATH: {
            "get": _graph("Get a graph of the workspace", "200", closed=True),
            "put": _graph("Replace a graph of the workspace", "201", closed=True, body=True),
            "post": _graph("Add to a graph of the workspace", "201", closed=True, body=True),
            "delete": _graph("Remove a graph of the workspace", "204", closed=True),
        },
    }


def _sparql(*, closed: bool) -> dict[str, Any]:
    where = "the workspace" if closed else "the release"
    dataset = _dataset_parameters("default-graph-uri", "named-graph-uri")
    using = _dataset_parameters("using-graph-uri", "using-named-graph-uri") if closed else []
    answers = _answers((*RESULTS, *GRAPH), closed=closed, extra=("406", "429", "502"))
    sent = {QUERY: _TEXT, FORM: {"schema": _form("query", "update") if closed else _form("query")}}
    if closed:
        sent[UPDATE] = _TEXT
        answers = {**answers, "204": {"description": "The update was run"}}
    return {
        "get": _operation(
            f"Query {where} by an address",
            "Without any parameter: the service description.",
            [
                _parameter("query", "SPARQL 1.1, with the parts of 1.2 that the engine has"),
                *dataset,
                *_LESS,
            ],
            answers,
            closed=closed,
        ),
        "post": _operation(
            f"Query {where} by a form or a text" + (", or update it" if closed else ""),
            "The same by the HTTP method QUERY, for queries.",
            [*dataset, *using, *_LESS],
            {**answers, **_problems("413", "415")},
            closed=closed,
            body=sent,
        ),
    }


def _graph(summary: str, status: str, *, closed: bool, body: bool = False) -> dict[str, Any]:
    parameters = [
        _parameter("graph", "IRI of the graph", {"type": "string", "format": "iri"}),
        _parameter("default", "The default graph; takes no value"),
    ]
    types = [each for each in GRAPH if each != HTML]
    if status == "200":
        parameters.append(_LESS[0])
        answers = _answers(tuple(GRAPH), closed=closed, extra=("404", "406"))
    else:
        answers = {
            "201": {"description": "A graph was made"},
            "204": {"description": "Done"},
            **_problems("400", "401", "403", "404", "412", "413", "415", "503"),
        }
    sent = dict.fromkeys(types, _BINARY) if body else None
    detail = "" if not body else "POST without graph or default makes a graph and says its IRI."
    return _operation(summary, detail, parameters, answers, closed=closed, body=sent)


def _operation(
    summary: str,
    description: str,
    parameters: list[dict[str, Any]],
    answers: Mapping[str, Any],
    *,
    closed: bool,
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "tags": ["Workspace" if closed else "SPARQL"],
        "summary": summary,
        "description": description,
        "parameters": parameters,
        **({"requestBody": {"required": True, "content": body}} if body else {}),
        "responses": dict(answers),
        **({"security": [{_SCHEME: []}]} if closed else {}),
    }


def _answers(types: tuple[str, ...], *, closed: bool, extra: tuple[str, ...]) -> dict[str, Any]:
    content = dict.fromkeys(types, _BINARY)
    refused = ("400", "403", "414", "503", *extra, *(("401",) if closed else ()))
    return {"200": {"description": "The answer", "content": content}, **_problems(*refused)}


def _problems(*statuses: str) -> dict[str, Any]:
    content = dict.fromkeys(_PROBLEM_TYPES[1:], _TEXT)
    content[_PROBLEM_TYPES[0]] = {"schema": {"type": "object"}}
    return {each: {"description": _PROBLEMS[each], "content": content} for each in sorted(statuses)}


def _parameter(
    name: str, description: str, schema: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "schema": dict(schema or {"type": "string"}),
        "description": description,
    }


def _dataset_parameters(default: str, named: str) -> list[dict[str, Any]]:
    return [
        _parameter(default, "Graph of the default graph; may be repeated; wins over FROM", _IRIS),
        _parameter(named, "Named graph; may be repeated; wins over FROM NAMED", _IRIS),
    ]


def _form(*names: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}}


_LESS: Final = [
    _parameter("format", f"One of {', '.join(FORMATS)}, or a media type; wins over Accept"),
    _parameter("timeout", "Seconds, at most the service's own", {"type": "number"}),
    _parameter("max-rows", "Rows, at most the service's own", {"type": "integer", "minimum": 1}),
    _parameter("version", "Version of SPARQL", {"type": "string", "enum": list(VERSIONS)}),
]
