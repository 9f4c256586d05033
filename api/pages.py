"""Pages: Jinja templates and the rows they show. Every page works without a script."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)

from api.linked.addresses import page_of
from kg.store import Cell
from ontology import curies
from ontology.names import BASE, XSD

EXAMPLE: Final = """\
PREFIX mkg: <https://w3id.org/mission-kg/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>

# Which missions and programmes are in the graph, and where?
SELECT ?initiative ?name ?country WHERE {
  ?initiative a mkg:MissionInitiative ; rdfs:label ?name .
  OPTIONAL { ?initiative mkg:operatesIn ?country }
}
ORDER BY ?name
LIMIT 100
"""
"""What the query form holds at first."""

_WEB: Final = re.compile("https?://")
_MARK: Final = re.compile("(?:^|&)t=([0-9]{1,6})(?![0-9:])")
_YOUTUBE: Final = frozenset({"youtu.be", "youtube.com", "www.youtube.com", "m.youtube.com"})
_HUMP: Final = re.compile("(?<=[a-z0-9])(?=[A-Z])")
_LARGE: Final = re.compile(r"-?[0-9]{5,}(\.[0-9]+)?")
_SHORT: Final = 32
_LABEL: Final = "Label"
_TRIPLE: Final = ("subject", "predicate", "object")


@dataclass(frozen=True, slots=True)
class Shown:
    """A term as a page shows it: ``text``, where a click leads, full form, language, class."""

    text: str
    href: str | None = None
    title: str | None = None
    lang: str | None = None
    number: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of a page: heads, rows, and whether rows were left out at the page's limit."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Shown, ...], ...]
    cut: bool = False


def render(template: str, **values: Any) -> str:
    """HTML of a template in ``api/templates``."""
    return _environment().get_template(template).render(**values)


def grid_of_results(body: bytes, limit: int) -> Grid | bool:
    """Read SPARQL JSON results: a grid for a SELECT, the truth value for an ASK."""
    results = parse_query_results(body, QueryResultsFormat.JSON)
    if isinstance(results, QueryBoolean):
        return bool(results)
    assert isinstance(results, QuerySolutions)  # noqa: S101  the only other kind of results
    heads = tuple(variable.value for variable in results.variables)
    return _grid(heads, (tuple(row) for row in results), limit)


def grid_of_triples(body: bytes, limit: int) -> Grid:
    """Read N-Triples into a grid of three columns."""
    quads = parse(body, RdfFormat.N_TRIPLES)
    return _grid(_TRIPLE, ((q.subject, q.predicate, q.object) for q in quads), limit)


def with_labels(grid: Grid) -> Grid:
    """Make an answer's table readable: heads in words, large numbers grouped, labels for things.

    Each column ``xLabel`` is folded into its column ``x``: the label is shown, the thing linked.
    """
    places = {head: place for place, head in enumerate(grid.heads)}
    labels = {
        places[head.removesuffix(_LABEL)]: place
        for head, place in places.items()
        if head.endswith(_LABEL) and head.removesuffix(_LABEL) in places
    }
    kept = [place for place in range(len(grid.heads)) if place not in labels.values()]

    def cell(row: tuple[Shown, ...], place: int) -> Shown:
        label = row[labels[place]] if place in labels else None
        if label is None or not label.text:
            return _grouped(row[place])
        return replace(row[place], text=label.text, title=row[place].text, lang=label.lang)

    rows = tuple(tuple(cell(row, place) for place in kept) for row in grid.rows)
    return Grid(tuple(_words(grid.heads[place]) for place in kept), rows, grid.cut)


def _words(head: str) -> str:
    """``percentTooHigh`` -> ``percent too high``."""
    return _HUMP.sub(" ", head).lower()


def _grouped(shown: Shown) -> Shown:
    """A number of five digits or more with commas; years and shorter ones as they are."""
    if not shown.number or not _LARGE.fullmatch(shown.text):
        return shown
    whole, point, rest = shown.text.partition(".")
    return replace(shown, text=f"{int(whole):,}{point}{rest}", title=shown.text)


def show(term: Cell) -> Shown:
    """Make a term readable: CURIEs for our things, links where they lead somewhere."""
    if term is None:
        return Shown("")
    if isinstance(term, NamedNode):
        return _show_iri(term.value)
    if isinstance(term, Literal):
        plain = term.datatype.value.removeprefix(XSD)
        link = playable(term.value) if plain == "anyURI" and _WEB.match(term.value) else None
        return Shown(term.value, link, lang=term.language, number=plain in {"integer", "decimal"})
    if isinstance(term, BlankNode):
        return Shown(str(term))
    assert isinstance(term, Triple)  # noqa: S101  the only kind of cell left
    return Shown(str(term))


def describe_link(iri: str) -> str:
    """Address, on this host, of what the graph says about ``iri``."""
    return page_of(iri)


def short_link(address: str) -> str:
    """Say where a long address leads: to a moment (``#t=75``) its time, else its host."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    if mark := _MARK.search(parts.fragment):
        minutes, seconds = divmod(int(mark[1]), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    return f"{parts.netloc}/…" if parts.netloc and len(address) > _SHORT else address


def playable(address: str) -> str:
    """The address at which a browser plays a moment.

    YouTube's player takes ``t=75s`` in the query and passes over the fragment of W3C Media
    Fragments; every other address stays as it is.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    mark = _MARK.search(parts.fragment)
    if mark is None or parts.hostname not in _YOUTUBE:
        return address
    query = "&".join(filter(None, (parts.query, f"t={int(mark[1])}s")))
    return parts._replace(query=query, fragment="").geturl()


def _show_iri(iri: str) -> Shown:
    name = curies.compact(iri)
    if name is not None or iri.startswith(BASE):
        return Shown(name or iri, describe_link(iri), iri)
    return Shown(iri, iri if _WEB.match(iri) else None)


def _grid(heads: tuple[str, ...], rows: Iterator[Iterable[Cell]], limit: int) -> Grid:
    shown = tuple(tuple(show(cell) for cell in row) for row in islice(rows, limit))
    return Grid(heads, shown, cut=next(rows, None) is not None)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("api"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["query_string"] = urlencode
    environment.filters["short_link"] = short_link
    return environment
