import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from pydantic import SecretStr

from api.settings import Settings
from api.wiring import open_service

TOKEN = "a token for tests, long enough"
MKG = "https://w3id.org/mission-kg/ontology#"


@pytest.fixture(scope="session")
def open_home(home, tmp_path_factory):
    """A home with a workspace of its own and the releases of the others."""
    path = tmp_path_factory.mktemp("open")
    (path / "releases").symlink_to(home / "releases")
    return path


@pytest.fixture(scope="session")
def open_address(open_home, served):
    """A server whose workspace is open and whose SERVICE may ask the loopback by name."""
    settings = Settings(
        home=open_home,
        write_token=SecretStr(TOKEN),
        service_allow=("127.0.0.1:*", "allowed.invalid"),
        service_networks=("127.0.0.0/8",),
        service_seconds=5.0,
        service_bytes=100_000,
        service_rows=500,
        service_calls=2,
    )
    with served(open_service(settings)) as base:
        yield base


@pytest.fixture
def stranger(open_address):
    """A client of the open server without the token."""
    with httpx.Client(base_url=open_address, timeout=60) as made:
        yield made


@pytest.fixture
def writer(open_address):
    """A client with the token; the workspace is empty."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=open_address, timeout=60, headers=headers) as made:
        made.post("/update", data={"update": "DROP ALL"}).raise_for_status()
        yield made


@pytest.fixture
def elsewhere():
    """Serve with a function of the request handler; gives a context manager and its address."""

    @contextlib.contextmanager
    def started(do_post):
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                """Keep the terminal for the tests."""

            def do_POST(self):
                self.body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    do_post(self)

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}/sparql"
            server.shutdown()

    return started
