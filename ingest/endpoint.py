"""Any SPARQL endpoint -> proposed claims, by a template, page by page, politely.

Requests go through SPARQLWrapper, one at a time, with a User-Agent that says who asks, a minimum
delay between them and a time limit each. What may pass (busy, slow, a broken answer) is tried
again with growing waits, and ``Retry-After`` (RFC 9110, 10.2.3) is honoured; what will not pass is
told in one sentence. All claims have review status ``proposed``.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from pyoxigraph import (
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    parse_query_results,
)
from pyoxigraph import parse as parse_rdf
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential

from ingest import rdf, runs
from ingest.endpoint_client import Client
from ingest.endpoint_templates import Template, find
from ingest.errors import EndpointRefused, EndpointUnavailable, InputError
from ingest.faults import Faults, shown
from ingest.library import Reading
from ingest.limits import DEFAULT, Limits
from ingest.slugs import slug
from ingest.terms import Terms
from kg.model import Batch, Source
from ontology.names import ID
from ontology.vocabulary import vocabulary

DEFAULT_TEMPLATE = "wikidata-organisations"
LONGEST_WAIT = 120.0
"""Seconds. An endpoint that asks for a longer wait is left for another day."""
MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Manners:
    """How politely to ask.

    ``delay``: least seconds between two requests; ``timeout``: seconds for one; ``attempts``: how
    often one page is tried; ``first_wait``: seconds before the second try, doubled after each.
    """

    delay: float = 1.0
    timeout: float = 60.0
    attempts: int = 5
    first_wait: float = 2.0


@dataclass(slots=True)
class _Asking:
    """One conversation with an endpoint: when it was last asked."""

    client: Client
    manners: Manners
    last: float = field(default=float("-inf"))

    def page(self, query: str, form: str) -> tuple[list[Quad], int]:
        """One page: its statements, and how many rows it had. Raises ``EndpointError``."""
        retrying = Retrying(
            stop=stop_after_attempt(self.manners.attempts),
            wait=self._wait,
            retry=retry_if_exception_type(EndpointUnavailable),
            reraise=True,
        )
        return retrying(self._once, query, form)

    def _once(self, query: str, form: str) -> tuple[list[Quad], int]:
        time.sleep(max(0.0, self.last + self.manners.delay - time.monotonic()))
        try:
            media, body = self.client.ask(query, form)
        finally:
            self.last = time.monotonic()
        return _statements(media, body, form, self.client.address)

    def _wait(self, state: RetryCallState) -> float:
        growing = wait_exponential(multiplier=self.manners.first_wait, max=LONGEST_WAIT)(state)
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, EndpointUnavailable) else None
        if asked is not None and asked > LONGEST_WAIT:
            raise EndpointRefused(
                f"{self.client.address} asks to wait {asked:.0f} s, longer than "
                f"{LONGEST_WAIT:.0f} s. Try again later."
            )
        return growing if asked is None else asked


def read_input(
    given: str, options: Mapping[str, str], limits: Limits = DEFAULT, known: Batch | None = None
) -> Reading:
    """What the endpoint ``given`` answers to a template.

    Options: ``template`` (a shipped name or a ``.rq`` file), ``only`` (CURIEs of the known things
    to ask about), ``page``, ``delay``, ``timeout``, ``attempts``. Raises ``EndpointError``.
    """
    faults = Faults(limits.findings)
    known = known or Batch((), ())
    try:
        template = find(options.get("template", DEFAULT_TEMPLATE), limits)
        template = replace(template, page=int(_number(options, "page", template.page)))
        manners = _manners(options)
        if not template.ordered:
            said = "has no ORDER BY: pages may repeat or miss rows."
            faults.warning(f"{template.name}.rq", said, "Order by all selected variables.")
        only = _only(options, given)
        asking = _Asking(Client(_address(given), manners.timeout, limits.text_bytes), manners)
        quads = list(fetch(asking, template, known, only))
        batch = rdf.to_batch(quads, _source(given, template), known, given, faults)
    except InputError as error:
        faults.extend(error.findings)
        return Reading(Batch((), ()), faults.all())
    claims = tuple(replace(claim, review_status="proposed") for claim in batch.claims)
    return Reading(replace(batch, claims=claims), faults.all())


def fetch(
    asking: _Asking, template: Template, known: Batch, only: frozenset[str] = frozenset()
) -> Iterator[Quad]:
    """All statements, batch by batch and page by page, until a page is empty.

    An endpoint may cap a page below what was asked: a SELECT then goes on after the rows it gave.
    """
    for query in template.queries(known, only):
        offset = 0
        for _ in range(MOST_PAGES):
            text = f"{query.rstrip()}\nLIMIT {template.page}\nOFFSET {offset}\n"
            quads, rows = asking.page(text, template.form)
            yield from quads
            offset += rows if template.form == "SELECT" else template.page
            if rows == 0:
                break
        else:
            raise EndpointRefused(
                f"{asking.client.address} gave {MOST_PAGES} pages without an end. "
                "Check that the template's ORDER BY and the endpoint's OFFSET work."
            )


def _statements(media: str, body: bytes, form: str, address: str) -> tuple[list[Quad], int]:
    try:
        if form == "SELECT":
            return _rows(media, body, address)
        format = RdfFormat.from_media_type(media)
        if format is None:
            raise _no_rdf(address, media)
        quads = list(parse_rdf(input=body, format=format))
        return quads, len(quads)
    except (SyntaxError, ValueError) as error:
        raise EndpointUnavailable(
            f"{address} gave an answer that breaks off or is not well-formed "
            f"({len(body)} bytes of {media}): {error}. Ask for smaller pages (option page)."
        ) from error


def _rows(media: str, body: bytes, address: str) -> tuple[list[Quad], int]:
    format = QueryResultsFormat.from_media_type(media)
    answer = parse_query_results(input=body, format=format) if format else None
    if not isinstance(answer, QuerySolutions):
        raise _no_rdf(address, media)
    quads: list[Quad] = []
    rows = 0
    for solution in answer:
        rows += 1
        subject, prop, value = (solution[name] for name in ("subject", "property", "value"))
        named = isinstance(subject, NamedNode) and isinstance(prop, NamedNode)
        if named and isinstance(value, NamedNode | Literal):
            quads.append(Quad(subject, prop, value))
    return quads, rows


def _no_rdf(address: str, media: str) -> EndpointRefused:
    return EndpointRefused(
        f"{address} answered with {media}, not with SPARQL results or RDF. "
        "Give the address of the endpoint itself, which often ends in /sparql."
    )


def _address(given: str) -> str:
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise EndpointRefused(
            f"{shown(given)} is no address of an endpoint. Write it with https:// in full."
        )
    return given


def _source(given: str, template: Template) -> Source:
    host = urlsplit(given).netloc
    return Source(
        iri=f"{ID}source/endpoint-{slug(host)}-{slug(template.name)}",
        title=f"{template.title} ({host})",
        kind="third-party",
        url=given,
        publisher=template.publisher,
        licence=template.licence,
        entered_by=runs.AGENT,
    )


def _manners(options: Mapping[str, str]) -> Manners:
    usual = Manners()
    return Manners(
        delay=_number(options, "delay", usual.delay),
        timeout=_number(options, "timeout", usual.timeout),
        attempts=max(1, int(_number(options, "attempts", usual.attempts))),
        first_wait=_number(options, "first_wait", usual.first_wait),
    )


def _number(options: Mapping[str, str], name: str, usual: float) -> float:
    text = options.get(name, str(usual))
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise EndpointRefused(
            f"The option {name} is {shown(text)}; a number from 0 up was expected. "
            f"Write it like {name}={usual:g}."
        )
    return number


def _only(options: Mapping[str, str], given: str) -> frozenset[str]:
    terms = Terms(vocabulary())
    words = [word.strip() for word in options.get("only", "").split(",") if word.strip()]
    found = {word: terms.expanded(word) for word in words}
    wrong = [word for word, iri in found.items() if iri is None]
    if wrong:
        raise EndpointRefused(
            f"The option only names {shown(wrong[0])}, which is no CURIE. "
            f"Write it like org:csiro; nothing was asked of {given}."
        )
    return frozenset(iri for iri in found.values() if iri is not None)
