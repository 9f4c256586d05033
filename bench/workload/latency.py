"""Latency: every shape of every engine in turn, round after round, one client, same minute."""

import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from bench.workload.answers import Digest, digest
from bench.workload.http import Asker, Refused, accept_for
from bench.workload.processes import Server
from bench.workload.shapes import SHAPES, Shape

ROUNDS = 30
SLOW_SECONDS = 120.0
"""An engine that takes longer over one question is not asked it again."""

Figures = dict[str, dict[str, Any]]
"""Engine -> ``ms`` of its runs, ``count`` and ``digest`` of its answer, or ``fault``."""


def measure(
    servers: dict[str, Server],
    *,
    seconds: float,
    say: Callable[[str], None],
    shapes: tuple[Shape, ...] = SHAPES,
) -> dict[str, Figures]:
    """Ask all shapes of all servers for about ``seconds``; shape -> figures by engine.

    Each pair is asked once unmeasured, where its answer is read; then in rounds, the order of
    engines changing from round to round. A slow shape has fewer rounds, at least three.
    """
    askers = {name: Asker(server.endpoint, SLOW_SECONDS) for name, server in servers.items()}
    found: dict[str, Figures] = {shape.name: {} for shape in shapes}
    once: dict[str, float] = {}
    for shape in shapes:
        for name, asker in askers.items():
            found[shape.name][name] = _first(asker, shape)
        firsts = {n: f.get("first_ms", f.get("fault")) for n, f in found[shape.name].items()}
        say(f"  {shape.name}: {firsts}")
        once[shape.name] = sum(f.get("first_ms", 0.0) for f in found[shape.name].values()) / 1000
    share = seconds / len(shapes)
    rng = random.Random(3)
    rounds = {n: max(3, min(ROUNDS, int(share / max(t, 1e-4)))) for n, t in once.items()}
    began = time.monotonic()
    for number in range(max(rounds.values())):
        for shape in rng.sample(shapes, len(shapes)):
            if number < rounds[shape.name]:
                _round(askers, found[shape.name], shape, rng)
    say(f"  {max(rounds.values())} rounds in {time.monotonic() - began:.0f} s")
    for asker in askers.values():
        asker.close()
    return found


def _first(asker: Asker, shape: Shape) -> dict[str, Any]:
    try:
        timed = asker.ask(shape.query, accept_for(shape.graph))
        answer: Digest = digest(timed.body, graph=shape.graph)
    except (Refused, OSError, ValueError, SyntaxError) as error:
        return {"ms": [], "fault": str(error)[:200] or type(error).__name__}
    return {
        "ms": [],
        "first_ms": timed.seconds * 1000,
        "count": answer.count,
        "digest": answer.value,
        "bytes": len(timed.body),
    }


def _round(askers: dict[str, Asker], figures: Figures, shape: Shape, rng: random.Random) -> None:
    for name in rng.sample(sorted(askers), len(askers)):
        if "fault" in figures[name]:
            continue
        try:
            timed = askers[name].ask(shape.query, accept_for(shape.graph))
        except (Refused, OSError) as error:
            figures[name]["fault"] = str(error)[:200]
            continue
        figures[name]["ms"].append(timed.seconds * 1000)


def percentile(values: list[float], part: float) -> float:
    """The value below which ``part`` of the values lie (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * part))]


def ratio(ours: list[float], theirs: list[float]) -> tuple[float, float, float]:
    """Their time over ours, round by round: median, and the middle half's ends."""
    pairs = sorted(b / a for a, b in zip(ours, theirs, strict=False))
    middle = statistics.median(pairs)
    return middle, percentile(pairs, 0.25), percentile(pairs, 0.75)
