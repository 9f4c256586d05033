"""Builds a small release in a process of its own; prints its id: SHELF NOTE [NUMBER [CREATED]].

``NOTE`` goes into every claim, so that another note makes another release.
"""

import importlib.util
import sys
from datetime import datetime
from pathlib import Path

from kg.release import build

_spec = importlib.util.spec_from_file_location(
    "small", Path(__file__).parents[2] / "kg" / "conftest.py"
)
assert _spec is not None
assert _spec.loader is not None
small = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(small)


def main() -> None:
    shelf, note, initiatives, created = [*sys.argv[1:], *["1", ""][len(sys.argv) - 3 :]]
    moment = datetime.fromisoformat(created) if created else None
    release = build(small.small_batches(int(initiatives), note), Path(shelf), created=moment)
    sys.stdout.write(f"{release.id}\n")


if __name__ == "__main__":
    main()
