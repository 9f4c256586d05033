import re

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.wiring import Service
from queries.library import questions

HTML = {"Accept": "text/html"}


def test_questions_are_listed_with_their_addresses(client):
    listed = client.get("/api/v1/questions").json()
    assert [each["name"] for each in listed] == list(questions())
    tag = listed[0]["tags"][0]
    tagged = client.get("/api/v1/questions", params={"tag": tag}).json()
    assert 0 < len(tagged) < len(listed)
    assert all(tag in each["tags"] for each in tagged)


def test_a_question_is_described_with_its_sparql(client):
    described = client.get("/api/v1/questions/missions-of-an-initiative").json()
    assert described["parameters"][0]["name"] == "initiative"
    assert "init:" in described["parameters"][0]["expected"]
    assert "SELECT" in described["sparql"]
    assert client.get(described["answer"]).status_code == 200


def test_a_question_is_answered_with_its_argument(client):
    path = "/api/v1/questions/missions-of-an-initiative/answer"
    usual = client.get(path).json()
    given_same = client.get(path, params={"initiative": "init:csiro-missions-program"}).json()
    other = client.get(path, params={"initiative": "init:eu-missions"}).json()
    assert usual == given_same
    assert usual != other


def test_an_answer_comes_as_csv_and_as_a_page(client):
    path = "/api/v1/questions/practices-in-the-library/answer"
    table = client.get(path, headers={"Accept": "text/csv"})
    assert table.text.splitlines()[0].startswith("case,caseLabel")
    page = client.get(path, headers=HTML).text
    assert "caseLabel" not in page.partition("<details>")[0]
    assert "What this means" in page


def test_a_form_offers_what_is_there_and_links_are_short(client):
    path = "/api/v1/questions/time-marks-of-a-source/answer"
    page = client.get(path, headers=HTML).text
    assert '<option value="src:article-6935aaf6" selected>' in page
    assert "An example to start from" in page
    assert re.search(r'href="[^"]*&amp;t=184s"[^>]*>00:03:04</a>', page)
    chosen = client.get(path, headers=HTML, params={"source": "src:article-6935aaf6"}).text
    assert "An example to start from" not in chosen


@pytest.mark.parametrize("name", questions())
def test_every_question_answers_as_a_page(client, name):
    response = client.get(f"/api/v1/questions/{name}/answer", headers=HTML)
    assert response.status_code == 200
    assert '<h2 id="result">Answer</h2>' in response.text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/v1/questions/practices-in-the-librari", 404, "practices-in-the-library"),
        ("/api/v1/questions/nothing-like-it-at-all/answer", 404, "no question"),
        ("/api/v1/questions/missions-of-an-initiative/answer?x=1", 400, "no parameter 'x'"),
        ("/api/v1/questions/missions-of-an-initiative/answer?initiative=", 400, "Expected"),
        ("/api/v1/questions/missions-of-an-initiative/answer?initiative=%22", 400, "Expected"),
        ("/api/v1/why?subject=init:pilot-e", 400, "predicate"),
        ("/api/v1/why?subject=foo:x&predicate=a&object=mkg:Case", 400, "foo"),
        ("/api/v1/why?subject=init:pilot-e&predicate=a&object=mkg:Case", 404, "Nothing"),
        ('/api/v1/why?subject=init:pilot-e&predicate=label&object="x', 400, "no literal"),
        ("/nowhere", 404, "/nowhere"),
        ("/static/nothing.css", 404, "nothing.css"),
    ],
)
def test_faults_are_said_in_words(client, path, status, words):
    response = client.get(path)
    assert (response.status_code, response.headers["content-type"]) == (
        status,
        "application/problem+json",
    )
    assert words in response.json()["detail"]
    page = client.get(path, headers=HTML)
    assert (page.status_code, "text/html" in page.headers["content-type"]) == (status, True)


def test_why_in_words_and_as_json(client):
    asked = {"subject": "init:pilot-e", "predicate": "a", "object": "mkg:MissionInitiative"}
    explained = client.get("/api/v1/why", params=asked)
    assert explained.headers["content-type"] == "application/json"
    assert "pilot-e" in explained.text
    words = client.get("/api/v1/why", params=asked, headers={"Accept": "text/plain"}).text
    assert "because" in words
    page = client.get("/api/v1/why", params=asked, headers=HTML).text
    assert "because" in page
    full = {**asked, "subject": "https://w3id.org/mission-kg/id/initiative/pilot-e"}
    assert client.get("/api/v1/why", params=full).json() == explained.json()


def test_first_page_says_what_this_is(client, service):
    response = client.get("/", headers=HTML)
    page = response.text
    assert service.release.id in page
    assert service.release.manifest.dump in page
    assert f"{service.counts['claims']:,}" in page
    assert all(f"/api/v1/questions/{name}/answer" in page for name in questions())
    assert "<script" not in page
    assert "script-src" not in response.headers["content-security-policy"]
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_counts_agree_with_the_manifest(service):
    assert service.counts["claims"] == service.release.manifest.counts["claims"]
    assert all(number > 0 for number in service.counts.values())


def test_pages_load_nothing_from_elsewhere(client):
    for path in ("/", "/sparql", "/api/docs"):
        page = client.get(path, headers=HTML).text
        assert 'src="http' not in page
        assert 'rel="stylesheet" href="/static/' in page
    assert client.get("/static/style.css").status_code == 200


def test_docs_list_every_route(client):
    described = client.get("/api/openapi.json").json()
    page = client.get("/api/docs").text
    assert all(f" {path}</code>" in page for path in described["paths"])


def test_health(client, service):
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json()["release"] == service.release.id


class _Broken:
    """A store with a fault that nobody foresaw."""

    def __getattr__(self, name):
        raise ZeroDivisionError("a secret")


def test_an_unexpected_error_is_a_problem_without_a_traceback(service, served):
    broken = Service(service.settings, service.release, _Broken())
    with served(broken) as address:
        response = httpx.get(f"{address}/", headers={"Accept": "application/json"})
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert "secret" not in response.text
    assert "Traceback" not in response.text


TEXT = st.text(max_size=60)


@settings(max_examples=80, deadline=None)
@given(subject=TEXT, predicate=TEXT, value=TEXT)
def test_no_terms_break_why(address, subject, predicate, value):
    asked = {"subject": subject, "predicate": predicate, "object": value}
    response = httpx.get(f"{address}/api/v1/why", params=asked)
    assert response.status_code in {200, 400, 404}


@settings(max_examples=80, deadline=None)
@given(argument=TEXT)
def test_no_argument_breaks_a_question(address, argument):
    response = httpx.get(
        f"{address}/api/v1/questions/missions-of-an-initiative/answer",
        params={"initiative": argument},
    )
    assert response.status_code in {200, 400}


def test_a_parameter_that_takes_one_value_is_given_once(client):
    path = "/api/v1/questions/time-marks-of-a-source/answer"
    twice = {"source": ["src:article-6935aaf6", "src:fact-web"]}
    answer = client.get(path, params=twice)
    assert answer.status_code == 400
    assert "source takes one value and was given 2" in answer.text


def test_why_says_what_the_graph_has_never_heard_of(client):
    asked = {"subject": "init:pilot-e", "predicate": "a", "object": "mkg:MissionInitative"}
    answer = client.get("/api/v1/why", params=asked)
    assert answer.status_code == 404
    assert "The graph knows no mkg:MissionInitative." in answer.text


@pytest.mark.parametrize(
    ("address", "plays"),
    [
        ("https://www.youtube.com/watch?v=x#t=75", "https://www.youtube.com/watch?v=x&t=75s"),
        ("https://youtu.be/x#t=75,90", "https://youtu.be/x?t=75s"),
        ("https://example.org/a.mp4#t=75", "https://example.org/a.mp4#t=75"),
        ("https://www.youtube.com/watch?v=x", "https://www.youtube.com/watch?v=x"),
        ("http://[broken", "http://[broken"),
    ],
)
def test_a_moment_is_linked_where_a_browser_plays_it(address, plays):
    from api.pages import playable

    assert playable(address) == plays


def test_a_question_is_read_in_words_and_its_large_numbers_in_groups(client):
    path = "/api/v1/questions/budgets-in-one-currency/answer"
    page = client.get(path, headers=HTML).text
    assert '<span title="59865000000">59,865,000,000</span>' in page
    assert ">first year</th>" in page
    assert "59865000000" in client.get(path, headers={"Accept": "text/csv"}).text
