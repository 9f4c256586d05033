"""`mission-kg publish`: what is in the workspace becomes claims of a new release."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.settings import Settings
from api.wiring import open_service
from kg.shelf import all_releases, open_store

TOKEN = "a token for tests, long enough"
MKG = "https://w3id.org/mission-kg/ontology#"
THING = "https://w3id.org/mission-kg/id/initiative/a-mission-of-tests"
TEXT = f"""
INSERT DATA {{ GRAPH <http://x.org/mine> {{
  <{THING}> a <{MKG}MissionInitiative> ;
    <http://www.w3.org/2000/01/rdf-schema#label> "A mission of tests"@en ;
    <http://x.org/unheard-of> 1 . }} }}
"""


def publish(home, *more):
    command = [str(Path(sys.executable).with_name("mission-kg")), "publish", "--home", str(home)]
    return subprocess.run([*command, *more], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def own_home(home, tmp_path_factory):
    """A home of its own, since releases are made in it."""
    path = tmp_path_factory.mktemp("publishing")
    (path / "releases").mkdir()
    for each in all_releases(home / "releases"):
        (path / "releases" / each.path.name).symlink_to(each.path)
    return path


def test_nothing_to_publish_is_told(own_home):
    done = publish(own_home)
    assert (done.returncode, "MISSION_KG_WRITE_TOKEN" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_workspace_becomes_claims(own_home, served):
    import httpx

    before = {each.id for each in all_releases(own_home / "releases")}
    settings = Settings(home=own_home, write_token=SecretStr(TOKEN))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with (
        served(open_service(settings)) as base,
        httpx.Client(base_url=base, headers=headers, timeout=60) as client,
    ):
        client.post("/update", data={"update": "DROP ALL"}).raise_for_status()
        empty = publish(own_home)
        assert (empty.returncode, "empty" in empty.stderr) == (2, True)
        client.post("/update", data={"update": TEXT}).raise_for_status()
        # The server still has the workspace open.
        done = publish(own_home, "--title", "Corrections of November", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["ingested"][0]["claims"] == 2
    assert "unheard-of" in json.dumps(told["ingested"][0]["findings"])
    newest = all_releases(own_home / "releases")[0]
    assert newest.id == told["release"]["id"]
    assert newest.id not in before
    store = open_store(newest)
    assert store.ask(
        f"""ASK {{ ?claim <{MKG}claimSubject> <{THING}> ; <{MKG}hasEvidence> ?segment .
        ?segment <{MKG}fromSource> ?source .
        ?source <http://www.w3.org/2000/01/rdf-schema#label> ?title
        FILTER(STR(?title) = "Corrections of November") }}"""
    )
    assert not store.ask("ASK { ?s <http://x.org/unheard-of> ?o }")
    again = publish(own_home, "--title", "Corrections of November")
    assert newest.id in again.stdout
