"""Memento (RFC 7089): a thing as it was, negotiated by time, with real releases and real HTTP."""

import re
import shutil

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.shelf import STORE

HTML = {"Accept": "text/html"}
TURTLE = {"Accept": "text/turtle"}
ALWAYS, GONE, LATER = "id/initiative/s0", "id/initiative/s1", "id/initiative/s2"
LINK = re.compile(r'<([^>]*)>((?:\s*;\s*[\w-]+="[^"]*")+)')


def links(header):
    """Links of a header or TimeMap: relation -> list of (address, datetime)."""
    found = {}
    for address, parameters in LINK.findall(header):
        given_ = dict(re.findall(r'([\w-]+)="([^"]*)"', parameters))
        for relation in given_["rel"].split():
            found.setdefault(relation, []).append((address, given_.get("datetime")))
    return found


def at(month, day=15):
    names = {1: "Thu", 3: "Sun", 5: "Fri"}
    months = {1: "Jan", 3: "Mar", 5: "May"}
    return {"Accept-Datetime": f"{names[month]}, {day} {months[month]} 2026 00:00:00 GMT"}


class TestTimeGate:
    """The resource is its own TimeGate (pattern 1.1, section 4.1.1)."""

    @pytest.mark.parametrize(("month", "place"), [(1, 0), (3, 1), (5, 2)])
    def test_it_leads_to_what_was_newest_then(self, visitor, ids, month, place):
        answer = visitor.get(f"/{ALWAYS}", headers=at(month))
        assert answer.status_code == 302
        assert answer.headers["location"].endswith(f"/memento/{ids[place]}/{ALWAYS}")
        assert "accept-datetime" in answer.headers["vary"].lower()
        assert "memento-datetime" not in answer.headers
        found = links(answer.headers["link"])
        assert found["original"][0][0].endswith(f"/{ALWAYS}")
        assert found["timegate"] == found["original"]
        assert found["timemap"][0][0].endswith(f"/timemap/link/{ALWAYS}")
        assert found["first"][0][0].endswith(f"/memento/{ids[0]}/{ALWAYS}")
        assert found["last"][0][0].endswith(f"/memento/{ids[2]}/{ALWAYS}")
        assert ("prev" in found, "next" in found) == (place > 0, place < 2)

    def test_before_the_first_and_after_the_last(self, visitor, ids):
        early = {"Accept-Datetime": "Thu, 01 Jan 1970 00:00:00 GMT"}
        late = {"Accept-Datetime": "Fri, 31 Dec 2100 23:59:59 GMT"}
        assert ids[0] in visitor.get(f"/{ALWAYS}", headers=early).headers["location"]
        assert ids[2] in visitor.get(f"/{ALWAYS}", headers=late).headers["location"]

    def test_what_is_gone_is_still_found_in_the_past(self, visitor, ids):
        assert visitor.get(f"/{GONE.replace('id/', 'data/')}").status_code == 404
        answer = visitor.get(f"/{GONE}", headers=at(5))
        assert answer.headers["location"].endswith(f"/memento/{ids[1]}/{GONE}")

    def test_what_came_later_begins_with_its_first_release(self, visitor, ids):
        answer = visitor.get(f"/{LATER}", headers=at(1))
        assert answer.headers["location"].endswith(f"/memento/{ids[1]}/{LATER}")

    def test_what_never_was(self, visitor):
        answer = visitor.get("/id/initiative/never", headers=at(3))
        assert answer.status_code == 404
        assert "accept-datetime" in answer.headers["vary"].lower()

    @pytest.mark.parametrize(
        "text",
        [
            "yesterday",
            "",
            "2026-03-15T00:00:00Z",
            "Sun, 15 Mar 2026 00:00:00 CET",
            "Sun, 15 Mar 2026 25:00:00 GMT",
            "Sun, 99 Mar 2026 00:00:00 GMT",
            "Sun, 15 Mar 0000 00:00:00 GMT",
        ],
    )
    def test_a_date_that_is_none(self, visitor, text):
        answer = visitor.get(f"/{ALWAYS}", headers={"Accept-Datetime": text})
        assert answer.status_code == 400
        assert "Accept-Datetime" in answer.json()["detail"]

    def test_the_page_and_the_data_negotiate_too_and_keep_parameters(self, visitor, ids):
        for path in ("page/initiative/s0?lang=fr", "data/initiative/s0.ttl?evidence=true"):
            answer = visitor.get(f"/{path}", headers=at(1))
            assert answer.headers["location"].endswith(f"/memento/{ids[0]}/{path}")
            assert visitor.get(answer.headers["location"]).status_code == 200

    def test_without_a_date_the_present_answers_and_says_where_the_past_is(self, visitor):
        answer = visitor.get("/data/initiative/s0", headers=TURTLE)
        assert answer.status_code == 200
        assert "accept-datetime" in answer.headers["vary"].lower()
        found = links(answer.headers["link"])
        assert found["original"][0][0].endswith("/data/initiative/s0")
        assert found["timemap"][0][0].endswith("/timemap/link/data/initiative/s0")
        assert "license" in found  # those of the representation are still there

    def test_an_answer_about_now_is_not_taken_for_one_about_then(self, visitor, ids):
        # The same address first without, then with, then without a date: no cache mixes them.
        for _ in range(2):
            assert visitor.get("/page/initiative/s0", headers=HTML).status_code == 200
            then = visitor.get("/page/initiative/s0", headers={**HTML, **at(1)})
            assert then.status_code == 302


class TestMemento:
    def test_the_value_of_each_time(self, visitor):
        values = []
        for month in (1, 3, 5):
            answer = visitor.get(
                "/data/target/s0", headers={**TURTLE, **at(month)}, follow_redirects=True
            )
            quads = ox.parse(answer.content, ox.RdfFormat.TURTLE)
            name = "https://w3id.org/mission-kg/ontology#targetValue"
            values += [q.object.value for q in quads if q.predicate.value == name]
        assert values == ["all of it", "all of it", "half of <it>"]

    def test_it_is_dated_and_linked(self, visitor, ids):
        answer = visitor.get(f"/memento/{ids[1]}/data/initiative/s0", headers=TURTLE)
        assert answer.headers["memento-datetime"] == "Sun, 01 Mar 2026 12:00:00 GMT"
        assert answer.headers["last-modified"] == "Sun, 01 Mar 2026 12:00:00 GMT"
        assert answer.headers["mission-kg-release"] == ids[1]
        found = links(answer.headers["link"])
        assert found["original"][0][0].endswith(
            "//" + answer.url.netloc.decode() + "/data/initiative/s0"
        )
        assert [when for _, when in found["memento"]] == [
            "Thu, 01 Jan 2026 12:00:00 GMT",
            "Sun, 01 Mar 2026 12:00:00 GMT",
            "Fri, 01 May 2026 12:00:00 GMT",
        ]
        assert found["prev"][0][0].endswith(f"/memento/{ids[0]}/data/initiative/s0")
        etag = answer.headers["etag"]
        again = visitor.get(answer.url, headers={**TURTLE, "If-None-Match": etag})
        assert again.status_code == 304

    def test_an_entitys_iri_leads_on_within_its_release(self, visitor, ids):
        answer = visitor.get(f"/memento/{ids[0]}/{GONE}", headers=HTML)
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/memento/{ids[0]}/page/initiative/s1"
        assert answer.headers["memento-datetime"]

    def test_a_page_says_of_when_it_is_and_its_links_stay_there(self, visitor, ids):
        answer = visitor.get(f"/memento/{ids[0]}/page/initiative/s1", headers=HTML)
        assert answer.status_code == 200
        assert "As of <time" in answer.text
        assert "It is not in the newest release" in answer.text
        assert f'href="/memento/{ids[0]}/page/mission/s1"' in answer.text
        assert 'href="/page/' not in answer.text
        still = visitor.get(f"/memento/{ids[0]}/page/initiative/s0", headers=HTML).text
        assert 'href="/page/initiative/s0">As it is now</a>' in still
        assert f'href="/releases/{ids[0]}..{ids[2]}"' in still

    def test_head_is_like_get(self, visitor, ids):
        path = f"/memento/{ids[0]}/page/initiative/s0"
        head, get = visitor.head(path, headers=HTML), visitor.get(path, headers=HTML)
        assert head.status_code == 200
        assert head.content == b""
        for name in ("memento-datetime", "link", "content-length"):
            assert head.headers[name] == get.headers[name]

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("nothing/page/initiative/s0", 404),
            ("{id}/page/initiative/never", 404),
            ("{id}/sparql", 404),
            ("{id}/", 404),
            ("{id}", 404),
            ("{id}/health/live", 404),
            ("{id}/page/%00", 404),
            ("{id}/memento/{id}/page/x", 404),
        ],
    )
    def test_what_is_not_there(self, visitor, ids, path, status):
        answer = visitor.get("/memento/" + path.format(id=ids[0]))
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert "memento-datetime" not in answer.headers

    def test_a_post_is_none_of_its_business(self, visitor, ids):
        assert visitor.post(f"/memento/{ids[0]}/page/initiative/s0").status_code in {404, 405}


class TestTimeMap:
    def test_it_lists_every_memento(self, visitor, ids):
        answer = visitor.get(f"/timemap/link/{ALWAYS}")
        assert answer.headers["content-type"] == "application/link-format"
        found = links(answer.text)
        assert [a.rpartition("/memento/")[2].partition("/")[0] for a, _ in found["memento"]] == ids
        assert found["self"][0][0].endswith(f"/timemap/link/{ALWAYS}")
        assert 'from="Thu, 01 Jan 2026 12:00:00 GMT"; until="Fri, 01 May 2026' in answer.text
        for address, _ in found["memento"]:
            assert visitor.get(address, follow_redirects=True).status_code == 200

    def test_only_releases_that_have_it(self, visitor, ids):
        gone = visitor.get(f"/timemap/json/{GONE}").json()["mementos"]["list"]
        later = visitor.get(f"/timemap/json/{LATER}").json()["mementos"]["list"]
        assert [each["release"] for each in gone] == ids[:2]
        assert [each["release"] for each in later] == ids[1:]

    def test_a_page_for_people(self, visitor, ids):
        page = visitor.get(f"/timemap/html/{ALWAYS}").text
        assert f"/memento/{ids[0]}/page/initiative/s0" in page
        between = (
            f"/releases/{ids[0]}..{ids[1]}?about=https%3A//w3id.org/mission-kg/id/initiative/s0"
        )
        assert between in page
        assert visitor.get(between).status_code == 200

    @pytest.mark.parametrize("path", ["link/id/initiative/never", "link/sparql", "xml/id/x/y"])
    def test_what_is_not_there(self, visitor, path):
        answer = visitor.get(f"/timemap/{path}")
        assert answer.status_code in {400, 404}
        assert answer.json()["detail"]


def test_more_releases_than_are_kept_open(serve_copy, ids):
    with serve_copy(old_releases=1) as (_, client):
        for _ in range(3):
            for name in ids:
                answer = client.get(f"/memento/{name}/data/target/s0.ttl")
                assert answer.status_code == 200
                assert ("half of" in answer.text) == (name == ids[2])


def test_a_release_made_meanwhile_has_mementos_at_once(serve_copy, ids):
    with serve_copy() as (home, client):
        newest = home / "releases" / ids[2]
        kept = newest.rename(home / "kept")
        before = client.get(f"/timemap/json/{ALWAYS}").json()["mementos"]["list"]
        assert [each["release"] for each in before] == ids[:2]
        kept.rename(newest)
        assert (
            client.get(f"/{ALWAYS}", headers=at(5))
            .headers["location"]
            .endswith(f"/memento/{ids[2]}/{ALWAYS}")
        )


def test_a_damaged_old_release_takes_no_other_with_it(serve_copy, ids):
    with serve_copy() as (home, client):
        shutil.rmtree(home / "releases" / ids[0] / STORE)
        listed = client.get(f"/timemap/json/{ALWAYS}").json()["mementos"]["list"]
        assert [each["release"] for each in listed] == ids[1:]
        answer = client.get(f"/memento/{ids[0]}/{ALWAYS}")
        assert answer.status_code == 503
        assert ids[0] in answer.json()["detail"]
        assert client.get(f"/memento/{ids[1]}/data/initiative/s0.ttl").status_code == 200


@settings(max_examples=40, deadline=None)
@given(when=st.text(st.characters(codec="latin-1", categories=("L", "N", "P", "Zs")), max_size=40))
def test_no_date_breaks_it(steady, when):
    headers = {"Accept-Datetime": when.strip().encode("latin-1")}
    answer = steady.get(f"/{ALWAYS}", headers=headers)
    assert answer.status_code in {302, 400}


@settings(max_examples=40, deadline=None)
@given(path=st.binary(max_size=30))
def test_no_path_breaks_a_memento_or_a_timemap(steady, ids_once, path):
    rest = "".join(f"%{byte:02X}" for byte in path)
    for start in (f"memento/{ids_once[0]}/", f"memento/{ids_once[0]}/page/", "timemap/link/id/"):
        answer = steady.get(f"/{start}{rest}")
        assert answer.status_code in {200, 303, 400, 404, 422}
