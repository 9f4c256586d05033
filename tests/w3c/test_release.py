"""The release at ``/sparql`` follows the protocol as the workspace does, for what it can do."""

import httpx
import pytest
from sparql_conformance import description, protocol
from sparql_conformance.plugin import cases
from sparql_conformance.service import Endpoints, Service


@pytest.fixture(scope="module", params=["sparql", "sparql/"])
def release(request, writable_server):
    """A client of the read-only endpoint; its data stays as it is."""
    base, _ = writable_server

    class ReadOnly(Service):
        def holds(self, dataset):
            pass

    # An update is refused there as well, which is what the tests that reach it expect.
    service = ReadOnly(Endpoints(f"{base}/{request.param}", update=f"{base}/{request.param}"))
    yield service
    service.close()


@pytest.mark.parametrize("name", ["returns-rdf", "conforms-to-schema"])
def test_service_description(release, name):
    description.check(name, release)


def test_service_description_names_its_endpoint(writable_server):
    service = Service(Endpoints(f"{writable_server[0]}/sparql"))
    try:
        description.check("has-endpoint-triple", service)
    finally:
        service.close()


WITHOUT_DATA = """
query_get query_post_form query_post_direct query_content_type_select query_content_type_ask
query_content_type_describe query_content_type_construct bad_query_method bad_multiple_queries
bad_query_wrong_media_type bad_query_missing_form_type bad_query_missing_direct_type
bad_query_non_utf8 bad_query_syntax bad_update_get bad_multiple_updates
bad_update_wrong_media_type bad_update_missing_form_type bad_update_non_utf8 bad_update_syntax
bad_update_dataset_conflict
"""


@pytest.fixture(scope="module")
def tests_of_the_protocol(pytestconfig):
    """Name of a test -> the test."""
    found = {case.id.rpartition("/")[2]: case for case in cases(pytestconfig)}
    return found or pytest.skip("no W3C manifests here")


@pytest.mark.parametrize("name", WITHOUT_DATA.split())
def test_protocol(release, name, tests_of_the_protocol):
    protocol.protocol(tests_of_the_protocol[name], release)


def test_an_update_is_refused_in_words(release):
    answer = httpx.post(
        release.endpoints.sparql,
        content="DROP ALL",
        headers={"Content-Type": "application/sparql-update"},
    )
    assert answer.status_code == 403
    assert "workspace" in answer.text
