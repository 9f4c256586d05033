"""What is worked out once per opened release: its properties, the hubs seen, the names to offer."""

import re
from collections import OrderedDict, defaultdict
from difflib import get_close_matches
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from pyoxigraph import NamedNode

from api.linked.incoming import LOOK, Group, incoming
from kg.store import GraphStore
from ontology.names import ID, RDFS, SKOS, VOCAB
from ontology.vocabulary import vocabulary

if TYPE_CHECKING:
    from api.wiring import Service

LISTED: Final = 200_000
"""Named things known for near names and the site map; a larger release offers this many."""
_HUBS: Final = 2_000
_TRIED: Final = 1_000
_LONGEST: Final = 80
_PROPERTY: Final = re.compile(rb"void:property <([^>]+)>")
_OF_TEXT: Final = re.compile(
    r"(?:title|description|identifier|created|modified|creator|source|label|Label|[nN]ote"
    r"|definition|notation|versionInfo|term_status|preferredNamespace\w+|At[A-Z]\w*)$"
)
"""Ends of foreign properties whose values are texts: nothing leads anywhere by them."""
_NAMED: Final = (
    f"SELECT DISTINCT ?x {{ {{ ?x <{RDFS}label> ?label }} UNION {{ ?x <{SKOS}prefLabel> ?label }} "
    f'FILTER(STRSTARTS(STR(?x), "{ID}") || STRSTARTS(STR(?x), "{VOCAB}")) }} LIMIT {LISTED}'
)


class LinkedState:
    """Kept beside one service; safe to use from several threads."""

    def __init__(self, store: GraphStore, void: bytes) -> None:
        self._store = store
        self._void = void
        self._hubs: OrderedDict[str, tuple[Group, ...]] = OrderedDict()
        self._lock = Lock()

    @cached_property
    def used(self) -> frozenset[str]:
        """Every property that the release uses, from its statistics."""
        found = frozenset(name.decode() for name in _PROPERTY.findall(self._void))
        return found or frozenset(vocabulary().properties)

    @cached_property
    def properties(self) -> tuple[str, ...]:
        """Properties by which something may lead to an IRI."""
        known = vocabulary().properties
        return tuple(
            sorted(
                iri
                for iri in self.used
                if (known[iri].kind != "data" if iri in known else not _OF_TEXT.search(iri))
            )
        )

    def incoming(self, iri: str) -> tuple[Group, ...]:
        """What leads to ``iri``; that of hubs is remembered."""
        with self._lock:
            if (found := self._hubs.get(iri)) is not None:
                self._hubs.move_to_end(iri)
                return found
        groups = incoming(self._store, iri, self.properties)
        if sum(group.number for group in groups) >= LOOK:
            with self._lock:
                self._hubs[iri] = groups
                if len(self._hubs) > _HUBS:
                    self._hubs.popitem(last=False)
        return groups

    @cached_property
    def named(self) -> tuple[str, ...]:
        """IRIs of things and terms that have a label, sorted; at most ``LISTED``."""
        rows = self._store.select(_NAMED).rows
        return tuple(sorted({thing.value for (thing,) in rows if isinstance(thing, NamedNode)}))

    def near(self, iri: str, most: int = 6) -> list[str]:
        """IRIs that may have been meant: the same name in another kind, then similar names."""
        space, _, slug = iri.rpartition("/")
        slug = slug.lower()[:_LONGEST]
        by_slug, by_space, by_word = self._index
        words = {word for part in slug.split("-") for word in part.split("_") if word}
        alike = [*by_space.get(space, ())[:_TRIED]]
        for word in sorted(words):
            alike += by_word.get(word, ())[:_TRIED]
        close = get_close_matches(slug, dict.fromkeys(alike), n=most, cutoff=0.6)
        found = [*by_slug.get(slug, ()), *(each for name in close for each in by_slug[name])]
        return list(dict.fromkeys(found))[:most]

    @cached_property
    def _index(self) -> tuple[dict[str, list[str]], ...]:
        """Names (last parts) -> IRIs; what stands before them -> names; words in them -> names."""
        by_slug: dict[str, list[str]] = defaultdict(list)
        by_space: dict[str, list[str]] = defaultdict(list)
        by_word: dict[str, list[str]] = defaultdict(list)
        for iri in self.named:
            space, _, name = iri.rpartition("/")
            slug = name.lower()
            by_slug[slug].append(iri)
            by_space[space].append(slug)
            for word in slug.split("-"):
                by_word[word].append(slug)
        return dict(by_slug), dict(by_space), dict(by_word)


_states: "WeakKeyDictionary[Service, LinkedState]" = WeakKeyDictionary()
_states_lock: Final = Lock()


def state_of(service: "Service") -> LinkedState:
    """The state kept for a service, made at its first use, gone with it."""
    with _states_lock:
        found = _states.get(service)
        if found is None:
            path = service.release.path / "void.ttl"
            found = LinkedState(service.store, path.read_bytes() if path.is_file() else b"")
            _states[service] = found
        return found
