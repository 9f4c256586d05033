"""Sends triples to a remote store in batches that engines digest."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import pyoxigraph as ox

from kg.stores.remote_client import RemoteClient


def send_graph(
    client: RemoteClient,
    graph: str | None,
    triples: Iterable[ox.Triple],
    *,
    replace: bool = False,
    sent: Callable[[int], None] = lambda number: None,
) -> None:
    """Send triples into a graph (``None``: the default graph), or ``replace`` it with them.

    Triples with blank nodes go last and all in one request, since the same label in two requests
    would make two nodes. ``sent`` is told of each batch how many triples it had. Not atomic.
    """
    with_blank: list[ox.Triple] = []
    first = replace
    for batch in _batches(_ground(triples, with_blank), client.engine.batch):
        _send(client, graph, batch, first)
        sent(len(batch))
        first = False
    if with_blank or first:
        _send(client, graph, with_blank, first)
        sent(len(with_blank))


def _send(client: RemoteClient, graph: str | None, triples: list[ox.Triple], replace: bool) -> None:
    text = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
    if client.at.graphs is not None:
        client.graph_store("PUT" if replace else "POST", graph, text)
        return
    data = text.decode()
    inner = data if graph is None else f"GRAPH <{graph}> {{\n{data}}}"
    clear = f"CLEAR SILENT {'DEFAULT' if graph is None else f'GRAPH <{graph}>'} ;\n"
    client.update(f"{clear if replace else ''}INSERT DATA {{\n{inner}}}")


def _ground(triples: Iterable[ox.Triple], with_blank: list[ox.Triple]) -> Iterator[ox.Triple]:
    """Triples without blank nodes; the others are put aside."""
    for triple in triples:
        if isinstance(triple.subject, ox.BlankNode) or isinstance(triple.object, ox.BlankNode):
            with_blank.append(triple)
        else:
            yield triple


def _batches(triples: Iterator[ox.Triple], most: int) -> Iterator[list[ox.Triple]]:
    while batch := list(islice(triples, most)):
        yield batch
