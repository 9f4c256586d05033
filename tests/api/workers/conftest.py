import asyncio
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from api.execution import Limits
from api.workers.nursery import Plan
from api.workers.pool import Size, WorkerPool
from kg.shelf import newest

MIB = 2**20
LIMITS = Limits(seconds=5.0, rows=1_000_000, answer_bytes=64 * MIB, memory_bytes=256 * MIB)
SIZE = {
    "workers": 2,
    "per_client": 2,
    "waiting": 100,
    "waiting_seconds": 20.0,
    "sending_seconds": 20.0,
    "spool_bytes": 64 * MIB,
}
PROBE = '''
    """Jobs that look at the worker from inside, or end it in a chosen way."""

    import os, resource, signal, socket, time

    class Probe:
        writes = False

        def __init__(self, opens=False, broken=""):
            self.opens, self.broken, self.kept = opens, broken, []

        def prepare(self):
            if self.broken == "prepare":
                from kg.errors import ReleaseError
                raise ReleaseError("dump.nq.zst: damaged.")

        def begin(self):
            if self.broken == "begin":
                from kg.errors import StoreError
                raise StoreError("store: locked.")

        def run(self, job, body, out):
            out.head["told"] = getattr(self, job["do"])(job, body, out)

        def die(self, job, body, out):
            os.kill(os.getpid(), job["signal"])
            time.sleep(60)

        def leave(self, job, body, out):
            os._exit(3)

        def sleep(self, job, body, out):
            time.sleep(job["for"])

        def fail(self, job, body, out):
            raise ZeroDivisionError("nobody foresaw this")

        def nonsense(self, job, body, out):
            out._connection.sendall(b"X\\0\\0\\0\\2\\0\\0\\0\\0!!")
            time.sleep(60)

        def process(self, job, body, out):
            return os.getpid()

        def echo(self, job, body, out):
            out.write(body)

        def grow(self, job, body, out):
            self.kept.append(bytearray(job["bytes"]))
            return os.getpid()

        def connect(self, job, body, out):
            try:
                socket.create_connection(("127.0.0.1", job["port"]), 2).close()
            except OSError as error:
                return type(error).__name__
            return "connected"

        def descriptors(self, job, body, out):
            return sorted(int(name) for name in os.listdir("/proc/self/fd"))

        def write_file(self, job, body, out):
            with open(job["path"], "w") as file:
                file.write("x")

        def limits(self, job, body, out):
            names = ("RLIMIT_AS", "RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NOFILE")
            return {name: resource.getrlimit(getattr(resource, name)) for name in names}

        def environment(self, job, body, out):
            return dict(os.environ)
'''


@pytest.fixture
def release(home):
    return newest(home / "releases")


@pytest.fixture
def with_pool(release):
    """Run ``scenario(pool)`` with a pool of the release, or of ``plan``; it is closed after."""

    def run(scenario, *, plan=None, limits=LIMITS, in_memory=True, **size):
        if plan is None:
            arguments = {"path": str(release.path), "in_memory": in_memory}
            operations = "api.workers.reading:ReleaseOperations"
            plan = Plan(operations, limits.memory_bytes, arguments)

        async def main():
            pool = WorkerPool(plan, limits, Size(**{**SIZE, **size}))
            try:
                return await asyncio.wait_for(scenario(pool), 60)
            finally:
                processes = pool.crew.process_ids
                await pool.aclose()
                assert gone(processes)

        return asyncio.run(main())

    return run


@pytest.fixture
def probe(with_pool, tmp_path, monkeypatch):
    """As ``with_pool``, of workers whose jobs are the methods of ``Probe`` above."""
    (tmp_path / "workers_probe.py").write_text(textwrap.dedent(PROBE))
    monkeypatch.syspath_prepend(tmp_path)

    def run(scenario, *, limits=LIMITS, opens=False, broken="", **size):
        arguments = {"opens": opens, "broken": broken}
        plan = Plan("workers_probe:Probe", limits.memory_bytes, arguments)
        return with_pool(scenario, plan=plan, limits=limits, **size)

    return run


@pytest.fixture(scope="session")
def watch():
    """Looks at processes and descriptors from outside."""
    return SimpleNamespace(gone=gone, lives=lives, descriptors=descriptors)


def gone(processes, seconds=5.0):
    """Whether all processes end within so many seconds (those reaped by others count)."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        left = [each for each in processes if each and lives(each)]
        if not left:
            return True
        time.sleep(0.01)
    return False


def lives(process):
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))
