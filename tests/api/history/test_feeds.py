"""Feeds: releases as Atom, things and terms as ActivityStreams, walked as a harvester does."""

import shutil
from xml.etree import ElementTree

import pytest

ATOM = "{http://www.w3.org/2005/Atom}"


def test_atom_has_an_entry_for_each_release(visitor, ids):
    answer = visitor.get("/feeds/releases.atom")
    assert answer.headers["content-type"] == "application/atom+xml"
    feed = ElementTree.fromstring(answer.content)
    entries = feed.findall(f"{ATOM}entry")
    assert [each.findtext(f"{ATOM}title") for each in entries] == [
        f"Release {x}" for x in ids[::-1]
    ]
    # RFC 4287, sections 4.1.1 and 4.1.2: what a feed and an entry must have.
    for element in (feed, *entries):
        for name in ("id", "title", "updated"):
            assert element.findtext(f"{ATOM}{name}")
    assert feed.find(f"{ATOM}author/{ATOM}name").text
    assert len({each.findtext(f"{ATOM}id") for each in entries}) == 3
    assert feed.findtext(f"{ATOM}updated") == "2026-05-01T12:00:00Z"
    newest = entries[0]
    assert "1 claim corrected" in newest.findtext(f"{ATOM}summary")
    for element in (feed, *entries):
        for link in element.findall(f"{ATOM}link"):
            assert visitor.get(link.get("href")).status_code == 200


def test_activitystreams_are_walked_from_the_end_to_the_beginning(visitor, ids):
    collection = visitor.get("/feeds/changes").json()
    assert collection["type"] == "OrderedCollection"
    address, pages, activities = collection["last"]["id"], [], []
    while address:
        answer = visitor.get(address)
        assert answer.headers["content-type"] == "application/activity+json"
        page = answer.json()
        assert (page["id"], page["type"]) == (address, "OrderedCollectionPage")
        assert page["partOf"]["id"] == collection["id"]
        pages.append(page)
        activities = page["orderedItems"] + activities
        address = page.get("prev", {}).get("id")
    assert pages[-1]["id"] == collection["first"]["id"]
    assert "prev" not in pages[-1]
    assert "next" not in pages[0]
    times = [each["endTime"] for each in activities]
    assert times == sorted(times)
    assert len(activities) == visitor.get("/feeds/changes").json()["totalItems"]
    assert len({each["id"] for each in activities}) == len(activities)
    forward, address = [], collection["first"]["id"]
    while address:
        page = visitor.get(address).json()
        forward += page["orderedItems"]
        address = page.get("next", {}).get("id")
    assert forward == activities


def test_a_mirror_that_follows_the_feed_ends_with_the_things_there_are(visitor, ids):
    """Replays all activities from the first release's things; compares with what is served."""
    query = (
        "SELECT DISTINCT ?x { GRAPH <https://w3id.org/mission-kg/graph/asserted> { ?x a ?t } "
        'FILTER(STRSTARTS(STR(?x), "https://w3id.org/mission-kg/id/initiative/")) }'
    )
    rows = visitor.get("/sparql", params={"query": query}).json()["results"]["bindings"]
    now = {row["x"]["value"] for row in rows}
    base = "https://w3id.org/mission-kg/id/initiative/"
    mirror = {f"{base}s0", f"{base}s1"}  # what the first release has
    address = visitor.get("/feeds/changes").json()["first"]["id"]
    while address:
        page = visitor.get(address).json()
        for each in page["orderedItems"]:
            thing = each["object"]
            if thing["id"].startswith(base):
                if each["type"] == "Create":
                    mirror.add(thing["id"])
                elif each["type"] == "Delete":
                    assert thing["type"] == "Tombstone"
                    mirror.discard(thing["id"])
        address = page.get("next", {}).get("id")
    assert mirror == now == {f"{base}s0", f"{base}s2"}


@pytest.mark.parametrize("path", ["{id}/2", "{id}/0", "{id}/x", "nothing/1"])
def test_pages_that_are_not_there(visitor, ids, path):
    answer = visitor.get(f"/feeds/changes/{path.format(id=ids[0])}")
    assert answer.status_code in {400, 404}
    assert answer.json()["detail"]


def test_a_damaged_release_does_not_stop_the_feed(serve_copy, ids):
    with serve_copy() as (home, client):
        shutil.rmtree(home / "changes", ignore_errors=True)
        (home / "releases" / ids[0] / "dump.nq.zst").write_bytes(b"nonsense")
        feed = ElementTree.fromstring(client.get("/feeds/releases.atom").content)
        words = [each.findtext(f"{ATOM}summary") for each in feed.findall(f"{ATOM}entry")]
        assert len(words) == 3
        assert "added" in words[0]
