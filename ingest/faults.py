"""Faults collected while reading, each with its place, what was expected and the remedy."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from ingest.errors import RejectedInput
from kg.model import Finding


def nearest(word: str, options: Iterable[str]) -> str | None:
    """The option most like ``word`` (Ratcliff-Obershelp), or None where none is near.

    Upper and lower case count as equal, so that ``Involvesactor`` finds ``involvesActor``.
    """
    return _nearest(word, frozenset(options))


@lru_cache(maxsize=1024)
def _nearest(word: str, options: frozenset[str]) -> str | None:
    folded = {option.casefold(): option for option in sorted(options)}
    found = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def did_you_mean(word: str, options: Iterable[str], otherwise: str) -> str:
    """A remedy: the nearest option if one is near, else ``otherwise``."""
    found = nearest(word, options)
    return f'Did you mean "{found}"?' if found else otherwise


def shown(value: str, length: int = 60) -> str:
    """A value fit for a one-line message: quoted, shortened, control characters escaped."""
    clean = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in value)
    return f'"{clean}"' if len(clean) <= length else f'"{clean[: length - 1]}…"'


@dataclass(slots=True)
class Faults:
    """A growing list of findings.

    ``limit``: how many are kept in full; the rest are counted and told in one line.
    """

    limit: int = 500
    findings: list[Finding] = field(default_factory=list)
    dropped: int = 0

    def violation(self, place: str, message: str, remedy: str, subject: str | None = None) -> None:
        """Note a fault that stops the input."""
        self._add(Finding("violation", message, place, remedy, subject))

    def warning(self, place: str, message: str, remedy: str, subject: str | None = None) -> None:
        """Note something that should be mended but stops nothing."""
        self._add(Finding("warning", message, place, remedy, subject))

    def info(self, place: str, message: str, remedy: str = "", subject: str | None = None) -> None:
        """Note something worth knowing."""
        self._add(Finding("info", message, place, remedy, subject))

    def extend(self, findings: Iterable[Finding]) -> None:
        """Take over findings made elsewhere."""
        for finding in findings:
            self._add(finding)

    def _add(self, finding: Finding) -> None:
        if len(self.findings) < self.limit or self._first_violation(finding):
            self.findings.append(finding)
        else:
            self.dropped += 1

    def _first_violation(self, finding: Finding) -> bool:
        """Whether a violation comes after the list is full of lesser things."""
        return finding.severity == "violation" and not self.stop

    @property
    def stop(self) -> bool:
        """Whether any finding is a violation."""
        return any(each.severity == "violation" for each in self.findings)

    def all(self) -> tuple[Finding, ...]:
        """The findings, with one line for those over the limit."""
        if not self.dropped:
            return tuple(self.findings)
        rest = Finding(
            "info",
            f"{self.dropped} more findings are not listed.",
            "",
            "Mend these first, then check again.",
        )
        return (*self.findings, rest)

    def raise_if_any(self) -> None:
        """Raise ``RejectedInput`` with all findings where one is a violation."""
        if self.stop:
            raise RejectedInput(self.all())
