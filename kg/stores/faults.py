"""Turns the engine's errors into ours: one clear sentence, with line and column where known."""

import errno
import re
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import zstandard

from kg.errors import QueryFault, QuerySyntaxError, StoreError

BUILD_BYTES: Final = 600
"""Room that a build needs at its peak for each quad, measured: the unsorted and the sorted quads,
the dump and the store."""

_REFUSALS: Final = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
)
_AT = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_KNOWN: Final = {
    "Prefix not found": "the prefix of {near} is not declared. Add a PREFIX line for it",
    "SELECT * is not authorized with GROUP BY": "SELECT * cannot be used with GROUP BY. "
    "Name the variables",
    "contains a variable that is unbound": "a variable in the SELECT is neither grouped nor "
    "aggregated. Add it to GROUP BY, or wrap it in an aggregate such as SAMPLE()",
    "IRI parsing failed": "{near} is not an absolute IRI. Write it out in full, or use a prefix",
}
"""What the engine says of meaning, told apart from what it says of grammar."""
_NO_FUNCTION: Final = "custom function"
_UPDATES: Final = re.compile(
    r"\s*(?:PREFIX[^<]*<[^>]*>\s*|BASE\s*<[^>]*>\s*)*"
    r"(INSERT|DELETE|CLEAR|DROP|CREATE|COPY|MOVE|ADD|WITH)\b",
    re.IGNORECASE,
)


def syntax_fault(text: str, error: SyntaxError, what: str) -> QuerySyntaxError | QueryFault:
    """The engine's syntax error about ``text`` as ours; ``what``: query or update."""
    if what == "query" and (update := _UPDATES.match(text)):
        return QueryFault(
            f"The text is an update ({update.group(1).upper()}); only queries are answered here: "
            "SELECT, ASK, CONSTRUCT or DESCRIBE."
        )
    match = _AT.match(str(error))
    if match is None:
        return QuerySyntaxError(f"The {what} is not valid SPARQL: {error}")
    line, column, said = int(match.group(1)), int(match.group(2)), match.group(3)
    near = _near(text, line, column)
    reason = next(
        (words.format(near=near) for sign, words in _KNOWN.items() if sign in said),
        f"it stops making sense near {near}",
    )
    return QuerySyntaxError(
        f"The {what} is not valid SPARQL at line {line}, column {column}: {reason}.", line, column
    )


def _near(text: str, line: int, column: int) -> str:
    """The word around a place, in quotes; ``the end`` where nothing follows."""
    lines = text.splitlines() or [""]
    row = lines[line - 1] if line <= len(lines) else ""
    if not row[column - 1 :].strip() and not "".join(lines[line:]).strip():
        start = re.search(r"\S*$", row[: column - 1])
        before = start.group() if start else ""
        return f'"{before[-40:]}" (the end of the text)' if before else "the end of the text"
    place = min(column - 1, max(len(row) - 1, 0))
    start_of = re.search(r"[^\s{}()]*$", row[:place])
    rest = re.match(r"[^\s{}()]+|\S", row[place:])
    word = (start_of.group() if start_of else "") + (rest.group() if rest else "")
    return f'"{word[:60]}"' if word else f'"{row.strip()[:60]}"'


@contextmanager
def disk_faults(path: Path) -> Iterator[None]:
    """Errors of the disk become ``StoreError`` naming the path and the remedy."""
    try:
        yield
    except FileNotFoundError as error:
        raise StoreError(f"{path}: nothing readable is there. Check the path.") from error
    except (zstandard.ZstdError, EOFError, zlib.error) as error:
        raise StoreError(
            f"{path}: the packed file is damaged ({error}). Fetch or make it again."
        ) from error
    except OSError as error:
        if "lock" in str(error).lower():
            raise StoreError(
                f"{path}: another process has the store open for writing. "
                "Wait until it is done, or open it read-only."
            ) from error
        remedy = " Make room on that disk, then try again." if "No space" in str(error) else ""
        raise StoreError(f"{path}: the disk says: {error}.{remedy}") from error
    except RuntimeError as error:  # what RocksDB raises for damaged files
        raise StoreError(f"{path}: the store's files are damaged: {error}.") from error


@contextmanager
def room_faults(releases_dir: Path) -> Iterator[None]:
    """What the disk refuses to a build becomes ``StoreError`` telling the room there is."""
    try:
        yield
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
        place = next(each for each in (releases_dir, *releases_dir.parents) if each.exists())
        free = shutil.disk_usage(place).free
        raise StoreError(
            f"{releases_dir}: no release was made, the disk says: {error.strerror}. What was "
            f"begun is removed and any release before stays; {free:,} bytes are free now, and a "
            f"build needs about {BUILD_BYTES} for each quad. Make room or choose another home, "
            "then build again."
        ) from error


@contextmanager
def parse_faults(path: Path) -> Iterator[None]:
    """Errors of RDF syntax become ``StoreError`` naming file, line and column."""
    try:
        yield
    except SyntaxError as error:
        place = (
            f"{path.name}, line {error.lineno}, column {error.offset}"
            if error.lineno
            else (path.name)
        )
        reason = re.sub(r"^Parser error at line \d+ (?:column \d+|between .*?): ", "", error.msg)
        raise StoreError(f"{place}: {reason}. Mend the file; nothing of it was kept.") from error


@contextmanager
def evaluation_faults() -> Iterator[None]:
    """Errors while a query runs become ``StoreError``."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        if _NO_FUNCTION in str(error):
            raise QueryFault(
                f"{str(error).replace('custom ', '')}. Use another function."
            ) from error
        raise StoreError(f"The store could not answer the query: {error}.") from error
