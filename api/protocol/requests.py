"""What a request asks of a SPARQL service (SPARQL 1.1 Protocol, sections 2.1 and 2.2).

A query comes by GET, by POST as a form or as text, or by QUERY (draft-ietf-httpbis-safe-method-
w-body); an update by POST as a form or as text. All text is UTF-8.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from api.errors import BadRequest, UnsupportedMediaType
from api.guard import read_body
from api.responding import Parameters, one, read_parameters
from kg.store import Dataset

FORM: Final = "application/x-www-form-urlencoded"
QUERY: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"
VERSIONS: Final = ("1.0", "1.1", "1.2", "1.2-basic")
"""Values of ``version`` (SPARQL 1.2 Protocol, draft): each is read by the one parser there is."""

_KINDS: Final = {QUERY: "query", UPDATE: "update"}
_DATASETS: Final = {
    "query": ("default-graph-uri", "named-graph-uri"),
    "update": ("using-graph-uri", "using-named-graph-uri"),
}
_UTF_8: Final = frozenset({"", "utf-8", "utf8", "us-ascii"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One query or update: its ``text``, the ``dataset`` given beside it, all parameters."""

    kind: Literal["query", "update"]
    text: str
    dataset: Dataset | None
    parameters: Parameters = field(repr=False)

    def less(self, name: str, full: float, unit: str) -> float:
        """What the caller asks of a limit: ``full`` unless the parameter ``name`` says less.

        Raises ``BadRequest`` where its value is no positive number of ``unit``.
        """
        given = one(self.parameters, name)
        if given is None:
            return full
        try:
            asked = float(given)
        except ValueError:
            asked = -1.0
        if not asked > 0:
            raise BadRequest(f"{name}={given} is no positive number of {unit}.")
        return min(asked, full)


@dataclass(frozen=True, slots=True)
class ContentType:
    """Header Content-Type: the media type in lower case and its parameters."""

    media_type: str
    parameters: dict[str, str]

    @classmethod
    def of(cls, request: Request) -> "ContentType":
        """Read the header of a request; without one the media type is empty."""
        name, options = parse_options_header(request.headers.get("content-type", ""))
        read = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in options.items()}
        return cls(name.decode("latin-1").strip().lower(), read)

    def decode(self, body: bytes, what: str) -> str:
        """Text of a body, which must be UTF-8 (sections 2.1.3, 2.2.2). Raises ``BadRequest``."""
        charset = self.parameters.get("charset", "").strip().lower()
        if charset not in _UTF_8:
            raise BadRequest(f"The {what} is sent as {charset}; send it as UTF-8.")
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadRequest(
                f"The {what} is not UTF-8 (byte {error.start + 1}); send it as UTF-8."
            ) from error


async def read_operation(request: Request, limit: int, name: str = "request_bytes") -> Operation:
    """Read the query or update of a request whose body is at most ``limit`` bytes (``name``).

    Raises ``BadRequest``, ``UnsupportedMediaType``, ``RequestTooLarge``.
    """
    in_address = read_parameters(request.scope["query_string"])
    if request.method == "GET":
        if any(name == "update" for name, _ in in_address):
            raise BadRequest("An update changes data, so it is sent by POST, not by GET.")
        return _operation(in_address)
    content = ContentType.of(request)
    body = await read_body(request, limit, name)
    if content.media_type == FORM:
        content.decode(b"", "form")
        return _operation([*in_address, *read_parameters(body)])
    kind = _KINDS.get(content.media_type)
    if kind is None:
        raise UnsupportedMediaType(
            f"A body of type {content.media_type or 'unknown'} is not read here; set Content-Type "
            f"to {FORM}, {QUERY} or {UPDATE}."
        )
    _check_version(content.parameters.get("version"))
    return _operation([*in_address, (kind, content.decode(body, kind))])


def _operation(parameters: Parameters) -> Operation:
    query, update = one(parameters, "query"), one(parameters, "update")
    if query is not None and update is not None:
        raise BadRequest("Both query and update were given; send one of them.")
    _check_version(one(parameters, "version"))
    if update is not None:
        return Operation("update", update, _dataset(parameters, "update"), parameters)
    if query is None:
        raise BadRequest("The parameter query is missing; it holds the SPARQL text.")
    return Operation("query", query, _dataset(parameters, "query"), parameters)


def _dataset(parameters: Parameters, kind: Literal["query", "update"]) -> Dataset | None:
    """The dataset given beside the text; what belongs to the other kind is an error."""
    other = _DATASETS["query" if kind == "update" else "update"]
    for name, _ in parameters:
        if name in other:
            raise BadRequest(
                f"The parameter {name} does not belong to {_article(kind)}; "
                f"use {' or '.join(_DATASETS[kind])}."
            )
    default, named = (_all(parameters, name) for name in _DATASETS[kind])
    return Dataset(default, named) if default or named else None


def _all(parameters: Parameters, name: str) -> tuple[str, ...]:
    return tuple(value for key, value in parameters if key == name)


def _check_version(version: str | None, known: Sequence[str] = VERSIONS) -> None:
    if version is not None and version not in known:
        raise BadRequest(f"version={version} is not known here; it is one of {', '.join(known)}.")


def _article(kind: str) -> str:
    return f"{'an' if kind == 'update' else 'a'} {kind}"
