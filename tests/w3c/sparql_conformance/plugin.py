"""The pytest plug-in: options, cases, known failures and the report."""

import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sparql_conformance import description, earl, evaluation, protocol
from sparql_conformance.manifest import Case, read
from sparql_conformance.service import Endpoints, NotConforming, Service

CHECKS: dict[str, Callable[[Case, Service], None]] = {
    "QueryEvaluationTest": evaluation.query_evaluation,
    "CSVResultFormatTest": evaluation.query_evaluation,
    "UpdateEvaluationTest": evaluation.update_evaluation,
    "PositiveSyntaxTest": evaluation.good_query,
    "PositiveSyntaxTest11": evaluation.good_query,
    "NegativeSyntaxTest": evaluation.bad_query,
    "NegativeSyntaxTest11": evaluation.bad_query,
    "PositiveUpdateSyntaxTest11": evaluation.good_update,
    "NegativeUpdateSyntaxTest11": evaluation.bad_update,
    "ProtocolTest": protocol.protocol,
    "ServiceDescriptionTest": description.description,
    "GraphStoreProtocolTest": protocol.graph_store,
}
"""Kind of a test in its manifest -> how it is run."""

SUBJECT = pytest.StashKey[earl.Subject]()
MANIFESTS = pytest.StashKey[list[Path]]()
KNOWN = pytest.StashKey[Path]()
"""What a conftest.py may set in place of the options."""
_PROPERTY = "w3c_test"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sparql-conformance", "W3C tests against a SPARQL service")
    group.addoption("--sparql-url", help="address for queries; its data will be removed")
    group.addoption("--update-url", help="address for updates")
    group.addoption("--graph-store-url", help="address of the Graph Store Protocol")
    group.addoption("--token", help="sent as Authorization: Bearer")
    group.addoption(
        "--manifests",
        action="append",
        type=Path,
        help="a checkout of w3c/rdf-tests, or one manifest file; may be repeated",
    )
    group.addoption(
        "--prefer-named",
        action="store_true",
        help="load into named graphs only and name the dataset in each request",
    )
    group.addoption(
        "--known-failures", type=Path, help='TOML file of lines: "IRI of a test" = "reason"'
    )
    group.addoption("--earl", type=Path, metavar="FILE", help="write an EARL report as Turtle")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--sparql-url") and config.getoption("numprocesses", None):
        raise pytest.UsageError("One service cannot serve tests at the same time: leave out -n.")


def pytest_sessionstart(session: pytest.Session) -> None:
    # Not when configured: what a conftest.py sets is known only now.
    path = session.config.getoption("--earl")
    if path is not None and not hasattr(session.config, "workerinput"):
        url = session.config.getoption("--sparql-url") or "urn:unnamed"
        subject = session.config.stash.get(SUBJECT, None)
        if subject is None or session.config.getoption("--sparql-url"):
            subject = earl.Subject(url, url)
        session.config.pluginmanager.register(_Recorder(path, subject))


def known_failures(path: Path | None) -> dict[str, str]:
    """Read the list of tests that are known to fail: IRI of the test -> reason."""
    return dict(tomllib.loads(path.read_text(encoding="utf-8"))) if path else {}


def cases(config: pytest.Config) -> list[Case]:
    """List the tests of all manifests given; none where no manifest is there."""
    places = config.getoption("--manifests") or config.stash.get(MANIFESTS, [])
    return [case for place in places if place.exists() for case in read(place)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "w3c_case" not in metafunc.fixturenames:
        return
    config = metafunc.config
    known = known_failures(config.getoption("--known-failures") or config.stash.get(KNOWN, None))
    params = [_param(case, known) for case in cases(config)]
    if not params:
        absent = pytest.mark.skip(reason="no W3C manifests here; give a checkout by --manifests")
        params = [pytest.param(None, marks=absent, id="no-manifests")]
    metafunc.parametrize("w3c_case", params)


def _param(case: Case, known: dict[str, str]) -> object:
    marks: list[pytest.MarkDecorator] = []
    if case.kind not in CHECKS:
        marks.append(pytest.mark.skip(reason=f"a kind of test that is not run: {case.kind}"))
    elif case.iri in known:
        # Only what the service does wrongly may be known: a broken test still fails.
        marks.append(pytest.mark.xfail(reason=known[case.iri], raises=NotConforming, strict=True))
    return pytest.param(case, marks=marks, id=case.id)


@pytest.fixture(scope="session")
def w3c_endpoints(pytestconfig: pytest.Config) -> Endpoints:
    """The service under test, from the options; override it to start one of your own."""
    if not pytestconfig.getoption("--sparql-url"):
        pytest.skip("no service to test; give --sparql-url")
    return given_endpoints(pytestconfig)


def given_endpoints(config: pytest.Config) -> Endpoints:
    """Read the service from the options."""
    return Endpoints(
        sparql=config.getoption("--sparql-url"),
        update=config.getoption("--update-url"),
        graph_store=config.getoption("--graph-store-url"),
        token=config.getoption("--token"),
        prefer_named=config.getoption("--prefer-named"),
    )


@pytest.fixture(scope="session")
def w3c_service(w3c_endpoints: Endpoints) -> Iterator[Service]:
    """A client of the service under test."""
    service = Service(w3c_endpoints)
    yield service
    service.close()


def pytest_runtest_setup(item: pytest.Item) -> None:
    case = getattr(item, "callspec", None) and item.callspec.params.get("w3c_case")
    if isinstance(case, Case):
        # A property of the report reaches the process that writes EARL, whoever ran the test.
        item.user_properties.append((_PROPERTY, [case.iri, case.name, case.suite, case.suite_iri]))


class _Recorder:
    """Keeps the outcomes of a run, in the process that talks to the user, and writes the report."""

    def __init__(self, path: Path, subject: earl.Subject) -> None:
        self._path = path
        self._subject = subject
        self._outcomes: dict[str, earl.Outcome] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        found = dict(report.user_properties).get(_PROPERTY)
        if found and (report.when == "call" or report.outcome != "passed"):
            iri, name, suite, suite_iri = found
            outcome, reason = _outcome(report)
            self._outcomes[iri] = earl.Outcome(iri, name, suite, suite_iri, outcome, reason)

    def pytest_sessionfinish(self) -> None:
        outcomes = list(self._outcomes.values())
        text = earl.report(self._subject, outcomes, datetime.now(UTC).date())
        self._path.write_text(text, encoding="utf-8")


def _outcome(report: pytest.TestReport) -> tuple[str, str]:
    if hasattr(report, "wasxfail"):
        return "failed", report.wasxfail.removeprefix("reason: ")
    if report.outcome == "skipped":
        return "untested", report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    crash = getattr(report.longrepr, "reprcrash", None)
    return report.outcome, crash.message if crash else ""
