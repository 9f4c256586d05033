"""Kills builds at many moments; run by ``test_release.py``: DIRECTORY KILLS.

A process of its own that has started no engine threads, so that it may fork. For each kill it
prints what the shelf held afterwards; the last line is the build that nobody killed.
"""

import importlib.util
import json
import os
import signal
import sys
import time
from pathlib import Path

from kg import validation
from kg.errors import ReleaseError
from kg.release import build
from kg.shelf import newest, verify
from ontology.vocabulary import vocabulary

_spec = importlib.util.spec_from_file_location("small", Path(__file__).with_name("conftest.py"))
assert _spec is not None
assert _spec.loader is not None
small = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(small)


def start(shelf: Path, note: str) -> int:
    child = os.fork()
    if child == 0:
        build(small.small_batches(1, note), shelf)
        os._exit(0)
    return child


def state(shelf: Path) -> dict[str, object]:
    try:
        release = newest(shelf)
    except ReleaseError:
        return {"id": None, "faults": []}
    return {"id": release.id, "faults": [finding.message for finding in verify(release)]}


def tell(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    shelf, kills = Path(sys.argv[1]), int(sys.argv[2])
    validation.shipped_shapes()
    vocabulary()
    begin = time.perf_counter()
    os.waitpid(start(shelf / "timing", "x"), 0)
    whole = time.perf_counter() - begin
    for number in range(kills):
        child = start(shelf, f"note {number}")
        time.sleep(whole * 1.05 * (number + 1) / (kills + 1))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        tell({**state(shelf), "killed": os.WIFSIGNALED(status)})
    os.waitpid(start(shelf, "last"), 0)
    rest = [path.name for path in shelf.glob(".building-*")]
    tell({**state(shelf), "rest": rest})


if __name__ == "__main__":
    main()
