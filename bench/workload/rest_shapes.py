"""The same questions through REST, from the tables of the release, and through Virtuoso's SPARQL.

A REST answer tells its meaning as SPARQL; that query is put to Virtuoso, and both must agree in
number: cases found, cells compared. A list of cases also counts what each value of each facet
would find; for that Virtuoso is asked one query for each facet, as a page made of SPARQL would.
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
from queries.facets import ORDER, facet

ROUNDS = 40
MOST_MS = 30_000
"""No more rounds of a question on which Virtuoso has spent so much."""


@dataclass(frozen=True)
class RestShape:
    """``size``: what of the REST answer tells how many; ``query``: instead of the answer's own;
    ``facets``: whether it counts the values of facets, too."""

    name: str
    path: str
    size: Callable[[dict[str, Any]], int]
    query: str = ""
    facets: bool = False


def _counted(answer: dict[str, Any]) -> int:
    return sum(1 for row in answer["counts"] for count in row if count)


def _of(name: str, variable: str) -> str:
    """The cases and values of a facet as a selection, its values under another name."""
    told = [x for x in facet(name).text.splitlines() if not x.startswith(("#", "PREFIX", "ORDER"))]
    return "\n".join(told).replace("?value", variable)


MATRIX = (
    "SELECT ?row ?column (COUNT(DISTINCT ?case) AS ?n) {\n"
    f"{{ {_of('country', '?row')} }} {{ {_of('instrument', '?column')} }} }} GROUP BY ?row ?column"
)


SHAPES = (
    RestShape("cases", "/api/v1/cases", lambda a: int(a["total"]), facets=True),
    RestShape(
        "cases by a feature",
        "/api/v1/cases?feature=cf-monitoring",
        lambda a: int(a["total"]),
        facets=True,
    ),
    RestShape(
        "cases by two facets",
        "/api/v1/cases?feature=cf-monitoring&instrument=PI020",
        lambda a: int(a["total"]),
        facets=True,
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
    RestShape("matrix", "/api/v1/matrix?rows=country&columns=instrument", _counted, MATRIX),
)


def counting(selection: str, name: str) -> str:
    """The query that counts the cases of a selection by the values of a facet."""
    told = [line for line in facet(name).text.splitlines() if not line.startswith("#")]
    lines = selection.splitlines()
    prologue = {line for line in (*told, *lines) if line.startswith("PREFIX")}
    chosen, values = (
        "\n".join(line for line in part if not line.startswith(("PREFIX", "ORDER BY")))
        for part in (lines, told)
    )
    return "\n".join(
        [
            *sorted(prologue),
            "SELECT ?value (COUNT(DISTINCT ?case) AS ?n) WHERE {",
            f"{{ {chosen} }} {{ {values} }} }} GROUP BY ?value",
        ]
    )


def measure(ours: Server, virtuoso: Server, say: Callable[[str], None]) -> dict[str, Any]:
    """Milliseconds of each shape by REST and by Virtuoso, in turn, and what each counted."""
    parts = urlsplit(ours.endpoint)
    rest = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
    asker = Asker(virtuoso.endpoint, 120)
    found: dict[str, Any] = {}
    for shape in SHAPES:
        answer = json.loads(_get(rest, shape.path)[1])
        queries = [PREFIXES + shape.query if shape.query else answer["sparql"]]
        if shape.facets:
            queries += [counting(queries[0], name) for name in ORDER]
        figures: dict[str, Any] = {"rest": shape.size(answer), "rest_ms": [], "virtuoso_ms": []}
        found[shape.name] = figures
        try:
            bodies = [asker.ask(query, JSON).body for query in queries]
            figures["virtuoso"] = len(json.loads(bodies[0])["results"]["bindings"])
        except (Refused, OSError, ValueError) as error:
            figures["fault"] = str(error)[:200]
        for _ in range(ROUNDS):
            figures["rest_ms"].append(_get(rest, shape.path)[0] * 1000)
            if "fault" not in figures:
                spent = sum(asker.ask(query, JSON).seconds for query in queries)
                figures["virtuoso_ms"].append(spent * 1000)
            if sum(figures["virtuoso_ms"]) > MOST_MS:
                break
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
