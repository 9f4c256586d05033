"""``/api/v1/cases`` over real HTTP: the same cases as the SPARQL it names."""

import httpx
import pytest

PATH = "/api/v1/cases"


def facet(found: dict, name: str) -> dict[str, dict]:
    values = next(each for each in found["facets"] if each["name"] == name)["values"]
    return {each["slug"]: each for each in values}


def by_sparql(client: httpx.Client, sparql: str) -> set[str]:
    rows = client.get("/sparql", params={"query": sparql}).json()["results"]["bindings"]
    return {row["case"]["value"] for row in rows}


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"country": "no"},
        {"country": ["no", "dk", "vn"], "policy-field": "energy"},
        {"feature": ["cf-ownership", "cf:cf-bold-goals"], "income-group": "income:high"},
        {"kind": "https://w3id.org/mission-kg/ontology#MissionProgramme"},
    ],
)
def test_lists_what_its_sparql_selects(client, chosen):
    found = client.get(PATH, params={**chosen, "size": 200}).json()
    assert {case["iri"] for case in found["cases"]} == by_sparql(client, found["sparql"])
    assert found["total"] == len(found["cases"])


def test_a_link_of_a_value_finds_as_many_as_it_says(client):
    found = client.get(PATH, params={"country": "no"}).json()
    for value in list(facet(found, "country").values())[:4]:
        if not value["chosen"]:
            more = client.get(value["link"]).json()
            assert more["total"] == found["total"] + value["count"]
    assert client.get(facet(found, "country")["no"]["link"]).json()["total"] > found["total"]


def test_words_narrow_and_order(client):
    found = client.get(PATH, params={"q": "plastic", "sort": "relevance"}).json()
    assert 0 < found["total"] < client.get(PATH).json()["total"]
    assert all(case["label"] for case in found["cases"])
    assert sum(value["count"] for value in facet(found, "country").values()) >= 1


def test_pages_do_not_overlap(client):
    pages = [client.get(PATH, params={"size": 20, "page": page}).json() for page in (1, 2, 3, 9999)]
    iris = [case["iri"] for page in pages for case in page["cases"]]
    assert len(iris) == len(set(iris)) == pages[0]["total"]
    assert pages[0]["pages"] == 3
    assert pages[3]["cases"] == []


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"contry": "no"}, "There is no facet named 'contry'"),
        ({"country": "norwy"}, "No case has 'norwy' as its country."),
        ({"country": "zz:x"}, "no known prefix"),
        ({"policy-field": "enery"}, "Did you mean energy"),
        ({"country": ["no"] * 51}, "choose 50 at the most"),
    ],
)
def test_says_what_is_wrong(client, parameters, says):
    response = client.get(PATH, params=parameters)
    assert response.status_code == 400
    assert says in response.json()["detail"]


@pytest.mark.parametrize(
    "parameters",
    [{"page": 0}, {"page": 10**9}, {"size": 1000}, {"sort": "best"}, {"q": "x" * 20_000}],
)
def test_numbers_and_words_have_bounds(client, parameters):
    assert client.get(PATH, params=parameters).status_code in {400, 422}
    assert client.get(PATH, params={"q": "<script>alert(1)</script>"}).json()["total"] == 0
