"""Which release a remote store holds, and how one is brought there without ever being half served.

    1  the store is marked as being loaded; readers notice (``kg.stores.pinned``)
    2  each named graph is replaced
    3  every size is compared with the release's manifest, and a long answer with its length
    4  the store is marked as holding the release

A load that was broken off leaves the mark of step 1; the same release loaded again goes on where it
stopped: a graph that has its full size is not sent again. What readers are served meanwhile is
another store (``docs/engines.md``), or nothing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from kg.errors import PartialAnswer, ReleaseError
from kg.shelf import Release, open_store
from kg.stores.pinned import DATASET, HELD, LOADING, said
from kg.stores.remote import GRAPH_HELD, RemoteStore
from kg.stores.sending import send_graph

Progress = Callable[[str, int, int | None], None]
_MOST_PROBED: Final = 100_000
"""Rows asked for to see whether the engine cuts answers."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """``sent``, ``graphs``: triples and graphs sent; ``kept``: graphs that were there already."""

    sent: int
    graphs: int
    kept: int
    seconds: float


def load_release(
    store: RemoteStore,
    release: Release,
    progress: Progress,
    *,
    replace: bool = False,
    grace_seconds: float = 15.0,
) -> Loaded:
    """Bring a release into a store, or finish a load that was broken off.

    ``replace``: also where the store holds another release or other graphs, which are removed.
    ``grace_seconds``: time for readers to notice, at least twice what they wait between two looks.
    Raises ``ReleaseError`` where that is not allowed or where the store does not hold what was
    sent, and ``StoreError``.
    """
    start = time.monotonic()
    before = said(store)
    if before == release.id and not _differences(store, release):
        return Loaded(0, 0, len(release.manifest.graphs), time.monotonic() - start)
    resumed = before == LOADING + release.id
    sizes = store.sizes()
    _refuse_loss(store, release, before, sizes, replace)
    mark(store, LOADING + release.id)
    if before and not before.startswith(LOADING):
        progress("waiting until nobody is served from this store", 0, None)
        time.sleep(grace_seconds)
    for graph in sizes.keys() - release.manifest.graphs.keys():
        store.clear(graph)
    there = {g for g, n in release.manifest.graphs.items() if resumed and sizes.get(g) == n}
    sent = _send_graphs(store, release, there, progress)
    progress("check", 0, None)
    require_same(store, release)
    mark(store, release.id)
    graphs = len(release.manifest.graphs)
    return Loaded(sent, graphs - len(there), len(there), time.monotonic() - start)


def require_same(store: RemoteStore, release: Release) -> None:
    """Raise ``ReleaseError`` where the graphs in a store have not the sizes of the release.

    ``PartialAnswer`` where the engine cuts long answers without a word.
    """
    if found := _differences(store, release):
        raise ReleaseError(
            f"The store does not hold the release {release.id} as it is: {'; '.join(found[:3])}"
            f"{f' and {len(found) - 3} more' if len(found) > 3 else ''}. Load it again; where that "
            "does not help, the engine changes what it is given (docs/engines.md)."
        )
    graph, size = max(release.manifest.graphs.items(), key=lambda pair: pair[1])
    most = min(size, _MOST_PROBED)
    query = f"SELECT ?s ?p ?o WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }} LIMIT {most}"
    if (came := len(store.rows_of(query))) != most:
        raise PartialAnswer(
            f"The store answers {came:,} rows where there are {most:,}: it cuts long answers. "
            "Raise its limit of rows (Virtuoso: ResultSetMaxRows) and load again."
        )


def held_release(store: RemoteStore) -> str | None:
    """Id of the whole release that a store holds, ``None`` where there is none."""
    held = said(store)
    return None if not held or held.startswith(LOADING) else held


def mark(store: RemoteStore, what: str) -> None:
    """Let the store say what it holds."""
    triple = Triple(NamedNode(DATASET), NamedNode(HELD), Literal(what))
    send_graph(store.client, GRAPH_HELD, [triple], replace=True)


def _send_graphs(store: RemoteStore, release: Release, there: set[str], progress: Progress) -> int:
    sizes = release.manifest.graphs
    total = sum(size for graph, size in sizes.items() if graph not in there)
    done = 0

    def sent(number: int) -> None:
        nonlocal done
        done += number
        progress("load", done, total)

    source = open_store(release, in_memory=False)
    for graph in sizes.keys() - there:
        triples = (quad.triple for quad in source.quads(graph))
        send_graph(store.client, graph, triples, replace=True, sent=sent)
    return done


def _differences(store: RemoteStore, release: Release) -> list[str]:
    """In words, each graph whose size is not that of the release; and those that are not of it."""
    wanted, found = release.manifest.graphs, store.sizes()
    names = sorted(wanted.keys() | found.keys())
    return [
        f"<{name}> has {found.get(name, 0):,} triples where the release has {wanted.get(name, 0):,}"
        for name in names
        if found.get(name, 0) != wanted.get(name, 0)
    ]


def _refuse_loss(
    store: RemoteStore, release: Release, before: str, sizes: dict[str, int], replace: bool
) -> None:
    if replace or before.startswith(LOADING):
        return
    if before:
        raise ReleaseError(
            f"The store at {store.client.options.query} holds the release {before}; whoever is "
            f"served from it would get nothing while {release.id} is loaded. Load it into another "
            "store and serve that, or say --replace."
        )
    others = sorted(sizes.keys() - release.manifest.graphs.keys())
    if others:
        raise ReleaseError(
            f"The store at {store.client.options.query} holds other graphs already, such as "
            f"<{others[0]}>. Use an empty store, or say --replace to remove them."
        )
