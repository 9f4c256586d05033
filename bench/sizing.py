"""What a machine needs by the size of the graph: ``python -m bench.sizing``; writes the table in
docs/operating.md.

For each size, from memory and from disk: seconds from the start to the first answer (checksums
of the whole release included), memory before and after a light load and at its highest while a
newer release takes over, seconds of that, failed requests meanwhile, and answers a second.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from bench.run import in_a_process, measure_build
from bench.workload import load
from bench.workload.engines import Data, ours
from bench.workload.keeping import Record, machine
from bench.workload.processes import Server
from kg.release import Release, newest

PAGE = Path(__file__).parents[1] / "docs" / "operating.md"
RECORD = Path(__file__).parent / "results" / "sizing.json"
BEGIN, END = "<!-- sizing: begin -->", "<!-- sizing: end -->"
WORKERS = 2
FROM = {"memory": 1_000_000_000, "disk": 0}
"""Where a release is served from -> largest release served from memory, quads."""


def measure(data: Data, quads_in_memory: int, seconds: float) -> dict[str, float]:
    """Figures of one size served one way."""
    release = newest(data.home / "releases")
    environment = {
        "MISSION_KG_MEMORY_QUADS": str(quads_in_memory),
        "MISSION_KG_CONCURRENT_QUERIES": str(WORKERS),
        "MISSION_KG_WATCH_SECONDS": "3600",
        "MISSION_KG_LOG_REQUESTS": "false",
    }
    began = time.monotonic()
    server = ours(data, environment)
    try:
        _until_served(server, release.id)
        figures = {"quads": float(data.quads), "disk_mib": release.size_bytes / 2**20}
        figures["start_seconds"] = time.monotonic() - began
        figures["memory_at_start_mib"] = server.memory_mib()
        answers = load.run(server, load.light_mix(data), 8, seconds, data.work)
        figures["answers_a_second"], figures["p95_ms"] = answers.rate, answers.p95
        figures["memory_after_load_mib"] = server.memory_mib()
        return figures | _swap(server, data, release)
    finally:
        server.stop()


def _swap(server: Server, data: Data, release: Release) -> dict[str, float]:
    """A copy of the release takes over under load."""
    with _newer(release) as name, _highest(server) as memory:
        failed: list[int] = []
        ended = threading.Event()

        def ask() -> None:
            while not ended.is_set():
                answers = load.run(server, load.light_mix(data), 4, 2, data.work)
                failed.append(answers.bad)

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(1)
        began = time.monotonic()
        os.kill(server.process.pid, signal.SIGHUP)
        _until_served(server, name)
        seconds = time.monotonic() - began
        ended.set()
        asking.join()
    return {
        "swap_seconds": seconds,
        "swap_failed": float(sum(failed)),
        "memory_in_swap_mib": max(memory),
    }


@contextlib.contextmanager
def _newer(release: Release) -> Iterator[str]:
    """The same release once more under a later name, without taking room on the disk."""
    name = f"2099{release.id[4:]}"
    part, whole = release.path.with_name(".copying"), release.path.with_name(name)
    shutil.copytree(release.path, part, copy_function=os.link)
    manifest = part / "manifest.json"
    told = json.loads(manifest.read_text())
    manifest.unlink()  # not written through the link
    manifest.write_text(json.dumps(told | {"id": name}))
    part.rename(whole)
    try:
        yield name
    finally:
        shutil.rmtree(whole)


@contextlib.contextmanager
def _highest(server: Server) -> Iterator[list[float]]:
    """Memory, MiB, a few times a second for as long as the block lasts."""
    seen: list[float] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.3):
            seen.append(server.memory_mib())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        ended.set()
        looking.join()


def _until_served(server: Server, release: str, seconds: float = 900) -> None:
    address = server.endpoint.replace("/sparql", "/health/ready")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=30) as answer:
            if json.load(answer)["release"] == release:
                return
        time.sleep(0.02)
    raise SystemExit(f"{release} is not served: {server.log.read_text(errors='replace')[-2000:]}")


def table(record: Record) -> str:
    """What was measured, as Markdown."""
    heads = (
        "quads | served from | on disk | start to first answer | memory at start | after load | "
        "highest while swapping | swap | failed meanwhile | answers a second, p95 (8 clients)"
    )
    lines = [f"| {heads} |", "|" + " --- |" * 10]
    for section, kept in sorted(record.sections.items(), key=_order):
        if section == "machine":
            continue
        f: dict[str, Any] = kept["figures"]
        cells = (
            f"{f['quads']:,.0f}",
            section.partition("/")[2],
            f"{f['disk_mib']:,.0f} MiB",
            f"{f['start_seconds']:.1f} s",
            *(
                f"{f[f'memory_{when}_mib']:,.0f} MiB"
                for when in ("at_start", "after_load", "in_swap")
            ),
            f"{f['swap_seconds']:.1f} s",
            f"{f['swap_failed']:.0f}",
            f"{f['answers_a_second']:,.0f}, {f['p95_ms']:.1f} ms",
        )
        lines.append(f"| {' | '.join(cells)} |")
    told = record.sections.get("machine", machine())
    return (
        f"Measured on {told['cores']} cores with {told['memory']} by `python -m bench.sizing`, "
        f"{WORKERS} workers, no answer kept. Memory is proportional (PSS) of all processes.\n\n"
        + "\n".join(lines)
    )


def _order(item: tuple[str, Any]) -> tuple[float, str]:
    name, kept = item
    return (kept["figures"]["quads"], name) if name != "machine" else (0.0, name)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", nargs="+", default=["shipped"], help="shipped, 100k, 1M, 10M")
    parser.add_argument("--work", type=Path, default=user_cache_path("mission-kg-bench"))
    parser.add_argument("--seconds", type=float, default=5, help="of load")
    parser.add_argument("--report", action="store_true", help="only write the table")
    options = parser.parse_args()
    record = Record(RECORD, again=True)
    for size in [] if options.report else options.sizes:
        home, work = options.work / size / "home", options.work / size / "engines"
        work.mkdir(parents=True, exist_ok=True)
        if not list((home / "releases").glob("2*")):
            print(f"{size}: building the release")
            in_a_process(measure_build, size, str(home / "releases"))
        for where, quads in FROM.items():
            print(f"{size}, from {where}")
            record.keep(f"{size}/{where}", measure(Data(size, home, work), quads, options.seconds))
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(record)}\n\n{END}{after}", "utf-8")
    print(f"The table is in {PAGE}.")


if __name__ == "__main__":
    main()
