"""Measures builds and the question library at several sizes; prints tables, keeps the figures.

    python -m bench.run                    # shipped, 100 k and 1 M triples
    python -m bench.run --sizes shipped 100k 1M 10M
    python -m bench.run --no-rdflib        # leave the comparison with rdflib out

Each build runs in a process of its own, so that its peak memory is its own. ``100k`` holds
generated claims alone; ``1M`` and ``10M`` hold the shipped library and generated claims, so that
the questions about shipped practices have answers. The figures go to ``bench/results/``.
"""

import argparse
import json
import math
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as Sheet

from bench.generator import Size, batches
from ingest.pipeline import shipped
from kg.answers import ask
from kg.model import Batch
from kg.release import build, newest, open_store
from queries.binding import bind
from queries.library import Question, questions

RESULTS = Path(__file__).parent / "results"
SIZES = {"shipped": 0, "100k": 100_000, "1M": 1_000_000, "10M": 10_000_000}
REPEATS = 5
RDFLIB_SECONDS = 20.0
"""A question that rdflib does not answer within this time is shown as slower than it."""


def inputs(size: str) -> Iterator[Batch]:
    """The batches of a named size."""
    triples = SIZES[size]
    if size == "shipped":
        return iter([shipped()])
    if size == "100k":
        return batches(Size.for_triples(triples))
    return chain([shipped()], batches(Size.for_triples(triples - 160_000)))


def in_a_process(work: Callable[..., Any], *arguments: object) -> Any:
    """What ``work`` returns, run in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def measure_build(size: str, folder: str) -> dict[str, Any]:
    """Build one size: wall seconds, peak memory in MiB, sizes, seconds a stage."""
    start = time.perf_counter()
    release = build(inputs(size), Path(folder))
    wall = time.perf_counter() - start
    return {
        "size": size,
        "quads": release.manifest.counts["quads"],
        "claims": release.manifest.counts["claims"],
        "asserted": release.manifest.counts["asserted"],
        "inferred": release.manifest.counts["inferred"],
        "seconds": round(wall, 2),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "release_mb": round(release.size_bytes / 1e6, 1),
        "stages": release.manifest.seconds,
    }


def measure_questions(folder: str) -> dict[str, list[float]]:
    """Milliseconds of every question with its defaults, ``REPEATS`` times each, after one more."""
    release = newest(Path(folder))
    store = open_store(release)
    times: dict[str, list[float]] = {}
    for name, question in questions().items():
        ask(store, question, {})
        times[name] = [_timed(lambda q=question: ask(store, q, {})) for _ in range(REPEATS)]
    return times


def measure_rdflib(folder: str) -> dict[str, float]:
    """Milliseconds of every question in rdflib, once each; a slow one is cut off."""
    from rdflib import Dataset, URIRef

    graph = Dataset(default_union=True)
    for quad in open_store(newest(Path(folder))).quads():
        graph.addN([_rdflib_quad(quad, graph, URIRef)])
    return {name: _alarmed(graph, question) for name, question in questions().items()}


def _rdflib_quad(quad: Any, graph: Any, iri: Any) -> Any:
    from rdflib.util import from_n3

    subject, predicate, value = (
        from_n3(str(t)) for t in (quad.subject, quad.predicate, quad.object)
    )
    return subject, predicate, value, graph.graph(iri(quad.graph_name.value))


def _alarmed(graph: Any, question: Question) -> float:
    import signal

    def stop(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, RDFLIB_SECONDS)
    try:
        return _timed(lambda: list(graph.query(bind(question, {}))))
    except TimeoutError:
        return math.inf
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def exponent(figures: list[dict[str, Any]]) -> float | None:
    """Slope of log(seconds) over log(quads) between the smallest and the largest size of 90,000 on.

    Fixed costs (ontology, start-up) make the slope smaller where the smaller size is small.
    """
    large = [f for f in figures if f["quads"] >= 90_000]
    if len(large) < 2:
        return None
    first, last = large[0], large[-1]
    growth = math.log(last["quads"] / first["quads"])
    return math.log(last["seconds"] / first["seconds"]) / growth if growth else None


def build_sheet(figures: list[dict[str, Any]]) -> Sheet:
    """The table of builds."""
    heads = ("size", "quads", "claims", "seconds", "peak MiB", "release MB", "validate", "reason")
    sheet = Sheet(*heads, title="Builds")
    for f in figures:
        stages = f["stages"]
        row = (f["quads"], f["claims"], f["seconds"], f["peak_mib"], f["release_mb"])
        more = (stages.get("validation", 0), stages.get("reasoning", 0))
        sheet.add_row(f["size"], *(f"{v:,}" for v in row), *(f"{v:.1f}" for v in more))
    return sheet


def question_sheet(times: dict[str, dict[str, list[float]]]) -> Sheet:
    """The table of question times over all questions: median, p95 and slowest, in ms."""
    sheet = Sheet("size", "questions", "p50 ms", "p95 ms", "slowest ms", "which", title="Questions")
    for size, by_name in times.items():
        everything = sorted(t for runs in by_name.values() for t in runs)
        slowest = max(by_name, key=lambda n: statistics.median(by_name[n]))
        sheet.add_row(
            size,
            str(len(by_name)),
            f"{statistics.median(everything):.2f}",
            f"{everything[int(len(everything) * 0.95)]:.1f}",
            f"{statistics.median(by_name[slowest]):.1f}",
            slowest,
        )
    return sheet


def ratio_sheet(ours: dict[str, list[float]], theirs: dict[str, float]) -> Sheet:
    """The slowest twelve of our questions beside rdflib, and the median ratio over all."""
    sheet = Sheet("question", "ours ms", "rdflib ms", "rdflib / ours", title="Beside rdflib")
    medians = {name: statistics.median(runs) for name, runs in ours.items()}
    for name in sorted(medians, key=lambda n: -medians[n])[:12]:
        sheet.add_row(name, f"{medians[name]:.1f}", *_against(medians[name], theirs[name]))
    middle = statistics.median(theirs[name] / medians[name] for name in medians)
    sheet.add_row("median of all ratios", "", "", f"{middle:.0f}")
    return sheet


def _against(mine: float, other: float) -> tuple[str, str]:
    if math.isinf(other):
        return f"> {RDFLIB_SECONDS * 1000:,.0f}", f"> {RDFLIB_SECONDS * 1000 / mine:,.0f}"
    return f"{other:,.1f}", f"{other / mine:,.0f}"


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["shipped", "100k", "1M"])
    parser.add_argument("--no-rdflib", dest="rdflib", action="store_false")
    options = parser.parse_args()
    console = Console(width=110)
    builds: list[dict[str, Any]] = []
    times: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as work:
        for size in options.sizes:
            folder = str(Path(work) / size)
            builds.append(in_a_process(measure_build, size, folder))
            times[size] = in_a_process(measure_questions, folder)
            console.print(build_sheet(builds), question_sheet(times))
        if options.rdflib and "shipped" in times:
            theirs = in_a_process(measure_rdflib, str(Path(work) / "shipped"))
            console.print(ratio_sheet(times["shipped"], theirs))
    slope = exponent(sorted(builds, key=lambda f: int(f["quads"])))
    if slope is not None:
        console.print(f"Build time grows as size to the power {slope:.2f}.")
    RESULTS.mkdir(exist_ok=True)
    record = {"builds": builds, "questions": times, "exponent": slope}
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    (RESULTS / name).write_text(json.dumps(record, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
