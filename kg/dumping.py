"""The canonical dump: every quad as one line of N-Quads, sorted by bytes, packed with zstd.

Sorting is external: sorted runs on disk, merged; so memory stays at one run whatever the size.
Blank nodes (only the ontology has any) are named beforehand by RDFC-1.0, so that the same graph
gives the same bytes.
"""

import hashlib
import heapq
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Final

import pyoxigraph as ox
import zstandard

from kg.stores.oxigraph import OxigraphStore

RUN_LINES: Final = 1_000_000
"""Lines of one sorted run: about 250 MB in memory."""
_LEVEL: Final = 3
_SAFE: Final = re.compile(r"[^A-Za-z0-9]")
_Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


def canonical_quads(paths: Iterable[Path], graph: str) -> Iterator[ox.Quad]:
    """The triples of RDF files in one named graph, blank nodes named by RDFC-1.0.

    Each file is canonicalised apart and its labels carry the file's name, so that files keep
    their nodes apart and a change in one does not rename those of another.
    """
    name = ox.NamedNode(graph)
    for path in paths:
        dataset = ox.Dataset(ox.parse(path=path))
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        for quad in dataset:
            subject, value = _renamed(quad.subject, path.stem), _renamed(quad.object, path.stem)
            if isinstance(subject, ox.NamedNode | ox.BlankNode):
                yield ox.Quad(subject, quad.predicate, value, name)


def write_dump(
    store: OxigraphStore, target: Path, see: Callable[[bytes], None] | None = None
) -> tuple[str, Path]:
    """Write a store's canonical dump to ``target`` (``.nq.zst``).

    Returns the SHA-256 of the unpacked bytes and the path of the unpacked file beside it, which
    the caller removes. ``see`` is called with each line, in order.
    """
    plain = target.with_suffix("")
    with (target.parent / "unsorted.nq").open("w+b") as unsorted:
        store.dump(unsorted)
        unsorted.seek(0)
        runs = list(_runs(unsorted, target.parent))
    (target.parent / "unsorted.nq").unlink()
    digest = hashlib.sha256()
    packer = zstandard.ZstdCompressor(level=_LEVEL)
    with ExitStack() as stack:
        streams = [stack.enter_context(run.open("rb")) for run in runs]
        out = stack.enter_context(plain.open("wb"))
        packed = stack.enter_context(packer.stream_writer(target.open("wb")))
        lines = iter(heapq.merge(*streams))
        while block := list(islice(lines, 20_000)):
            if see is not None:
                for line in block:
                    see(line)
            data = b"".join(block)
            digest.update(data)
            out.write(data)
            packed.write(data)
    for run in runs:
        run.unlink()
    return digest.hexdigest(), plain


def _runs(lines: Iterable[bytes], folder: Path) -> Iterator[Path]:
    """Sorted runs of the lines, as files."""
    rest = iter(lines)
    number = 0
    while block := list(islice(rest, RUN_LINES)):
        block.sort()
        path = folder / f"run-{number}.nq"
        with path.open("wb") as out:
            out.writelines(block)
        yield path
        number += 1


def _renamed(term: _Term, name: str) -> _Term:
    """A blank node's label with the file's name before it; any other term as it is."""
    if not isinstance(term, ox.BlankNode):
        return term
    return ox.BlankNode(f"{_SAFE.sub('', name)}-{term.value}")
