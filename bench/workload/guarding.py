"""Light queries of one client while another sends nothing but runaways."""

import itertools
import threading
import time
from dataclasses import dataclass

from bench.workload.http import Asker, Refused, accept_for
from bench.workload.latency import percentile
from bench.workload.processes import Server
from bench.workload.shapes import RUNAWAYS

STRANGER = "127.0.0.2"
"""The address from which runaways come: shares are counted by address."""


@dataclass(frozen=True)
class Beside:
    """Milliseconds of light queries, how many failed; runaways sent and what they were told."""

    p50: float
    p95: float
    slowest: float
    count: int
    failed: int
    runaways: int
    told: dict[str, int]


def beside(server: Server, light: list[str], seconds: float, *, runaways: bool) -> Beside:
    """Ask light queries one by one for ``seconds``, with or without a client of runaways."""
    stop = threading.Event()
    told: dict[str, int] = {}
    worker = threading.Thread(target=_run_away, args=(server.endpoint, stop, told))
    if runaways:
        worker.start()
        time.sleep(1.0)
    asker = Asker(server.endpoint, 60)
    times: list[float] = []
    failed = 0
    end = time.monotonic() + seconds
    for query in itertools.cycle(light):
        if time.monotonic() >= end:
            break
        try:
            times.append(asker.ask(query, accept_for("CONSTRUCT" in query)).seconds * 1000)
        except (Refused, OSError):
            failed += 1
        time.sleep(0.002)
    stop.set()
    if runaways:
        worker.join()
    asker.close()
    return Beside(
        percentile(times, 0.5),
        percentile(times, 0.95),
        max(times),
        len(times),
        failed,
        sum(told.values()),
        told,
    )


def _run_away(endpoint: str, stop: threading.Event, told: dict[str, int]) -> None:
    asker = Asker(endpoint, 60, source=STRANGER)
    for query in itertools.cycle(RUNAWAYS):
        if stop.is_set():
            break
        try:
            asker.ask(query, accept_for(graph=False))
            words = "200"
        except Refused as refused:
            words = str(refused).partition(":")[0]
        except OSError as error:
            words = type(error).__name__
        told[words] = told.get(words, 0) + 1
    asker.close()
