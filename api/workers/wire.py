"""Frames between the server and its workers: a kind, a small JSON head, a body of bytes.

Nothing that comes from a worker is ever unpickled or run: a worker that a query took over could
send no more than wrong bytes.
"""

import json
import socket
import struct
from functools import lru_cache
from typing import Any, Final, NamedTuple

_SIZES: Final = struct.Struct("!cII")

JOB: Final = b"J"
READY: Final = b"R"
WHOLE: Final = b"W"
START: Final = b"S"
CHUNK: Final = b"C"
END: Final = b"E"
FAILURE: Final = b"X"
"""To a worker: a job. From it: it is up; a whole answer; or start, chunks and end; or an error."""

_READ: Final = 1 << 18
_SHORT: Final = 512
"""Bytes of heads that are worth remembering: nearly all queries and answers have the same."""

Head = dict[str, Any]


class Frame(NamedTuple):
    """One message; ``kind`` is one of the constants above."""

    kind: bytes
    head: Head
    body: bytes


def pack(kind: bytes, head: Head | None = None, body: bytes = b"") -> bytes:
    """One frame as bytes."""
    text = _written(head) if head else b""
    return b"".join((_SIZES.pack(kind, len(text), len(body)), text, body))


class Unpacker:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._needed = 0

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes; give the frames that are whole."""
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed:
                return []
            data = bytes(self._rest)
            self._rest.clear()
        frames = []
        start, size = 0, len(data)
        while size - start >= _SIZES.size:
            kind, head_size, body_size = _SIZES.unpack_from(data, start)
            head_at = start + _SIZES.size
            body_at = head_at + head_size
            end = body_at + body_size
            if end > size:
                self._needed = end - start
                break
            head = _read(data[head_at:body_at]) if head_size else {}
            frames.append(Frame(kind, head, data[body_at:end]))
            start = end
        else:
            self._needed = _SIZES.size
        if start < size:
            self._rest += data[start:]
        return frames


class Reader:
    """Reads frames from a blocking socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._unpacker = Unpacker()
        self._frames: list[Frame] = []

    def next(self) -> Frame | None:
        """Wait for one frame; ``None`` when the other side is gone."""
        while not self._frames:
            data = self._connection.recv(_READ)
            if not data:
                return None
            self._frames = self._unpacker.feed(data)
        return self._frames.pop(0)


def _written(head: Head) -> bytes:
    try:
        return _written_before(tuple(head.items()))
    except TypeError:  # it holds what cannot be a key
        return json.dumps(head).encode()


def _read(text: bytes) -> Head:
    return dict(_read_before(text)) if len(text) <= _SHORT else json.loads(text)


@lru_cache(maxsize=256)
def _written_before(items: tuple[tuple[str, Any], ...]) -> bytes:
    return json.dumps(dict(items)).encode()


@lru_cache(maxsize=256)
def _read_before(text: bytes) -> Head:
    head: Head = json.loads(text)
    return head
