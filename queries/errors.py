"""Errors of the question library.

    QuestionError
    ├── UnknownQuestion     no question of that name; carries near names
    ├── UnknownFacet        no facet of that name; carries near names
    ├── HeaderError         a question file's header cannot be read; names file and field
    └── ArgumentError       what was given for a parameter cannot be used
        ├── UnknownParameter    the question has no such parameter
        ├── MissingArgument     a parameter was named but given no value
        └── BadArgument         the value is not of the parameter's type

Each message is one sentence or two: the offending value, what was expected, near matches.
"""

from collections.abc import Iterable
from difflib import get_close_matches


def near(name: str, known: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Up to ``limit`` of ``known`` that look like ``name``, best first."""
    by_lower = {item.lower(): item for item in known}
    found = get_close_matches(name.lower(), by_lower, n=limit, cutoff=0.5)
    return tuple(by_lower[item] for item in found)


def hint(candidates: Iterable[str]) -> str:
    """`` Did you mean a or b?``, or nothing where there are no candidates."""
    names = tuple(candidates)
    return f" Did you mean {' or '.join(names)}?" if names else ""


class QuestionError(Exception):
    """Base of all errors of this room."""


class UnknownQuestion(QuestionError):
    """No question of that name. ``name``: as asked for; ``near``: names that look like it."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.near = near(name, known)
        listed = hint(self.near) or " mission-kg ask and /api/v1/questions list them."
        super().__init__(f"There is no question named {name!r}.{listed}")


class UnknownFacet(QuestionError):
    """No facet of that name. ``name``: as asked for; ``near``: names that look like it."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.near = near(name, known)
        listed = hint(self.near) or f" There are {', '.join(sorted(known))}."
        super().__init__(f"There is no facet named {name!r}.{listed}")


class HeaderError(QuestionError):
    """The header of a question file cannot be read. ``file``: its name."""

    def __init__(self, file: str, fault: str) -> None:
        self.file = file
        super().__init__(f"{file}: {fault}")


class ArgumentError(QuestionError):
    """What was given for a parameter cannot be used. ``question`` and ``parameter``: names."""

    def __init__(self, question: str, parameter: str, message: str) -> None:
        self.question = question
        self.parameter = parameter
        super().__init__(message)


class UnknownParameter(ArgumentError):
    """The question has no parameter of that name."""

    def __init__(self, question: str, parameter: str, known: Iterable[str]) -> None:
        names = tuple(known)
        listed = f"It takes {', '.join(names)}." if names else "It takes no parameters."
        suggestion = hint(near(parameter, names)) if len(names) > 1 else ""
        super().__init__(
            question,
            parameter,
            f"Question {question!r} has no parameter {parameter!r}. {listed}{suggestion}",
        )


class MissingArgument(ArgumentError):
    """A parameter was named but given no value."""

    def __init__(self, question: str, parameter: str, expected: str) -> None:
        super().__init__(
            question,
            parameter,
            f"Parameter {parameter!r} was given without a value. Expected {expected}.",
        )


class BadArgument(ArgumentError):
    """The value is not of the parameter's type. ``value``: as given; ``expected``: in words."""

    def __init__(
        self,
        question: str,
        parameter: str,
        value: str,
        expected: str,
        candidates: Iterable[str] = (),
    ) -> None:
        self.value = value
        self.expected = expected
        self.near = tuple(candidates)
        super().__init__(
            question,
            parameter,
            f"Parameter {parameter!r} cannot be {value!r}. Expected {expected}.{hint(self.near)}",
        )
