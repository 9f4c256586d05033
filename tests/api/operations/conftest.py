"""Real servers in processes of their own, for tests of how they live, change and end."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

ENTRY = [sys.executable, "-c", "from api.cli import main; main()"]
BUILD = [sys.executable, str(Path(__file__).with_name("build_small.py"))]
LIGHT = "SELECT ?s WHERE { ?s a <https://w3id.org/mission-kg/ontology#Mission> } LIMIT 5"


def until(condition, seconds=20.0, step=0.05):
    """Wait until ``condition()`` is true; its last value."""
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(step)
    return value


class Server:
    """``mission-kg serve`` as a user starts it. ``lines``: what it logged, as dictionaries."""

    def __init__(self, home, log, environment=None, **settings):
        names = {f"MISSION_KG_{name.upper()}": str(value) for name, value in settings.items()}
        self.log = log
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                [*ENTRY, "serve", "--port", "0", "--home", str(home)],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {}), **names},
            )
        said = self.process.stdout.readline()
        assert said.startswith("Serving release"), log.read_text()
        self.port = int(said.rstrip("/\n").rpartition(":")[2])
        self.seen = psutil.Process(self.process.pid)
        assert until(lambda: self.get("/health/live")[0] == 200), log.read_text()

    @property
    def lines(self):
        return [json.loads(line) for line in self.log.read_text().splitlines() if line[:1] == "{"]

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def get(self, path, accept="application/json", connection=None, headers=None):
        """Status, headers and body; status 0 where the server cannot be reached."""
        own = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            own.request("GET", path, headers={"Accept": accept, **(headers or {})})
            answer = own.getresponse()
            return answer.status, answer.headers, answer.read()
        except OSError:
            return 0, {}, b""
        finally:
            if connection is None:
                own.close()

    def query(self, text, **more):
        return self.get(f"/sparql?query={quote(text)}", **more)

    def ready(self):
        status, _, body = self.get("/health/ready")
        return status, json.loads(body) if body else {}

    def serves(self, release, seconds=20.0):
        """Whether it serves ``release``, at the latest after ``seconds``."""
        return until(lambda: self.ready()[1].get("release") == release, seconds)

    def metric(self, name):
        """The value of a metric, its labels included in ``name``; 0 where it is not told."""
        _, _, body = self.get("/metrics")
        found = [line for line in body.decode().splitlines() if line.rpartition(" ")[0] == name]
        return float(found[0].rpartition(" ")[2]) if found else 0.0

    def children(self):
        try:
            return self.seen.children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def stop(self, sign=signal.SIGTERM, seconds=20):
        self.process.send_signal(sign)
        return self.process.wait(seconds)

    def close(self):
        children = self.children()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self.process.stdout.close()
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()


class Load:
    """Clients that ask all the time, each over one connection; ``failures``: what went wrong."""

    def __init__(self, server, paths, clients=6):
        self._server = server
        self._paths = paths
        self._ended = threading.Event()
        self.failures = []
        self.answers = 0
        self.slowest = 0.0
        self._threads = [
            threading.Thread(target=self._ask, args=(number,)) for number in range(clients)
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join(60)

    def _ask(self, number):
        with contextlib.closing(
            http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=60)
        ) as connection:
            self._ask_over(connection, number)

    def _ask_over(self, connection, number):
        turn = number
        while not self._ended.is_set():
            turn += 1
            path, check = self._paths[turn % len(self._paths)]
            path = path.replace("{turn}", f"{number}x{turn}")
            began = time.perf_counter()
            try:
                status, headers, body = self._asked(connection, path)
                if not check(status, body):
                    self.failures.append((path[:80], status, body[:200]))
                if headers.get("Connection") == "close":
                    connection.close()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append((path[:80], repr(error)))
                connection.close()
            self.answers += 1
            self.slowest = max(self.slowest, time.perf_counter() - began)

    @staticmethod
    def _asked(connection, path):
        connection.request("GET", path, headers={"Accept": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


@pytest.fixture(scope="session")
def build_small():
    """Build a small release in a process of its own; gives its id."""

    def build(shelf, note, initiatives=1, created=""):
        done = subprocess.run(
            [*BUILD, str(shelf), note, str(initiatives), created],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return build


@pytest.fixture(scope="session")
def first_home(tmp_path_factory, build_small):
    """A home with one small release; copy it before changing it."""
    home = tmp_path_factory.mktemp("small") / "home"
    build_small(home / "releases", "first")
    return home


@pytest.fixture
def small_home(first_home, tmp_path):
    """A home of this test alone, with one small release."""
    return Path(shutil.copytree(first_home, tmp_path / "home"))


@pytest.fixture
def start(tmp_path):
    """Start a server: ``start(home, watch_seconds=0.2)``; all are gone after the test."""
    started = []

    def begin(home, environment=None, **settings):
        log = tmp_path / f"serve-{len(started)}.log"
        started.append(Server(home, log, environment, **settings))
        return started[-1]

    yield begin
    for server in started:
        server.close()


@pytest.fixture(scope="session")
def server_class():
    """For servers that several tests share: ``server_class(home, log, **settings)``."""
    return Server


@pytest.fixture
def load():
    """Clients that ask all the time: ``with load(server, paths) as clients``."""
    return Load


@pytest.fixture
def wait_until():
    """Wait until a condition is true."""
    return until
