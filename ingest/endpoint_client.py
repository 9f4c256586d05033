"""One request to a SPARQL endpoint, through SPARQLWrapper; every failure as one of our errors."""

import ast
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from importlib.metadata import version
from urllib.error import HTTPError, URLError

from SPARQLWrapper import JSON, POST, TURTLE, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import (
    EndPointInternalError,
    EndPointNotFound,
    QueryBadFormed,
    SPARQLWrapperException,
)

from ingest.errors import EndpointError, EndpointRefused, EndpointUnavailable
from ingest.faults import shown

USER_AGENT = (
    f"mission-kg/{version('mission-kg')} (https://w3id.org/mission-kg; one request at a time)"
)
_PASSING = {408, 425, 429, 500, 502, 503, 504}
"""Status codes after which asking again may help (RFC 9110, RFC 6585, RFC 8470)."""


class Client:
    """Asks one endpoint. ``timeout``: seconds; ``limit``: bytes of an answer."""

    def __init__(self, address: str, timeout: float, limit: int) -> None:
        self.address = address
        self._timeout, self._limit = timeout, limit

    def ask(self, query: str, form: str) -> tuple[str, bytes]:
        """Media type and body of the answer. Raises ``EndpointError``."""
        wrapper = SPARQLWrapper(self.address, agent=USER_AGENT)
        wrapper.setMethod(POST)
        wrapper.setReturnFormat(JSON if form == "SELECT" else TURTLE)
        # SPARQLWrapper takes whole seconds; none would mean to wait for ever.
        wrapper.setTimeout(max(1, round(self._timeout)))
        wrapper.setQuery(query)
        try:
            answer = wrapper.query().response
            with answer:
                return _media(answer.info()), self._body(answer.read(self._limit + 1))
        except (HTTPError, SPARQLWrapperException) as error:
            raise self._status(error) from error
        except TimeoutError as error:
            raise self._slow() from error
        except URLError as error:
            if isinstance(error.reason, TimeoutError):
                raise self._slow() from error
            raise EndpointUnavailable(
                f"{self.address} cannot be reached: {error.reason}. "
                "Check the address and the network."
            ) from error
        except (HTTPException, OSError) as error:
            raise EndpointUnavailable(
                f"{self.address} broke off its answer ({type(error).__name__}). Try again later."
            ) from error

    def _body(self, data: bytes) -> bytes:
        if len(data) > self._limit:
            raise EndpointRefused(
                f"{self.address} answered with more than {self._limit / 1e6:.0f} MB, the limit "
                "text_bytes. Ask for smaller pages (option page)."
            )
        return data

    def _slow(self) -> EndpointUnavailable:
        return EndpointUnavailable(
            f"{self.address} did not answer within {self._timeout:g} s. Try again later, ask for "
            "smaller pages (option page) or allow more time (option timeout)."
        )

    def _status(self, error: HTTPError | SPARQLWrapperException) -> EndpointError:
        code, told, headers = _failure(error)
        if code in _PASSING:
            return EndpointUnavailable(
                f"{self.address} is busy or failing (HTTP {code}). Try again later.",
                retry_after(headers.get("Retry-After")),
            )
        if code == 404:
            return EndpointRefused(
                f"There is no endpoint at {self.address} (HTTP 404). Correct the address."
            )
        if code == 400:
            return EndpointRefused(
                f"{self.address} does not understand the query (HTTP 400): {shown(told, 200)}. "
                "Correct the template."
            )
        return EndpointRefused(
            f"{self.address} refuses to answer (HTTP {code}). Ask those who run it for access."
        )


def retry_after(text: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a ``Retry-After`` header asks for: a number or a date (RFC 9110, 10.2.3)."""
    if not text:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def _media(headers: Message) -> str:
    return headers.get_content_type()


def _failure(error: HTTPError | SPARQLWrapperException) -> tuple[int, str, Message]:
    """Status code, first line of the body, and headers."""
    if isinstance(error, HTTPError):
        with error:
            return error.code, error.reason or "", error.headers
    codes = {QueryBadFormed: 400, EndPointNotFound: 404, EndPointInternalError: 500}
    return codes.get(type(error), 403), _first_line(str(error)), Message()


def _first_line(message: str) -> str:
    """What the endpoint said, out of the ``b'...'`` at the end of SPARQLWrapper's message."""
    told = message.rpartition("Response:")[2].strip()
    try:
        body = ast.literal_eval(told)
    except (ValueError, SyntaxError):
        return told.partition("\n")[0]
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
    return text.strip().partition("\n")[0]
