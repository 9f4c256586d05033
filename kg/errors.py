"""Errors of the graph.

    KgError
    ├── StoreError          a store cannot do what was asked (disk, lock, damaged files)
    │   ├── StoreUnreachable    a remote store is gone, busy or broke off its answer
    │   ├── StoreTimeout        a remote store did not answer in time
    │   ├── StoreRefused        a remote store wants other credentials, or is not at this address
    │   └── BadAnswer           a remote store answered nonsense
    │       └── PartialAnswer       or only a part of the answer
    ├── QueryFault          the query is at fault
    │   ├── QuerySyntaxError    with line and column
    │   └── QueryForbidden      SERVICE, LOAD or an update where only reading is allowed
    ├── GraphSyntaxError    an RDF text sent to a graph store; with line and column
    ├── RuleCompileError    an axiom that the rule compiler does not know
    ├── NotDerivable        nothing in the graph says or implies the triple
    ├── ValidationFailed    violations stop the release; carries the findings
    ├── BuildInProgress     another process is building in the same place
    ├── ArchiveError        a backup cannot be made, is damaged, or may not be restored there
    └── ReleaseError        a release is missing, incomplete or damaged; names the file
        └── TablesMissing       a release made before there were tables

Each carries the value that offended; none knows an HTTP status.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kg.model import Finding


class KgError(Exception):
    """Base of all errors of this room."""


class StoreError(KgError):
    """A store cannot do what was asked; says which path and why."""


class StoreUnreachable(StoreError):
    """A remote store is gone, busy or broke off; ``retry_after``: seconds it asks to wait."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StoreTimeout(StoreError):
    """A remote store did not answer within the time given."""


class StoreRefused(StoreError):
    """A remote store refuses who asks, or nothing of the kind is at its address."""


class BadAnswer(StoreError):
    """A remote store answered what is no answer: another format, broken text, an error page."""


class PartialAnswer(BadAnswer):
    """A remote store gave a part of the answer only and says so; it is not passed on."""


class QueryFault(KgError):
    """The query is at fault, not the store."""


class QuerySyntaxError(QueryFault):
    """The text is not SPARQL. ``line`` and ``column`` count from 1 where known."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class QueryForbidden(QueryFault):
    """The query asks for something this service does not do for strangers."""


class GraphSyntaxError(KgError):
    """A text sent to a graph store is no RDF. ``line`` and ``column`` count from 1 where known."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class RuleCompileError(KgError):
    """The ontology uses a construct that the rule compiler does not know."""


class NotDerivable(KgError):
    """Nothing in the graph states or implies the triple that was asked about."""


class ArchiveError(KgError):
    """A backup cannot be made, is damaged (names the file in it), or may not be restored there."""


class ReleaseError(KgError):
    """A release is missing, incomplete or damaged; the message names the file."""


class TablesMissing(ReleaseError):
    """The release was made before there were tables of cases; building again makes them."""


class ValidationFailed(KgError):
    """Violations stop the release; ``findings`` has all that was found, warnings included."""

    def __init__(self, findings: "tuple[Finding, ...]") -> None:
        violations = [finding for finding in findings if finding.severity == "violation"]
        first = violations[0]
        more = f" and {len(violations) - 1} more" if len(violations) > 1 else ""
        super().__init__(
            f"No release was made: {first.place}: {first.message}{more}. "
            "The release before stays. Mend what is named and build again."
        )
        self.findings = findings

    def __reduce__(self) -> "tuple[type[ValidationFailed], tuple[tuple[Finding, ...]]]":
        """Cross from one process to another whole: the message is made of the findings."""
        return type(self), (self.findings,)


class BuildInProgress(KgError):
    """Another process is building in the same place."""
