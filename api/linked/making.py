"""Makes the dumps of one release: a program of its own, so that serving never waits for it.

``python -m api.linked.making RELEASE_DIR TARGET_DIR PART...`` reads the release's canonical dump
line by line; no store is opened and nothing is held in memory. A part is written into a directory
whose name begins with a dot, brought to disk, and renamed: it is whole or not there. The same
release gives the same bytes.
"""

import contextlib
import gzip
import hashlib
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

import pyoxigraph as ox
import zstandard
from filelock import FileLock

from kg.shelf import DUMP
from ontology.curies import PREFIXES
from ontology.names import GRAPH, GRAPH_CLAIMS

ALL: Final = "all"
CLAIMS: Final = "claims"
INDEX: Final = "index.json"
PACKED: Final = {"zst": "application/zstd", "gz": "application/gzip"}
"""Suffix of a packed file -> its media type."""
_FORMS: Final = {
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "ttl": ox.RdfFormat.TURTLE,
    "jsonld": ox.RdfFormat.JSON_LD,
}
_CHUNK: Final = 1 << 20
_LOOK: Final = 20_000
"""Lines between two looks at whether the server that asked is still there."""


def forms_of(part: str) -> tuple[str, ...]:
    """Suffixes in which a part comes: one graph as Turtle too, several as TriG."""
    return ("nq", "trig", "jsonld") if part in (ALL, CLAIMS) else ("nq", "ttl", "jsonld")


def graph_of(part: str) -> str | None:
    """IRI of the named graph that a part holds, or their prefix; ``None``: everything."""
    if part == ALL:
        return None
    return GRAPH_CLAIMS if part == CLAIMS else f"{GRAPH}{part}"


def folder_of(part: str) -> str:
    """Name of the directory of a part."""
    return part.replace("/", "--")


def make(release: Path, target: Path, part: str, alive: Callable[[], None]) -> None:
    """Make all files of one part under ``target``, unless they are there. Raises ``OSError``."""
    final = target / folder_of(part)
    if (final / INDEX).is_file():
        return
    work = target / f".making-{folder_of(part)}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    files: dict[str, dict[str, object]] = {}
    for form in forms_of(part):
        with _packing(work, f"{folder_of(part)}.{form}", files) as out:
            _write(release / DUMP, form, part, out, alive)
    (work / INDEX).write_text(json.dumps({"files": files}, indent=1, sort_keys=True), "utf-8")
    for path in work.iterdir():
        _sync(path)
    _sync(work)
    work.rename(final)
    _sync(target)


def _write(dump: Path, form: str, part: str, out: BinaryIO, alive: Callable[[], None]) -> None:
    lines = _lines(dump, graph_of(part), alive)
    if form == "nq":
        for line in lines:
            out.write(line)
        return
    quads = ox.parse(cast("BinaryIO", _Lines(lines)), format=ox.RdfFormat.N_QUADS)
    form_ = _FORMS[form]
    prefixes = None if form == "jsonld" else PREFIXES
    if part in (ALL, CLAIMS):
        ox.serialize(quads, out, format=form_, prefixes=prefixes)
    else:
        ox.serialize((quad.triple for quad in quads), out, format=form_, prefixes=prefixes)


def _lines(dump: Path, graph: str | None, alive: Callable[[], None]) -> Iterator[bytes]:
    """Lines of the dump in the wanted graph, or in those below it where it ends with a slash."""
    many = graph is not None and graph.endswith("/")
    end = b"" if graph is None or many else f" <{graph}> .\n".encode()
    below = f" <{graph}".encode() if many else b""
    unpacker = zstandard.ZstdDecompressor()
    with dump.open("rb") as packed, unpacker.stream_reader(packed) as plain:
        for number, line in enumerate(io.BufferedReader(_Raw(plain), _CHUNK)):
            if number % _LOOK == 0:
                alive()
            if line.endswith(end) and (not many or below in line[line.rfind(b" <") :]):
                yield line


class _Raw(io.RawIOBase):
    """The unpacker as a raw stream, so that lines can be read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Lines(io.RawIOBase):
    """Lines as a stream for the parser."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts = [self._rest]
        held = len(self._rest)
        while size < 0 or held < size:
            line = next(self._lines, None)
            if line is None:
                break
            parts.append(line)
            held += len(line)
        data = b"".join(parts)
        if size < 0:
            size = len(data)
        self._rest = data[size:]
        return data[:size]


@contextmanager
def _packing(work: Path, name: str, files: dict[str, dict[str, object]]) -> Iterator[BinaryIO]:
    """A stream that packs what it is given in both ways; what was made is noted in ``files``."""
    with ExitStack() as stack:
        sinks = {
            pack: _Hashed(stack.enter_context((work / f"{name}.{pack}").open("wb")))
            for pack in PACKED
        }
        packer = zstandard.ZstdCompressor(level=9)
        zst = stack.enter_context(
            packer.stream_writer(cast("BinaryIO", sinks["zst"]), closefd=False)
        )
        # No name and no time in the header: the same data gives the same file.
        gz = stack.enter_context(
            gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=sinks["gz"], mtime=0)
        )
        yield cast("BinaryIO", _Tee(zst, cast("BinaryIO", gz)))
    for pack, sink in sinks.items():
        files[f"{name}.{pack}"] = {"size": sink.size, "sha256": sink.digest.hexdigest()}


class _Tee(io.RawIOBase):
    def __init__(self, *sinks: BinaryIO) -> None:
        self._sinks = sinks

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        for sink in self._sinks:
            sink.write(data)
        return len(data)


class _Hashed(io.RawIOBase):
    """A file that knows the digest and the size of what was written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.digest.update(data)
        self.size += len(data)
        return self._file.write(data)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def main(arguments: list[str]) -> int:
    """Make the parts named on the command line, one after the other, at low priority."""
    release, target, *parts = arguments
    os.nice(10)
    parent = os.getppid()

    def alive() -> None:
        if os.getppid() != parent:  # the server is gone: nobody waits for this
            sys.exit(3)

    folder = Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        for part in parts:
            try:
                make(Path(release), folder, part, alive)
            finally:
                with contextlib.suppress(OSError):
                    shutil.rmtree(folder / f".making-{folder_of(part)}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
