"""Releases: whole or not there, the same for the same inputs, named where damaged."""

import json
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard
from pyoxigraph import Literal, NamedNode, Triple

from kg.errors import BuildInProgress, KgError, ReleaseError, ValidationFailed
from kg.model import Batch, Run
from kg.release import Release, all_releases, build, keep, newest, open_store, verify
from kg.shelf import DUMP, MANIFEST, STORE, building, read_release
from kg.stores.oxigraph import OxigraphStore
from kg.tables import TABLES
from ontology.curies import expand
from ontology.names import GRAPH_ASSERTED, GRAPH_INFERRED, GRAPH_ONTOLOGY, ID, MKG, RDF

KILLS = 30
Make = Callable[..., list[Batch]]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("releases")


@pytest.fixture(scope="module")
def release(shelf: Path, make_batches: Make) -> Release:
    return build(make_batches(2), shelf)


@pytest.fixture
def copy(release: Release, tmp_path: Path) -> Release:
    """The release on a shelf of its own, to be damaged."""
    target = tmp_path / "shelf" / release.id
    shutil.copytree(release.path, target)
    return read_release(target)


def unpacked(release: Release) -> bytes:
    reader = zstandard.ZstdDecompressor().stream_reader((release.path / DUMP).open("rb"))
    with reader:
        return reader.read()


class TestContents:
    def test_it_has_all_files_and_they_are_whole(self, release: Release) -> None:
        names = {path.name for path in release.path.iterdir()}
        assert names == {
            MANIFEST, DUMP, STORE, TABLES, "void.ttl",
            "validation.json", "validation.md", "quality.json", "quality.md",
        }  # fmt: skip
        assert verify(release) == ()
        assert release.size_bytes > 100_000

    def test_the_name_sorts_by_time_and_names_the_dump(self, release: Release) -> None:
        assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{8}", release.id)
        assert release.id.endswith(release.manifest.dump[:8])
        assert release.path.name == release.id

    def test_the_manifest_counts(self, release: Release) -> None:
        manifest = release.manifest
        lines = unpacked(release).splitlines()
        assert manifest.counts["quads"] == len(lines) == sum(manifest.graphs.values())
        assert manifest.counts["claims"] == 60 == manifest.classes[f"{MKG}Claim"]
        assert manifest.modalities == {"asserted": 60}
        assert manifest.graphs[GRAPH_ASSERTED] == manifest.counts["asserted"] == 60
        assert manifest.ontology.startswith("https://w3id.org/mission-kg/ontology")
        assert set(manifest.seconds) >= {"claims", "reasoning", "validation", "cells", "dump"}

    def test_the_dump_is_sorted(self, release: Release) -> None:
        lines = unpacked(release).splitlines()
        assert lines == sorted(set(lines))

    @pytest.mark.parametrize("in_memory", [True, False, None])
    def test_the_store_answers(self, release: Release, in_memory: bool | None) -> None:
        store = open_store(release, in_memory)
        assert store.size() == release.manifest.counts["quads"]
        owned = Triple(*(NamedNode(expand(x)) for x in ("init:s0", "mkg:ownedBy", "org:agency")))
        assert store.contains(owned, GRAPH_ASSERTED)
        agency_owned = Triple(
            NamedNode(expand("init:s0")),
            NamedNode(f"{RDF}type"),
            NamedNode(f"{MKG}AgencyOwnedInitiative"),
        )
        assert store.contains(agency_owned, GRAPH_INFERRED)
        assert store.capabilities.persistent is (in_memory is False)

    def test_large_releases_stay_on_disk(
        self, release: Release, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("kg.shelf.IN_MEMORY_QUADS", 10)
        assert open_store(release).capabilities.persistent

    def test_blank_nodes_are_only_in_the_ontology(self, release: Release) -> None:
        blank = [line for line in unpacked(release).splitlines() if b"_:" in line]
        assert blank
        graphs = {line.rsplit(b" ", 2)[1] for line in blank if b'"' not in line}
        assert graphs == {f"<{GRAPH_ONTOLOGY}>".encode()}

    def test_reports_are_written(self, release: Release) -> None:
        quality = json.loads((release.path / "quality.json").read_text())
        assert len(quality["cases"]) == 2
        assert "Initiative 0" in (release.path / "quality.md").read_text()
        assert isinstance(json.loads((release.path / "validation.json").read_text()), list)
        store = OxigraphStore.memory()
        store.load(release.path / "void.ttl", "https://example.org/void")
        assert store.ask(
            "PREFIX void: <http://rdfs.org/ns/void#> ASK { ?d void:triples ?n ; void:subset ?s }"
        )


def test_the_run_that_read_a_batch_is_told(tmp_path: Path, make_batches: Make) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    shared, one = make_batches(1)
    run = Run(f"{ID}ingest-run/r", "Read", ("a.csv",), moment, moment, f"{ID}agent/a", "x 1")
    release = build([shared, replace(one, run=run)], tmp_path)
    made = f"ASK {{ ?c a <{MKG}Claim> ; <http://www.w3.org/ns/prov#wasGeneratedBy> <{run.iri}> }}"
    assert open_store(release).ask(made)


class TestSameness:
    def test_the_same_inputs_make_no_new_release(
        self, release: Release, shelf: Path, make_batches: Make
    ) -> None:
        again = build(make_batches(2), shelf)
        assert again == read_release(release.path)
        assert [found.id for found in all_releases(shelf)] == [release.id]

    def test_elsewhere_and_in_another_order_the_dump_has_the_same_bytes(
        self, release: Release, tmp_path: Path, make_batches: Make
    ) -> None:
        moment = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
        batches = make_batches(2)[::-1]
        other = build(batches, tmp_path, created=moment)
        assert unpacked(other) == unpacked(release)
        assert other.id.startswith("20300102T030405Z-")
        assert other.manifest.inputs == release.manifest.inputs

    def test_a_change_makes_a_newer_one_even_in_the_same_second(
        self, tmp_path: Path, make_batches: Make
    ) -> None:
        moment = datetime(2030, 1, 1, tzinfo=UTC)
        first = build(make_batches(1), tmp_path, created=moment)
        second = build(make_batches(1, "changed"), tmp_path, created=moment)
        assert second.id > first.id
        assert newest(tmp_path) == read_release(second.path)
        assert [found.id for found in all_releases(tmp_path)] == [second.id, first.id]
        assert keep(tmp_path, 1) == (first.id,)
        assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [second.id]

    def test_saying_it_twice_changes_nothing(
        self, release: Release, shelf: Path, make_batches: Make
    ) -> None:
        first, *rest = make_batches(2)
        twice = [first, *rest, Batch((), first.claims)]
        again = build(twice, shelf)
        assert again.id == release.id


class TestFaults:
    def test_violations_stop_and_the_old_release_stays(
        self, tmp_path: Path, make_batches: Make
    ) -> None:
        good = build(make_batches(1), tmp_path)
        shared, one = make_batches(1)
        bad = replace(one, claims=tuple(c for c in one.claims if "describes" not in c.property))
        with pytest.raises(ValidationFailed, match="No release was made: case:s0") as caught:
            build([shared, bad], tmp_path)
        assert any(finding.severity == "violation" for finding in caught.value.findings)
        assert newest(tmp_path).id == good.id
        assert not list(tmp_path.glob(".building-*"))
        again = pickle.loads(pickle.dumps(caught.value))
        assert (str(again), again.findings) == (str(caught.value), caught.value.findings)

    def test_a_claim_without_its_source_is_told(self, tmp_path: Path, make_batches: Make) -> None:
        batch = make_batches(1)[0]
        with pytest.raises(KgError, match="names the source"):
            build([replace(batch, sources=())], tmp_path)

    def test_one_build_at_a_time(self, tmp_path: Path, make_batches: Make) -> None:
        with building(tmp_path), pytest.raises(BuildInProgress, match="another build is at work"):
            build(make_batches(1), tmp_path)

    def test_what_a_killed_build_left_is_ignored_and_removed(self, tmp_path: Path) -> None:
        rest = tmp_path / ".building-1"
        rest.mkdir()
        (rest / "dump.nq").write_text("half")
        (tmp_path / "20200101T000000Z-00000000.zip").mkdir()
        assert all_releases(tmp_path) == ()
        with building(tmp_path) as work:
            assert not rest.exists()
            assert work.exists()
        assert not work.exists()

    def test_no_release_yet(self, tmp_path: Path) -> None:
        with pytest.raises(ReleaseError, match="no release yet"):
            newest(tmp_path)
        with pytest.raises(ReleaseError, match="no release yet"):
            newest(tmp_path / "nowhere")
        assert all_releases(tmp_path / "nowhere") == ()

    def test_damage_is_named(self, copy: Release) -> None:
        (copy.path / "void.ttl").write_text("")
        (copy.path / "quality.md").unlink()
        (copy.path / "extra.txt").write_text("x")
        table = next((copy.path / STORE).glob("*.sst"))
        table.write_bytes(table.read_bytes()[:-1])
        found = {Path(finding.place).name: finding for finding in verify(copy)}
        assert set(found) == {"void.ttl", "quality.md", "extra.txt", table.name}
        assert "has changed" in found["void.ttl"].message
        assert "is missing" in found["quality.md"].message
        assert found["extra.txt"].severity == "warning"

    def test_opening_the_store_changes_nothing(self, copy: Release) -> None:
        assert open_store(copy, in_memory=False).ask("ASK { ?s ?p ?o }")
        assert verify(copy) == ()

    @pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"files": {"a": 1}}'])
    def test_a_damaged_manifest_is_named(self, copy: Release, text: str) -> None:
        (copy.path / MANIFEST).write_text(text)
        with pytest.raises(ReleaseError, match="manifest is missing or damaged"):
            newest(copy.path.parent)

    def test_a_missing_part_is_named(self, copy: Release) -> None:
        (copy.path / DUMP).unlink()
        with pytest.raises(ReleaseError, match=r"dump\.nq\.zst: missing"):
            open_store(copy)
        assert open_store(copy, in_memory=False).size() == copy.manifest.counts["quads"]

    @pytest.mark.parametrize(
        ("part", "data", "words"),
        [
            (DUMP, b"", "holds 0 quads where the manifest says"),
            (DUMP, b"nonsense", "packed file is damaged"),
            (f"{STORE}/CURRENT", b"nonsense", "store's files are damaged"),
        ],
    )
    def test_damage_is_told_when_opening(
        self, copy: Release, part: str, data: bytes, words: str
    ) -> None:
        (copy.path / part).write_bytes(data)
        with pytest.raises(ReleaseError, match=words):
            open_store(copy, in_memory=part == DUMP)

    def test_a_newest_release_with_missing_parts_is_built_anew(
        self, tmp_path: Path, make_batches: Make
    ) -> None:
        first = build(make_batches(1), tmp_path)
        (first.path / DUMP).unlink()
        second = build(make_batches(1), tmp_path)
        assert second.id != first.id
        assert verify(second) == ()


def test_progress_tells_the_stages(tmp_path: Path, make_batches: Make) -> None:
    told: list[str] = []
    build(make_batches(1), tmp_path, progress=lambda stage, _done, _total: told.append(stage))
    order = ["claims", "ontology", "facts", "reasoning", "validation", "cells", "dump", "store"]
    assert [stage for stage in told if stage in order and stage != "claims"] == order[1:]


def test_a_later_batch_overrides_the_review(tmp_path: Path, make_batches: Make) -> None:
    shared, one = make_batches(1)
    reviewed = tuple(replace(c, review_status="curator-checked", key="K") for c in one.claims)
    release = build([shared, one, Batch((), reviewed)], tmp_path)
    assert release.manifest.counts["claims"] == 32
    lines = unpacked(release).decode().splitlines()
    first = next(line for line in lines if f"<{one.claims[0].iri}>" in line)
    about = [line for line in lines if line.startswith(first.split(" ")[0])]
    assert sum("reviewStatus" in line for line in about) == 1
    assert any("curator-checked" in line for line in about)


def test_disputed_counts_give_no_plain_value(tmp_path: Path, make_batches: Make) -> None:
    shared, one = make_batches(1)
    stated = replace(
        one.claims[0], property=f"{MKG}minDurationYears", value=Literal(5), note="stated"
    )
    other = replace(stated, value=Literal(7), source=shared.sources[0].iri)
    extra = Batch((), (stated, other))
    release = build([shared, one, extra], tmp_path)
    store = open_store(release)
    assert release.manifest.counts["disputes"] == 1
    assert not store.ask(f"ASK {{ ?i <{MKG}minDurationYears> ?n }}")
    cell = expand("cell:s0--cf-duration")
    status = store.select(f"SELECT ?v {{ <{cell}> <{MKG}valueStatus> ?v }}").rows[0][0]
    assert status == NamedNode(expand("vstatus:disputed"))


@pytest.mark.slow
def test_kill_the_build_at_any_moment(tmp_path: Path) -> None:
    script = Path(__file__).with_name("kill_builds.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), str(KILLS)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    *after_kills, last = map(json.loads, done.stdout.splitlines())
    assert len(after_kills) == KILLS
    assert sum(line["killed"] for line in after_kills) >= KILLS * 2 // 3
    assert all(line["faults"] == [] for line in [*after_kills, last])
    ids = [line["id"] for line in after_kills if line["id"]]
    assert ids == sorted(ids)
    assert last["id"] is not None
    assert last["rest"] == []
