"""Rows are counted in the bytes that the engine writes: the count must be exact."""

import csv
import io

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.store import MediaChoice
from kg.stores import capping
from kg.stores.oxigraph import GRAPH_FORMATS, RESULT_FORMATS, OxigraphStore

MARKS = ["},{", "[{", '"', "\\", "{}", "\r\n", "\n", "<result>", ",", '},{"', '\\"', "}},{", "é"]
LITERALS = st.lists(st.lists(st.sampled_from(MARKS), max_size=6).map("".join), max_size=12)
ROWS = "SELECT ?o ?none { ?s ?p ?o }"
NOTHING = "SELECT ?none { ?s ?p ?o }"
TRIPLES = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"


class Sink(io.BytesIO):
    was_cut = False
    media_type = ""

    def begin(self, media_type):
        self.media_type = media_type

    def cut(self):
        self.was_cut = True


def store_of(literals):
    store = OxigraphStore.memory()
    about = ox.NamedNode("https://example.org/a")
    graph = ox.NamedNode("https://example.org/g")
    store.add(
        ox.Quad(about, ox.NamedNode(f"https://example.org/p{n}"), ox.Literal(text), graph)
        for n, text in enumerate(literals)
    )
    return store


def rows_in(text, media_type):
    if media_type == "text/csv":
        return len(list(csv.reader(io.StringIO(text.decode(), newline="")))) - 1
    if media_type == "text/tab-separated-values":
        return text.count(b"\n") - 1
    if media_type in RESULT_FORMATS:
        return len(list(ox.parse_query_results(text, RESULT_FORMATS[media_type])))
    return len(list(ox.parse(text, GRAPH_FORMATS[media_type])))


@pytest.mark.parametrize("block", [1, 5, 64, capping.BLOCK])
@pytest.mark.parametrize("media_type", [*RESULT_FORMATS, *GRAPH_FORMATS])
@settings(max_examples=40, deadline=None)
@given(literals=LITERALS, rows=st.integers(1, 14))
def test_no_more_rows_than_allowed_and_all_of_them(media_type, block, literals, rows):
    of_rows = media_type in RESULT_FORMATS
    media = MediaChoice(*((media_type, "text/turtle") if of_rows else ("text/csv", media_type)))
    sink = Sink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(capping, "BLOCK", block)
        store_of(literals).stream_answer(ROWS if of_rows else TRIPLES, media, sink, rows=rows)
    assert sink.media_type == media_type
    assert rows_in(sink.getvalue(), media_type) == min(rows, len(literals))
    assert sink.was_cut == (len(literals) > rows)


@pytest.mark.parametrize("media_type", ["application/sparql-results+json", "text/csv"])
@pytest.mark.parametrize(("rows", "left"), [(2, 2), (3, 3), (4, 3)])
def test_rows_without_a_value_count(media_type, rows, left):
    sink = Sink()
    media = MediaChoice(media_type, "text/turtle")
    store_of(["a", "b", "c"]).stream_answer(NOTHING, media, sink, rows=rows)
    mark = b"{}" if "json" in media_type else b"\r\n"
    assert sink.getvalue().count(mark) - (media_type == "text/csv") == left
    assert sink.was_cut == (rows < 3)


def test_what_was_not_cut_is_what_the_engine_writes():
    store = store_of([str(n) + "},{" for n in range(9000)])
    whole, streamed = io.BytesIO(), Sink()
    media = MediaChoice("application/sparql-results+json", "text/turtle")
    store.write_answer(f"{ROWS} ORDER BY ?o", media, whole)
    store.stream_answer(f"{ROWS} ORDER BY ?o", media, streamed, rows=9000)
    assert len(whole.getvalue()) > capping.BLOCK
    assert streamed.getvalue() == whole.getvalue()
    assert not streamed.was_cut
