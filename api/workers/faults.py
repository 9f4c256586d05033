"""Errors on their way from a worker to the server: by class name, looked up in our trees."""

from typing import Any, Final

from api import errors as api_errors
from api.errors import ApiError
from api.workers.wire import Head
from kg import errors as kg_errors
from kg.errors import KgError

_KNOWN: Final[dict[str, type[Exception]]] = {
    name: each
    for module in (kg_errors, api_errors)
    for name, each in vars(module).items()
    if isinstance(each, type) and issubclass(each, KgError | ApiError)
}
_PLAIN: Final = (str, int, float, type(None))


class WorkerFault(Exception):
    """A worker met an error that nobody foresaw; holds its traceback for the log."""


def is_known(error: Exception) -> bool:
    """Whether an error is one of ours, so that its words may be shown."""
    return _KNOWN.get(type(error).__name__) is type(error)


def packed(error: Exception) -> Head:
    """An error of ours as plain data."""
    fields = {name: value for name, value in vars(error).items() if isinstance(value, _PLAIN)}
    return {"error": type(error).__name__, "words": str(error), "fields": fields}


def restored(head: Head) -> Exception:
    """The error that a worker sent."""
    found = _KNOWN.get(str(head.get("error")))
    words = str(head.get("words", ""))
    if found is None:
        return WorkerFault(words)
    error: Any = found.__new__(found)
    error.args = (words,)
    for name, value in dict(head.get("fields", {})).items():
        setattr(error, str(name), value)
    return error  # type: ignore[no-any-return]
