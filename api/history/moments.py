"""The mementos of a thing (RFC 7089): in which releases it is, and the links between them."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from threading import Lock
from typing import TYPE_CHECKING, Final

from api.errors import BadRequest
from api.history.shelves import History, created
from api.linked.addresses import iri_of, split_suffix
from api.linked.describing import is_iri
from kg.errors import KgError
from kg.shelf import Release

if TYPE_CHECKING:
    from api.wiring import Service

LINK_FORMAT: Final = "application/link-format"
MEMENTO: Final = "/memento/"
TIMEMAP: Final = "/timemap/link"
ROOMS: Final = ("/id/", "/page/", "/data/", "/vocab/")
"""Beginnings of the paths that have mementos."""
_KNOWN: Final = 50_000
_FORM: Final = "%a, %d %b %Y %H:%M:%S GMT"
_RFC_1123: Final = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} "
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT"
)


@dataclass(frozen=True, slots=True)
class Moments:
    """The mementos of one resource.

    Its ``path`` on this host, the releases that have it (oldest first), and the address of this
    host without a slash at its end.
    """

    path: str
    releases: tuple[Release, ...]
    base: str

    def at(self, moment: datetime) -> Release | None:
        """The newest release of that time or before; before the first one, the first."""
        then = [each for each in self.releases if created(each) <= moment]
        return then[-1] if then else next(iter(self.releases), None)

    def address(self, release: Release) -> str:
        """Address of the memento in a release."""
        return f"{self.base}{MEMENTO}{release.id}{self.path}"

    def relations(self) -> list[str]:
        """Links that every answer about the resource carries (RFC 7089, section 2.2)."""
        own = self.base + self.path
        return [
            f'<{own}>; rel="original timegate"',
            f'<{self.base}{TIMEMAP}{self.path}>; rel="timemap"; type="{LINK_FORMAT}"',
        ]

    def around(self, chosen: Release) -> list[str]:
        """Links to the chosen memento, to the first and last, and to those beside it."""
        place = [each.id for each in self.releases].index(chosen.id)
        last = len(self.releases) - 1
        words: dict[int, list[str]] = {}
        beside = {"first": 0, "prev": place - 1, "next": place + 1, "last": last}
        for word, number in beside.items():
            if 0 <= number <= last:
                words.setdefault(number, []).append(word)
        words.setdefault(place, [])
        return [
            self._link(self.releases[number], " ".join([*found, "memento"]))
            for number, found in sorted(words.items())
        ]

    def timemap(self) -> str:
        """The TimeMap in link format (RFC 7089, section 5)."""
        first, last = self.releases[0], self.releases[-1]
        own = self.base + self.path
        span = f'from="{http_date(created(first))}"; until="{http_date(created(last))}"'
        lines = [
            f'<{own}>; rel="original timegate"',
            f'<{self.base}{TIMEMAP}{self.path}>; rel="self"; type="{LINK_FORMAT}"; {span}',
        ]
        for release in self.releases:
            words = ["first"] if release is first else []
            words += ["last"] if release is last else []
            lines.append(self._link(release, " ".join([*words, "memento"])))
        return ",\n".join(lines) + "\n"

    def as_json(self) -> dict[str, object]:
        """The TimeMap as plain data."""
        return {
            "original_uri": self.base + self.path,
            "timegate_uri": self.base + self.path,
            "timemap_uri": {"link_format": f"{self.base}{TIMEMAP}{self.path}"},
            "mementos": {
                "list": [
                    {
                        "datetime": each.manifest.created,
                        "uri": self.address(each),
                        "release": each.id,
                    }
                    for each in self.releases
                ]
            },
        }

    def _link(self, release: Release, words: str) -> str:
        return f'<{self.address(release)}>; rel="{words}"; datetime="{http_date(created(release))}"'


class Presence:
    """Knows in which releases a thing is; asks each release once for each thing."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._known: OrderedDict[tuple[str, str], bool] = OrderedDict()
        self._lock = Lock()

    def moments(self, path: str, now: "Service", base: str) -> Moments:
        """The mementos of the resource at ``path`` (blocks: opens releases not yet open)."""
        iri = iri_at(path)
        found = [each for each in self._history.releases() if self._has(each, iri, now)]
        return Moments(path, tuple(reversed(found)), base)

    def _has(self, release: Release, iri: str, now: "Service") -> bool:
        key = (release.id, iri)
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = self._look(release, iri, now)
            with self._lock:
                self._known[key] = known
                while len(self._known) > _KNOWN:
                    self._known.popitem(last=False)
        return known

    def _look(self, release: Release, iri: str, now: "Service") -> bool:
        if not is_iri(iri):
            return False
        if iri in release.manifest.graphs:
            return True
        query = f"ASK {{ {{ <{iri}> ?p ?o }} UNION {{ ?s ?p <{iri}> }} }}"
        try:
            return self._history.service(release, now).store.ask(query)
        except KgError:  # a damaged release does not take the others with it
            return False


def iri_at(path: str) -> str:
    """IRI that the resource at a path (decoded) is about."""
    room, _, rest = path.removeprefix("/").partition("/")
    match room:
        case "id" | "page":
            return iri_of(rest)
        case "data":
            return iri_of(split_suffix(rest)[0])
        case _:
            return iri_of(f"{room}/{rest}")


def http_date(moment: datetime) -> str:
    """A moment as HTTP and Memento write it (RFC 1123, GMT)."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def read_moment(text: str) -> datetime:
    """The moment in an ``Accept-Datetime`` header. Raises ``BadRequest`` (RFC 7089, 4.5.3)."""
    try:
        if not _RFC_1123.fullmatch(text.strip()):
            raise ValueError
        return datetime.strptime(text.strip(), _FORM).replace(tzinfo=UTC)
    except ValueError as error:
        raise BadRequest(
            f"Accept-Datetime: {text[:60]!r} is no date that can be read here; write it like "
            "Thu, 31 May 2026 20:35:00 GMT."
        ) from error


def link_header(links: Sequence[str]) -> str:
    """Links as one header."""
    return ", ".join(links)
