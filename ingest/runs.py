"""Ingest runs as PROV activities, kept beside what they brought.

A run's IRI is a hash of what was read, how, and what came out: the same input read in the same
way is the same run, and ingesting it again changes nothing.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from ingest.errors import HomeDamaged
from kg.model import Run
from ontology.names import ID

RUN_FILE = "run.json"
AGENT = f"{ID}agent/mission-kg"
"""The program that reads; each run is associated with it."""


def software() -> str:
    """Name and version of this program."""
    return f"mission-kg {version('mission-kg')}"


def run_iri(source_name: str, used: tuple[str, ...], options: Mapping[str, str], out: str) -> str:
    """IRI of the run that read ``used`` with ``options`` and wrote the text ``out``."""
    told = json.dumps([source_name, used, sorted(options.items()), digest(out.encode())])
    return f"{ID}ingest-run/{digest(told.encode())[:24]}"


def digest(data: bytes) -> str:
    """SHA-256 as hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def used_file(path: Path) -> str:
    """How a run names a file it read: its name and the digest of its content."""
    with path.open("rb") as opened:
        return f"{path.name} sha256:{hashlib.file_digest(opened, 'sha256').hexdigest()}"


def write_run(run: Run, directory: Path) -> None:
    """Keep the run beside what it brought."""
    text = json.dumps(
        {
            "iri": run.iri,
            "label": run.label,
            "used": list(run.used),
            "started": run.started.isoformat(),
            "ended": run.ended.isoformat(),
            "agent": run.agent,
            "software": run.software,
        },
        indent=2,
        ensure_ascii=False,
    )
    (directory / RUN_FILE).write_text(text + "\n", encoding="utf-8")


def read_run(directory: Path) -> Run:
    """The run that brought a source directory. Raises ``HomeDamaged``."""
    path = directory / RUN_FILE
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Run(
            iri=str(told["iri"]),
            label=str(told["label"]),
            used=tuple(str(each) for each in told["used"]),
            started=datetime.fromisoformat(told["started"]),
            ended=datetime.fromisoformat(told["ended"]),
            agent=str(told["agent"]),
            software=str(told["software"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HomeDamaged(
            f"{path} is missing or damaged. Remove {directory} and ingest that source again."
        ) from error
