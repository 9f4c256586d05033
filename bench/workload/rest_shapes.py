"""The same questions through REST, from the tables of the release, and through Virtuoso's SPARQL.

A REST answer tells its meaning as SPARQL; that query is put to Virtuoso, and both must agree in
number: cases found, cells compared, cases counted.
"""

import http.client
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bench.workload.http import JSON, Asker, Refused
from bench.workload.processes import Server
from bench.workload.shapes import PREFIXES

ROUNDS = 40


@dataclass(frozen=True)
class RestShape:
    """``size``: what of the REST answer tells how many; ``query``: instead of the answer's own."""

    name: str
    path: str
    size: Callable[[dict[str, Any]], int]
    query: str = ""


def _counted(answer: dict[str, Any]) -> int:
    return sum(1 for row in answer["counts"] for count in row if count)


SHAPES = (
    RestShape("cases", "/api/v1/cases", lambda a: int(a["total"])),
    RestShape(
        "cases by a feature", "/api/v1/cases?feature=cf-monitoring", lambda a: int(a["total"])
    ),
    RestShape(
        "cases by two facets",
        "/api/v1/cases?feature=cf-monitoring&instrument=PI020",
        lambda a: int(a["total"]),
    ),
    RestShape(
        "cases by words",
        "/api/v1/cases?q=hydrogen",
        lambda a: int(a["total"]),
        """SELECT DISTINCT ?case { ?case mkg:describes ?me .
  { ?me rdfs:label|skos:altLabel|mkg:statement ?text } UNION
  { ?me mkg:pursues ?mission . ?mission rdfs:label ?text }
  FILTER(CONTAINS(LCASE(STR(?text)), "hydrogen")) }""",
    ),
    RestShape(
        "compare three",
        "/api/v1/compare?case=pilot-e&case=csiro-missions-program&case=ifd-mission-programme",
        lambda a: int(a["summary"]["features"]) * 3,
    ),
    RestShape(
        "matrix",
        "/api/v1/matrix?rows=country&columns=instrument",
        _counted,
        """SELECT ?country ?type (COUNT(DISTINCT ?case) AS ?n) {
  ?case mkg:describes ?me . ?me mkg:operatesIn ?country .
  { ?me mkg:usesInstrumentType ?type } UNION
  { ?me mkg:hasPolicyMix/mkg:comprisesUse/mkg:ofInstrumentType ?type } }
GROUP BY ?country ?type""",
    ),
)


def measure(ours: Server, virtuoso: Server, say: Callable[[str], None]) -> dict[str, Any]:
    """Milliseconds of each shape by REST and by Virtuoso, in turn, and what each counted."""
    parts = urlsplit(ours.endpoint)
    rest = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
    asker = Asker(virtuoso.endpoint, 120)
    found: dict[str, Any] = {}
    for shape in SHAPES:
        answer = json.loads(_get(rest, shape.path)[1])
        query = PREFIXES + shape.query if shape.query else answer["sparql"]
        figures: dict[str, Any] = {"rest": shape.size(answer), "rest_ms": [], "virtuoso_ms": []}
        found[shape.name] = figures
        try:
            rows = json.loads(asker.ask(query, JSON).body)["results"]["bindings"]
            figures["virtuoso"] = len(rows)
        except (Refused, OSError, ValueError) as error:
            figures["fault"] = str(error)[:200]
        for _ in range(ROUNDS):
            figures["rest_ms"].append(_get(rest, shape.path)[0] * 1000)
            if "fault" not in figures:
                figures["virtuoso_ms"].append(asker.ask(query, JSON).seconds * 1000)
        middle = {k: statistics.median(v) for k, v in figures.items() if k.endswith("ms") and v}
        told = figures["rest"], figures.get("virtuoso"), figures.get("fault", "")
        say(f"  {shape.name}: {told} {middle}")
    rest.close()
    asker.close()
    return found


def _get(connection: http.client.HTTPConnection, path: str) -> tuple[float, bytes]:
    start = time.perf_counter()
    connection.request("GET", path, headers={"Accept": "application/json"})
    answer = connection.getresponse()
    body = answer.read()
    seconds = time.perf_counter() - start
    if answer.status != 200:
        raise Refused(f"{answer.status}: {body[:200]!r}")
    return seconds, body
