"""The suites of the W3C against our own server, as an operator would start it."""

import os
import secrets
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest
from filelock import FileLock
from sparql_conformance import earl, plugin
from sparql_conformance.service import Endpoints

from api.settings import Settings
from api.wiring import build_release

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def pytest_configure(config):
    config.stash[plugin.MANIFESTS] = [ROOT.parent / "shared" / "w3c"]
    config.stash[plugin.KNOWN] = HERE / "known-failures.toml"
    config.stash[plugin.SUBJECT] = earl.Subject(
        "https://w3id.org/mission-kg/", "Mission Practice Graph", version("mission-kg")
    )


@pytest.fixture(scope="session")
def w3c_home(tmp_path_factory, worker_id):
    """A home of this process; the release in it is built once for all processes."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "w3c-releases"
    with FileLock(f"{shared}.lock"):
        if not (shared / "releases").is_dir():
            build_release(Settings(home=shared), lambda stage, done, total: None)
    home = tmp_path_factory.mktemp("w3c")
    (home / "releases").symlink_to(shared / "releases")
    return home


@pytest.fixture(scope="session")
def writable_server(w3c_home):
    """Address and token of `mission-kg serve` with its workspace open."""
    token = secrets.token_urlsafe()
    environment = {**os.environ, "MISSION_KG_HOME": str(w3c_home)}
    environment |= {"MISSION_KG_WRITE_TOKEN": token, "MISSION_KG_PORT": "0"}
    command = [str(Path(sys.executable).with_name("mission-kg")), "serve"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as server:
        told = server.stdout.readline()  # "Serving release ... at http://127.0.0.1:40123/"
        yield told.rpartition(" at ")[2].strip().rstrip("/"), token
        server.terminate()


@pytest.fixture(scope="session")
def w3c_endpoints(pytestconfig, request):
    """Our server, unless an address of another is given."""
    if pytestconfig.getoption("--sparql-url"):
        return plugin.given_endpoints(pytestconfig)
    base, token = request.getfixturevalue("writable_server")
    workspace = f"{base}/workspace"
    return Endpoints(
        sparql=f"{workspace}/sparql",
        update=f"{workspace}/update",
        graph_store=f"{workspace}/graph-store",
        token=token,
    )


@pytest.fixture(scope="session")
def release_address(writable_server):
    """Address of the server, whose `/sparql` shows the release."""
    base, _ = writable_server
    assert httpx.get(f"{base}/health/ready").is_success
    return base
