"""What several folders of tests need: W3C options, a server started as by hand, real engines."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from api.settings import Settings
from api.wiring import build_release

# Options of a plug-in must be known before the tests in its folder are.
pytest_plugins = ["sparql_conformance.plugin", "real_engines"]


@pytest.fixture(scope="session")
def serving_home(tmp_path_factory, worker_id):
    """A home of this process; the release in it is built once for all processes."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "shared-home"
    with FileLock(f"{shared}.lock"):
        if not (shared / "releases").is_dir():
            build_release(Settings(home=shared), lambda stage, done, total: None)
    home = tmp_path_factory.mktemp("serving")
    (home / "releases").symlink_to(shared / "releases")
    return home


@pytest.fixture(scope="session")
def writable_server(serving_home):
    """Address and token of `mission-kg serve`, a process of its own, with its workspace open."""
    token = secrets.token_urlsafe()
    environment = {**os.environ, "MISSION_KG_HOME": str(serving_home)}
    environment |= {"MISSION_KG_WRITE_TOKEN": token, "MISSION_KG_PORT": "0"}
    # The endpoints that tests of federation ask stand on the loopback.
    environment |= {"MISSION_KG_SERVICE_ALLOW": '["127.0.0.1:*"]'}
    environment |= {"MISSION_KG_SERVICE_NETWORKS": '["127.0.0.0/8"]'}
    command = [str(Path(sys.executable).with_name("mission-kg")), "serve"]
    log = serving_home / "serve.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as server,
    ):
        told = server.stdout.readline()  # "Serving release ... at http://127.0.0.1:40123/"
        assert " at http" in told, log.read_text()
        yield told.rpartition(" at ")[2].strip().rstrip("/"), token
        server.terminate()
