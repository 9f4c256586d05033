"""Checks what a remote store answers, before anything of it is used.

An endpoint's answer may be an error page with status 200, a document cut in the middle, or a part
of the rows with a note in a header. None of these may look like an answer: each raises.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, cast

import pyoxigraph as ox

from kg.errors import (
    BadAnswer,
    PartialAnswer,
    QueryFault,
    StoreError,
    StoreRefused,
    StoreUnreachable,
)
from kg.stores.connections import Reply
from kg.stores.engines import JSON, XML, Engine

N_TRIPLES: Final = "application/n-triples"
_FORMATS: Final = {
    JSON: ox.QueryResultsFormat.JSON,
    "application/json": ox.QueryResultsFormat.JSON,
    XML: ox.QueryResultsFormat.XML,
    "application/xml": ox.QueryResultsFormat.XML,
    "text/xml": ox.QueryResultsFormat.XML,
}
_TRIPLES: Final = (N_TRIPLES, "text/plain", "text/ntriples")
_BUSY: Final = (408, 425, 429, 502, 503, 504)
"""Status codes after which asking again may help (RFC 9110, RFC 6585, RFC 8470)."""
_BLOCK: Final = 1 << 18
_SHOWN: Final = 200
_ASK_COLUMN: Final = "__ASK_RETVAL"
_TRUTHS: Final = {
    truth: b'{"head":{},"boolean":%s}' % (b"true" if truth else b"false") for truth in (True, False)
}


class Body:
    """A whole body: an open file at its beginning, and its media type."""

    def __init__(self, file: BinaryIO, media: str) -> None:
        self.file, self.media = file, media


@contextmanager
def whole_body(reply: Reply, engine: Engine, most: int, in_memory: int) -> Iterator[Body]:
    """The body of a good reply, read to its end before any of it is used.

    ``most``: bytes; ``in_memory``: bytes above which it is kept on disk, 0 for never. Raises as
    :func:`require_success`, and ``PartialAnswer``, ``BadAnswer``.
    """
    require_success(reply)
    _refuse_partial(reply, engine)
    media = reply.headers.get_content_type()
    if not reply.measured:
        raise BadAnswer(
            "The store's answer tells neither its length nor its end, so a part of it could not "
            "be told from the whole. Speak HTTP/1.1 with the store, without a proxy that does not."
        )
    with tempfile.SpooledTemporaryFile(in_memory) as file:
        for block in _mended(_blocks(reply, most), b"<bnode>" + engine.blank, b"<bnode>"):
            file.write(block)
        file.seek(0)
        yield Body(cast("BinaryIO", file), media)


def require_success(reply: Reply) -> None:
    """Raise what the status of a reply tells, in words: ``StoreError`` or ``QueryFault``."""
    if 200 <= reply.status < 300:
        return
    said = _first_line(reply)
    if reply.status in _BUSY:
        wait = reply.headers.get("Retry-After", "")
        raise StoreUnreachable(
            f"The store is busy or not ready (HTTP {reply.status}){said}. Try again later.",
            float(wait) if wait.isdigit() else None,
        )
    if reply.status in (401, 403):
        raise StoreRefused(
            f"The store refuses this (HTTP {reply.status}){said}. "
            "Check its user and password, or its token, and what they may do."
        )
    if reply.status in (404, 405, 410):
        raise StoreRefused(
            f"There is no such service at the store's address (HTTP {reply.status}){said}. "
            "Check the address."
        )
    if reply.status in (400, 422, 501):
        raise QueryFault(
            f"The engine behind this service does not take the query (HTTP {reply.status}){said}."
        )
    raise StoreError(f"The store failed (HTTP {reply.status}){said}.")


def solutions(body: Body) -> ox.QuerySolutions | ox.QueryBoolean:
    """Rows or the truth value of a body; faults in it are found while they are read.

    Raises ``BadAnswer``.
    """
    if body.media not in _FORMATS:
        raise BadAnswer(
            f"The store answered {body.media} where rows as {JSON} were asked for{_page(body)}. "
            "See whether its address is that of a SPARQL endpoint."
        )
    with nonsense():
        return ox.parse_query_results(body.file, format=_FORMATS[body.media])


def truth(answer: ox.QuerySolutions | ox.QueryBoolean) -> ox.QueryBoolean:
    """The truth value of an ASK; Virtuoso 7.2 gives it as a row of 1, or of 0, or none."""
    if isinstance(answer, ox.QueryBoolean):
        return answer
    if [each.value for each in answer.variables] != [_ASK_COLUMN]:
        raise BadAnswer("The store answered rows where a truth value was asked for.")
    with nonsense():
        said = [getattr(row[0], "value", "") for row in answer]
    if said not in ([], ["0"], ["1"]):
        raise BadAnswer(f"The store answered {said!r} where a truth value was asked for.")
    return cast(
        "ox.QueryBoolean", ox.parse_query_results(_TRUTHS[said == ["1"]], format=_FORMATS[JSON])
    )


def rows(answer: ox.QuerySolutions | ox.QueryBoolean) -> ox.QuerySolutions:
    """The rows of a SELECT. Raises ``BadAnswer`` where there is a truth value instead."""
    if isinstance(answer, ox.QueryBoolean):
        raise BadAnswer("The store answered a truth value where rows were asked for.")
    return answer


def triples(body: Body) -> Iterator[ox.Triple]:
    """Triples of a body as they are read. Raises ``BadAnswer``."""
    if body.media not in _TRIPLES:
        raise BadAnswer(
            f"The store answered {body.media} where triples as {N_TRIPLES} were asked for"
            f"{_page(body)}. See whether its address is that of a SPARQL endpoint."
        )
    with nonsense():
        for quad in ox.parse(body.file, format=ox.RdfFormat.N_TRIPLES):
            yield quad.triple


@contextmanager
def nonsense() -> Iterator[None]:
    """Faults in the text of an answer become ``BadAnswer``."""
    try:
        yield
    except (SyntaxError, UnicodeDecodeError) as error:
        said = str(error).partition("\n")[0][:_SHOWN]
        raise BadAnswer(
            f"The store's answer is broken: {said}. Nothing of it was used; see the store's log."
        ) from error


def _blocks(reply: Reply, most: int) -> Iterator[bytes]:
    size = 0
    while block := reply.read(_BLOCK):
        size += len(block)
        if size > most:
            raise StoreError(
                f"The store's answer is larger than {most:,} bytes. Ask for less, with a LIMIT."
            )
        yield block


def _mended(blocks: Iterator[bytes], old: bytes, new: bytes) -> Iterator[bytes]:
    """The blocks with ``old``, which begins with ``new``, written as ``new`` throughout."""
    if old == new:
        yield from blocks
        return
    rest = b""
    for block in blocks:
        text = (rest + block).replace(old, new)
        # What may be the beginning of another one waits for the next block.
        held = text.rfind(b"<", len(text) - len(old))
        end = held if held >= 0 else len(text)
        yield text[:end]
        rest = text[end:]
    yield rest


def _refuse_partial(reply: Reply, engine: Engine) -> None:
    told = [f"{name}: {reply.headers[name]}" for name in engine.partial if name in reply.headers]
    if reply.status == 206 or told:
        raise PartialAnswer(
            "The store gave only a part of the answer"
            f" ({'; '.join(told) or 'HTTP 206'}); it is not passed on. "
            "Ask for less, with a LIMIT, or raise the store's own limits."
        )
    if coded := reply.headers.get("Content-Encoding", "").replace("identity", ""):
        raise BadAnswer(f"The store answered in a coding that was not asked for: {coded}.")


def _first_line(reply: Reply) -> str:
    try:
        text = reply.read(4096).decode("utf-8", "replace").strip()
    except StoreError:
        return ""
    line = text.partition("\n")[0].strip()[:_SHOWN]
    return f": {line.rstrip('.')}" if line and not line.startswith("<") else ""


def _page(body: Body) -> str:
    return " (a web page)" if "html" in body.media else ""
