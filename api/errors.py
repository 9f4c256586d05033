"""Errors of the faces: what a request asked that they cannot give.

    ApiError
    ├── WrongUse               the program was called wrongly, or a setting is out of range
    ├── BadRequest             a parameter is missing, doubled or unreadable
    ├── NotAcceptable          no offered format is acceptable; carries the offers
    ├── UnsupportedMediaType   a body of a type that is not read here
    ├── UpdateRefused          an update sent to a read-only service
    ├── Draining               the process is about to stop
    ├── RequestTooLarge        body over ``request_bytes``
    ├── UrlTooLong             path with query string over ``url_bytes``
    ├── AnswerTooLarge         answer over ``answer_bytes``
    └── TimeLimit              query over ``query_seconds``

None knows its HTTP status: ``api.problems`` does.
"""

from collections.abc import Sequence


class ApiError(Exception):
    """Base of all errors of this room."""


class WrongUse(ApiError):
    """The program was called wrongly, or a setting is out of range."""


class BadRequest(ApiError):
    """A parameter is missing, doubled or unreadable."""


class NotAcceptable(ApiError):
    """None of the ``offers`` (media types) is acceptable to the client."""

    def __init__(self, wanted: str, offers: Sequence[str]) -> None:
        super().__init__(
            f"None of the formats asked for ({wanted}) fits this answer; "
            f"it comes as {', '.join(offers)}."
        )
        self.offers = tuple(offers)


class UnsupportedMediaType(ApiError):
    """The body has a type that this address does not read."""


class UpdateRefused(ApiError):
    """An update was sent; releases never change."""


class Draining(ApiError):
    """The process is about to stop; whoever shares out requests should send no more."""


class LimitReached(ApiError):
    """A documented limit was reached; ``limit`` names the setting, ``value`` its value."""

    def __init__(self, message: str, limit: str, value: float) -> None:
        super().__init__(message)
        self.limit = limit
        self.value = value


class RequestTooLarge(LimitReached):
    """The body is longer than the service reads."""


class UrlTooLong(LimitReached):
    """The address is longer than the service reads."""


class AnswerTooLarge(LimitReached):
    """The answer is longer than the service writes."""


class TimeLimit(LimitReached):
    """The query took longer than the service waits."""
