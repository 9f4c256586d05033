"""All values of one property of a thing, out of it or in to it, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from pyoxigraph import NamedNode

from api.errors import BadRequest
from api.linked.describing import is_iri
from api.linked.incoming import DEEPEST, group, members
from api.linked.names import Names
from api.linked.representing import description
from api.linked.viewing import View, shown
from api.pages import render
from ontology.curies import PREFIXES, compact

if TYPE_CHECKING:
    from api.linked.viewing import Line
    from api.wiring import Service

SIZE: Final = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list: ``lines``, which ``page`` (from 1), whether more follow, how many."""

    lines: tuple["Line", ...]
    page: int
    more: bool
    count: str


def listing(
    service: "Service",
    iri: str,
    way: str,
    prop: str,
    page: int,
    languages: Sequence[str],
    address: str,
) -> str:
    """HTML of one page of a list; ``way`` is ``in`` or ``out``, ``address`` the thing's page.

    Raises ``UnknownThing``, and ``BadRequest`` for a page past the last.
    """
    if not is_iri(prop):
        raise BadRequest(f"{prop!r} is no property's IRI.")
    names = Names(service.store, tuple(languages))
    names.learn([iri, prop])
    find = _incoming if way == "in" else _outgoing
    found = find(service, iri, prop, page, names, address)
    if not found.lines and page > 1:
        raise BadRequest(f"There is no page {page} of this list.")
    joint = "&" if "?" in address else "?"
    here = f"{address}{joint}{urlencode({way: compact(prop) or prop})}"
    return render(
        "listing.html",
        thing=shown(names, NamedNode(iri)),
        address=address,
        head=shown(names, NamedNode(prop)),
        way=way,
        found=found,
        previous=f"{here}&page={page - 1}" if page > 1 else None,
        next=f"{here}&page={page + 1}" if found.more else None,
        query=_query(iri, prop, way),
    )


def _incoming(
    service: "Service", iri: str, prop: str, page: int, names: Names, address: str
) -> Listed:
    """Up to a bound sorted by name; beyond, in the store's order and only so deep."""
    found = group(service.store, iri, prop)
    if found.many:
        if page * SIZE > DEEPEST:
            raise BadRequest(f"Pages go to {DEEPEST // SIZE:,}; for the rest, use a query.")
        kept = members(service.store, iri, prop, page, SIZE + 1)
        count = f"{found.number:,} or more"
        names.learn(kept)
    else:
        names.learn(found.members)
        ordered = sorted(found.members, key=lambda each: (names(each).text.casefold(), each))
        kept = tuple(ordered[(page - 1) * SIZE : page * SIZE + 1])
        count = f"{found.number:,}"
    view = View(description(service, iri), names, {}, address)
    lines = tuple(view.plain(NamedNode(member)) for member in kept[:SIZE])
    return Listed(lines, page, len(kept) > SIZE, count)


def _outgoing(
    service: "Service", iri: str, prop: str, page: int, names: Names, address: str
) -> Listed:
    about = description(service, iri)
    values = about.values(prop)
    names.learn(value.value for value in values if isinstance(value, NamedNode))
    view = View(about, names, {}, address)
    lines = sorted(
        (view.line(prop, value) for value in values), key=lambda line: line.term.text.casefold()
    )
    start = (page - 1) * SIZE
    count = f"{len(lines):,}{' or more' if about.cut else ''}"
    return Listed(tuple(lines[start : start + SIZE]), page, len(lines) > start + SIZE, count)


def _query(iri: str, prop: str, way: str) -> str:
    """The SPARQL that gives the whole list."""
    terms = [compact(each) or f"<{each}>" for each in (iri, prop)]
    prefixes = sorted({term.partition(":")[0] for term in terms if not term.startswith("<")})
    head = "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" for prefix in prefixes)
    pattern = f"?thing {terms[1]} {terms[0]}" if way == "in" else f"{terms[0]} {terms[1]} ?thing"
    return f"{head}SELECT DISTINCT ?thing WHERE {{\n  {pattern} .\n}}"
