"""Compares two releases in a process of its own: ``python -m kg.changes OLD NEW CACHE ROOM_BYTES``.

Ends with 0 when the record is there, with 1 and a sentence on standard error where it cannot be.
"""

import os
import sys
from pathlib import Path

from kg.changes.making import make_changes
from kg.errors import KgError


def main(old: str, new: str, cache: str, room_bytes: str) -> int:
    """Make the record; returns the exit code."""
    os.nice(5)  # requests that are answered meanwhile go first
    try:
        make_changes(Path(old), Path(new), Path(cache), int(room_bytes))
    except KgError as error:
        sys.stderr.write(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
