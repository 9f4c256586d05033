"""What is counted, for Prometheus to fetch at ``/metrics``.

The one place that names a metric. Whoever does the work counts it: ``QUERIES_RUNNING.inc()``.
Names end in their unit; labels hold only values of a short fixed list, never a stranger's text.
"""

import contextlib
import os
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from kg.shelf import Release

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST
"""Media type of :func:`exposition`."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # doubles the lines for no use
REGISTRY: Final = CollectorRegistry()
"""All metrics of this process."""

_SECONDS: Final = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
    60.0,
)


class _Requests(Collector):
    """Requests counted in plain dictionaries, given to Prometheus when it asks.

    Each answer is counted, those sent again from memory too, which take less time than the
    counters of the library with their locks. Only the event loop counts.
    """

    def __init__(self) -> None:
        self.running = 0
        self.abandoned = 0
        self.kept = 0
        self._ended: dict[tuple[str, str, int | None], int] = {}
        self._seconds: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def ended(self, route: str, method: str, status: int | None, seconds: float) -> None:
        """Count a request that ended; ``status``: ``None`` where no answer began."""
        key = (route, method, status)
        self._ended[key] = self._ended.get(key, 0) + 1
        spread = self._seconds.get(route)
        if spread is None:
            spread = self._seconds[route] = [0] * (len(_SECONDS) + 1)
        spread[bisect_left(_SECONDS, seconds)] += 1
        self._sums[route] = self._sums.get(route, 0.0) + seconds

    def collect(self) -> Iterator[Metric]:
        """The metrics of the moment."""
        requests = CounterMetricFamily(
            "mission_kg_requests",
            "Requests answered, by route, method and status.",
            labels=("route", "method", "status"),
        )
        for (route, method, status), count in tuple(self._ended.items()):
            requests.add_metric((route, method, str(status or "none")), count)
        yield requests
        spread = HistogramMetricFamily(
            "mission_kg_request_seconds",
            "Time from a request's first byte to the last byte handed to the connection.",
            labels=("route",),
        )
        ends = (*map(str, _SECONDS), "+Inf")
        for route, counts in tuple(self._seconds.items()):
            buckets = list(zip(ends, accumulate(counts), strict=True))
            spread.add_metric((route,), buckets, self._sums[route])
        yield spread
        yield GaugeMetricFamily(
            "mission_kg_requests_running", "Requests being answered now.", value=self.running
        )
        yield CounterMetricFamily(
            "mission_kg_requests_abandoned",
            "Requests whose client went away, or was cut off, before the last byte.",
            value=self.abandoned,
        )
        yield CounterMetricFamily(
            "mission_kg_requests_from_cache",
            "Requests answered with what was answered before.",
            value=self.kept,
        )


REQUESTS: Final = _Requests()
REGISTRY.register(REQUESTS)
LIMITS_HIT: Final = Counter(
    "mission_kg_limits_hit",
    "Requests refused or cut at a documented limit, by its name.",
    ("limit",),
    registry=REGISTRY,
)
REQUESTS_UNREADABLE: Final = Counter(
    "mission_kg_requests_unreadable",
    "Connections closed because what came was not HTTP, or its headers were too long.",
    registry=REGISTRY,
)
CONNECTIONS_DROPPED: Final = Counter(
    "mission_kg_connections_dropped",
    "Connections closed: the client sent (request) or read (answer) too slowly, or there were too "
    "many (room).",
    ("waiting_for",),
    registry=REGISTRY,
)

QUERIES_RUNNING: Final = Gauge(
    "mission_kg_queries_running", "Queries at work in a worker now.", registry=REGISTRY
)
QUERIES_WAITING: Final = Gauge(
    "mission_kg_queries_waiting", "Queries admitted that wait for a worker now.", registry=REGISTRY
)
QUERIES: Final = Counter(
    "mission_kg_queries",
    "Queries that a worker ended, by outcome: ok, refused, cut, killed, abandoned, failed.",
    ("outcome",),
    registry=REGISTRY,
)
QUERY_SECONDS: Final = Histogram(
    "mission_kg_query_seconds",
    "Time that a query took in its worker, waiting left out.",
    buckets=_SECONDS,
    registry=REGISTRY,
)
WORKER_STARTS: Final = Counter(
    "mission_kg_worker_starts", "Worker processes started; each kill needs one.", registry=REGISTRY
)
WORKERS: Final = Gauge("mission_kg_workers", "Worker processes alive now.", registry=REGISTRY)

CACHE_BYTES: Final = Gauge(
    "mission_kg_cache_bytes", "Bytes of the answers kept to be sent again.", registry=REGISTRY
)

RELEASE_SWAPS: Final = Counter(
    "mission_kg_release_swaps", "Releases that took over while serving.", registry=REGISTRY
)
RELEASES_REFUSED: Final = Gauge(
    "mission_kg_releases_refused",
    "Releases on the shelf that cannot be served (damaged); should be 0.",
    registry=REGISTRY,
)
LOG_LINES_DROPPED: Final = Counter(
    "mission_kg_log_lines_dropped",
    "Request log lines lost because their reader did not keep up.",
    registry=REGISTRY,
)


class _ReleaseCollector(Collector):
    """Age, size and counts of the release served now, read when asked for."""

    release: Callable[[], Release] | None = None

    def collect(self) -> Iterator[Metric]:
        """The metrics of the moment; none before a release is served."""
        if self.release is None:
            return
        served = self.release()
        info = GaugeMetricFamily(
            "mission_kg_release_info", "The release served now; always 1.", labels=("release",)
        )
        info.add_metric((served.id,), 1)
        yield info
        created = datetime.fromisoformat(served.manifest.created).timestamp()
        for name, what, value in (
            ("age_seconds", "Time since the release was made.", max(time.time() - created, 0)),
            ("size_bytes", "Bytes of the release's files.", served.size_bytes),
            ("quads", "Quads in the release.", served.manifest.counts["quads"]),
        ):
            yield GaugeMetricFamily(f"mission_kg_release_{name}", what, value=value)


class _ChildrenCollector(Collector):
    """Memory and number of the processes below this one, read from ``/proc`` when asked for."""

    def collect(self) -> Iterator[Metric]:
        """The metrics of the moment; pages that processes share are counted in each."""
        children = tuple(_below(os.getpid()))
        sizes = [_resident_bytes(child) for child in children]
        yield GaugeMetricFamily(
            "mission_kg_child_processes", "Processes that this one started.", value=len(children)
        )
        yield GaugeMetricFamily(
            "mission_kg_child_resident_memory_bytes",
            "Resident memory of the processes that this one started, shared pages in each.",
            value=sum(sizes),
        )


def _below(process: int) -> Iterator[int]:
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # it just ended
            for child in map(int, file.read_text("ascii").split()):
                yield child
                yield from _below(child)


def _resident_bytes(process: int) -> int:
    try:
        pages = Path(f"/proc/{process}/statm").read_text("ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


_RELEASE: Final = _ReleaseCollector()
REGISTRY.register(_ChildrenCollector())
REGISTRY.register(_RELEASE)
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)


def watch_release(served: Callable[[], Release]) -> None:
    """Tell the release that ``served`` gives from now on."""
    _RELEASE.release = served


def exposition() -> bytes:
    """All metrics in the text format of Prometheus."""
    return generate_latest(REGISTRY)
