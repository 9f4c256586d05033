"""Errors of ingest, in two families: mend the input, or try again later.

    IngestError
    ├── UnknownKind             called with a kind of source that there is not
    ├── InputError              terminal: the input has a fault; carries the findings
    │   ├── UnreadableFile          too large, empty, no text, wrong encoding, not there
    │   ├── BrokenSyntax            not well-formed; with line and column where known
    │   └── RejectedInput           read, but statements in it are at fault
    ├── EndpointError           an endpoint did not give what was asked
    │   ├── EndpointRefused         terminal: wrong address, wrong query, no RDF in the answer
    │   └── EndpointUnavailable     transient: busy, slow, broken line; ``retry_after`` seconds
    └── HomeError               the home directory
        ├── HomeBusy                transient: another process is writing
        └── HomeDamaged             terminal: a file in it is not what we wrote

Each message is one sentence that names the value, what was expected and what to do. None knows
an HTTP status of ours or an exit code.
"""

from kg.model import Finding


class IngestError(Exception):
    """Base of all errors of this room."""


class UnknownKind(IngestError):
    """Called with a kind of source that there is not: the call is wrong, not the input."""


class InputError(IngestError):
    """The input has a fault that only its author can mend; ``findings`` say which."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__(summary(findings))


class UnreadableFile(InputError):
    """The file cannot be read as text or as a workbook at all."""


class BrokenSyntax(InputError):
    """The file is text but not well-formed. ``line`` and ``column`` count from 1."""

    def __init__(
        self, finding: Finding, line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__((finding,))
        self.line = line
        self.column = column


class RejectedInput(InputError):
    """The file was read; statements in it are at fault."""


class EndpointError(IngestError):
    """An endpoint did not give what was asked."""


class EndpointRefused(EndpointError):
    """Asking again would not help: wrong address or query, or the answer holds no RDF."""


class EndpointUnavailable(EndpointError):
    """Asking again later may help. ``retry_after``: seconds the endpoint asked us to wait."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class HomeError(IngestError):
    """The home directory cannot be used."""


class HomeBusy(HomeError):
    """Another process is writing to the home directory."""


class HomeDamaged(HomeError):
    """A file in the home directory is not what was written."""


def sentence(finding: Finding) -> str:
    """One finding as a sentence: place, what is wrong, what to do."""
    said = f"{finding.place}: {finding.message}" if finding.place else finding.message
    return f"{said} {finding.remedy}".rstrip()


def summary(findings: tuple[Finding, ...]) -> str:
    """The first violation as a sentence, and how many more there are."""
    faults = [each for each in findings if each.severity == "violation"] or list(findings)
    if not faults:
        return "The input has a fault."
    rest = len(faults) - 1
    more = f" ({rest} more fault{'s' * (rest > 1)}; mission-kg check lists all.)" if rest else ""
    return sentence(faults[0]) + more
