"""Ingest as a whole: the same twice changes nothing, a failure leaves the home as it was."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from ingest import library, pipeline, runs
from ingest.errors import HomeDamaged, IngestError, InputError
from ingest.home import Home
from ingest.template import template
from kg.claims import read_claims, read_runs
from kg.release import open_store
from ontology.names import ID, MKG

CASES = Path(__file__).parent / "cases" / "articles"
Make = Callable[..., Path]


def tree(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def inputs(tmp_path: Path, make_library: Make) -> dict[str, Path]:
    """One input for each kind of source that reads files."""
    turtle = tmp_path / "tides.ttl"
    turtle.write_text(f"<{ID}initiative/tides> <http://purl.org/dc/terms/relation> [] .")
    return {"library": make_library(), "article": CASES / "harbour.md", "rdf": turtle}


@pytest.mark.parametrize("kind", ["library", "article", "rdf"])
def test_running_twice_changes_nothing(home: Home, inputs: dict[str, Path], kind: str) -> None:
    first = pipeline.ingest(home, kind, [inputs[kind]])
    [one] = first.inputs
    assert first.changed
    assert one.directory == home.sources_dir / f"{kind}-{inputs[kind].stem}"
    assert (
        first.claims
        == one.claims
        == len(library.read(one.directory, known=pipeline.shipped()).claims)
    )
    before = tree(home.path)
    times = {path: path.stat().st_mtime_ns for path in home.sources_dir.rglob("*")}
    second = pipeline.ingest(home, kind, [inputs[kind]])
    assert not second.changed
    assert second.inputs[0].run.iri == one.run.iri
    assert tree(home.path) == before
    assert {path: path.stat().st_mtime_ns for path in home.sources_dir.rglob("*")} == times


def test_what_is_kept_is_the_batch_and_its_run(home: Home, inputs: dict[str, Path]) -> None:
    [one] = pipeline.ingest(home, "library", [inputs["library"]]).inputs
    assert runs.read_run(one.directory) == one.run
    assert one.run.label == "Reading of lib as library"
    assert [used.split(" sha256:")[0] for used in one.run.used] == [
        "agents.csv",
        "a.csv",
        "sources.csv",
    ]
    known = pipeline.shipped()
    kept = library.read(one.directory, known=known)
    assert kept == library.read(inputs["library"], known=known)


def test_a_changed_input_takes_the_place_of_the_old(home: Home, inputs: dict[str, Path]) -> None:
    pipeline.ingest(home, "library", [inputs["library"]])
    with (inputs["library"] / "claims" / "a.csv").open("a") as out:
        out.write("T7,init:tides,altName,Ebb,en,src:notes,,,,,,,\n")
    report = pipeline.ingest(home, "library", [inputs["library"]])
    assert report.changed
    read = [used.split(" sha256:")[0] for used in report.inputs[0].replaces]
    assert sorted(read) == ["a.csv", "agents.csv", "sources.csv"]
    assert len(home.sources()) == 1
    assert "Ebb" in (home.sources()[0] / "claims" / "claims.csv").read_text()


@pytest.mark.parametrize(
    "bad", ["id,subject\n", "subject,property,value,source\ninit:a,nope,x,src:y\n", "\x00"]
)
def test_a_run_that_fails_leaves_the_home_as_it_was(
    home: Home, inputs: dict[str, Path], tmp_path: Path, bad: str
) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text(bad)
    with pytest.raises(InputError):
        pipeline.ingest(home, "library", [broken])
    assert not home.path.exists()
    pipeline.ingest(home, "library", [inputs["library"]])
    before = tree(home.path)
    with pytest.raises(InputError):
        pipeline.ingest(home, "library", [CASES / "harbour.md", broken])
    assert tree(home.path) == before


def test_what_could_not_be_read_back_is_not_kept(
    home: Home, inputs: dict[str, Path], tmp_path: Path
) -> None:
    pipeline.ingest(home, "library", [inputs["library"]])
    before = tree(home.path)
    key = next(claim.key for claim in pipeline.shipped().claims if claim.key)
    nodes = tmp_path / "clash.nt"
    nodes.write_text(_claim_node(key))
    with pytest.raises(InputError, match="is already used at the shipped library"):
        pipeline.ingest(home, "rdf", [nodes])
    assert tree(home.path) == before


def _claim_node(key: str) -> str:
    from pyoxigraph import Literal, RdfFormat, serialize

    from kg.claims import claim_quads, source_quads
    from kg.model import Claim, Source

    source = Source(f"{ID}source/s", "S", "article")
    name = "http://www.w3.org/2000/01/rdf-schema#label"
    claim = Claim(f"{ID}initiative/a", name, Literal("A", language="en"), source.iri, key=key)
    quads = [*claim_quads(claim, {source.iri: source}), *source_quads(source)]
    return (serialize([q.triple for q in quads], format=RdfFormat.N_TRIPLES) or b"").decode()


def test_a_kind_that_is_none(home: Home) -> None:
    with pytest.raises(IngestError) as caught:
        pipeline.ingest(home, "artcle", [])
    assert str(caught.value) == ('There is no kind of source "artcle". Did you mean "article"?')


def test_two_inputs_of_one_name(home: Home, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(CASES / "harbour.md", other)
    with pytest.raises(IngestError, match=r"would both be kept as article-harbour\. Rename"):
        pipeline.ingest(home, "article", [CASES / "harbour.md", other / "harbour.md"])
    assert not home.path.exists()


def test_an_own_name(home: Home) -> None:
    report = pipeline.ingest(home, "article", [CASES / "harbour.md"], {"name": "My talk"})
    assert report.inputs[0].directory.name == "article-my-talk"
    assert report.inputs[0].proposed == report.claims - 2
    assert report.findings == report.inputs[0].findings != ()


def test_progress_is_told(home: Home) -> None:
    lines: list[str] = []
    pipeline.ingest(
        home, "article", [CASES / "crlf-bom.md"], progress=lambda stage, *_: lines.append(stage)
    )
    assert lines == [f"reading {CASES / 'crlf-bom.md'}", "kept article-crlf-bom"]


def test_check_tells_and_keeps_nothing(home: Home, inputs: dict[str, Path]) -> None:
    assert pipeline.check("library", [inputs["library"]]) == ()
    assert pipeline.check("library", [library.SHIPPED]) == library.check(library.SHIPPED)
    assert len(pipeline.check("article", [CASES / "bad-marks.md", CASES / "broken-yaml.md"])) > 5
    assert not home.path.exists()


def test_a_huge_file_is_refused_before_anything_is_read(home: Home, tmp_path: Path) -> None:
    pipeline.shipped.cache_clear()
    path = tmp_path / "huge.csv"
    with path.open("wb") as out:
        out.truncate(200_000_000)
    with pytest.raises(InputError, match="has 200 MB; the limit text_bytes is 100 MB"):
        pipeline.ingest(home, "library", [path])
    assert pipeline.shipped.cache_info().currsize == 0
    assert not home.path.exists()


def test_a_workbook_from_the_template(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "mine.xlsx"
    path.write_bytes(template())
    book = load_workbook(path)
    book["Sources"].append(["src:my-notes", "SourceDocument", "article", "Notes"])
    book["Claims"].append([None, "init:pilot-e", "altName", "E-Pilot", "en", "src:my-notes"])
    book.save(path)
    assert pipeline.ingest(home, "library", [path]).claims == 1


def test_addresses_are_named_by_host_and_template() -> None:
    made = pipeline._short("https://query.example.org/sparql", {"template": "x/mine.rq"})
    assert made == "query.example.org mine"


def test_a_damaged_source_stops_the_build(home: Home, inputs: dict[str, Path]) -> None:
    [one] = pipeline.ingest(home, "library", [inputs["library"]]).inputs
    (one.directory / "run.json").unlink()
    with pytest.raises(HomeDamaged, match="is missing or damaged"):
        pipeline.build(home)
    assert not home.releases_dir.exists()


def test_a_release_of_the_shipped_library_and_the_home(home: Home, inputs: dict[str, Path]) -> None:
    for kind, path in inputs.items():
        pipeline.ingest(home, kind, [path])
    store = open_store(pipeline.build(home))
    claims = list(read_claims(store))
    assert any(claim.subject == f"{ID}initiative/tides" for claim in claims)
    labels = {run.label for run in read_runs(store)}
    assert {"Reading of the shipped library", "Reading of harbour as article"} <= labels
    published = f"ASK {{ ?segment <{MKG}quote> ?words }}"
    assert not store.ask(published)  # Proposals wait for a curator.


def test_an_input_that_gives_no_claim_is_refused_and_leaves_the_home_alone(tmp_path: Path) -> None:
    file = tmp_path / "strange.ttl"
    file.write_text("<https://example.org/a> <https://example.org/knows> <https://example.org/b> .")
    home = Home(tmp_path / "home")
    with pytest.raises(InputError, match=r"strange\.ttl.*gives no claim to keep"):
        pipeline.ingest(home, "rdf", [file])
    assert home.sources() == ()


def test_a_circle_in_an_rdf_file_is_told_at_that_file(tmp_path: Path) -> None:
    file = tmp_path / "circle.ttl"
    file.write_text(
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        "@prefix topic: <https://example.org/> .\n"
        "topic:one skos:broader topic:two . topic:two skos:broader topic:one ."
    )
    home = Home(tmp_path / "home")
    with pytest.raises(InputError, match=r"^circle\.ttl.*goes round in a circle"):
        pipeline.ingest(home, "rdf", [file])
    assert home.sources() == ()
