"""The sections of a run: each starts the servers that it compares and gives plain figures."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from bench.workload import guarding, load
from bench.workload.engines import ENGINES, Data, constant, ours, threads
from bench.workload.http import Asker, accept_for
from bench.workload.latency import measure
from bench.workload.processes import Server
from bench.workload.shapes import SHAPES

Say = Callable[[str], None]
ROUNDS = 4
RUN_SECONDS = 3.0
MEMORY = {"MISSION_KG_MEMORY_QUADS": "1000000000", "MISSION_KG_CONCURRENT_QUERIES": "2"}
"""From memory at any size, by two workers, as many as there are cores."""
DISK = {"MISSION_KG_MEMORY_QUADS": "0", "MISSION_KG_CONCURRENT_QUERIES": "2"}
ANALYTIC = ("facet-counts", "by-country", "path-mix", "money", "modalities", "similar", "listing")


@contextmanager
def _all(started: dict[str, Callable[[], Server]]) -> Iterator[dict[str, Server]]:
    """Servers by name, ended with the block; one that does not start ends the others."""
    servers: dict[str, Server] = {}
    try:
        for name, begin in started.items():
            servers[name] = begin()
        yield servers
    finally:
        for server in servers.values():
            server.stop()


def latency(data: Data, engines: list[str], seconds: float, say: Say) -> dict[str, Any]:
    """Every shape of every engine, one client; memory of each afterwards, MiB."""
    starts = {name: _starter(name, data) for name in engines}
    with _all(starts) as servers:
        shapes = measure(servers, seconds=seconds, say=say)
        held = {name: server.memory_mib() for name, server in servers.items()}
    return {"quads": data.quads, "shapes": shapes, "memory_mib": held}


def _starter(name: str, data: Data) -> Callable[[], Server]:
    if name == "ours":
        return lambda: ours(data, MEMORY)
    return lambda: ENGINES[name](data)


def disk(data: Data, seconds: float, say: Say) -> dict[str, Any]:
    """Ours from the store on disk, the same shapes and client."""
    with _all({"disk": lambda: ours(data, DISK)}) as servers:
        shapes = measure(servers, seconds=seconds, say=say)
        held = servers["disk"].memory_mib()
    return {"quads": data.quads, "shapes": shapes, "memory_mib": held}


def cached(data: Data) -> dict[str, Any]:
    """Kept answers and a constant of the same bytes, compressed, by clients at once."""
    query = next(shape for shape in SHAPES if shape.name == "thing").query
    keeping = {"MISSION_KG_CACHE_BYTES": str(128 * 2**20)}
    with _all({"ours": lambda: ours(data, keeping)}) as servers:
        answer = _as_sent(servers["ours"], query, "zstd")
        servers["constant"] = constant(data, answer)
        size = len(base64.b64decode(str(answer["body"])))
        return {"bytes": size, **_by_clients(servers, [query], data, "zstd")}


def light(data: Data) -> dict[str, Any]:
    """The light mix without kept answers: ours and the Oxigraph server."""
    mix = load.light_mix(data)
    with _all({"ours": lambda: ours(data), "oxigraph": lambda: ENGINES["oxigraph"](data)}) as all_:
        return {"queries": len(mix), **_by_clients(all_, mix, data, "")}


def cost(data: Data) -> dict[str, Any]:
    """Processor time of each answer by processes and by threads, eight clients."""
    mixes = {
        "light": load.light_mix(data),
        "analytic": [s.query for s in SHAPES if s.name in ANALYTIC],
    }
    found: dict[str, Any] = {}
    with _all({"processes": lambda: ours(data, MEMORY), "threads": lambda: threads(data)}) as both:
        for name, mix in mixes.items():
            runs = load.in_turn(both, mix, data.work, clients=8, seconds=RUN_SECONDS, rounds=ROUNDS)
            found[name] = {n: [asdict(each) for each in loads] for n, loads in runs.items()}
    return found


def runaways(data: Data) -> dict[str, Any]:
    """Light queries of one client, alone and beside a client of runaways; limits as shipped."""
    mix = load.light_mix(data)
    shipped = {
        "MISSION_KG_QUERY_SECONDS": "5",
        "MISSION_KG_ANSWER_BYTES": str(64 * 2**20),
        "MISSION_KG_ANSWER_ROWS": "1000000",
    }
    with _all({"ours": lambda: ours(data, shipped)}) as servers:
        server = servers["ours"]
        alone = guarding.beside(server, mix, 10, runaways=False)
        with_them = guarding.beside(server, mix, 40, runaways=True)
        again = guarding.beside(server, mix, 10, runaways=False)
    named = {"alone": alone, "beside": with_them, "afterwards": again}
    return {name: asdict(figures) for name, figures in named.items()}


def memory(data: Data) -> dict[str, float]:
    """Memory after every shape was asked twice of each worker, MiB, from memory and from disk."""
    found = {}
    for name, environment in (("memory", MEMORY), ("disk", DISK)):
        with _all({name: lambda e=environment: ours(data, e)}) as servers:  # type: ignore[misc]
            asker = Asker(servers[name].endpoint, 120)
            for shape in SHAPES * 4:
                asker.ask(shape.query, accept_for(shape.graph))
            asker.close()
            found[name] = servers[name].memory_mib()
    return found


def rest(data: Data, say: Say) -> dict[str, Any]:
    """Questions that REST answers from tables, beside Virtuoso's SPARQL."""
    from bench.workload import rest_shapes

    starts = {"ours": lambda: ours(data), "virtuoso": lambda: ENGINES["virtuoso"](data)}
    with _all(starts) as servers:
        return rest_shapes.measure(servers["ours"], servers["virtuoso"], say)


def _by_clients(
    servers: dict[str, Server], queries: list[str], data: Data, encoding: str
) -> dict[str, Any]:
    return {
        str(clients): {
            name: [asdict(each) for each in loads]
            for name, loads in load.in_turn(
                servers,
                queries,
                data.work,
                clients=clients,
                seconds=RUN_SECONDS,
                rounds=ROUNDS,
                encoding=encoding,
            ).items()
        }
        for clients in load.CLIENTS
    }


def _as_sent(server: Server, query: str, encoding: str) -> dict[str, object]:
    """An answer of ours, its headers and body as they came."""
    import httpx

    headers = {"Accept": load.ACCEPT, "Accept-Encoding": encoding}
    with httpx.stream("GET", server.endpoint, params={"query": query}, headers=headers) as answer:
        body = b"".join(answer.iter_raw())
        kept = [(k, v) for k, v in answer.headers.items() if k.lower() not in ("date",)]
    return {"headers": kept, "body": base64.b64encode(body).decode("ascii")}
