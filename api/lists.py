"""Headers sent on several lines: one list each before anything reads them."""

from typing import Final

from starlette.types import Scope

_LISTS: Final = frozenset(
    {
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"access-control-request-headers",
        b"if-match",
        b"if-none-match",
    }
)


def as_one_list(scope: Scope) -> Scope:
    """Join what a header repeats, in its order, by commas (RFC 9110 section 5.3).

    Readers of a request take the first line of a header, and would leave out the rest.
    """
    headers = scope.get("headers", ())
    names = [name for name, _ in headers if name in _LISTS]
    if len(names) == len(set(names)):
        return scope
    values = {name: b", ".join(v for n, v in headers if n == name) for name in names}
    others = [(name, value) for name, value in headers if name not in _LISTS]
    return {**scope, "headers": [*others, *values.items()]}
