"""One suite for every store: in memory, on disk, on disk read-only, and in two real engines."""

import gzip
import io
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Triple

from kg.errors import QueryFault, QueryForbidden, QuerySyntaxError, StoreError
from kg.store import GraphStore, MediaChoice
from kg.stores.faults import syntax_fault
from kg.stores.oxigraph import GRAPH_FORMATS, RESULT_FORMATS, OxigraphStore
from kg.stores.remote import RemoteStore
from kg.stores.remote_client import RemoteOptions
from kg.stores.scanning import MAX_DEPTH, MAX_UNIONS, refuse_remote, words

A, B, P, Q = (NamedNode(f"https://example.org/{name}") for name in "abpq")
G1, G2 = NamedNode("https://example.org/g1"), NamedNode("https://example.org/g2")
QUADS = [
    Quad(A, P, B, G1),
    Quad(A, Q, Literal("één", language="nl"), G1),
    Quad(B, P, A, G2),
    Quad(B, Q, Literal("2.5", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#decimal")), G2),
]
MEDIA = MediaChoice(results="application/sparql-results+json", graph="text/turtle")


def _memory(_: Path) -> GraphStore:
    store = OxigraphStore.memory()
    store.add(QUADS)
    return store


def _disk(folder: Path) -> GraphStore:
    store = OxigraphStore.at(folder / "store")
    store.add(QUADS)
    return store


def _read_only(folder: Path) -> GraphStore:
    store = OxigraphStore.at(folder / "store")
    store.add(QUADS)
    store.settle()
    del store
    return OxigraphStore.read_only(folder / "store")


def _remote(options: RemoteOptions) -> RemoteStore:
    store = RemoteStore(options)
    for graph in store.graphs():
        store.clear(graph)
    store.add(QUADS)
    return store


MAKERS = {"memory": _memory, "disk": _disk, "read-only": _read_only}
ENGINES = {
    "oxigraph-server": ("oxigraph_server", "auto"),
    "oxigraph-server listed": ("oxigraph_server", "dataset"),
    "unknown engine": ("oxigraph_server", "dataset"),
    "virtuoso": ("virtuoso_server", "auto"),
    "virtuoso listed": ("virtuoso_server", "dataset"),
}
"""Fixture of a real engine, and how its default graph becomes the union."""


@pytest.fixture(params=[*MAKERS, *ENGINES])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphStore]:
    yield from _made(request, tmp_path)


@pytest.fixture(params=["memory", "disk", *ENGINES])
def writable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphStore]:
    yield from _made(request, tmp_path)


def _made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphStore]:
    if request.param not in ENGINES:
        yield MAKERS[request.param](tmp_path)
        return
    fixture, union = ENGINES[request.param]
    options = replace(request.getfixturevalue(fixture), union=union)
    if request.param == "unknown engine":  # no Graph Store Protocol, nothing taken for granted
        update = options.query.replace("/query", "/update")
        options = replace(options, engine="sparql-1.1", update=update)
    with closing(_remote(options)) as store:
        yield store


class TestEveryStore:
    """What the port promises, of each adapter."""

    def test_default_graph_is_the_union(self, store: GraphStore) -> None:
        table = store.select("SELECT ?s WHERE { ?s <https://example.org/p> ?o } ORDER BY ?s")
        assert table.variables == ("s",)
        assert table.rows == ((A,), (B,))

    def test_from_narrows_the_union(self, store: GraphStore) -> None:
        query = "SELECT ?s FROM <https://example.org/g2> { ?s <https://example.org/p> ?o }"
        assert store.select(query).rows == ((B,),)

    def test_unbound_cells_are_none(self, store: GraphStore) -> None:
        table = store.select("SELECT ?x ?y { VALUES (?x ?y) { (1 UNDEF) } }")
        assert table.rows[0][1] is None

    def test_ask(self, store: GraphStore) -> None:
        assert store.ask("ASK { <https://example.org/a> ?p ?o }")
        assert not store.ask("ASK { <https://example.org/nobody> ?p ?o }")

    def test_construct(self, store: GraphStore) -> None:
        triples = set(store.construct("CONSTRUCT WHERE { ?s <https://example.org/p> ?o }"))
        assert triples == {Triple(A, P, B), Triple(B, P, A)}

    @pytest.mark.parametrize(
        ("method", "query"),
        [("select", "ASK {}"), ("ask", "SELECT * {}"), ("construct", "SELECT * {}")],
    )
    def test_a_wrong_form_is_told(self, store: GraphStore, method: str, query: str) -> None:
        with pytest.raises(QueryFault, match="expected"):
            getattr(store, method)(query)

    @pytest.mark.parametrize("media", RESULT_FORMATS)
    def test_rows_in_every_format(self, store: GraphStore, media: str) -> None:
        out = io.BytesIO()
        choice = MediaChoice(results=media, graph="text/turtle")
        query = "SELECT ?o { <https://example.org/a> <https://example.org/q> ?o }"
        assert store.write_answer(query, choice, out) == media
        assert "één" in out.getvalue().decode()
        truth = io.BytesIO()
        assert store.write_answer("ASK {}", choice, truth) == media
        assert "true" in truth.getvalue().decode()

    @pytest.mark.parametrize("media", GRAPH_FORMATS)
    def test_triples_in_every_format(self, store: GraphStore, media: str) -> None:
        out = io.BytesIO()
        choice = MediaChoice(results="text/csv", graph=media)
        query = "CONSTRUCT WHERE { <https://example.org/a> ?p ?o }"
        assert store.write_answer(query, choice, out) == media
        again = OxigraphStore.memory()
        again._store.load(out.getvalue(), format=GRAPH_FORMATS[media])
        assert {quad.triple for quad in again.quads()} == {quad.triple for quad in QUADS[:2]}

    def test_json_rows_are_json(self, store: GraphStore) -> None:
        out = io.BytesIO()
        store.write_answer("SELECT ?s { ?s <https://example.org/p> ?o }", MEDIA, out)
        assert len(json.loads(out.getvalue())["results"]["bindings"]) == 2

    def test_an_unknown_format_is_told(self, store: GraphStore) -> None:
        with pytest.raises(QueryFault, match="text/nonsense"):
            store.write_answer("ASK {}", MediaChoice("text/nonsense", "text/turtle"), io.BytesIO())
        with pytest.raises(QueryFault, match="image/png"):
            store.write_answer("ASK {}", MediaChoice("text/csv", "image/png"), io.BytesIO())

    def test_reading_quads_graphs_and_sizes(self, store: GraphStore) -> None:
        assert set(store.quads()) == set(QUADS)
        assert set(store.quads(G1.value)) == set(QUADS[:2])
        assert store.graphs() == (G1.value, G2.value)
        assert (store.size(), store.size(G2.value), store.size("https://example.org/no")) == (
            4,
            2,
            0,
        )

    def test_contains(self, store: GraphStore) -> None:
        assert store.contains(Triple(A, P, B))
        assert store.contains(Triple(A, P, B), G1.value)
        assert not store.contains(Triple(A, P, B), G2.value)

    def test_syntax_error_has_line_and_column(self, store: GraphStore) -> None:
        with pytest.raises(QuerySyntaxError, match="line 2, column 10") as caught:
            store.select("SELECT * WHERE {\n  ?s ?p }")
        assert (caught.value.line, caught.value.column) == (2, 10)

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ("SELECT * { ?s foo:bar ?o }", 'prefix of "foo:bar" is not declared'),
            ("SELECT * { ?s <rel> ?o }", "not an absolute IRI"),
            ("SELECT * { ?s ?p ?o } GROUP BY ?s", "Name the variables"),
            ("SELECT ?o { ?s ?p ?o } GROUP BY ?s", "neither grouped nor aggregated"),
            ("SELECT * {", "the end of the text"),
            ("", "the end of the text"),
            ("\n\n", "the end of the text"),
        ],
    )
    def test_faults_are_said_in_words(self, store: GraphStore, query: str, words: str) -> None:
        with pytest.raises(QuerySyntaxError, match=words):
            store.select(query)

    @pytest.mark.parametrize("text", ["INSERT DATA { <a:a> <a:b> 1 }", "PREFIX a: <a:> CLEAR ALL"])
    def test_updates_are_not_queries(self, store: GraphStore, text: str) -> None:
        with pytest.raises(QueryFault, match="only queries are answered"):
            store.select(text)

    def test_remote_words_are_refused(self, store: GraphStore) -> None:
        with pytest.raises(QueryForbidden, match="SERVICE"):
            store.select("SELECT * { SERVICE <http://127.0.0.1:9/sparql> { ?s ?p ?o } }")
        with pytest.raises(QueryForbidden):
            store.write_answer("ASK { SERVICE <http://127.0.0.1:9/> {} }", MEDIA, io.BytesIO())

    def test_deep_nesting_does_not_reach_the_parser(self, store: GraphStore) -> None:
        depth = 20_000
        with pytest.raises(QueryFault, match=f"at most {MAX_DEPTH}"):
            store.ask("ASK { FILTER(" + "(" * depth + "1" + ")" * depth + ") }")
        with pytest.raises(QueryFault, match=f"at most {MAX_UNIONS}"):
            store.ask("ASK { {} " + "UNION {} " * depth + "}")

    def test_capabilities(self, store: GraphStore) -> None:
        can = store.capabilities
        assert can.name in ("oxigraph", "oxigraph-server", "virtuoso", "sparql-1.1")
        assert can.version
        assert not can.federates
        assert can.exact == (can.name != "virtuoso")


class TestWritableStores:
    """Stores that may change."""

    def test_update_and_clear(self, writable: GraphStore) -> None:
        writable.update(
            "INSERT { GRAPH <https://example.org/g3> { ?o ?p ?s } } "
            "WHERE { GRAPH <https://example.org/g1> { ?s ?p ?o FILTER(isIRI(?o)) } }"
        )
        assert writable.contains(Triple(B, P, A), "https://example.org/g3")
        writable.clear("https://example.org/g3")
        assert writable.graphs() == (G1.value, G2.value)
        assert writable.size() == 4

    def test_update_faults(self, writable: GraphStore) -> None:
        with pytest.raises(QuerySyntaxError, match="update is not valid"):
            writable.update("INSERT { }")
        with pytest.raises(QueryForbidden, match="LOAD"):
            writable.update("LOAD <http://127.0.0.1:9/x.ttl>")

    @pytest.mark.parametrize("pack", ["", ".gz", ".zst"])
    def test_load_by_suffix(self, writable: GraphStore, tmp_path: Path, pack: str) -> None:
        text = b"<https://example.org/x> <https://example.org/p> 1 ."
        packed = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}[pack](text)
        path = tmp_path / f"some.ttl{pack}"
        path.write_bytes(packed)
        writable.load(path, "https://example.org/new")
        assert writable.size("https://example.org/new") == 1

    def test_load_keeps_graphs_of_quads(self, writable: GraphStore, tmp_path: Path) -> None:
        path = tmp_path / "some.nq"
        path.write_text("<a:a> <a:b> <a:c> <https://example.org/own> .\n")
        writable.load(path, "https://example.org/ignored")
        assert writable.size("https://example.org/own") == 1

    def test_load_faults_name_file_and_place(self, writable: GraphStore, tmp_path: Path) -> None:
        bad = tmp_path / "bad.ttl"
        bad.write_text("<a:a> <a:b> 1 .\n<a:a> <a:b> .\n")
        with pytest.raises(StoreError, match=r"bad\.ttl, line 2"):
            writable.load(bad)
        with pytest.raises(StoreError, match="nothing readable is there"):
            writable.load(tmp_path / "missing.ttl")
        with pytest.raises(StoreError, match=r"tells no RDF format"):
            writable.load(tmp_path / "table.docx")
        assert writable.size() == 4

    def test_load_of_a_folder(self, writable: GraphStore, tmp_path: Path) -> None:
        folder = tmp_path / "folder.ttl"
        folder.mkdir()
        with pytest.raises(StoreError, match="the disk says"):
            writable.load(folder)


class TestDisk:
    """What only stores on disk do."""

    def test_read_only_refuses_to_change(self, tmp_path: Path) -> None:
        store = _read_only(tmp_path)
        assert not store.capabilities.writable
        assert store.capabilities.persistent
        for change in (
            lambda: store.add(QUADS),
            lambda: store.update("CLEAR ALL"),
            lambda: store.clear(G1.value),
            lambda: store.load(tmp_path / "x.ttl"),
        ):
            with pytest.raises(StoreError, match="reading only"):
                change()
        assert store.size() == 4

    def test_second_writer_is_told(self, tmp_path: Path) -> None:
        first = OxigraphStore.at(tmp_path)
        with pytest.raises(StoreError, match="another process has the store open"):
            OxigraphStore.at(tmp_path)
        assert first.size() == 0

    def test_missing_store(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="nothing readable"):
            OxigraphStore.read_only(tmp_path / "none")

    def test_dump_gives_everything(self, tmp_path: Path) -> None:
        out = io.BytesIO()
        OxigraphStore.memory().dump(out)
        assert out.getvalue() == b""
        _read_only(tmp_path).dump(out)  # type: ignore[attr-defined]
        assert out.getvalue().count(b"\n") == 4


HIDDEN = [
    "SELECT * { service <http://e/> {} }",
    "SELECT*{SERVICE<http://e/>{}}",
    "SELECT * { SERVICE SILENT ?x {} }",
    "SELECT * { SERVICESILENT <http://e/> {} }",
    "SELECT * { ?s ?p 1SERVICE <http://e/> {} }",
    "SELECT * { ?s ?p true SERVICE <http://e/> {} }",
    "SELECT * { ?s ?p 'it\\'s' SERVICE <http://e/> {} }",
    "SELECT * { # nothing\n SERVICE <http://e/> {} }",
    "SELECT * { FILTER(1<2)SERVICE#>\n<http://e/> {} }",
    "SELECT * { FILTER(?a<'x>') SERVICE <http://e> {} FILTER(?b='y') }",
    "SELECT * { FILTER(?a<?b#> '''\n) SERVICE <http://e>{} #'''\n }",
    "PREFIX : <http://e/> SELECT * { SERVICE:x {} }",
    'SELECT * { ?s ?p """ " "" """ SERVICE <http://e/> {} }',
]
HARMLESS = [
    "SELECT * { ?service ?p ?o }",
    "SELECT * { ?s ?p 'SERVICE <http://e/>' }",
    'SELECT * { ?s ?p "a \\" SERVICE" }',
    'SELECT * { ?s ?p """ " SERVICE """ }',
    "SELECT * { ?s ?p ?o } # SERVICE <http://e/>",
    "SELECT * { ?s <http://example.org/service#load> ?o }",
    "BASE <http://e/> SELECT * { ?s <#service> ?o }",
    "PREFIX service: <http://e/> SELECT * { ?s service:load ?o ; service:SERVICE 1 }",
    "SELECT * { _:service ?p 'x'@service }",
    "PREFIX x: <http://e/> SELECT * { ?s x:a.service ?o FILTER(?o<3) }",
]


class TestScanning:
    """Words that reach out are found in every dress, and only there."""

    @pytest.mark.parametrize("query", HIDDEN)
    def test_hidden_words_are_found(self, query: str) -> None:
        with pytest.raises(QueryForbidden):
            refuse_remote(query)

    @pytest.mark.parametrize("query", HARMLESS)
    def test_harmless_words_pass(self, query: str) -> None:
        OxigraphStore.memory().select(query)

    @given(st.text(alphabet="SERVICE<>#'\"\\ {}()?x:\n1@", max_size=60))
    def test_any_text_is_scanned(self, text: str) -> None:
        assert all(word == word.upper() for word in words(text))

    @given(st.text(max_size=30))
    def test_text_in_strings_never_triggers(self, text: str) -> None:
        literal = str(Literal(text + " SERVICE LOAD"))
        refuse_remote(f"SELECT * {{ ?s ?p {literal} }}")


def test_a_full_disk_under_the_answer_is_told() -> None:
    store = OxigraphStore.memory()
    with open("/dev/full", "wb", buffering=0) as out, pytest.raises(StoreError, match="could not"):
        store.write_answer("SELECT ?x { VALUES ?x { 1 2 3 } }", MEDIA, out)


def test_a_syntax_error_of_another_kind_is_passed_on() -> None:
    fault = syntax_fault("ASK", SyntaxError("something else"), "query")
    assert str(fault) == "The query is not valid SPARQL: something else"
