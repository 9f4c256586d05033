"""What a worker may not do, asked from inside of it."""

import asyncio
import logging
import os
import signal
import socket
import time
from dataclasses import replace

import pytest

from api.errors import MemoryLimit, TimeLimit, WorkerLost
from api.execution import Limits
from api.workers.faults import WorkerFault
from kg.errors import QueryFault, StoreError

MIB = 2**20
LIMITS = Limits(seconds=5.0, rows=1_000_000, answer_bytes=64 * MIB, memory_bytes=256 * MIB)


async def told(pool, do, **job):
    return (await pool.run({"do": do, **job}, b"")).head["told"]


@pytest.mark.parametrize("opens", [False, True])
def test_no_worker_reaches_the_network(probe, opens, caplog):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        outcome = probe(lambda pool: told(pool, "connect", port=port), opens=opens)
    shared = "workers share the network" in caplog.text
    assert outcome != "connected" or (shared and opens)


def test_descriptors_files_and_limits(probe):
    async def scenario(pool):
        limits = await told(pool, "limits")
        names = await told(pool, "environment")
        with pytest.raises(WorkerFault, match="OSError"):  # no descriptor is left to look
            await told(pool, "descriptors")
        return limits, names

    os.environ["MISSION_KG_WRITE_TOKEN"] = "a-secret-of-the-operator"
    try:
        limits, names = probe(scenario)
    finally:
        del os.environ["MISSION_KG_WRITE_TOKEN"]
    assert limits["RLIMIT_CORE"] == limits["RLIMIT_FSIZE"] == [0, 0]
    assert 0 < limits["RLIMIT_AS"][1] < 4 * 2**30
    assert limits["RLIMIT_NOFILE"][1] < 64
    assert "MISSION_KG_WRITE_TOKEN" not in names


def test_a_worker_has_no_descriptors_of_others(probe):
    found = probe(lambda pool: told(pool, "descriptors"), opens=True, workers=4)
    assert found[:3] == [0, 1, 2]
    assert len(found) == 6  # its socket, its own size, and the directory it is looking at


def test_a_worker_writes_no_file(probe, tmp_path):
    async def scenario(pool):
        with pytest.raises((WorkerFault, WorkerLost)):
            await told(pool, "write_file", path=str(tmp_path / "x"))

    probe(scenario, opens=True)
    assert not (tmp_path / "x").exists() or (tmp_path / "x").read_text() == ""


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (signal.SIGABRT, MemoryLimit),
        (signal.SIGSEGV, QueryFault),
        (signal.SIGALRM, TimeLimit),
        (signal.SIGKILL, WorkerLost),
    ],
)
def test_each_end_of_a_worker_has_its_name(probe, number, error):
    async def scenario(pool):
        with pytest.raises(error):
            await told(pool, "die", signal=int(number))
        assert await told(pool, "process") > 0

    probe(scenario, workers=1)


def test_a_worker_that_leaves_or_talks_nonsense(probe):
    async def scenario(pool):
        with pytest.raises(WorkerLost):
            await told(pool, "leave")
        pool_loop = asyncio.get_running_loop()
        pool_loop.set_exception_handler(lambda *_: None)
        with pytest.raises((TimeLimit, WorkerFault)):
            await told(pool, "nonsense")
        assert await told(pool, "process") > 0

    probe(scenario, workers=1, limits=replace(LIMITS, seconds=1.0))


def test_an_error_nobody_foresaw_is_for_the_log(probe):
    async def scenario(pool):
        with pytest.raises(WorkerFault, match="nobody foresaw"):
            await told(pool, "fail")
        assert await told(pool, "process") > 0

    probe(scenario)


def test_the_worker_ends_itself_when_the_server_is_too_busy(probe, watch):
    """The event loop stands still: the kernel's alarm ends the worker all the same."""

    async def scenario(pool):
        await told(pool, "process")
        task = asyncio.create_task(told(pool, "sleep", **{"for": 30}))
        await asyncio.sleep(0.1)
        before = [each for each in pool.crew.process_ids[1:] if each]
        time.sleep(2.0)
        left = [each for each in before if watch.lives(each)]
        assert len(left) == len(before) - 1
        with pytest.raises(TimeLimit):
            await task

    probe(scenario, limits=replace(LIMITS, seconds=0.5))


def test_a_worker_that_grew_is_replaced(probe):
    async def scenario(pool):
        first = await told(pool, "grow", bytes=100 * MIB)
        for _ in range(40):
            last = await told(pool, "process")
        assert first != last

    probe(scenario, workers=1)


def test_large_jobs_and_answers_pass(probe):
    body = os.urandom(9 * MIB)

    async def scenario(pool):
        reply = await pool.run({"do": "echo"}, body)
        return b"".join([part async for part in reply.body])

    assert probe(scenario) == body


def test_a_worker_that_cannot_start_says_why_and_is_tried_again(probe, caplog):
    async def scenario(pool):
        with pytest.raises(StoreError, match="locked"):
            await told(pool, "process")

    with caplog.at_level(logging.ERROR):
        probe(scenario, broken="begin", workers=1)
    assert "could not start" in caplog.text


def test_killing_leaks_nothing(probe, watch):
    async def scenario(pool):
        await told(pool, "process")
        before = watch.descriptors()
        for _ in range(30):
            with pytest.raises(TimeLimit):
                await pool.run({"do": "sleep", "for": 9}, b"", limits=replace(LIMITS, seconds=0.02))
        while len(pool.crew.process_ids) < 3 or not all(pool.crew.process_ids):
            await asyncio.sleep(0.01)
        assert watch.descriptors() <= before + 1

    probe(scenario)
