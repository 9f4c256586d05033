"""What is worked out once per opened release: its properties, the hubs seen, the names to offer."""

import re
from collections import OrderedDict
from difflib import get_close_matches
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from pyoxigraph import NamedNode

from api.linked.incoming import LOOK, Group, incoming
from kg.store import GraphStore
from ontology.names import ID, KINDS, RDFS, SKOS, VOCAB
from ontology.vocabulary import vocabulary

if TYPE_CHECKING:
    from api.wiring import Service

LISTED: Final = 200_000
"""Named things known for near names and the site map; a larger release offers this many."""
_HUBS: Final = 2_000
_TRIED: Final = 4_000
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
    def properties(self) -> tuple[str, ...]:
        """Properties by which something may lead to an IRI, from the release's statistics."""
        known = vocabulary().properties
        used = {name.decode() for name in _PROPERTY.findall(self._void)} or set(known)
        return tuple(
            sorted(
                iri
                for iri in used
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
        slug = slug.lower()
        same = [each for each in self.named if each.rpartition("/")[2].lower() == slug]
        here = [each for each in self.named if each.startswith(f"{space}/")]
        words = set(slug.replace("_", "-").split("-"))
        others = [
            each
            for each in self.named
            if words & set(each.rpartition("/")[2].split("-")) and not each.startswith(f"{space}/")
        ]
        by_name: dict[str, list[str]] = {}
        for each in (*here[:_TRIED], *others[:_TRIED]):
            by_name.setdefault(each.rpartition("/")[2].lower(), []).append(each)
        close = get_close_matches(slug, by_name, n=most, cutoff=0.6)
        found = [*same, *(each for name in close for each in by_name[name])]
        return list(dict.fromkeys(found))[:most]

    def kinds(self) -> dict[str, int]:
        """Kind of thing -> how many are named."""
        counts = dict.fromkeys(sorted(KINDS.values()), 0)
        for iri in self.named:
            kind = iri.removeprefix(ID).partition("/")[0] if iri.startswith(ID) else ""
            if kind in counts:
                counts[kind] += 1
        return {kind: number for kind, number in counts.items() if number}


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
