"""Counts the rows of an answer in the bytes that the engine writes; cuts behind the last allowed.

The engine writes rows faster than Python could make them, so they are counted as written: each
format has a mark with which a row begins, and strings that could hold the same bytes are told
apart. What was cut is a whole document of its format. Blocks of 256 KiB are looked at in one go;
an answer so short that it cannot hold too many rows is not looked at.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

BLOCK: Final = 256 * 1024
"""Bytes gathered before they are looked at and passed on."""


_I = TypeVar("_I")


class AnswerSink(Protocol):
    """Takes an answer as it is written."""

    def begin(self, media_type: str) -> None:
        """Take the media type; called once, before the first byte."""
        ...

    def cut(self) -> None:
        """Take note that rows are left out; called at most once, before the last bytes."""
        ...

    def write(self, data: bytes, /) -> int:
        """Take bytes."""
        ...


class RowsCut(Exception):
    """Stops the engine when the last allowed row is written; never leaves this package."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How rows stand in a format.

    ``marks``: bytes with which a row begins; the first ``kept`` bytes of a mark still belong to
    what is before; ``held``: what may be the beginning of a mark at the end of a block;
    ``closing``: ends a document that was cut; ``least``: bytes of the smallest row; ``begun``:
    rows begun by no mark; ``quoted``: marks in double quotes do not count; ``escaped``: a
    backslash takes the next sign its meaning.
    """

    marks: tuple[bytes, ...]
    kept: int
    held: re.Pattern[bytes]
    closing: bytes = b""
    least: int = 1
    begun: int = 0
    quoted: bool = False
    escaped: bool = False


_LITERAL = re.compile(rb'"\}\},\{"[},]')
_LINE_END = re.compile(rb"\n\Z")
LINES: Final = Shape((b"\n",), 1, _LINE_END, begun=1)
"""N-Triples, N-Quads: line feeds in literals are escaped."""
SHAPES: Final = {
    "application/sparql-results+json": Shape(
        (b"[{", b"},{"),
        1,
        re.compile(rb"(?:\[|\},?|\\)\Z"),
        closing=b"]}}",
        least=3,
        quoted=True,
        escaped=True,
    ),
    "application/sparql-results+xml": Shape(
        (b"<result>",),
        0,
        re.compile(rb"<(?:r(?:e(?:s(?:u(?:l(?:t)?)?)?)?)?)?\Z"),
        closing=b"</results></sparql>",
        least=17,
    ),
    "text/csv": Shape((b"\r\n",), 2, re.compile(rb"\r\n?\Z"), least=2, quoted=True),
    "text/tab-separated-values": Shape((b"\n",), 1, _LINE_END),
    "application/n-triples": LINES,
    "application/n-quads": LINES,
}
"""Media type -> shape; what the other formats write is counted before it is written."""


class RowCap:
    """A stream that passes at most ``rows`` rows on to ``sink``; then raises ``RowsCut``."""

    def __init__(self, sink: AnswerSink, shape: Shape, rows: int) -> None:
        self._sink = sink
        self._shape = shape
        self._left = rows - shape.begun
        self._block = bytearray()
        self._looked = self._begun = False
        self._inside = False
        self._full = False

    def write(self, data: bytes, /) -> int:
        """Take bytes of the engine."""
        if not self._full:  # the engine empties its own buffer once more when it gives up
            self._block += data
            if len(self._block) >= BLOCK:
                self._pass_on()
        return len(data)

    def flush(self) -> None:
        """Do nothing; the engine calls it at the end."""

    def finish(self) -> None:
        """Pass on what is left when the engine has ended."""
        if self._full:
            return
        if self._looked or len(self._block) // self._shape.least > self._left:
            self._pass_on()
        if self._block:
            self._sink.write(bytes(self._block))

    def _pass_on(self) -> None:
        self._looked = True
        text = bytes(self._block)
        plain = _plain(text) if self._shape.escaped else text
        rest = self._shape.held.search(plain)
        end = rest.start() if rest else len(plain)
        found, inside = self._count(plain[:end])
        if found > self._left:
            self._cut(text, plain)
        self._left -= found
        self._inside = inside
        self._block[:] = text[end:]
        self._sink.write(text[:end])

    def _count(self, plain: bytes) -> tuple[int, bool]:
        """How many rows begin, and whether the end stands inside of quotes."""
        shape = self._shape
        if not shape.quoted:
            return sum(plain.count(mark) for mark in shape.marks), False
        if shape.escaped and self._begun and (rows := _surely(plain)) is not None:
            return rows, self._inside ^ (plain.count(b'"') % 2 == 1)
        parts = plain.split(b'"')
        outside = b'"'.join(parts[self._inside :: 2])
        found = sum(outside.count(mark) for mark in shape.marks)
        self._begun = self._begun or found > 0
        return found, self._inside ^ (len(parts) % 2 == 0)

    def _cut(self, text: bytes, plain: bytes) -> None:
        self._full = True
        self._sink.cut()
        self._sink.write(text[: self._end(plain)] + self._shape.closing)
        raise RowsCut

    def _end(self, plain: bytes) -> int:
        """Where the first row too many begins."""
        inside, left = self._inside, self._left
        for found in re.finditer(b"|".join(map(re.escape, (b'"', *self._shape.marks))), plain):
            if found.group() == b'"':
                inside = inside ^ self._shape.quoted
            elif not inside and (left := left - 1) < 0:
                return found.start() + self._shape.kept
        raise AssertionError("more rows were counted than found")


def first_of(items: Iterable[_I], rows: int, sink: AnswerSink) -> Iterator[_I]:
    """The first ``rows`` items; tells ``sink`` where there are more."""
    for place, item in enumerate(items):
        if place == rows:
            sink.cut()
            return
        yield item


def _surely(plain: bytes) -> int | None:
    """Rows that begin in JSON, where that can be told without cutting it into strings.

    Each mark must stand between the quotes of two terms, and none of these quotes may be both ends
    of one literal: behind that would stand a bracket or a comma, never a name.
    """
    rows = plain.count(b'"}},{"')
    sure = rows == plain.count(b"},{") and not _LITERAL.search(plain)
    return rows if sure else None


def _plain(text: bytes) -> bytes:
    """The text with escaped signs made harmless, each byte in its place."""
    if b"\\" not in text:
        return text
    return text.replace(b"\\\\", b"__").replace(b'\\"', b"__")
