"""RDF in every format: our claims come back as they were, the rest becomes claims of the file."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, serialize

from ingest import library, rdf, writing
from ingest.errors import BrokenSyntax, UnreadableFile
from ingest.library import Reading
from kg.claims import claim_quads, run_quads, source_quads
from kg.model import Batch, Claim, Finding, Place, Run, Source
from ontology.names import DCT, GRAPH_ASSERTED, ID, MKG, OWL, RDF, RDFS, SKOS

Told = Callable[[tuple[Finding, ...]], list[str]]
PREFIXES = """@prefix mkg: <https://w3id.org/mission-kg/ontology#> .
@prefix init: <https://w3id.org/mission-kg/id/initiative/> .
@prefix org: <https://w3id.org/mission-kg/id/organisation/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix ex: <http://example.org/> .
"""
BODY = """init:tides a mkg:MissionInitiative ;
  rdfs:label "Tides"@en ; mkg:ownedBy org:board ; mkg:missionCount "03" ;
  skos:exactMatch ex:tides ; dct:issued "2021"^^ex:year .
"""
RDF_XML = """<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [<!ENTITY mkg "https://w3id.org/mission-kg/ontology#">]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:mkg="https://w3id.org/mission-kg/ontology#">
  <rdf:Description rdf:about="https://w3id.org/mission-kg/id/initiative/tides">
    <rdf:type rdf:resource="&mkg;MissionInitiative"/>
  </rdf:Description>
</rdf:RDF>
"""


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    """Reads a text as the RDF file of that name."""

    def reads(text: str, name: str = "x.ttl", **options: str) -> Reading:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return rdf.read_input(str(path), options)

    return reads


def test_triples_become_claims_of_the_file(read: Callable[..., Reading], told: Told) -> None:
    found = read(PREFIXES + BODY, title="My tides", url="https://example.org/x.ttl", licence="CC0")
    assert told(found.findings) == []
    [source] = found.batch.sources
    assert (source.iri, source.title, source.kind) == (
        f"{ID}source/file-x-ttl",
        "My tides",
        "third-party",
    )
    values = {claim.property: claim.value for claim in found.batch.claims}
    assert values[f"{MKG}ownedBy"] == NamedNode(f"{ID}organisation/board")
    assert values[f"{MKG}missionCount"].value == "3"
    assert values[f"{SKOS}exactMatch"] == NamedNode("http://example.org/tides")
    assert values[f"{DCT}issued"] == Literal("2021", datatype=NamedNode("http://example.org/year"))
    assert {claim.source for claim in found.batch.claims} == {source.iri}
    assert {claim.review_status for claim in found.batch.claims} == {"unreviewed"}


SAME = {
    "x.ttl": PREFIXES + "init:tides a mkg:MissionInitiative .",
    "x.trig": PREFIXES + "{ init:tides a mkg:MissionInitiative . }",
    "x.nt": f"<{ID}initiative/tides> <{RDF}type> <{MKG}MissionInitiative> .",
    "x.nq": f"<{ID}initiative/tides> <{RDF}type> <{MKG}MissionInitiative> .",
    "x.jsonld": f'{{"@id": "{ID}initiative/tides", "@type": "{MKG}MissionInitiative"}}',
    "x.rdf": RDF_XML,
}


@pytest.mark.parametrize(("name", "text"), SAME.items())
def test_formats(read: Callable[..., Reading], name: str, text: str) -> None:
    [claim] = read(text, name).batch.claims
    assert (claim.subject, claim.value) == (
        f"{ID}initiative/tides",
        NamedNode(f"{MKG}MissionInitiative"),
    )


def test_what_is_unknown_is_counted_and_left_out(read: Callable[..., Reading], told: Told) -> None:
    text = (
        BODY
        + """init:tides ex:p 1, 2 ; mkg:ownedBy "Board" ; rdfs:label ex:thing ;
      a mkg:Nothing ; mkg:hasStatus <https://w3id.org/mission-kg/vocab/mission-status/lanched> .
      ex:s rdfs:label <<( ex:a ex:b ex:c )>> .
    """
    )
    found = read(PREFIXES + text)
    assert len(found.batch.claims) == 6
    assert sorted(told(found.findings)) == sorted(
        [
            'warning: x.ttl: 1 triple was left out: "Board" is a text, but the property "ownedBy" '
            "takes a thing. Write an IRI.",
            'warning: x.ttl: 1 triple was left out: "http://example.org/thing" names a thing, '
            'but the property "label" takes a text. Write the words, or choose a property that '
            "links two things.",
            "warning: x.ttl: 1 triple was left out: there is no class "
            '"<https://w3id.org/mission-kg/ontology#Nothing>". See the list of terms.',
            "warning: x.ttl: 1 triple was left out: there is no concept "
            '"<https://w3id.org/mission-kg/vocab/mission-status/lanched>". '
            'Did you mean "mstatus:launched"?',
            'warning: x.ttl: 2 triples were left out: the property "<http://example.org/p>" is of '
            "no vocabulary that is known here. Use a property of the ontology, or of SKOS, DCT, "
            "schema.org, FOAF, ORG, DCAT or PROV.",
            "warning: x.ttl: 1 triples that hold a triple term (RDF 1.2) were left out. Write such "
            "statements as claims.",
        ]
    )


def test_nothing_to_take(read: Callable[..., Reading], told: Told) -> None:
    found = read(PREFIXES + "ex:a ex:p 1 .")
    assert found.batch == Batch((), ())
    assert told(found.findings)[-1] == (
        "warning: x.ttl: holds no statement that could be taken. Use the terms of the ontology, "
        "SKOS or DCT."
    )


def test_blank_nodes_get_the_same_names_each_time(read: Callable[..., Reading]) -> None:
    text = (
        PREFIXES + 'init:tides skos:related [ rdfs:label "A" ; skos:related [ rdfs:label "B" ] ] .'
    )
    one, other = read(text).batch, read(text).batch
    assert one == other
    names = {claim.subject for claim in one.claims} - {f"{ID}initiative/tides"}
    assert len(names) == 2
    assert all("/.well-known/genid/" in name for name in names)
    assert names.isdisjoint(claim.subject for claim in read(text, "other.ttl").batch.claims)


def test_named_graphs_are_kept_as_places(read: Callable[..., Reading]) -> None:
    text = PREFIXES + 'ex:g;v=1 { init:tides rdfs:label "A" . } _:g { init:tides rdfs:label "B" . }'
    text = text.replace("ex:g;v=1", "<http://example.org/g;v=1>")
    sections = {
        claim.value.value: claim.place.section for claim in read(text, "x.trig").batch.claims
    }
    assert sections["A"] == "graph http://example.org/g%3Bv=1"
    assert (sections["B"] or "").startswith("graph https://w3id.org/mission-kg/.well-known/genid/")


BROKEN = {
    ("x.ttl", PREFIXES + 'init:tides rdfs:label "open .\n'): (
        "x.ttl, line 8, column 23: is no Turtle: "
    ),
    ("x.ttl", "<a> <b> <c> ."): (
        "x.ttl, line 1, column 1: is no Turtle: No scheme found in an absolute IRI. Correct the "
        "file there; nothing was taken from it."
    ),
    ("x.nt", "<http://e/a> <http://e/p> ."): "x.nt, line 1, column ",
    ("x.jsonld", '{"@context": '): (
        "x.jsonld, line 1, column 14: is no JSON-LD: Unexpected end of file, a value was expected."
    ),
    ("x.rdf", "<html><body/></html>"): "x.rdf: is no RDF/XML: XML namespaces are required",
    ("x.jsonld", '{"@context": "https://schema.org/", "@id": "http://e/a", "name": "x"}'): (
        "x.jsonld: names a JSON-LD context by its address; nothing is fetched from the network. "
        "Write the context into the file, or convert it to Turtle."
    ),
}


@pytest.mark.parametrize(("given", "said"), BROKEN.items())
def test_broken_files(
    read: Callable[..., Reading], told: Told, given: tuple[str, str], said: str
) -> None:
    name, text = given
    found = read(text, name)
    assert found.batch == Batch((), ())
    [sentence] = told(found.findings)
    assert sentence.startswith(f"violation: {said}")


ENTITIES = [
    '<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">',
    '<!ENTITY a SYSTEM "file:///etc/passwd">',
    '<!ENTITY % a "lol">',
    f'<!ENTITY a "{"x" * 1000}">',
]


@pytest.mark.parametrize("entities", ENTITIES)
def test_entities_that_could_grow_are_refused(entities: str) -> None:
    text = RDF_XML.replace("[<!ENTITY", f"[{entities}\n<!ENTITY")
    with pytest.raises(BrokenSyntax, match="is refused: it could expand without limit") as caught:
        rdf.parse(text, "x.rdf")
    assert caught.value.line == 2


def test_an_unknown_suffix() -> None:
    with pytest.raises(UnreadableFile) as caught:
        rdf.parse("", "x.tlt")
    assert str(caught.value) == (
        'x.tlt: has the suffix ".tlt", which stands for no RDF format. Did you mean ".ttl"?'
    )


def whole() -> tuple[Batch, list[Quad]]:
    shipped = library.read(library.SHIPPED)
    claims = shipped.claims[:: max(1, len(shipped.claims) // 300)]
    sources = {source.iri: source for source in shipped.sources}
    quads = {quad for claim in claims for quad in claim_quads(claim, sources)}
    quads |= {quad for source in shipped.sources for quad in source_quads(source)}
    return Batch(shipped.sources, tuple(claims)), list(quads)


@pytest.mark.parametrize("suffix", [".nq", ".trig", ".ttl", ".nt", ".rdf", ".jsonld"])
def test_our_own_claims_round_trip(tmp_path: Path, suffix: str) -> None:
    batch, quads = whole()
    path = tmp_path / f"x{suffix}"
    form = rdf.FORMATS[suffix]
    flat = quads if form.supports_datasets else [quad.triple for quad in quads]
    serialize(flat, str(path), format=form)
    found = rdf.read_input(str(path), {})
    assert [each for each in found.findings if each.severity != "info"] == []
    assert set(found.batch.claims) == set(batch.claims)
    assert set(found.batch.sources) == set(batch.sources)


def test_what_a_build_makes_anew_is_left_out(tmp_path: Path, told: Told) -> None:
    from datetime import UTC, datetime

    subject, label = NamedNode(f"{ID}initiative/a"), NamedNode(f"{RDFS}label")
    quad = Quad(subject, label, Literal("A"), NamedNode(GRAPH_ASSERTED))
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    run = Run(f"{ID}ingest-run/r", "Run", ("x",), moment, moment, f"{ID}agent/a", "s")
    path = tmp_path / "x.nq"
    serialize([quad, *run_quads(run)], str(path), format=RdfFormat.N_QUADS)
    found = rdf.read_input(str(path), {})
    assert found.batch.claims == ()
    assert told(found.findings)[-1] == (
        "info: x.nq: 1 triples in graphs that a build makes anew were left out. Nothing to do: "
        "they follow from the claims."
    )


SOURCE = Source(f"{ID}source/s", "S", "article")
CLAIM = Claim(f"{ID}initiative/a", f"{RDFS}label", Literal("A", language="en"), SOURCE.iri)


def dump(tmp_path: Path, quads: list[Quad]) -> Reading:
    path = tmp_path / "x.nq"
    serialize(quads, str(path), format=RdfFormat.N_QUADS)
    return rdf.read_input(str(path), {})


def test_incomplete_claims(tmp_path: Path, told: Told) -> None:
    quads = [*claim_quads(CLAIM, {SOURCE.iri: SOURCE}), *source_quads(SOURCE)]
    without = [quad for quad in quads if not quad.predicate.value.endswith("#claimProperty")]
    assert told(dump(tmp_path, without).findings) == [
        f"violation: x.nq: a claim, segment or source of this graph lacks {MKG}claimProperty. "
        "Give claims their evidence and segments their source, or leave the nodes out."
    ]


def test_claims_that_cannot_be_read(tmp_path: Path, told: Told) -> None:
    claim = Claim(f"{ID}initiative/a", f"{RDFS}label", Literal("A"), SOURCE.iri, Place(1.0))
    quads = [*claim_quads(claim, {SOURCE.iri: SOURCE}), *source_quads(SOURCE)]
    odd = [
        Quad(q.subject, q.predicate, Literal("soon"), q.graph_name)
        if q.predicate.value.endswith("#startSeconds")
        else q
        for q in quads
    ]
    [said] = told(dump(tmp_path, odd).findings)
    assert said.startswith("violation: x.nq: a claim of this graph cannot be read: could not")


def test_claims_whose_source_is_missing(tmp_path: Path, told: Told) -> None:
    quads = list(claim_quads(CLAIM, {SOURCE.iri: SOURCE}))
    assert told(dump(tmp_path, quads).findings) == [
        f"violation: x.nq: 1 claims cite the source {SOURCE.iri}, which is not in the file. Add "
        "the source with its title and mkg:sourceKind."
    ]


IRIS = st.from_regex(r"http://example\.org/[a-z]{1,4}", fullmatch=True).map(NamedNode)
OBJECTS = IRIS | st.text(st.characters(exclude_categories=["Cs"]), max_size=10).map(Literal)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(IRIS, OBJECTS), min_size=1, max_size=6), st.sampled_from(list(SAME)[:4]))
def test_any_statement_survives_the_library_format(
    tmp_path_factory: pytest.TempPathFactory,
    pairs: list[tuple[NamedNode, NamedNode | Literal]],
    name: str,
) -> None:
    directory = tmp_path_factory.mktemp("rdf")
    quads = [Quad(subject, NamedNode(f"{DCT}relation"), value) for subject, value in pairs]
    form = rdf.FORMATS[Path(name).suffix]
    serialize([quad.triple for quad in quads], str(directory / name), format=form)
    batch = rdf.read_input(str(directory / name), {}).batch
    assert {(claim.subject, claim.value) for claim in batch.claims} == {
        (subject.value, value) for subject, value in pairs
    }
    writing.write(batch, directory)
    assert library.read(directory) == batch


def test_same_as_links_things(read: Callable[..., Reading]) -> None:
    text = PREFIXES + "init:tides <http://www.w3.org/2002/07/owl#sameAs> ex:tides ."
    assert [claim.property for claim in read(text).batch.claims] == [f"{OWL}sameAs"]
