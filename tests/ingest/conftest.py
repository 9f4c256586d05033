"""A small library to write, so that each test says only what it changes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.errors import sentence
from kg.model import Finding

SOURCES = """id,type,kind,title,url,media_url,duration,derived_from,entered_by,entered_on
src:talk,SourceDocument,recording,A talk,https://example.org/talk,https://example.org/t.mp4,00:10:00,,agent:ann,2024-05-01T10:00:00Z
src:notes,SourceDocument,article,Notes on the talk,https://example.org/notes,,,src:talk,,
"""
AGENTS = "id,type,label\nagent:ann,Person,Ann Curator\n"
CLAIMS = """id,subject,property,value,lang,source,place,as_of,modality,status,review,confidence,note
T1,init:tides,a,mkg:MissionInitiative,,src:notes,,,,,,,
T2,init:tides,label,Tides,en,src:notes,,,,,,,
T3,org:harbour,a,mkg:Organisation,,src:notes,,,,,,,
T4,org:harbour,label,Harbour Board,,src:notes,,,,,,,
T5,init:tides,ownedBy,org:harbour,,src:notes,t=00:01:00-00:02:00;page=4,2021~,reported,planned,draft,0.75,x
T6,init:tides,missionCount,3,,src:notes,t=00:03:00,,,,,,
"""


@pytest.fixture
def make_library(tmp_path: Path) -> Callable[..., Path]:
    """Writes a library directory; each table can be replaced, or lines added to the claims."""

    def make(
        claims: str = CLAIMS, sources: str = SOURCES, agents: str = AGENTS, more: str = ""
    ) -> Path:
        directory = tmp_path / "lib"
        (directory / "claims").mkdir(parents=True, exist_ok=True)
        (directory / "sources.csv").write_text(sources, encoding="utf-8")
        (directory / "agents.csv").write_text(agents, encoding="utf-8")
        (directory / "claims" / "a.csv").write_text(claims + more, encoding="utf-8")
        return directory

    return make


@pytest.fixture
def told() -> Callable[[tuple[Finding, ...]], list[str]]:
    """Findings as the sentences that a person reads, each with its severity."""
    return lambda findings: [f"{each.severity}: {sentence(each)}" for each in findings]
