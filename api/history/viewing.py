"""A pair of releases as it is asked for: the counts and the lists with words, opened off the loop.

The overview shows the beginning of each list; a list asked for by name comes page by page.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from api.history.asking import LISTS, Asked
from api.history.headlines import PARTS
from api.history.shelves import History
from api.history.wording import Wording
from api.history.writing import Row, pair_path, row_json, summary_json
from kg.changes import Changes
from kg.changes.record import LISTED, part_of
from kg.shelf import Release

if TYPE_CHECKING:
    from api.wiring import Service

_Counts = TypeVar("_Counts")
_FIRST: Final = 12
"""Entries of each list on the overview."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list or its page: how many entries there are, those shown, where the next and last are."""

    name: str
    total: int
    rows: tuple[Row, ...]
    all: str
    before: str | None = None
    after: str | None = None
    cut: bool = False


def listings(
    history: History, now: "Service", pair: tuple[Release, Release], changes: Changes, asked: Asked
) -> tuple[Listing, ...]:
    """The lists that ``asked`` names, in words; reads both releases' labels (blocks)."""
    old, new = (history.service(release, now).store for release in pair)
    wording = Wording(changes.summary, new, old)
    if asked.show:
        return (_page(wording, changes, asked, pair),)
    found = (_overview(wording, changes, name, pair) for name in LISTS)
    return tuple(each for each in found if each.total)


def as_json(changes: Changes, asked: Asked, lists: tuple[Listing, ...]) -> dict[str, Any]:
    """Counts and lists as plain data."""
    data = summary_json(changes.summary)
    data["lists"] = {
        each.name: {
            "total": each.total,
            "cut": each.cut,
            "items": [row_json(row) for row in each.rows],
            "all": each.all,
            "next": each.after,
            "previous": each.before,
        }
        for each in lists
    }
    if asked.show:
        data["page"] = asked.page
    return data


def by_part(
    graphs: Mapping[str, _Counts], add: Callable[[list[_Counts]], _Counts]
) -> list[tuple[str, str, _Counts]]:
    """Name, what it holds and counts of each part; the graphs of claims, one per source, as one."""
    parts: dict[str, list[_Counts]] = defaultdict(list)
    for graph, counts in graphs.items():
        parts[part_of(f"<{graph}>".encode())].append(counts)
    return [
        (
            name if name != "claims-graphs" else f"claims ({len(found):,} graphs, one per source)",
            PARTS.get(name, ""),
            add(found),
        )
        for name, found in sorted(parts.items(), key=lambda pair: _place(pair[0]))
    ]


def _place(part: str) -> int:
    return list(PARTS).index(part) if part in PARTS else len(PARTS)


def _overview(
    wording: Wording, changes: Changes, name: str, pair: tuple[Release, Release]
) -> Listing:
    # Statements are told by the other lists; of them only those about terms and things come first.
    graph = "asserted" if name == "statements" else ""
    asked = Asked(show=name, graph=graph)
    total = _total(changes, asked)
    path = pair_path(pair[0].id, pair[1].id)
    rows = _rows(wording, changes, asked, 0, _FIRST)
    return Listing(name, total, rows, asked.link(path), cut=_is_cut(changes, asked))


def _page(
    wording: Wording, changes: Changes, asked: Asked, pair: tuple[Release, Release]
) -> Listing:
    total = _total(changes, asked)
    path = pair_path(pair[0].id, pair[1].id)
    rows = _rows(wording, changes, asked, asked.offset, asked.limit)
    more = asked.offset + asked.limit < min(total, LISTED)
    return Listing(
        asked.show,
        total,
        rows,
        asked.link(path),
        asked.link(path, page=asked.page - 1) if asked.page > 1 else None,
        asked.link(path, page=asked.page + 1) if more else None,
        _is_cut(changes, asked),
    )


def _rows(
    wording: Wording, changes: Changes, asked: Asked, offset: int, limit: int
) -> tuple[Row, ...]:
    match asked.show:
        case "claims":
            found = changes.claims(asked.change, asked.about, offset=offset, limit=limit)
            return wording.claims(found)
        case "statements":
            of = changes.triples(asked.graph, asked.about, offset=offset, limit=limit)
            return wording.statements(of)
        case _:
            things = changes.things(
                asked.show, asked.change, asked.about, offset=offset, limit=limit
            )
            return wording.things(things, changes.stated)


def _total(changes: Changes, asked: Asked) -> int:
    about = f"<{asked.about}>" if asked.about else ""
    match asked.show:
        case "claims":
            return changes.count("claim", change=asked.change, subject=about)
        case "statements":
            return changes.count("triple", part=asked.graph, subject=about)
        case _:
            return changes.count("thing", section=asked.show, change=asked.change, iri=asked.about)


def _is_cut(changes: Changes, asked: Asked) -> bool:
    cut = set(changes.summary.cut)
    if asked.show != "statements":
        return asked.show in cut
    return bool(cut & ({asked.graph} if asked.graph else set(PARTS)))
