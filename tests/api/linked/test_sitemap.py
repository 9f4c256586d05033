import re

from api.linked.sitemap import MOST, index, maps, site_map
from api.linked.state import state_of
from ontology.names import ID


def test_every_named_thing_is_on_the_map(client, service, address):
    text = client.get("/sitemap.xml").text
    found = re.findall("<loc>([^<]+)</loc>", text)
    assert len(found) == len(set(found)) == len(state_of(service).named) + 8
    assert all(each.startswith(address) for each in found)
    assert f"{address}/page/initiative/pilot-e" in found
    for each in found[:: len(found) // 25]:
        assert client.get(each, headers={"Accept": "text/html"}).status_code == 200


def test_more_than_one_map_gets_an_index():
    named = [f"{ID}mission/m{number}" for number in range(2 * MOST + 5)]
    assert maps(named) == 3
    listed = index(named, "https://example.org/", "2026-11-23")
    assert listed.count("<sitemap>") == 3
    sizes = [
        site_map(named, "https://example.org/", "2026-11-23", n).count("<url>") for n in (1, 2, 3)
    ]
    assert sizes == [MOST, MOST, 13]


def test_a_map_that_is_not_there_is_said(client):
    assert client.get("/sitemap-1.xml").status_code == 200
    for wrong in ("/sitemap-2.xml", "/sitemap-0.xml", "/sitemap-x.xml"):
        assert client.get(wrong).status_code == 400


def test_robots_are_sent_to_the_map(client, address):
    text = client.get("/robots.txt").text
    assert f"Sitemap: {address}/sitemap.xml" in text
    assert "Disallow: /sparql" in text
