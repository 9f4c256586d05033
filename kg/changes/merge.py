"""Two sorted dumps side by side: which lines are in the one, the other, or both.

Memory stays at one block of each dump whatever their size. Both dumps are sorted by bytes
(``kg.dumping``), so one pass is enough. A patch of the differences is written as RDF Patch
(https://afs.github.io/rdf-delta/rdf-patch.html): ``D`` and ``A`` lines in the dumps' order.
"""

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import zstandard

from kg.errors import ReleaseError
from kg.shelf import DUMP, Release

REMOVED: Final = 1
"""The line is in the old dump only."""
ADDED: Final = 2
"""The line is in the new dump only."""
BOTH: Final = REMOVED | ADDED
_BLOCK: Final = 1 << 20


def dump_lines(release: Release) -> Iterator[bytes]:
    """Lines of a release's dump without their ends, checked against the manifest on the way.

    Raises ``ReleaseError`` naming the file: at once where it is missing or cannot be unpacked, at
    the end where its digest is another than the manifest's.
    """
    path, digest, rest = release.path / DUMP, hashlib.sha256(), b""
    if not path.is_file():
        raise ReleaseError(f"{path}: missing from the release. Restore it, or build again.")
    for block in _blocks(path):
        digest.update(block)
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        yield from lines
    if rest or digest.hexdigest() != release.manifest.dump:
        raise ReleaseError(
            f"{path}: its content is not what the manifest says. Restore the release, or build "
            "again."
        )


def merged(old: Iterable[bytes], new: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Every line of two sorted dumps once, with :data:`REMOVED`, :data:`ADDED` or :data:`BOTH`."""
    olds, news = iter(old), iter(new)
    left, right = next(olds, None), next(news, None)
    while left is not None and right is not None:
        if left == right:
            yield BOTH, left
            left, right = next(olds, None), next(news, None)
        elif left < right:
            yield REMOVED, left
            left = next(olds, None)
        else:
            yield ADDED, right
            right = next(news, None)
    if left is not None:
        yield REMOVED, left
    yield from ((REMOVED, line) for line in olds)
    if right is not None:
        yield ADDED, right
    yield from ((ADDED, line) for line in news)


def patch_head(old: str, new: str) -> bytes:
    """First lines of a patch from one release (its id) to another; the same each time."""
    before, after = (uuid.uuid5(uuid.NAMESPACE_URL, name) for name in (old, new))
    return f"H id <uuid:{after}> .\nH prev <uuid:{before}> .\nTX .\n".encode()


def patch_line(side: int, line: bytes) -> bytes:
    """One change of a patch; ``line``: N-Quads without its end."""
    return (b"D " if side == REMOVED else b"A ") + line + b"\n"


PATCH_END: Final = b"TC .\n"


def apply_patch(old: Iterable[bytes], patch: Iterable[bytes]) -> Iterator[bytes]:
    """The new dump's lines from the old dump's and a patch (both without line ends, sorted).

    Raises ``ReleaseError`` where the patch removes what the old dump does not have.
    """
    changes = (line for line in patch if line[:2] in (b"D ", b"A "))
    change, lines = next(changes, None), iter(old)
    line = next(lines, None)
    while line is not None or change is not None:
        if line is None or (change is not None and change[2:] <= line):
            if change is not None and change[:1] == b"A":
                yield change[2:]
            elif change is not None and change[2:] == line:
                line = next(lines, None)
            else:
                raise ReleaseError(
                    f"The patch removes {(change or b'')[2:200].decode(errors='replace')}, which "
                    "is not in the release. Take the patch made for this release."
                )
            change = next(changes, None)
        else:
            yield line
            line = next(lines, None)


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with (
            path.open("rb") as raw,
            zstandard.ZstdDecompressor().stream_reader(raw) as reader,
        ):
            while block := reader.read(_BLOCK):
                yield block
    except zstandard.ZstdError as error:
        raise ReleaseError(
            f"{path}: the packed file is damaged ({error}). Restore the release, or build again."
        ) from error
    except OSError as error:
        raise ReleaseError(f"{path}: cannot be read: {error.strerror}.") from error
