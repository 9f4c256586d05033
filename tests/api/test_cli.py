import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request

import openpyxl
import pytest

MKG = "https://w3id.org/mission-kg/ontology#"
SELECT = f"SELECT ?case WHERE {{ ?case a <{MKG}Case> }} ORDER BY ?case LIMIT 3"
ENTRY = [sys.executable, "-c", "from api.cli import main; main()"]


@pytest.fixture(scope="session")
def run(home, tmp_path_factory):
    """Run the command as a user does, in a process of its own, far from the checkout."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    def started(*arguments, stdin="", **environment):
        return subprocess.run(
            [*ENTRY, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            cwd=elsewhere,
            env={**os.environ, "MISSION_KG_HOME": str(home), **environment},
        )

    return started


COMMANDS = ["build", "serve", "check", "ingest", "query", "ask", "why", "export", "releases"]


@pytest.mark.parametrize("command", [*COMMANDS, "template"])
def test_help_has_an_example(run, command):
    done = run(command, "--help")
    assert done.returncode == 0
    assert f"Example: mission-kg {command}" in " ".join(done.stdout.split())


def test_help_and_version_are_quick_to_import(run):
    assert "mission-kg 0." in run("--version").stdout
    code = "import sys, api.cli; print(*[m for m in ('fastapi', 'pyshacl', 'rdflib', 'rich', "
    code += "'pyoxigraph', 'pydantic') if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (loaded.returncode, loaded.stdout.strip()) == (0, "")


def test_ask_lists_and_answers(run):
    assert "practices-in-the-library" in run("ask").stdout
    listed = json.loads(run("ask", "--json").stdout)
    assert {"name", "title", "tags"} == set(listed[0])
    table = run("ask", "missions-of-an-initiative", "initiative=init:csiro-missions-program")
    assert table.returncode == 0
    assert "[mission:" in table.stdout
    rows = list(
        csv.DictReader(io.StringIO(run("ask", "practices-in-the-library", "-f", "csv").stdout))
    )
    found = json.loads(run("ask", "practices-in-the-library", "--json").stdout)
    assert len(rows) == len(found["results"]["bindings"]) > 3


def test_query_from_text_file_and_standard_input(run, tmp_path):
    file = tmp_path / "cases.rq"
    file.write_text(SELECT)
    answers = {
        run("query", SELECT, "--json").stdout,
        run("query", file, "--json").stdout,
        run("query", "-", "--json", stdin=SELECT).stdout,
    }
    assert len(answers) == 1
    assert len(json.loads(answers.pop())["results"]["bindings"]) == 3
    assert run("query", f"ASK {{ ?case a <{MKG}Case> }}").stdout == "yes\n"
    described = run("query", "DESCRIBE <https://w3id.org/mission-kg/id/initiative/pilot-e>")
    assert "init:pilot-e" in described.stdout


def test_why_takes_curies_and_iris(run):
    words = run("why", "init:pilot-e", "a", "mkg:MissionInitiative").stdout
    iri = "https://w3id.org/mission-kg/id/initiative/pilot-e"
    assert run("why", iri, "rdf:type", f"<{MKG}MissionInitiative>").stdout == words
    assert "because" in words
    explained = run("why", "init:pilot-e", "a", "mkg:MissionInitiative", "--json").stdout
    assert json.loads(explained)


def test_export_gives_what_the_store_holds(run, service, tmp_path):
    file = tmp_path / "all.trig"
    done = run("export", file)
    assert f"{service.store.size():,} statements" in done.stderr
    graph = f"{MKG.partition('ontology')[0]}graph/asserted"
    lines = run("export", "--graph", graph).stdout.splitlines()
    assert len(lines) == service.store.size(graph)


def test_releases(run, service):
    assert service.release.id in run("releases").stdout
    (only,) = json.loads(run("releases", "--json").stdout)
    assert only["dump_sha256"] == service.release.manifest.dump


def test_template_is_a_workbook_and_overwrites_nothing(run, tmp_path):
    file = tmp_path / "claims.xlsx"
    assert run("template", file).returncode == 0
    assert "Claims" in openpyxl.load_workbook(file).sheetnames
    again = run("template", file)
    assert again.returncode == 1
    assert "there already" in again.stderr
    other = run("template", file.with_suffix(".csv"))
    assert (other.returncode, file.with_suffix(".csv").exists()) == (1, False)
    assert "name it as FILE.xlsx" in other.stderr


def test_check_ingest_build_publish_a_claim(run, tmp_path):
    home = {"MISSION_KG_HOME": str(tmp_path / "home")}
    folder = tmp_path / "mine"
    (folder / "claims").mkdir(parents=True)
    (folder / "sources.csv").write_text(
        "id,type,kind,title,url,entered_by,entered_on\n"
        "src:my-note,SourceDocument,practitioner,My note,https://example.org/note,"
        "agent:me,2026-01-05T10:00:00Z\n"
    )
    (folder / "agents.csv").write_text("id,type,label\nagent:me,Person,Me\n")
    (folder / "claims" / "mine.csv").write_text(
        "id,subject,property,value,source\nX1,init:pilot-e,altName,My name for it,src:my-note\n"
    )
    assert run("check", folder, **home).returncode == 0
    first = run("ingest", "library", folder, **home)
    assert (first.returncode, "kept" in first.stdout) == (0, True), first.stderr
    assert "nothing changed" in run("ingest", "library", folder, **home).stdout
    built = run("build", "--json", **home)
    assert json.loads(built.stdout)["counts"]["claims"] > 0
    words = run("why", "init:pilot-e", "skos:altLabel", '"My name for it"@en', **home)
    assert "My note" in words.stdout
    (folder / "claims" / "mine.csv").write_text(
        "id,subject,property,value,source\nX1,init:pilot-e,ownedByy,org:x,src:my-note\n"
    )
    wrong = run("check", folder, **home)
    assert wrong.returncode == 1
    assert "ownedByy" in wrong.stdout
    assert run("ingest", "library", folder, **home).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["ask", "practices-in-the-librari"], 1, "practices-in-the-library"),
        (["ask", "missions-of-an-initiative", "initiative=x y"], 1, "Expected"),
        (["ask", "missions-of-an-initiative", "nothing"], 2, "NAME=VALUE"),
        (["query", "SELECT * {"], 1, "line 1"),
        (["query", "nothing.rq"], 1, "nothing.rq"),
        (["query", "SELECT * { SERVICE <http://x.org/> {} }"], 1, "SERVICE"),
        (["why", "init:pilot-e", "a", "mkg:LMICInitiative"], 1, "Nothing in the graph"),
        (["why", "nothing", "a", "mkg:Case"], 1, "'nothing'"),
        (["why", "init:pilot-e", "a"], 2, "OBJECT"),
        (["export", "all.ttl"], 1, "--graph"),
        (["export", "--graph", "urn:nothing"], 1, "urn:nothing"),
        (["ingest", "librari", "x.csv"], 2, "library"),
        (["ingest", "library", "nothing.csv"], 1, "nothing.csv"),
        (["serve", "--port", "99999"], 2, "99999"),
        (["nothing"], 2, "nothing"),
    ],
)
def test_faults_are_said_in_words(run, arguments, code, words):
    done = run(*arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_no_release_is_said_with_the_remedy(run, tmp_path):
    done = run("ask", "practices-in-the-library", MISSION_KG_HOME=str(tmp_path))
    assert (done.returncode, "mission-kg build" in done.stderr) == (1, True)
    assert "mission-kg build" in run("releases", MISSION_KG_HOME=str(tmp_path)).stderr


def test_a_setting_out_of_range_is_named(run):
    done = run("releases", MISSION_KG_PORT="many")
    assert (done.returncode, "port" in done.stderr) == (2, True)


def test_serve_answers_and_ends_quietly(home, tmp_path):
    environment = {**os.environ, "MISSION_KG_HOME": str(home)}
    server = subprocess.Popen(
        [*ENTRY, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "PYTHONUNBUFFERED": "1"},
    )
    line = server.stdout.readline()
    address = line.split()[-1]
    with urllib.request.urlopen(f"{address}health/ready") as ready:
        assert json.load(ready)["status"] == "ready"
    taken = subprocess.run(
        [*ENTRY, "serve", "--port", address.rstrip("/").rpartition(":")[2]],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert (taken.returncode, "Cannot listen" in taken.stderr) == (1, True)
    time.sleep(0.2)
    server.send_signal(signal.SIGINT)
    _, errors = server.communicate(timeout=20)
    assert server.returncode == 0
    assert "Traceback" not in errors
