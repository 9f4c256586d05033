"""What a request about releases asks for: its form, the list, the page of the list."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from fastapi import Request

from api.errors import BadRequest, NotAcceptable
from api.history.headlines import PARTS
from api.linked.addresses import FORMATS, RDF_OFFERS
from api.negotiation import HTML, JSON, best
from api.responding import Parameters, one, read_parameters
from api.terms import read_iri
from kg.changes import CHANGES
from kg.changes.record import LISTED

PATCH: Final = "application/rdf-patch"
_PAGE: Final = 100
_NAMES: Final = {
    "json": JSON,
    "html": HTML,
    "patch": PATCH,
    **{each.suffix: each.media_type for each in FORMATS},
    "turtle": "text/turtle",
    "json-ld": "application/ld+json",
    "ntriples": "application/n-triples",
    "rdf+xml": "application/rdf+xml",
}
"""Value of ``?format=`` -> media type."""
LISTS: Final = ("things", "terms", "claims", "statements")
_ALLOWED: Final = {"format", "show", "change", "graph", "about", "page"}
_OF_LIST: Final = {
    "things": ("added", "changed", "removed"),
    "terms": ("added", "changed", "removed"),
    "claims": CHANGES,
    "statements": (),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which list (empty: the overview), narrowed how, and which of its pages (from 1)."""

    show: str = ""
    change: str = ""
    graph: str = ""
    about: str = ""
    page: int = 1

    @property
    def offset(self) -> int:
        """Entries before the page."""
        return (self.page - 1) * _PAGE

    @property
    def limit(self) -> int:
        """Entries of a page."""
        return _PAGE

    def link(self, path: str, **other: str | int) -> str:
        """Address of the same list with ``other`` values; what is empty is left out."""
        own = {"show": self.show, "change": self.change, "graph": self.graph, "about": self.about}
        given = {name: value for name, value in {**own, **other}.items() if value}
        return f"{path}?{urlencode(given)}" if given else path


def form_of(request: Request, parameters: Parameters, *, patch: bool = False) -> str:
    """Media type to answer in: HTML, JSON, a form of RDF, or the patch where there is one.

    ``?format=`` wins over Accept; a client that takes anything gets JSON. Raises
    ``NotAcceptable``.
    """
    offers = {JSON: (), HTML: ("application/xhtml+xml",), **RDF_OFFERS}
    offers["application/ld+json"] = ()  # its usual other name, application/json, is JSON here
    if patch:
        offers[PATCH] = ()
    name = one(parameters, "format")
    wanted = f"format={name}" if name else request.headers.get("accept") or "*/*"
    found = _NAMES.get(name) if name else best(offers, request.headers.get("accept"))
    if found is None or found not in offers:
        raise NotAcceptable(wanted, tuple(offers))
    return found


def read_asked(request: Request) -> tuple[Asked, Parameters]:
    """The list that the parameters name. Raises ``BadRequest`` saying what is expected."""
    parameters = read_parameters(request.scope["query_string"])
    unknown = sorted({name for name, _ in parameters} - _ALLOWED)
    if unknown:
        raise BadRequest(
            f"There is no parameter {unknown[0]!r} here; use {', '.join(sorted(_ALLOWED))}."
        )
    show = _word(parameters, "show", LISTS)
    about = one(parameters, "about") or ""
    asked = Asked(
        show or ("claims" if about else ""),
        _word(parameters, "change", _OF_LIST.get(show, CHANGES)),
        _word(parameters, "graph", tuple(PARTS)),
        read_iri(about).value if about else "",
        page_number(one(parameters, "page")),
    )
    return asked, parameters


def page_number(text: str | None) -> int:
    """Number of a page, from 1. Raises ``BadRequest``."""
    last = LISTED // _PAGE + 1
    if text is None:
        return 1
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= last):
        raise BadRequest(f"page={text!r} is no page; give a number from 1 to {last}.")
    return int(text)


def _word(parameters: Parameters, name: str, known: tuple[str, ...]) -> str:
    value = one(parameters, name) or ""
    if value and value not in known:
        offers = ", ".join(known) or "nothing, since this list has no such choice"
        raise BadRequest(f"{name}={value!r} is not known here; use {offers}.")
    return value
