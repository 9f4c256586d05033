"""Throughput: many clients at once, by ``wrk``, servers in turn."""

import json
import os
import shutil
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bench.workload.engines import Data
from bench.workload.processes import Server
from bench.workload.shapes import LIGHT_MIX, PREFIXES
from kg.release import newest, open_store

ACCEPT = "application/sparql-results+json, application/n-triples"
CLIENTS = (1, 8, 64)
SUBJECTS = 40

_SCRIPT = """\
local requests = {}
init = function()
  for path in io.lines(os.getenv("BENCH_PATHS")) do
    requests[#requests + 1] = wrk.format("GET", path)
  end
end
local number = 0
request = function()
  number = number % #requests + 1
  return requests[number]
end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format(
    'JSON{"requests":%d,"seconds":%f,"p50":%f,"p95":%f,"bad":%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(95) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True)
class Load:
    """One run: answers a second, milliseconds, answers that were no answers, server CPU."""

    rate: float
    p50: float
    p95: float
    bad: int
    cpu_ms: float
    """Processor time of the server for each answer."""


def missing() -> str:
    """Why load cannot be made here; empty where it can."""
    return "" if shutil.which("wrk") else "wrk is not installed (Debian: wrk)"


def subjects(data: Data, count: int = SUBJECTS) -> list[str]:
    """Practices of the release, the same for all servers."""
    store = open_store(newest(data.home / "releases"), in_memory=False)
    found = store.select(
        "SELECT DISTINCT ?me { ?case <https://w3id.org/mission-kg/ontology#describes> ?me } "
        "ORDER BY ?me"
    )
    every = [str(row[0]) for row in found.rows]
    step = max(1, len(every) // count)
    return every[::step][:count]


def light_mix(data: Data) -> list[str]:
    """Queries of the light mix."""
    return [PREFIXES + text.format(me) for me in subjects(data) for text in LIGHT_MIX]


def run(
    server: Server,
    queries: Sequence[str],
    clients: int,
    seconds: float,
    folder: Path,
    encoding: str = "",
) -> Load:
    """Have ``clients`` ask ``queries`` in turn for ``seconds``."""
    path = "/" + server.endpoint.split("/", 3)[3]
    paths = folder / "paths.txt"
    paths.write_text("".join(f"{path}?query={quote(text, safe='')}\n" for text in queries))
    script = folder / "load.lua"
    script.write_text(_SCRIPT)
    root = server.endpoint.rsplit("/", 1)[0]
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds:g}s", "--timeout", "30s", "-s"]
    command += [str(script), "-H", f"Accept: {ACCEPT}"]
    if encoding:
        command += ["-H", f"Accept-Encoding: {encoding}"]
    before = server.cpu_seconds()
    done = subprocess.run(
        [*command, root],
        env={**os.environ, "BENCH_PATHS": str(paths)},
        capture_output=True,
        text=True,
        check=True,
    )
    spent = server.cpu_seconds() - before
    told = json.loads(done.stdout.split("JSON", 1)[1])
    answers = max(told["requests"], 1)
    return Load(
        answers / told["seconds"], told["p50"], told["p95"], told["bad"], spent / answers * 1000
    )


def in_turn(
    servers: dict[str, Server],
    queries: Sequence[str],
    folder: Path,
    *,
    clients: int,
    seconds: float,
    rounds: int,
    encoding: str = "",
) -> dict[str, list[Load]]:
    """Runs of all servers, ``rounds`` times one after the other, after one unmeasured second."""
    for server in servers.values():
        run(server, queries, clients, 1, folder, encoding)
    found: dict[str, list[Load]] = {name: [] for name in servers}
    for number in range(rounds):
        names = list(servers) if number % 2 == 0 else list(servers)[::-1]
        for name in names:
            found[name].append(run(servers[name], queries, clients, seconds, folder, encoding))
    return found


def middle(loads: Sequence[Load]) -> Load:
    """The median of each figure; ``bad`` is the sum."""
    rate, p50, p95, cpu = (
        statistics.median(getattr(each, name) for each in loads)
        for name in ("rate", "p50", "p95", "cpu_ms")
    )
    return Load(rate, p50, p95, sum(each.bad for each in loads), cpu)
