"""Clients that others wrote, against our server over HTTP."""

import gc
import warnings

import httpx
import pytest

NAMES = """PREFIX mkg: <https://w3id.org/mission-kg/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?initiative ?name WHERE { ?initiative a mkg:MissionInitiative ; rdfs:label ?name }"""


@pytest.fixture(scope="session")
def base(writable_server):
    """Address of the server."""
    return writable_server[0]


@pytest.fixture(scope="session")
def token(writable_server):
    """What opens its workspace."""
    return writable_server[1]


@pytest.fixture(scope="session")
def sparql(base):
    """Address of the endpoint that shows the release."""
    return f"{base}/sparql"


@pytest.fixture(scope="session")
def names(sparql):
    """Initiative -> name, as plain HTTP tells it: what each client must find too."""
    answer = httpx.get(sparql, params={"query": NAMES}).raise_for_status().json()
    found = {
        (row["initiative"]["value"], row["name"]["value"]) for row in answer["results"]["bindings"]
    }
    assert len(found) > 10
    return found


@pytest.fixture(scope="session")
def names_query():
    return NAMES


@pytest.fixture(scope="module")
def forgetful():
    """Clients that leave sockets to the garbage collector; let that not warn in another module."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
