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


def test_compares_as_the_query_it_names(client):
    names = ["pilot-e", "init:csiro-missions-program", "init:eu-missions"]
    body = client.get("/api/v1/compare", params={"case": names}).json()
    rows = client.get("/sparql", params={"query": body["sparql"]}).json()["results"]["bindings"]
    graph = {(r["initiative"]["value"], r["feature"]["value"]): r["status"]["value"] for r in rows}
    told = {
        (case["initiative"], row["feature"]): status
        for row in body["features"]
        for case, status in zip(body["cases"], row["statuses"], strict=True)
    }
    assert told == graph
    assert body["summary"]["features"] == 46
    only = client.get("/api/v1/compare", params={"case": names, "only": "differences"}).json()
    assert len(only["features"]) == body["summary"]["differ"] > 0


@pytest.mark.parametrize(
    ("cases", "status", "says"),
    [
        (["pilot-e"], 400, "name two to 6"),
        (["pilot-e", "init:pilot-e"], 400, "named twice"),
        (["pilot-e", "csiro-mission"], 404, "Did you mean"),
        (["pilot-e", "<b>"], 404, "There is no case"),
        ([], 400, "case"),
    ],
)
def test_a_comparison_says_what_is_wrong(client, cases, status, says):
    response = client.get("/api/v1/compare", params={"case": cases})
    assert response.status_code == status
    assert says in response.json()["detail"]


def test_seven_cases_are_too_many(client):
    seven = [case["iri"] for case in client.get(PATH, params={"size": 7}).json()["cases"]]
    response = client.get("/api/v1/compare", params={"case": seven})
    assert response.status_code == 400
    assert "7 cases are named" in response.json()["detail"]


def test_a_matrix_agrees_with_the_lists(client):
    found = client.get("/api/v1/matrix", params={"rows": "region", "columns": "kind"}).json()
    for row, counts in zip(found["rows"][:3], found["counts"], strict=False):
        for column, count in zip(found["columns"][:3], counts, strict=False):
            both = {"region": row["value"], "kind": column["value"]}
            assert client.get(PATH, params=both).json()["total"] == count
    assert client.get("/api/v1/matrix", params={"rows": "colour"}).status_code == 400
