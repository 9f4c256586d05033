"""The worked queries of the documentation answer on the shipped release, and name real terms."""

import re
from pathlib import Path

import pytest

from ingest.home import Home
from ingest.pipeline import build
from kg.release import open_store
from kg.store import GraphStore
from ontology import curies
from ontology.names import GRAPH, MKG, VOCAB
from ontology.vocabulary import vocabulary

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
WORKED = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(
        re.findall(r"```sparql\n(.*?)```", page.read_text("utf-8"), re.DOTALL), start=1
    )
]
ANALYST = (ROOT / "docs" / "analyst.md").read_text("utf-8")
NAME = re.compile(r"(?<![\w<\"/:?$.-])([a-z][a-z0-9-]*):([A-Za-z0-9][\w-]*)")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> GraphStore:
    return open_store(build(Home(tmp_path_factory.mktemp("home"))))


def without_limit(query: str) -> str:
    return re.sub(r"\bLIMIT \d+", "", query)


def names() -> set[tuple[str, str]]:
    """The CURIEs of the analyst's page, in code and in queries."""
    codes = re.findall(r"```\w*\n(.*?)```|`([^`\n]+)`", ANALYST, re.DOTALL)
    text = "\n".join(block or word for block, word in codes)
    return set(NAME.findall(re.sub(r'"[^"]*"|<[^>]*>', " ", text)))


def test_there_are_worked_queries() -> None:
    assert len(WORKED) >= 8


@pytest.mark.parametrize("query", WORKED)
def test_worked_query_answers_without_doubles(query: str, store: GraphStore) -> None:
    assert store.select(query).rows
    rows = store.select(without_limit(query)).rows
    assert len(set(rows)) == len(rows)
    assert all(any(cell is not None for cell in row) for row in rows)


@pytest.mark.parametrize("query", WORKED)
def test_prefixes_are_the_houses_and_are_used(query: str) -> None:
    declared = dict(re.findall(r"^PREFIX ([\w-]+): <([^>]+)>$", query, re.MULTILINE))
    assert declared == {prefix: curies.PREFIXES[prefix] for prefix in declared}
    body = "\n".join(line for line in query.splitlines() if not line.startswith("PREFIX"))
    used = {prefix for prefix, _ in NAME.findall(re.sub(r"<[^>]*>", " ", body))}
    used |= set(re.findall(r"\^\^([a-z]+):", body))
    assert used == set(declared)


def test_the_page_names_only_what_exists(store: GraphStore) -> None:
    known = vocabulary()
    terms = {*known.classes, *known.properties, *known.concepts}
    assert len(names()) >= 40
    missing = []
    for prefix, local in sorted(names()):
        iri = curies.expand(f"{prefix}:{local}")
        if iri.startswith((MKG, VOCAB)):
            found = iri in terms
        else:
            found = store.ask(f"ASK {{ {{ <{iri}> ?p ?o }} UNION {{ ?s <{iri}> ?v }} }}")
            found = found or prefix in {"xsd", "rdf", "rdfs"}
        missing += [] if found else [f"{prefix}:{local}"]
    assert missing == []


def test_the_numbers_of_the_page_are_true() -> None:
    known = vocabulary()
    (schemes,) = re.findall(r"terms of the (\d+) vocabularies", ANALYST)
    assert len(known.schemes) == int(schemes)
    (said,) = re.findall(r"(\d+) comparison features", ANALYST)
    features = [c for c in known.concepts.values() if c.scheme == f"{VOCAB}comparison-feature"]
    assert len(features) == int(said)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`\.\.\./graph/([a-z]+)`", ANALYST))))
def test_a_graph_of_the_page_holds_something(name: str, store: GraphStore) -> None:
    assert store.ask(f"ASK {{ GRAPH <{GRAPH}{name}> {{ ?s ?p ?o }} }}")
