"""Templates: found, read, filled with known things as RDF terms, refused in one sentence."""

from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Store

from ingest.endpoint_templates import find, parse, shipped
from ingest.errors import UnreadableFile
from ingest.library import SHIPPED, read
from kg.model import Batch, Claim
from ontology.names import ID, MKG, RDFS

GOOD = "SELECT ?subject ?property ?value WHERE { ?subject ?property ?value } ORDER BY ?subject"
FILLED = """#+ title: Names
#+ kind: org
#+ batch: 2
PREFIX x: <http://example.org/x#>
SELECT ?subject ?property ?value
WHERE { VALUES (?known ?name) { } ?subject x:name ?name . ?subject ?property ?value }
ORDER BY ?subject
"""


def org(slug: str, name: str, language: str | None = "en") -> Claim:
    value = Literal(name, language=language) if language else Literal(name)
    return Claim(f"{ID}organisation/{slug}", f"{RDFS}label", value, "s")


KNOWN = Batch(
    (),
    (
        org("b", 'B "quoted" } UNION {'),
        org("a", "A"),
        org("c", "C", None),
        org("d", "Dé", "fr"),
        Claim(f"{ID}organisation/e", f"{RDFS}label", NamedNode("http://e/x"), "s"),
        Claim(f"{ID}organisation/f", f"{MKG}isoAlpha2", Literal("F"), "s"),
        Claim(f"{ID}initiative/g", f"{RDFS}label", Literal("G"), "s"),
    ),
)


def test_a_template_without_header() -> None:
    made = parse(GOOD, "plain")
    assert (made.form, made.kind, made.title, made.ordered) == ("SELECT", None, "plain", True)
    assert list(made.queries(KNOWN)) == [GOOD]
    assert not parse("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", "c").ordered


def test_known_things_fill_the_block_batch_by_batch() -> None:
    one, other = parse(FILLED, "names").queries(KNOWN)
    assert f'(<{ID}organisation/a> "A")' in one
    assert f'(<{ID}organisation/b> "B \\"quoted\\" }} UNION {{")' in one
    assert f'(<{ID}organisation/c> "C")' in other
    assert "organisation/d" not in one + other
    for query in (one, other):
        Store().query(query)  # It is still one well-formed query.


def test_only_some_of_them() -> None:
    [query] = parse(FILLED, "names").queries(KNOWN, frozenset({f"{ID}organisation/c"}))
    assert "organisation/c" in query
    assert "organisation/a" not in query


REFUSED = {
    "ASK { ?s ?p ?o }": "x.rq: is a template of the form ASK. Write a SELECT ?subject ?property",
    "# SELECT only in a comment": "x.rq: is a template of the form none.",
    "INSERT DATA { <a:b> <a:b> <a:b> } # SELECT": "x.rq: is a template of the form INSERT.",
    f"{GOOD} LIMIT 5": "x.rq: has a LIMIT or OFFSET of its own. Leave it out: pages are cut here.",
    "SELECT ?subject ?value WHERE { }": "x.rq: does not select ?property. Select ?subject",
    f"#+ kind: org\n{GOOD}": 'x.rq: asks for known things of the kind "org". Name a kind such as',
    f"#+ kind: nope\n{FILLED}": "x.rq: has a header that is no YAML",
    f"#+ page: many\n{GOOD}": "x.rq: has a fault in its header: invalid literal for int()",
    f"#+ by: nope:x\n{GOOD}": 'x.rq: has a fault in its header: "nope" (in "nope:x") is no known',
    f"#+ just words\n{GOOD}": "x.rq: has a header of no names and values.",
    f"#+ title: [open\n{GOOD}": "x.rq: has a header that is no YAML: ",
}


@pytest.mark.parametrize(("text", "said"), REFUSED.items())
def test_refused(text: str, said: str) -> None:
    if "kind: nope" in text:
        text, said = FILLED.replace("kind: org", "kind: nope"), "x.rq: asks for known things of the"
    with pytest.raises(UnreadableFile) as caught:
        parse(text, "x")
    assert str(caught.value).startswith(said)


def test_select_star_and_words_in_strings() -> None:
    text = 'SELECT * WHERE { ?s ?p "ASK for LIMIT 5" . <http://e/#DELETE> ?q ?r }'
    assert parse(text, "x").form == "SELECT"


def test_find(tmp_path: Path) -> None:
    assert set(shipped()) >= {"wikidata-organisations", "wikidata-countries"}
    path = tmp_path / "mine.rq"
    path.write_text(GOOD)
    assert find(str(path)).name == "mine"
    with pytest.raises(UnreadableFile) as caught:
        find("wikidata-organizations")
    assert str(caught.value) == (
        'wikidata-organizations: is no template. Did you mean "wikidata-organisations"?'
    )


@pytest.mark.parametrize("name", sorted(shipped()))
def test_shipped_templates_are_whole(name: str) -> None:
    made = find(name)
    assert made.ordered
    assert made.licence == "CC0-1.0"
    queries = list(made.queries(read(SHIPPED)))
    assert len(queries) > 1
    for query in queries:
        Store().query(f"{query}\nLIMIT 1\nOFFSET 0")
