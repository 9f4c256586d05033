"""Comunica (npm): finds out by itself that we are an endpoint, and federates over us.

It is not a package of Python: `npm install --prefix ~/.cache/mission-kg-tests/comunica
@comunica/query-sparql@4` brings it; where it is not, these tests are skipped.
"""

import http.server
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import ClassVar

import pytest
from platformdirs import user_cache_path

HERE = Path(__file__).parent
PLACE = user_cache_path("mission-kg-tests", appauthor=False) / "comunica"


@pytest.fixture(scope="module")
def comunica():
    """Ask sources a query with Comunica; gives what it wrote."""
    node = shutil.which("node") or pytest.skip("no node here")
    modules = PLACE / "node_modules"
    if not (modules / "@comunica" / "query-sparql").is_dir():
        pytest.skip(f"no Comunica here: npm install --prefix {PLACE} @comunica/query-sparql@4")

    def ask(query, *sources):
        done = subprocess.run(
            [node, HERE / "comunica.cjs", json.dumps({"query": query, "sources": sources})],
            env={**os.environ, "NODE_PATH": str(modules)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return ask


@pytest.fixture(scope="module")
def notes(tmp_path_factory, names):
    """Address of a Turtle file that says something about one of our things."""
    folder = tmp_path_factory.mktemp("notes")
    (folder / "notes.ttl").write_text(f"<urn:note> <urn:about> <{min(names)[0]}> .")

    class Handler(http.server.SimpleHTTPRequestHandler):
        extensions_map: ClassVar = {".ttl": "text/turtle"}

        def __init__(self, *given):
            super().__init__(*given, directory=folder)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/notes.ttl"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("told", [True, False], ids=["as-told", "by-itself"])
def test_select(comunica, sparql, names, names_query, told):
    source = {"type": "sparql", "value": sparql} if told else sparql
    answer = comunica(names_query, source)
    assert {(row["initiative"], row["name"]) for row in answer["rows"]} == names


def test_construct(comunica, sparql, names):
    made = comunica(
        "CONSTRUCT { ?s a <urn:Mission> } WHERE "
        "{ ?s a <https://w3id.org/mission-kg/ontology#MissionInitiative> }",
        sparql,
    )
    assert made["kind"] == "quads"
    assert {row[0] for row in made["rows"]} == {initiative for initiative, _ in names}


def test_ask(comunica, sparql):
    assert comunica("ASK { ?s a <urn:nothing> }", sparql) == {"kind": "boolean", "truth": False}


def test_join_with_a_file_elsewhere(comunica, sparql, names, names_query, notes):
    prefixes, _, rest = names_query.partition("SELECT")
    inner = rest.partition("WHERE")[2].strip().removeprefix("{")
    query = f"{prefixes} SELECT ?name WHERE {{ <urn:note> <urn:about> ?initiative . {inner}"
    answer = comunica(query, notes, sparql)
    initiative, _ = min(names)
    assert {row["name"] for row in answer["rows"]} == {
        name for each, name in names if each == initiative
    }


def test_service(comunica, sparql, names, names_query, notes):
    prefixes, _, rest = names_query.partition("SELECT")
    inner = rest.partition("WHERE")[2]
    query = f"{prefixes} SELECT * WHERE {{ SERVICE <{sparql}> {inner} }}"
    assert {(row["initiative"], row["name"]) for row in comunica(query, notes)["rows"]} == names
