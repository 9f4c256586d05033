"""Frames between the server and its workers: a kind, a small JSON head, a body of bytes.

Nothing that comes from a worker is ever unpickled or run: a worker that a query took over could
send no more than wrong bytes.
"""

import json
import socket
import struct
from collections.abc import Iterator
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

Head = dict[str, Any]


class Frame(NamedTuple):
    """One message; ``kind`` is one of the constants above."""

    kind: bytes
    head: Head
    body: bytes


def pack(kind: bytes, head: Head | None = None, body: bytes = b"") -> bytes:
    """One frame as bytes."""
    text = json.dumps(head).encode() if head else b""
    return b"".join((_SIZES.pack(kind, len(text), len(body)), text, body))


class Unpacker:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take bytes; give the frames that are whole."""
        if self._rest:
            self._rest += data
            data = bytes(self._rest)
            self._rest.clear()
        start = 0
        while len(data) - start >= _SIZES.size:
            kind, head_size, body_size = _SIZES.unpack_from(data, start)
            body_at = start + _SIZES.size + head_size
            end = body_at + body_size
            if end > len(data):
                break
            text = data[start + _SIZES.size : body_at]
            yield Frame(kind, json.loads(text) if text else {}, data[body_at:end])
            start = end
        self._rest += data[start:]


def read_frame(connection: socket.socket) -> Frame | None:
    """Wait for one frame; ``None`` when the other side is gone."""
    sizes = _read(connection, _SIZES.size)
    if sizes is None:
        return None
    kind, head_size, body_size = _SIZES.unpack(sizes)
    rest = _read(connection, head_size + body_size)
    if rest is None:
        return None
    text = rest[:head_size]
    return Frame(kind, json.loads(text) if text else {}, bytes(rest[head_size:]))


def _read(connection: socket.socket, size: int) -> bytes | None:
    first = connection.recv(size) if size else b""
    if len(first) == size:
        return first
    if not first:
        return None
    data = bytearray(first)
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            return None
        data += part
    return bytes(data)
