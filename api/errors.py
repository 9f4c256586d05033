"""Errors of the faces: what a request asked that they cannot give.

    ApiError
    ├── WrongUse               the program was called wrongly, or a setting is out of range
    ├── BadRequest             a parameter is missing, doubled or unreadable
    ├── NotAcceptable          no offered format is acceptable; carries the offers
    ├── UnsupportedMediaType   a body of a type that is not read here
    ├── UpdateRefused          an update sent to a read-only service
    ├── WritingClosed          the operator has not opened the workspace
    ├── NotAuthorised          the bearer token is missing or wrong
    ├── MethodNotAllowed       the address does not know the method; carries those it knows
    ├── GraphNotFound          no graph of that name in the graph store
    ├── ConditionFailed        If-Match or If-None-Match does not hold
    ├── RemoteFault            an endpoint asked by SERVICE failed
    ├── UnknownRelease         a release that is not on the shelf; carries those that are near
    ├── UnknownThing           an IRI of which nothing is said; carries what may be meant
    ├── UnknownCase            the library has no such case
    ├── RetiredThing           an IRI that was withdrawn; carries what there is instead
    ├── UnknownDump            a dump that there is not
    ├── BeingMade              a file is being made for the first time
    ├── UnknownFile            a file that a release does not have
    ├── StillComparing         two releases are being compared for the first time
    ├── Draining               the process is about to stop
    ├── RequestTooLarge        body over ``request_bytes``
    ├── UrlTooLong             path with query string over ``url_bytes``
    ├── AnswerTooLarge         answer over ``answer_bytes``, or ``answer_rows`` when it is too late
    ├── MemoryLimit            query over ``query_memory_bytes``
    ├── Overloaded             too many queries wait, or one waited too long
    ├── WorkerLost             the process that answered ended for a reason outside the query
    └── TimeLimit              query over ``query_seconds``

None knows its HTTP status: ``api.problems`` does.
"""

from collections.abc import Mapping, Sequence


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


class WritingClosed(ApiError):
    """The workspace was not opened by the operator."""


class NotAuthorised(ApiError):
    """The bearer token is missing or wrong (RFC 6750, section 3)."""

    def __init__(self, message: str, *, wrong: bool) -> None:
        super().__init__(message)
        fault = ', error="invalid_token"' if wrong else ""
        self.headers = {"WWW-Authenticate": f'Bearer realm="workspace"{fault}'}


class MethodNotAllowed(ApiError):
    """The address does not know the method; ``allowed`` has those that it knows."""

    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        super().__init__(f"{method} is not allowed here; allowed are {', '.join(allowed)}.")
        self.headers = {"Allow": ", ".join(allowed)}


class GraphNotFound(ApiError):
    """The graph store holds no graph of that name."""


class ConditionFailed(ApiError):
    """A condition of the request does not hold (RFC 9110, section 13)."""


class RemoteFault(ApiError):
    """An endpoint that a SERVICE pattern asks cannot be reached, is slow, or answers nonsense."""


class UnknownRelease(ApiError):
    """No release of that ``name`` is on the shelf; ``near`` has ids that may be meant."""

    def __init__(self, name: str, near: Sequence[str]) -> None:
        offers = f"There are {', '.join(near)}." if near else "There is none yet."
        super().__init__(f"There is no release {name!r} here. {offers} /releases lists all.")
        self.near = tuple(near)


class UnknownThing(ApiError):
    """The release says nothing about an IRI; ``links``: address -> what may have been meant."""

    def __init__(self, message: str, links: Mapping[str, str]) -> None:
        super().__init__(message)
        self.links = dict(links)


class UnknownCase(ApiError):
    """The library has no such case."""


class RetiredThing(ApiError):
    """An IRI was withdrawn; ``links``: address -> what there is instead, ``by``: its IRI."""

    def __init__(self, message: str, links: Mapping[str, str], by: str | None = None) -> None:
        super().__init__(message)
        self.links = dict(links)
        self.by = by


class UnknownDump(ApiError):
    """There is no dump of that name."""


class BeingMade(ApiError):
    """A file is being made for the first time; it takes longer than a request waits."""


class UnknownFile(ApiError):
    """The release has no such file to download."""


class StillComparing(ApiError):
    """Two releases are being compared for the first time; it takes longer than a request waits."""


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


class MemoryLimit(LimitReached):
    """The query needed more memory than it may take; the same query will do so again."""


class Overloaded(LimitReached):
    """No worker is free for the query, nor a place to wait (RFC 6585, section 4)."""

    def __init__(self, message: str, limit: str, value: float) -> None:
        super().__init__(message, limit, value)
        self.headers = {"Retry-After": "2"}


class WorkerLost(ApiError):
    """The process that answered ended for a reason outside the query, or is being ended."""


class BrokenOff(Exception):
    """An answer broke off after its beginning was given to be sent; ``error`` says why.

    Not one of the tree above: it is answered as ``error`` is, or not at all.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error
