"""Measures our server beside other engines and writes the tables of ``docs/performance.md``.

    python -m bench.workload                        # shipped size, some minutes
    python -m bench.workload --sizes shipped 1M 10M --minutes 90
    python -m bench.workload --report               # write the tables from what was measured

Engines are filled and started by the command itself: ours as installed, the Oxigraph server,
Virtuoso (Debian: virtuoso-opensource-7) and rdflib-endpoint, the last at the shipped size only.
What is measured is kept at once in ``bench/results/workload.json``; a run that was ended, or whose
minutes are over, goes on with what is missing. Graphs and engines' stores are kept in ``--work``.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from bench.run import in_a_process, measure_build
from bench.workload import measures, report
from bench.workload.engines import ENGINES, Data, available
from bench.workload.keeping import Record
from bench.workload.processes import NotStarted

SIZES = ("shipped", "1M", "10M")


class Run:
    """One call of the command: what is measured, until when, where it is kept."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.record = Record(again=options.again)
        self.end = time.monotonic() + options.minutes * 60

    def say(self, words: str) -> None:
        """Tell what happens."""
        print(f"[{self.left() / 60:5.1f} min left] {words}", flush=True)

    def left(self) -> float:
        """Seconds until the run is to end."""
        return float(max(0.0, self.end - time.monotonic()))

    def section(self, name: str, needs: float, work: Callable[[], Any]) -> None:
        """Measure a section if it is wanted and its ``needs``, seconds, are left."""
        if not self.record.wants(name):
            return
        if self.left() < needs:
            self.say(f"{name}: left out, it needs {needs:.0f} s; run the command again for it")
            return
        self.say(name)
        try:
            self.record.keep(name, work())
        except (NotStarted, OSError) as error:
            self.say(f"{name}: {error}")

    def data(self, size: str) -> Data | None:
        """A release of a size, built where it is not there yet."""
        home, work = self.options.work / size / "home", self.options.work / size / "engines"
        if not list((home / "releases").glob("2*")):
            needs = {"shipped": 20, "1M": 90, "10M": 900}[size]
            if self.left() < needs:
                self.say(f"{size}: left out, building it needs {needs} s")
                return None
            self.say(f"{size}: building the release")
            in_a_process(measure_build, size, str(home / "releases"))
        work.mkdir(parents=True, exist_ok=True)
        return Data(size, home, work)


def measure(run: Run, size: str) -> None:
    """All sections of a size."""
    data = run.data(size)
    if data is None:
        return
    wanted = [e for e in run.options.engines if e != "rdflib" or size == "shipped"]
    for name in wanted:
        if why := available(name):
            run.say(f"{name} is left out: {why}")
    engines = [name for name in wanted if not available(name)]
    seconds = run.options.seconds
    run.section(
        f"{size}/latency",
        seconds * 1.5 + (600 if size == "10M" else 60),
        lambda: measures.latency(data, engines, seconds, run.say),
    )
    if size == "10M":
        run.section(f"{size}/disk", seconds + 60, lambda: measures.disk(data, seconds, run.say))
        run.section(f"{size}/rest", 240, lambda: measures.rest(data, run.say))
        return
    run.section(f"{size}/rest", 60, lambda: measures.rest(data, run.say))
    run.section(f"{size}/cached", 120, lambda: measures.cached(data))
    run.section(f"{size}/light", 150, lambda: measures.light(data))
    run.section(f"{size}/beside", 90, lambda: measures.runaways(data))
    run.section(f"{size}/cost", 120, lambda: measures.cost(data))
    run.section(f"{size}/memory", 60, lambda: measures.memory(data))


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["shipped"])
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--minutes", type=float, default=30, help="time for all (default 30)")
    parser.add_argument("--seconds", type=float, default=60, help="of latency at each size")
    parser.add_argument("--work", type=Path, default=user_cache_path("mission-kg-bench"))
    parser.add_argument("--again", action="store_true", help="measure anew what was measured")
    parser.add_argument("--report", action="store_true", help="only write the tables")
    options = parser.parse_args()
    run = Run(options)
    if not options.report:
        for size in options.sizes:
            measure(run, size)
    report.write(run.record)
    print(f"The tables are in {report.PAGE}.")


if __name__ == "__main__":
    main()
