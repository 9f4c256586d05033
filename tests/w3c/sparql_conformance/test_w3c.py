"""One test of pytest for each test of the W3C; the plug-in fills in the cases."""

from sparql_conformance.manifest import Case
from sparql_conformance.plugin import CHECKS
from sparql_conformance.service import Service


def test_w3c(w3c_case: Case, w3c_service: Service) -> None:
    """The service does what the test of the W3C expects."""
    CHECKS[w3c_case.kind](w3c_case, w3c_service)
