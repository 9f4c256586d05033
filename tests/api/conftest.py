import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn

from api.app import create_app
from api.settings import Settings
from api.wiring import Service, build_release, open_service


@contextlib.contextmanager
def serving(service: Service) -> Iterator[str]:
    """Serve over real HTTP on a free port of the loopback; gives the address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(service=service), log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
        asyncio.run(service.aclose())  # ends its workers; the next request starts new ones


@pytest.fixture(scope="session")
def served():
    """The context manager that serves a service over HTTP."""
    return serving


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """A home directory with one release of what is shipped."""
    path = tmp_path_factory.mktemp("home")
    build_release(Settings(home=path), lambda stage, done, total: None)
    return path


@pytest.fixture(scope="session")
def service(home):
    return open_service(Settings(home=home))


@pytest.fixture(scope="session")
def address(service):
    with serving(service) as base:
        yield base


@pytest.fixture
def client(address):
    with httpx.Client(base_url=address, timeout=60) as made:
        yield made


@pytest.fixture
def serve_with(service):
    """Serve the same release under other limits: ``serve_with(answer_bytes=2000)``."""

    @contextlib.contextmanager
    def started(**limits):
        settings = service.settings.model_copy(update=limits)
        limited = Service(settings, service.release, service.store)
        with serving(limited) as base, httpx.Client(base_url=base, timeout=60) as made:
            yield made

    return started
