"""What of a request decides its answer, and which requests have an answer worth keeping."""

import hashlib
import re
from collections.abc import Hashable, Mapping
from typing import Final
from urllib.parse import unquote_plus

from starlette.types import Message, Receive, Scope

from api.delivery.version import Version

NEVER: Final = ("/health", "/metrics", "/workspace", "/update")
"""Beginnings of paths whose answers do not follow from the release."""
QUERY_PATHS: Final = frozenset({"/sparql", "/sparql/"})
BY_BODY: Final = frozenset({"POST", "QUERY"})
"""Methods whose body may be a query."""
_ALONE: Final = frozenset({b"authorization", b"range", b"accept-datetime"})
"""Headers whose answers are for one client, for a part, or for another time."""
_MADE_ANEW: Final = re.compile(r"(?:NOW|RAND|UUID)\s*[(#]|\\u", re.IGNORECASE)
"""Functions with a new value at each evaluation (SPARQL 1.1 Query, 17.4), or a comment or an escape
(19.2) that may hide one. Takes time as the text's length: all requests wait meanwhile."""

Fields = Mapping[bytes, bytes]


def fields(scope: Scope) -> Fields | None:
    """Headers by name; ``None`` where one stands twice or tells that the answer is not shared."""
    pairs = scope["headers"]
    found: dict[bytes, bytes] = dict(pairs)
    if len(found) != len(pairs) or not _ALONE.isdisjoint(found):
        return None
    return found


def may_keep(scope: Scope) -> bool:
    """Whether the method and the path are of the kind whose answers are kept."""
    path: str = scope["path"]
    if scope["method"] in BY_BODY:
        return path in QUERY_PATHS
    return scope["method"] in {"GET", "HEAD"} and not path.startswith(NEVER)


def key_of(scope: Scope, given: Fields, version: Version, body: bytes | None = None) -> Hashable:
    """Everything that may change the answer; ``body``: of a query that was sent in it."""
    get = given.get
    key = (
        version.release,
        scope["path"],
        scope["query_string"],
        get(b"accept"),
        get(b"accept-encoding"),
        get(b"accept-language"),
        get(b"host"),
        scope["scheme"],
    )
    if body is None:
        return key
    content = (scope["method"], get(b"content-type"), hashlib.sha256(body).digest())
    return (*key, *content)


def made_anew(scope: Scope, body: bytes) -> bool:
    """Whether the request's query may have another answer at each evaluation."""
    if scope["path"] not in QUERY_PATHS:
        return False
    text = scope["query_string"] + b"\n" + body
    return _MADE_ANEW.search(unquote_plus(text.decode("latin-1"))) is not None


async def read_body(receive: Receive, limit: int) -> tuple[bytes, list[Message]]:
    """Read a body up to about ``limit`` bytes.

    Returns it with the messages to be read again by who comes next; where there is more of it, or
    the client left, the last message says so.
    """
    messages: list[Message] = []
    size = 0
    while True:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body") or size > limit:
            return b"".join(each.get("body", b"") for each in messages), messages


def is_whole(messages: list[Message]) -> bool:
    """Whether the messages hold a body to its end."""
    return messages[-1]["type"] == "http.request" and not messages[-1].get("more_body", False)


def replay(messages: list[Message], receive: Receive) -> Receive:
    """Make a ``receive`` that gives the messages again and then what comes."""
    rest = iter(messages)

    async def again() -> Message:
        message = next(rest, None)
        return await receive() if message is None else message

    return again
