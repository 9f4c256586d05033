"""The pool with real processes and a real release: limits, answers, and ends of all kinds."""

import asyncio
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from api.errors import AnswerTooLarge, MemoryLimit, Overloaded, TimeLimit, WorkerLost
from api.execution import Limits
from api.workers import pool as pools
from api.workers.nursery import Plan
from kg.errors import QueryForbidden, QuerySyntaxError, ReleaseError
from kg.shelf import open_store
from kg.store import Dataset, MediaChoice

MIB = 2**20
LIMITS = Limits(seconds=5.0, rows=1_000_000, answer_bytes=64 * MIB, memory_bytes=256 * MIB)
JSON = MediaChoice("application/sparql-results+json", "application/n-triples")
ALL = "SELECT * { ?s ?p ?o }"
ENDLESS = "ASK { ?s ?p ?o FILTER EXISTS { ?a ?b ?c FILTER(?a = ?b && ?c = ?s) } }"
HUGE = (
    "SELECT (STRLEN(?x) AS ?n) { BIND("
    + "REPLACE(" * 7
    + '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"'
    + ', "a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")' * 7
    + " AS ?x) }"
)


def rows(answer):
    return json.loads(answer.body)["results"]["bindings"]


async def whole(answer):
    return b"".join([part async for part in answer.body])


async def until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("in_memory", [True, False])
def test_answers_as_the_store_does(with_pool, release, in_memory):
    async def scenario(pool):
        small = await pool.answer("SELECT ?s { ?s a ?c } ORDER BY ?s LIMIT 5", JSON)
        truth = await pool.answer("ASK { ?s ?p ?o }", JSON)
        large = await pool.answer("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", JSON)
        assert not isinstance(large.body, bytes)
        return rows(small), truth.body, large.media_type, await whole(large)

    small, truth, media_type, large = with_pool(scenario, in_memory=in_memory)
    expected = io.BytesIO()
    store = open_store(release, in_memory=False)
    store.write_answer("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", JSON, expected)
    assert len(small) == 5
    assert b"true" in truth
    assert media_type == "application/n-triples"
    assert len(large.splitlines()) == len(expected.getvalue().splitlines())


def test_a_dataset_beside_the_query(with_pool, release):
    graph = sorted(release.manifest.graphs)[0]

    async def scenario(pool):
        count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
        one = await pool.answer(count, JSON, dataset=Dataset(default=(graph,)))
        none = await pool.answer(count, JSON, dataset=Dataset(named=(graph,)))
        return [int(rows(each)[0]["n"]["value"]) for each in (one, none)]

    assert with_pool(scenario) == [release.manifest.graphs[graph], 0]


@pytest.mark.parametrize(
    ("query", "error", "words"),
    [
        ("SELECT * {", QuerySyntaxError, "line 1"),
        ("SELECT * { SERVICE <http://x.org/> {} }", QueryForbidden, "SERVICE"),
        (ENDLESS, TimeLimit, "1 seconds"),
        (HUGE, MemoryLimit, "268,435,456 bytes"),
    ],
)
def test_errors_and_limits(with_pool, query, error, words):
    async def scenario(pool):
        before = time.monotonic()
        with pytest.raises(error, match=words):
            await pool.answer(query, JSON)
        assert time.monotonic() - before < 8
        assert b"true" in (await pool.answer("ASK {}", JSON)).body

    with_pool(scenario, limits=replace(LIMITS, seconds=1.0 if error is TimeLimit else 8.0))


def test_a_caller_may_ask_for_less_never_for_more(with_pool):
    less = replace(LIMITS, rows=7)
    more = replace(LIMITS, rows=10**9, seconds=10**6, memory_bytes=2**50)

    async def scenario(pool):
        cut = await pool.answer(ALL, JSON, limits=less)
        assert (cut.cut, len(rows(cut))) == ("rows", 7)
        exact = await pool.answer(f"{ALL} LIMIT 7", JSON, limits=less)
        assert (exact.cut, len(rows(exact))) == (None, 7)
        with pytest.raises(TimeLimit) as caught:
            await pool.answer(ENDLESS, JSON, limits=replace(LIMITS, seconds=0.2))
        assert (caught.value.limit, caught.value.value) == ("query_seconds", 0.2)
        with pytest.raises(MemoryLimit):
            await pool.answer(HUGE, JSON, limits=replace(LIMITS, memory_bytes=32 * MIB))
        with pytest.raises(AnswerTooLarge):
            await pool.answer(ALL, JSON, limits=replace(LIMITS, answer_bytes=5000))
        with pytest.raises(TimeLimit):
            await pool.answer(ENDLESS, JSON, limits=more)

    with_pool(scenario, limits=replace(LIMITS, seconds=2.0))


def test_a_long_cut_answer_tells_it_first(with_pool):
    async def scenario(pool):
        answer = await pool.answer(ALL, JSON, limits=replace(LIMITS, rows=9000))
        assert answer.cut == "rows"
        assert not isinstance(answer.body, bytes)
        return await whole(answer)

    assert len(json.loads(with_pool(scenario))["results"]["bindings"]) == 9000


def test_what_fails_late_is_never_taken_for_whole(with_pool, monkeypatch):
    """After the first bytes have left there is no other way than to raise."""
    monkeypatch.setattr(pools, "HELD_ROWS", 0)

    async def scenario(pool):
        for limits, error in (
            (replace(LIMITS, answer_bytes=2 * MIB), AnswerTooLarge),
            (replace(LIMITS, rows=9000), AnswerTooLarge),
        ):
            answer = await pool.answer(ALL, JSON, limits=limits)
            with pytest.raises(error):
                await whole(answer)
        endless = "SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f }"
        answer = await pool.answer(endless, JSON)
        await until(lambda: pool.at_work == 0)
        with pytest.raises(TimeLimit):
            await whole(answer)

    limits = replace(LIMITS, answer_bytes=2**40, seconds=3.0)
    with_pool(scenario, limits=limits, spool_bytes=MIB)


def test_a_slow_reader_keeps_no_worker(with_pool):
    async def scenario(pool):
        unread = [await pool.answer(ALL, JSON, client=str(n)) for n in range(4)]
        await until(lambda: pool.at_work == 0)
        assert b"true" in (await pool.answer("ASK {}", JSON)).body
        sizes = {len(await whole(each)) for each in unread}
        assert len(sizes) == 1

    with_pool(scenario, workers=1, per_client=1, spool_bytes=256 * MIB)


def test_a_reader_that_never_reads_is_given_up(with_pool):
    """With a full spool the worker waits with its answer, but not for ever."""

    async def scenario(pool):
        stuck = await pool.answer(ALL, JSON)
        reading = await pool.answer(ALL, JSON, client="other")
        await whole(reading)
        assert pool.at_work == 1
        await until(lambda: pool.at_work == 0)
        with pytest.raises(TimeLimit) as caught:
            await whole(stuck)
        assert caught.value.limit == "sending_seconds"

    with_pool(scenario, spool_bytes=MIB, sending_seconds=4.0)


def test_a_client_that_leaves_frees_its_worker(with_pool, watch):
    async def scenario(pool):
        await pool.answer("ASK {}", JSON)
        before = pool.crew.process_ids
        leaving = [asyncio.create_task(pool.answer(ENDLESS, JSON)) for _ in range(2)]
        await until(lambda: pool.at_work == 2)
        waiting = asyncio.create_task(pool.answer("ASK {}", JSON))
        for task in leaving:
            task.cancel()
        assert b"true" in (await waiting).body
        await until(lambda: watch.gone(set(before[1:]), 0.01))
        stream = await pool.answer(ALL, JSON)
        await stream.body.aclose()
        await until(lambda: pool.at_work == 0)

    with_pool(scenario, workers=2)


def test_who_waits_too_long_or_too_many(with_pool):
    async def scenario(pool):
        running = asyncio.create_task(pool.answer(ENDLESS, JSON, client="a"))
        await until(lambda: pool.at_work == 1)
        waiting = [asyncio.create_task(pool.answer("ASK {}", JSON, client="a")) for _ in "12"]
        await asyncio.sleep(0.05)
        with pytest.raises(Overloaded) as caught:
            await pool.answer("ASK {}", JSON, client="a")
        assert caught.value.limit == "waiting_queries"
        for task in waiting:
            with pytest.raises(Overloaded) as caught:
                await task
            assert caught.value.limit == "waiting_seconds"
        with pytest.raises(TimeLimit):
            await running

    with_pool(
        scenario,
        workers=1,
        waiting=2,
        waiting_seconds=0.4,
        limits=replace(LIMITS, seconds=1.5),
    )


def test_one_greedy_client_leaves_a_worker_to_others(with_pool):
    async def scenario(pool):
        greedy = [asyncio.create_task(pool.answer(ENDLESS, JSON, client="a")) for _ in range(8)]
        await until(lambda: pool.at_work == 1)
        took = []
        for n in range(20):
            before = time.monotonic()
            await pool.answer("ASK {}", JSON, client=f"other {n}")
            took.append(time.monotonic() - before)
        assert sorted(took)[10] < 0.2
        for task in greedy:
            task.cancel()
        await asyncio.gather(*greedy, return_exceptions=True)

    with_pool(scenario, workers=2, per_client=1)


def test_workers_killed_at_random_cost_no_answer(with_pool, watch):
    """Each query is answered rightly; one that loses its worker thrice is told so."""
    chance = random.Random(7)
    query = "SELECT (COUNT(*) AS ?n) { SELECT ?s { ?s ?p ?o } LIMIT 5000 }"

    async def scenario(pool):
        expected = rows(await pool.answer(query, JSON))
        before = watch.descriptors()
        kills = 0

        async def kill():
            nonlocal kills
            while True:
                await asyncio.sleep(0.1)
                victims = [each for each in pool.crew.process_ids[1:] if each]
                if victims:
                    os.kill(chance.choice(victims), signal.SIGKILL)
                    kills += 1

        async def ask(n):
            lost = 0
            for _ in range(300):
                try:
                    assert rows(await pool.answer(query, JSON, client=str(n))) == expected
                except WorkerLost:
                    lost += 1
            return lost

        killer = asyncio.create_task(kill())
        lost = sum(await asyncio.gather(*(ask(n) for n in range(4))))
        killer.cancel()
        await until(lambda: all(pool.crew.process_ids) and len(pool.crew.process_ids) == 4)
        assert kills >= 5
        assert lost <= 2
        assert watch.descriptors() <= before + 2

    with_pool(scenario, workers=3)


def test_a_lost_zygote_is_replaced(with_pool, watch):
    async def scenario(pool):
        await pool.answer("ASK {}", JSON)
        before = pool.crew.process_ids
        os.kill(before[0], signal.SIGKILL)
        await until(lambda: pool.crew.process_ids[:1] not in ((), before[:1]))
        assert b"true" in (await pool.answer("ASK {}", JSON)).body
        assert watch.gone(before[1:])

    with_pool(scenario)


ORPHANS = """
import asyncio, sys
from api.workers.nursery import Plan
from api.workers.pool import Size, WorkerPool
from api.execution import Limits
from kg.store import MediaChoice

async def main():
    plan = Plan("api.workers.reading:ReleaseOperations", 2**28,
                {"path": sys.argv[1], "in_memory": True})
    pool = WorkerPool(plan, Limits(60, 10**6, 2**26, 2**28), Size(2, 2, 9, 9, 9, 2**26))
    media = MediaChoice("application/sparql-results+json", "text/turtle")
    await pool.answer("ASK {}", media)
    busy = asyncio.create_task(pool.answer(sys.argv[2], media))
    await asyncio.sleep(0.3)
    print(*pool.crew.process_ids, flush=True)
    await busy

asyncio.run(main())
"""


def test_no_process_outlives_the_server(release, watch):
    with subprocess.Popen(
        [sys.executable, "-c", ORPHANS, str(release.path), ENDLESS],
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        processes = [int(each) for each in server.stdout.readline().split()]
        assert len(processes) == 3
        server.kill()
    assert watch.gone(processes)


def test_no_two_workers_give_the_same_random_numbers(with_pool):
    async def scenario(pool):
        query = "SELECT (UUID() AS ?u) (RAND() AS ?r) (BNODE() AS ?b) {}"
        answers = await asyncio.gather(*(pool.answer(query, JSON) for _ in range(12)))
        return [{name: cell["value"] for name, cell in rows(each)[0].items()} for each in answers]

    found = with_pool(scenario, workers=4, per_client=4)
    for name in ("u", "r", "b"):
        assert len({each[name] for each in found}) == 12


def test_a_pool_can_be_used_again_after_its_end(with_pool, watch):
    async def scenario(pool):
        await pool.answer("ASK {}", JSON)
        running = asyncio.create_task(pool.answer(ENDLESS, JSON))
        await until(lambda: pool.at_work == 1)
        first = pool.crew.process_ids
        await pool.aclose()
        with pytest.raises(WorkerLost):
            await running
        assert watch.gone(first)
        assert b"true" in (await pool.answer("ASK {}", JSON)).body

    with_pool(scenario)


def test_a_damaged_release_is_told_at_once_and_not_tried_at_each_query(with_pool, tmp_path):
    plan = Plan(
        "api.workers.reading:ReleaseOperations",
        LIMITS.memory_bytes,
        {"path": str(tmp_path), "in_memory": True},
    )

    async def scenario(pool):
        with pytest.raises(ReleaseError):
            await pool.answer("ASK {}", JSON)
        before = time.monotonic()
        with pytest.raises(ReleaseError):
            await pool.answer("ASK {}", JSON)
        assert time.monotonic() - before < 0.1

    with_pool(scenario, plan=plan)
