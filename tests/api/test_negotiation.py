import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import NotAcceptable
from api.negotiation import FORMATS, GRAPH, HTML, RESULTS, best, choose, media_ranges, simple

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
JSON = "application/sparql-results+json"
XML = "application/sparql-results+xml"
TSV = "text/tab-separated-values"
TURTLE = "text/turtle"


@pytest.mark.parametrize(
    ("accept", "results", "graph"),
    [
        pytest.param(None, JSON, TURTLE, id="no header"),
        pytest.param("", JSON, TURTLE, id="empty header"),
        pytest.param("*/*", JSON, TURTLE, id="anything"),
        pytest.param("*/*;q=0.1", JSON, TURTLE, id="anything, reluctantly"),
        pytest.param(CHROME, HTML, HTML, id="browser"),
        pytest.param("application/*", JSON, "application/n-triples", id="a family"),
        pytest.param("application/json", JSON, "application/ld+json", id="plain JSON"),
        pytest.param("text/csv", "text/csv", None, id="rows only"),
        pytest.param(TURTLE, None, TURTLE, id="graphs only"),
        pytest.param("text/turtle;charset=utf-8", None, TURTLE, id="parameter on a type"),
        pytest.param(f"{XML};q=0.9, {JSON};q=0.1, text/turtle;q=0.5", XML, TURTLE, id="mixed"),
        pytest.param("text/xml", XML, "application/rdf+xml", id="old alias"),
        pytest.param("text/n3", None, TURTLE, id="N3 alias"),
        pytest.param("text/plain", TSV, "application/n-triples", id="plain text alias"),
        pytest.param("TEXT/CSV", "text/csv", None, id="case"),
        pytest.param("text/csv;q=0, */*", JSON, TURTLE, id="quality 0 refuses"),
        pytest.param(f"{JSON};q=0, */*;q=0.1", XML, TURTLE, id="specific refusal wins"),
        pytest.param("text/html, */*", HTML, HTML, id="named before anything"),
        pytest.param("image/png", None, None, id="nothing fits"),
        pytest.param("nonsense, ;;, text/csv", "text/csv", None, id="garbage is passed over"),
        pytest.param("text/csv;q=.2, */*;q=.1", "text/csv", TURTLE, id="quality without a nought"),
        pytest.param("*; q=.2", JSON, TURTLE, id="a lone star"),
        pytest.param("text/csv;q=7", JSON, TURTLE, id="a broken quality is passed over"),
    ],
)
def test_accept(accept, results, graph):
    choice = choose(accept)
    assert (choice.results, choice.graph) == (results, graph)


@pytest.mark.parametrize("name", FORMATS)
def test_format_wins_over_accept(name):
    choice = choose("image/png", name)
    assert (choice.results, choice.graph) == FORMATS[name]


def test_unknown_format_is_named():
    with pytest.raises(NotAcceptable, match=r"format=xlsx.*format=json"):
        choose(None, "xlsx")


def test_refusal_lists_what_there_is():
    with pytest.raises(NotAcceptable, match="text/turtle, application/n-triples") as caught:
        choose("text/csv").acceptable(TURTLE)
    assert caught.value.offers == tuple(GRAPH)
    with pytest.raises(NotAcceptable, match=JSON.replace("+", r"\+")):
        choose(TURTLE).acceptable(JSON)


def test_written_type_becomes_the_page():
    assert choose(CHROME).acceptable(JSON) == HTML
    assert choose("text/csv").acceptable("text/csv") == "text/csv"


@pytest.mark.parametrize(
    ("accept", "results", "graph"),
    [
        ("application/json", "application/json", "application/json"),
        (f"application/json, {JSON}", JSON, "application/json"),
        (f"{JSON};q=0.1, application/json", JSON, "application/json"),
        ("application/*", JSON, "application/n-triples"),
        ("text/xml", "text/xml; charset=utf-8", "text/xml; charset=utf-8"),
        ("text/csv, text/turtle", "text/csv; charset=utf-8", "text/turtle; charset=utf-8"),
        ("application/xhtml+xml", "text/html; charset=utf-8", "text/html; charset=utf-8"),
        ("*/*", JSON, "text/turtle; charset=utf-8"),
    ],
)
def test_a_type_goes_out_under_the_name_asked_for(accept, results, graph):
    choice = choose(accept)
    assert choice.content_type(choice.results) == results
    assert choice.content_type(choice.graph) == graph


@pytest.mark.parametrize(
    ("name", "results", "graph"),
    [
        ("srj", JSON, "application/ld+json"),
        ("NT", None, "application/n-triples"),
        ("nq", None, "application/n-quads"),
        ("application/sparql-results+xml", XML, None),
        ("text/turtle", None, TURTLE),
    ],
)
def test_other_names_of_formats(name, results, graph):
    choice = choose("image/png", name)
    assert (choice.results, choice.graph) == (results, graph)


def test_simple_offers():
    assert simple(("application/json", HTML), CHROME) == HTML
    with pytest.raises(NotAcceptable):
        simple(("application/json", HTML), "image/png")


@given(st.text())
def test_any_header_gives_an_offer_or_none(header):
    for offers in (RESULTS, GRAPH):
        assert best(offers, header) in {*offers, None}


@given(
    st.lists(
        st.tuples(st.sampled_from([*RESULTS]), st.integers(1, 1000)),
        min_size=1,
        unique_by=(lambda pair: pair[0], lambda pair: pair[1]),
    )
)
def test_highest_quality_wins(pairs):
    header = ", ".join(f"{name};q={quality / 1000:.3f}" for name, quality in pairs)
    assert best(RESULTS, header) == max(pairs, key=lambda pair: pair[1])[0]


def test_ranges_keep_their_quality():
    assert [(r.type, r.subtype, r.quality) for r in media_ranges("a/b;v=1;q=0.25, c/*")] == [
        ("a", "b", 0.25),
        ("c", "*", 1.0),
    ]
