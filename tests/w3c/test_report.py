"""The report that is shipped says what the list of known failures says, of every test there is."""

import pytest
from rdflib import Graph, Namespace
from sparql_conformance import plugin

from api.conformance import report, turtle

EARL = Namespace("http://www.w3.org/ns/earl#")


@pytest.fixture(scope="module")
def shipped():
    """IRI of a test -> its outcome in the shipped report."""
    graph = Graph().parse(data=turtle(), format="turtle")
    return {
        str(test): str(graph.value(result, EARL.outcome)).removeprefix(EARL)
        for assertion, test in graph.subject_objects(EARL.test)
        for result in graph.objects(assertion, EARL.result)
    }


def test_report_fails_exactly_what_the_list_holds(shipped, pytestconfig):
    known = plugin.known_failures(pytestconfig.stash[plugin.KNOWN])
    assert {test for test, outcome in shipped.items() if outcome != "passed"} == set(known)
    told = {each.iri: each.reason for suite in report().suites for each in suite.failures}
    assert told == {test: " ".join(reason.split()) for test, reason in known.items()}


def test_report_holds_every_test_of_the_suites(shipped, pytestconfig):
    found = {case.iri for case in plugin.cases(pytestconfig)}
    if not found:
        pytest.skip("no W3C manifests here")
    assert set(shipped) == found


def test_each_reason_says_something(pytestconfig):
    known = plugin.known_failures(pytestconfig.stash[plugin.KNOWN])
    assert [test for test, reason in known.items() if len(reason.split()) < 5] == []
