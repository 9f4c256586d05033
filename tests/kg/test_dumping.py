"""The canonical dump: the same graph gives the same bytes, whatever its blank nodes are called."""

from pathlib import Path

import pytest
import zstandard
from pyoxigraph import NamedNode, Quad

from kg import dumping
from kg.dumping import canonical_quads, write_dump
from kg.stores.oxigraph import OxigraphStore

GRAPH = "https://example.org/g"
ONE = "@prefix : <a:> . :x :p [ :q 1 ; :r [ :s 2 ] ] , _:other . _:other :q 3 ."
TWO = "@prefix : <a:> . _:z :q 3 . :x :p _:z , _:y . _:y :r _:w ; :q 1 . _:w :s 2 ."


def test_blank_nodes_are_named_by_what_they_say(tmp_path: Path) -> None:
    results = []
    for number, text in enumerate((ONE, TWO)):
        path = tmp_path / str(number) / "my file.ttl"
        path.parent.mkdir()
        path.write_text(text)
        results.append({str(quad) for quad in canonical_quads([path], GRAPH)})
    assert results[0] == results[1]
    assert any("_:myfile-" in quad for quad in results[0])


def test_files_keep_their_nodes_apart(tmp_path: Path) -> None:
    paths = [tmp_path / "one.ttl", tmp_path / "two.ttl"]
    for path in paths:
        path.write_text("@prefix : <a:> . :x :p [ :q 1 ] .")
    quads = list(canonical_quads(paths, GRAPH))
    assert len({str(quad) for quad in quads}) == 4


@pytest.mark.parametrize("run_lines", [1, 3, 1000])
def test_the_dump_is_sorted_whatever_the_size_of_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_lines: int
) -> None:
    monkeypatch.setattr(dumping, "RUN_LINES", run_lines)
    store = OxigraphStore.memory()
    store.add(
        Quad(
            NamedNode(f"a:{number * 7 % 10}"), NamedNode("a:p"), NamedNode("a:o"), NamedNode("a:g")
        )
        for number in range(10)
    )
    seen: list[bytes] = []
    digest, plain = write_dump(store, tmp_path / "dump.nq.zst", seen.append)
    data = plain.read_bytes()
    assert data.splitlines(keepends=True) == seen == sorted(seen)
    assert len(seen) == 10
    packed = (tmp_path / "dump.nq.zst").read_bytes()
    assert zstandard.ZstdDecompressor().stream_reader(packed).read() == data
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dump.nq", "dump.nq.zst"]
    assert digest == write_dump(store, tmp_path / "again.nq.zst")[0]
