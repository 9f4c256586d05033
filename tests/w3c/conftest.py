"""The suites of the W3C against our own server, as an operator would start it."""

from importlib.metadata import version
from pathlib import Path

import pytest
from sparql_conformance import earl, plugin
from sparql_conformance.service import Endpoints

HERE = Path(__file__).parent
MANIFESTS = HERE.parents[2] / "shared" / "w3c"


def pytest_configure(config):
    config.stash[plugin.MANIFESTS] = [MANIFESTS]
    config.stash[plugin.KNOWN] = HERE / "known-failures.toml"
    config.stash[plugin.SUBJECT] = earl.Subject(
        "https://w3id.org/mission-kg/", "Mission Practice Graph", version("mission-kg")
    )


@pytest.fixture(scope="session")
def w3c_endpoints(pytestconfig, request):
    """Our server's workspace, unless an address of another service is given."""
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
