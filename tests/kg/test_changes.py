"""What changed between two releases: the counts, the lists, the words, the patch."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode

from kg.changes import CHANGES, Changes, changes_between, is_made, make_changes
from kg.changes.making import PATCH, RECORD
from kg.changes.merge import ADDED, BOTH, REMOVED, apply_patch, dump_lines, merged, patch_line
from kg.changes.record import Recorder
from kg.errors import ReleaseError, StoreError
from kg.model import Batch, Claim
from kg.release import Release, build
from kg.shelf import DUMP, read_release
from ontology.curies import expand
from ontology.names import GRAPH_ASSERTED, ID, MKG

Make = Callable[..., list[Batch]]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, make_batches: Make) -> tuple[Release, Release]:
    """Two releases: in the second an initiative more, one less, and claims of a third touched."""
    shelf = tmp_path_factory.mktemp("releases")
    old = build(make_batches(3), shelf)
    shared, first, second, _gone, fresh = make_batches(4)
    touched = replace(first, claims=tuple(map(_touch, first.claims)))
    return old, build([shared, touched, second, fresh], shelf)


def _touch(claim: Claim) -> Claim:
    name = claim.property.rpartition("#")[2]
    match name:
        case "targetValue":
            return replace(claim, value=Literal("half of it"))
        case "hasFeature":
            return replace(claim, review_status="superseded")
        case "label" if "/case/" in claim.subject:
            return replace(claim, review_status="curator-checked", note="read again")
        case "deadline":
            return replace(claim, value=Literal("2040"), key="D-1")
        case _:
            return claim


@pytest.fixture(scope="module")
def changes(pair: tuple[Release, Release], tmp_path_factory: pytest.TempPathFactory) -> Changes:
    return changes_between(*pair, tmp_path_factory.mktemp("cache"))


class TestCounts:
    def test_statements_add_up_to_the_new_release(
        self, changes: Changes, pair: tuple[Release, Release]
    ) -> None:
        old, new = (release.manifest.counts["quads"] for release in pair)
        summary = changes.summary
        assert summary.quads == (old, new)
        assert old + summary.triples["added"] - summary.triples["removed"] == new
        assert summary.triples["added"] > 0
        assert summary.triples["removed"] > 0
        for name in ("added", "removed", "replaced"):
            parts = sum(counts[name] for counts in summary.graphs.values())
            assert summary.triples[name] == parts

    def test_each_graph_adds_up_too(self, changes: Changes, pair: tuple[Release, Release]) -> None:
        old, new = (release.manifest.graphs for release in pair)
        for graph in {*old, *new}:
            counts = changes.summary.graphs.get(graph, {"added": 0, "removed": 0})
            assert old.get(graph, 0) + counts["added"] - counts["removed"] == new.get(graph, 0)

    def test_claims_add_up_too(self, changes: Changes, pair: tuple[Release, Release]) -> None:
        old, new = (release.manifest.counts["claims"] for release in pair)
        counts = changes.summary.claims
        assert tuple(counts) == CHANGES
        assert old + counts["added"] - counts["removed"] == new
        assert (counts["corrected"], counts["changed"], counts["retracted"]) == (2, 1, 1)
        assert counts["added"] == counts["removed"] == 28

    def test_kinds_of_things(self, changes: Changes) -> None:
        kinds = changes.summary.kinds
        assert kinds["initiative"] == {"added": 1, "changed": 1, "removed": 1}
        assert kinds["target"] == {"added": 1, "changed": 1, "removed": 1}
        assert kinds["source"] == {"added": 1, "changed": 0, "removed": 1}
        assert "claim" not in kinds
        assert "term" not in kinds
        assert changes.summary.cut == ()
        assert not changes.summary.same


class TestLists:
    def test_a_corrected_claim_shows_both_values(self, changes: Changes) -> None:
        values = {
            (each.before or {})["value"]: (each.after or {})["value"]
            for each in changes.claims("corrected")
        }
        assert values == {
            Literal("all of it"): Literal("half of it"),
            Literal("2030"): Literal("2040"),
        }

    def test_a_changed_claim_tells_which_fields(self, changes: Changes) -> None:
        (claim,) = changes.claims("changed")
        assert set(claim.differences) == {"review status", "note"}
        assert (claim.after or {})["note"] == Literal("read again")
        assert "note" not in (claim.before or {})
        assert (claim.before or {})["review status"] == NamedNode(expand("review:unreviewed"))

    def test_a_superseded_claim_is_retracted_and_back_again_restored(
        self, changes: Changes, pair: tuple[Release, Release], tmp_path: Path
    ) -> None:
        (claim,) = changes.claims("retracted")
        assert claim.known["property"] == NamedNode(f"{MKG}hasFeature")
        back = changes_between(pair[1], pair[0], tmp_path)
        assert [each.iri for each in back.claims("restored")] == [claim.iri]

    def test_claims_of_one_subject(self, changes: Changes) -> None:
        subject = expand("target:s0")
        found = changes.claims(subject=subject)
        assert {each.known["subject"] for each in found} == {NamedNode(subject)}
        assert len(found) == changes.count("claim", subject=f"<{subject}>") == 2

    def test_pages_join_to_the_whole_list(self, changes: Changes) -> None:
        whole = changes.claims(limit=1000)
        pages = [changes.claims(offset=at, limit=7) for at in range(0, len(whole), 7)]
        assert tuple(each for page in pages for each in page) == whole
        assert len(whole) == changes.count("claim") == sum(changes.summary.claims.values())
        assert changes.claims(offset=10**9) == ()

    def test_things_carry_their_label_and_number_of_statements(self, changes: Changes) -> None:
        things = {each.iri: each for each in changes.things("things", limit=1000)}
        new, gone = things[expand("mission:s3")], things[expand("mission:s2")]
        assert (new.change, new.kind, new.label) == ("added", "mission", "Mission 3")
        assert (gone.change, gone.removed, gone.added) == ("removed", new.added, 0)
        assert changes.things("terms") == ()

    def test_a_replaced_statement_is_one_entry(self, changes: Changes) -> None:
        (triple,) = [
            each
            for each in changes.triples("asserted", expand("target:s0"))
            if each.predicate == NamedNode(f"{MKG}targetValue")
        ]
        assert triple.change == "replaced"
        assert (triple.before, triple.after) == (Literal("all of it"), Literal("half of it"))
        assert triple.graph == GRAPH_ASSERTED
        assert triple in changes.stated(expand("target:s0"))


def test_a_changed_term_is_listed_as_a_term(tmp_path: Path) -> None:
    term = f"{MKG}Mission"
    graph = "https://w3id.org/mission-kg/graph/ontology"
    label = "http://www.w3.org/2000/01/rdf-schema#label"
    recorder = Recorder(tmp_path / RECORD, _facts())
    recorder.see(BOTH, f"<{term}> <http://a.org/p> <http://a.org/o> <{graph}> .".encode())
    recorder.see(REMOVED, f'<{term}> <{label}> "old"@en <{graph}> .'.encode())
    recorder.see(ADDED, f'<{term}> <{label}> "new \\"name\\""@en <{graph}> .'.encode())
    recorder.finish(seconds=0.1)
    recorder.close()
    (found,) = Changes(tmp_path).things("terms")
    assert (found.iri, found.change, found.label) == (term, "changed", 'new "name"')
    assert Changes(tmp_path).summary.kinds == {"term": {"added": 0, "changed": 1, "removed": 0}}
    assert Changes(tmp_path).triples("ontology")[0].after == Literal('new "name"', language="en")


def _facts() -> dict[str, object]:
    return {name: ["a", "b"] for name in ("releases", "created", "quads", "ontology", "software")}


class TestPatch:
    def test_the_patch_makes_the_new_dump_of_the_old(
        self, changes: Changes, pair: tuple[Release, Release]
    ) -> None:
        patch = b"".join(changes.patch())
        lines = patch.split(b"\n")
        assert lines[0].startswith(b"H id <uuid:")
        assert lines[2] == b"TX ."
        assert lines[-2:] == [b"TC .", b""]
        old, new = pair
        assert list(apply_patch(dump_lines(old), lines)) == list(dump_lines(new))
        counts = changes.summary.triples
        assert sum(line.startswith(b"A ") for line in lines) == counts["added"]
        assert sum(line.startswith(b"D ") for line in lines) == counts["removed"]

    def test_a_patch_for_another_release_is_refused(
        self, changes: Changes, pair: tuple[Release, Release]
    ) -> None:
        patch = b"".join(changes.patch()).split(b"\n")
        with pytest.raises(ReleaseError, match="is not in the release"):
            list(apply_patch(dump_lines(pair[1]), patch))


LINES = st.lists(st.binary(min_size=1, max_size=6).filter(lambda line: b"\n" not in line))


@given(old=LINES, new=LINES)
def test_differences_applied_to_the_old_give_the_new(old: list[bytes], new: list[bytes]) -> None:
    olds, news = sorted(set(old)), sorted(set(new))
    found = list(merged(olds, news))
    assert [line for _, line in found] == sorted({*olds, *news})
    assert {line for side, line in found if side == BOTH} == {*olds} & {*news}
    patch = [patch_line(side, line)[:-1] for side, line in found if side != BOTH]
    assert list(apply_patch(olds, patch)) == news


TERMS = st.sampled_from([f"{ID}case/{name}" for name in "abc"] + [f"{MKG}X", f"{ID}claim/1"])
QUADS = st.tuples(
    TERMS,
    st.sampled_from(
        [f"{MKG}p", f"{MKG}reviewStatus", "http://www.w3.org/2000/01/rdf-schema#label"]
    ),
    st.one_of(TERMS.map(NamedNode), st.text(max_size=4).map(lambda text: Literal(text))),
    st.sampled_from(["asserted", "inferred", "ontology", "claims/s1"]),
)


def _line(quad: tuple[str, str, NamedNode | Literal, str]) -> bytes:
    subject, predicate, value, graph = quad
    return (
        f"<{subject}> <{predicate}> {value} <https://w3id.org/mission-kg/graph/{graph}> .".encode()
    )


@given(old=st.sets(QUADS.map(_line), max_size=12), new=st.sets(QUADS.map(_line), max_size=12))
def test_a_record_of_any_two_dumps_adds_up(
    tmp_path_factory: pytest.TempPathFactory, old: set[bytes], new: set[bytes]
) -> None:
    place = tmp_path_factory.mktemp("record")
    recorder = Recorder(place / RECORD, _facts())
    for side, line in merged(sorted(old), sorted(new)):
        recorder.see(side, line)
    recorder.finish(seconds=0.0)
    recorder.close()
    changes = Changes(place)
    triples = changes.triples(limit=1000)
    assert changes.summary.triples["added"] == len(new - old)
    assert changes.summary.triples["removed"] == len(old - new)
    assert {
        _back(t.graph, t.subject, t.predicate, t.after) for t in triples if t.after
    } == new - old
    assert {
        _back(t.graph, t.subject, t.predicate, t.before) for t in triples if t.before
    } == old - new
    claims = sum(changes.summary.claims.values())
    assert claims == bool([line for line in old ^ new if b"/id/claim/1> <" in line[:60]])
    shutil.rmtree(place)


def _back(graph: str, subject: object, predicate: object, value: object) -> bytes:
    return f"{subject} {predicate} {value} <{graph}> .".encode()


class TestKeeping:
    def test_a_pair_is_compared_once(self, pair: tuple[Release, Release], tmp_path: Path) -> None:
        old, new = pair
        assert not is_made(tmp_path, old.id, new.id)
        place = make_changes(old.path, new.path, tmp_path)
        before = (place / RECORD).stat().st_mtime_ns
        assert is_made(tmp_path, old.id, new.id)
        assert make_changes(old.path, new.path, tmp_path) == place
        assert (place / RECORD).stat().st_mtime_ns == before
        assert [each.name for each in tmp_path.iterdir()] == [place.name]

    def test_the_oldest_records_go(self, pair: tuple[Release, Release], tmp_path: Path) -> None:
        old, new = pair
        (tmp_path / "0-of-another-form").mkdir()
        first = make_changes(old.path, new.path, tmp_path, room_bytes=1)
        second = make_changes(new.path, old.path, tmp_path, room_bytes=1)
        assert list(tmp_path.iterdir()) == [second]
        assert first != second

    def test_a_release_compared_with_itself(
        self, pair: tuple[Release, Release], tmp_path: Path
    ) -> None:
        same = changes_between(pair[0], pair[0], tmp_path)
        assert same.summary.same
        assert same.claims() == ()

    def test_a_damaged_dump_is_named_and_nothing_is_kept(
        self, pair: tuple[Release, Release], tmp_path: Path
    ) -> None:
        copy = tmp_path / pair[0].id
        shutil.copytree(pair[0].path, copy)
        dump = copy / DUMP
        whole = dump.read_bytes()
        cache = tmp_path / "cache"
        for damaged in (whole[: len(whole) // 2], whole[:400] + b"\xff\xff" + whole[402:], b""):
            dump.write_bytes(damaged)
            with pytest.raises(ReleaseError, match=r"dump\.nq\.zst"):
                changes_between(read_release(copy), pair[1], cache)
            assert list(cache.iterdir()) == []
        dump.unlink()
        with pytest.raises(ReleaseError, match=r"dump\.nq\.zst: missing"):
            changes_between(read_release(copy), pair[1], cache)

    def test_a_damaged_record_is_named_and_made_anew(
        self, pair: tuple[Release, Release], changes: Changes, tmp_path: Path
    ) -> None:
        place = make_changes(pair[0].path, pair[1].path, tmp_path)
        (place / RECORD).write_bytes(b"nonsense" * 200)
        with pytest.raises(ReleaseError, match=RECORD):
            Changes(place)
        again = changes_between(*pair, tmp_path)
        assert again.summary.claims == changes.summary.claims

    def test_no_room_for_the_cache(self, pair: tuple[Release, Release], tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(StoreError, match="the disk says"):
            changes_between(*pair, tmp_path / "file")

    def test_the_record_holds_json_and_the_patch_is_packed(
        self, changes: Changes, pair: tuple[Release, Release]
    ) -> None:
        assert {each.name for each in changes.place.iterdir()} == {RECORD, PATCH}
        assert changes.summary.releases == (pair[0].id, pair[1].id)
        assert json.dumps(dict(changes.summary.claims))
