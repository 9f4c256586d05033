"""/releases: the list, each release, what changed between two; by HTTP from real releases."""

import hashlib
import io
import shutil
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.changes.merge import apply_patch, dump_lines
from kg.shelf import DUMP, read_release

HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
RDF = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/trig": ox.RdfFormat.TRIG,
    "application/n-quads": ox.RdfFormat.N_QUADS,
}


@pytest.fixture
def pair(ids):
    return f"/releases/{ids[0]}..{ids[2]}"


class TestList:
    def test_newest_first_with_what_changed(self, visitor, ids):
        listed = visitor.get("/releases").json()
        assert [each["created"][:7] for each in listed] == ["2026-05", "2026-03", "2026-01"]
        assert listed[0]["changes"] == f"/releases/{ids[1]}..{ids[2]}"
        assert listed[2]["changes"] is None
        assert visitor.get(listed[1]["changes"]).status_code == 200

    def test_a_page_links_each_release_and_marks_the_served(self, visitor, ids):
        page = visitor.get("/releases", headers=HTML).text
        assert all(f'href="/releases/{each}"' in page for each in ids)
        assert page.count(">served<") == 1

    @pytest.mark.parametrize("media", RDF)
    def test_in_every_form_of_rdf(self, visitor, ids, media):
        answer = visitor.get("/releases", headers={"Accept": media})
        assert answer.headers["content-type"].startswith(media)
        quads = list(ox.parse(answer.content, RDF[media]))
        revised = "http://www.w3.org/ns/prov#wasRevisionOf"
        links = [q for q in quads if q.predicate.value == revised]
        assert len(links) == 2
        assert any(q.subject.value.endswith(ids[2]) for q in links)


class TestOne:
    def test_facts_files_and_neighbours(self, visitor, ids):
        answer = visitor.get(f"/releases/{ids[1]}")
        data = answer.json()
        assert data["counts"]["quads"] > 10_000
        assert data["changes"] == f"/releases/{ids[0]}..{ids[1]}"
        for each in data["files"]:
            body = visitor.get(each["url"]).content
            if "sha256" in each:
                assert hashlib.sha256(body).hexdigest() == each["sha256"]
                assert len(body) == each["bytes"]
        assert f'</releases/{ids[0]}>; rel="predecessor-version"' in answer.headers["link"]
        assert f'</releases/{ids[2]}>; rel="successor-version"' in answer.headers["link"]

    def test_the_page_has_the_reports_in_words(self, visitor, ids):
        page = visitor.get(f"/releases/{ids[0]}", headers=HTML).text
        assert "Quality report" in page
        assert "Validation report" in page
        assert "<li>Initiative 0:" in page
        assert f'href="/releases/{ids[0]}/dump.nq.zst"' in page
        assert visitor.get(f"/releases/{ids[0]}/dump.nq.zst").headers["content-type"] == (
            "application/zstd"
        )

    def test_latest_leads_to_the_newest(self, visitor, ids):
        answer = visitor.get("/releases/latest", params={"format": "json"})
        assert answer.status_code == 307
        assert answer.headers["location"] == f"/releases/{ids[2]}?format=json"
        both = visitor.get(f"/releases/{ids[0]}..latest")
        assert both.headers["location"] == f"/releases/{ids[0]}..{ids[2]}"

    @pytest.mark.parametrize("name", ["store", "%2E%2E", "manifest", "x.txt", "store%2FCURRENT"])
    def test_other_files_are_not_given(self, visitor, ids, name):
        answer = visitor.get(f"/releases/{ids[0]}/{name}")
        assert answer.status_code in {404, 400}
        assert "RocksDB" not in answer.text


class TestChanges:
    def test_counts_and_words(self, visitor, pair):
        data = visitor.get(pair).json()
        assert data["kinds"]["initiative"] == {"added": 1, "changed": 0, "removed": 1}
        assert data["kinds"]["target"] == {"added": 1, "changed": 1, "removed": 1}
        assert data["claims"]["corrected"] == 1
        assert data["claims"]["changed"] == 6
        assert "1 target added, 1 changed, 1 removed" in data["in_words"]
        before, after = data["from"]["quads"], data["to"]["quads"]
        assert before + data["triples"]["added"] - data["triples"]["removed"] == after

    def test_things_tell_their_statements_with_labels(self, visitor, pair):
        things = visitor.get(pair, params={"show": "things"}).json()["lists"]["things"]["items"]
        words = {each["label"]: each["in_words"] for each in things}
        assert words["Initiative 1"] == "Initiative 1 (initiative)"
        assert words["Target 0"] == 'Target 0 (target): target value "all of it" -> "half of <it>"'

    def test_a_page_in_words_a_curator_understands(self, visitor, pair):
        page = visitor.get(pair, headers=HTML).text
        assert page.count('<h2 id="l-') == 3
        assert "1 target added, 1 changed, 1 removed" in page
        page = visitor.get(pair, params={"show": "things"}, headers=HTML).text
        assert "half of &lt;it&gt;" in page
        assert "<del><span>all of it</span></del>" in page
        assert ">Initiative 1</a>" in page
        assert "/memento/" in page  # what is gone leads to where it still is
        claims = visitor.get(
            pair, params={"show": "claims", "change": "changed"}, headers=HTML
        ).text
        assert "Curator-checked" in claims
        assert "Not reviewed" in claims
        assert "Page 0" in claims

    def test_lists_are_narrowed_and_paged(self, visitor, pair):
        of = {"show": "statements", "graph": "asserted"}
        first = visitor.get(pair, params={"show": "statements"}).json()["lists"]["statements"]
        assert len(first["items"]) == 100
        seen, link = 0, f"{pair}?show=statements"
        while link:
            found = visitor.get(link).json()["lists"]["statements"]
            seen, link = seen + len(found["items"]), found["next"]
        assert seen == first["total"]
        asserted = visitor.get(pair, params=of).json()["lists"]["statements"]
        assert {each["graph"].rpartition("/")[2] for each in asserted["items"]} == {"asserted"}
        about = visitor.get(pair, params={"about": "target:s0"}).json()["lists"]["claims"]
        assert {each["subject"]["text"] for each in about["items"]} == {"Target 0"}
        assert about["total"] == 2

    @pytest.mark.parametrize("media", RDF)
    def test_in_every_form_of_rdf(self, visitor, pair, media):
        answer = visitor.get(pair, headers={"Accept": media})
        quads = list(ox.parse(answer.content, RDF[media]))
        types = {q.object.value.rpartition("#")[2] for q in quads if "type" in q.predicate.value}
        assert {"Create", "Update", "Delete", "Collection"} <= types

    def test_the_patch_makes_the_new_release_of_the_old(self, visitor, pair, ids, past):
        answer = visitor.get(pair, params={"format": "patch"})
        assert answer.headers["content-type"] == "application/rdf-patch"
        old, new = (read_release(past / "releases" / each) for each in (ids[0], ids[2]))
        made = apply_patch(dump_lines(old), io.BytesIO(answer.content).read().split(b"\n"))
        assert list(made) == list(dump_lines(new))

    def test_nothing_changed(self, visitor, ids):
        same = f"/releases/{ids[0]}..{ids[0]}"
        assert visitor.get(same).json()["triples"] == {"added": 0, "removed": 0, "replaced": 0}
        assert "Nothing: both releases" in visitor.get(same, headers=HTML).text

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ("show=claim", "use things, terms, claims, statements"),
            ("show=claims&change=gone", "added, corrected"),
            ("show=statements&graph=x", "asserted"),
            ("page=0", "from 1"),
            ("page=99999999", "from 1"),
            ("page=%C2%B2", "from 1"),
            ("about=foo:x", "foo"),
            ("lang=en", "'lang'"),
            ("show=claims&show=terms", "2 times"),
            ("show=%FF", "UTF-8"),
        ],
    )
    def test_faults_are_said_in_words(self, visitor, pair, query, words):
        answer = visitor.get(f"{pair}?{query}")
        assert answer.status_code == 400
        assert words in answer.json()["detail"]

    def test_formats_that_are_not_there(self, visitor, pair):
        assert visitor.get(pair, params={"format": "pdf"}).status_code == 406
        assert visitor.get(pair, headers={"Accept": "image/png"}).status_code == 406
        assert visitor.get("/releases", params={"format": "patch"}).status_code == 406

    def test_the_wrong_way_round(self, visitor, ids):
        answer = visitor.get(f"/releases/{ids[2]}..{ids[0]}")
        assert answer.status_code == 400
        assert f"/releases/{ids[0]}..{ids[2]}" in answer.json()["detail"]

    def test_a_release_that_is_not_there_names_near_ones(self, visitor, ids):
        answer = visitor.get(f"/releases/{ids[0][:-1]}x")
        assert answer.status_code == 404
        assert ids[0] in answer.json()["detail"]
        assert visitor.get(f"/releases/{ids[0]}..nothing").status_code == 404


class TestFirstTime:
    def test_many_ask_at_once_and_it_is_compared_once(self, serve_copy, ids):
        with serve_copy() as (home, client):
            shutil.rmtree(home / "changes", ignore_errors=True)
            path = f"/releases/{ids[0]}..{ids[1]}"
            with ThreadPoolExecutor(8) as pool:
                found = list(pool.map(lambda _: client.get(path).status_code, range(8)))
            assert found == [200] * 8
            assert len(list((home / "changes").iterdir())) == 1

    def test_one_that_takes_long_asks_to_come_back(self, serve_copy, ids):
        with serve_copy(comparing_seconds=0.01) as (home, client):
            shutil.rmtree(home / "changes", ignore_errors=True)
            path = f"/releases/{ids[0]}..{ids[2]}"
            first = client.get(path)
            assert first.status_code == 503
            assert int(first.headers["retry-after"]) > 0
            assert first.json()["type"].endswith("/still-comparing")
            for _ in range(200):
                if client.get(path).status_code == 200:
                    break
            else:
                pytest.fail("the comparing did not go on by itself")

    def test_a_damaged_record_is_made_anew(self, serve_copy, ids):
        with serve_copy() as (home, client):
            path = f"/releases/{ids[0]}..{ids[1]}"
            before = client.get(path).json()
            (record,) = (home / "changes").glob(f"*{ids[0]}..{ids[1]}/changes.sqlite")
            record.write_bytes(b"nonsense")
            again = client.get(path, params={"format": "json"})
            assert again.json() == before

    def test_a_release_made_meanwhile_is_there_at_once(self, serve_copy, ids, past):
        with serve_copy() as (home, client):
            newest = home / "releases" / ids[2]
            kept = newest.rename(home / "kept")
            assert [each["id"] for each in client.get("/releases").json()] == ids[1::-1]
            assert client.get(f"/releases/{ids[2]}").status_code == 404
            kept.rename(newest)
            assert client.get("/releases").json()[0]["id"] == ids[2]
            assert client.get(f"/releases/{ids[1]}..{ids[2]}").status_code == 200

    def test_a_damaged_release_is_named_and_the_others_go_on(self, serve_copy, ids):
        with serve_copy() as (home, client):
            shutil.rmtree(home / "changes", ignore_errors=True)
            (home / "releases" / ids[0] / DUMP).write_bytes(b"nonsense")
            answer = client.get(f"/releases/{ids[0]}..{ids[1]}")
            assert answer.status_code == 503
            assert DUMP in answer.json()["detail"]
            assert client.get(f"/releases/{ids[1]}..{ids[2]}").status_code == 200
            (home / "releases" / ids[1] / "manifest.json").write_text("{")
            listed = client.get("/releases?format=json").json()
            assert ids[1] not in [each["id"] for each in listed] or len(listed) == 3


TEXT = st.text(max_size=30)


@settings(max_examples=40, deadline=None)
@given(show=TEXT, change=TEXT, about=TEXT, page=TEXT)
def test_no_parameter_breaks_it(steady, show, change, about, page):
    path = "/releases/latest..latest"
    asked = {"show": show, "change": change, "about": about, "page": page}
    answer = steady.get(path, params=asked, follow_redirects=True)
    assert answer.status_code in {200, 400}


@settings(max_examples=40, deadline=None)
@given(
    name=st.text(st.characters(exclude_characters="/?#", codec="utf-8"), min_size=1, max_size=40)
)
def test_no_name_breaks_it(steady, name):
    answer = steady.get(f"/releases/{quote(name, safe='')}")
    assert answer.status_code in {200, 307, 400, 404, 422}
