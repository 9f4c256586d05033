"""Figures of a run, kept section by section, so that a run that was ended goes on later."""

import json
import os
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "results" / "workload.json"


class Record:
    """The figures by section; ``again``: sections that are there already are measured anew."""

    def __init__(self, file: Path = FILE, *, again: bool = False) -> None:
        self._file = file
        self._again = again
        self._done: set[str] = set()
        self.sections: dict[str, Any] = {}
        if file.exists():
            self.sections = json.loads(file.read_text())

    def wants(self, name: str) -> bool:
        """Whether a section is still to be measured."""
        return name not in self._done and (self._again or name not in self.sections)

    def keep(self, name: str, figures: Any) -> None:
        """Keep a section, on disk at once."""
        self._done.add(name)
        self.sections[name] = {"when": f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}", "figures": figures}
        self.sections["machine"] = machine()
        self._file.parent.mkdir(exist_ok=True)
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps(self.sections, indent=1, sort_keys=True) + "\n")
        part.rename(self._file)

    def figures(self, name: str) -> Any:
        """The figures of a section; ``None`` where it was not measured."""
        section = self.sections.get(name)
        return section and section["figures"]

    def section(self, name: str, work: Callable[[], Any]) -> None:
        """Measure a section if it is wanted."""
        if self.wants(name):
            self.keep(name, work())


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": str(os.cpu_count()),
        "memory": f"{pages / 2**30:.0f} GiB",
        "python": platform.python_version(),
        "pyoxigraph": version("pyoxigraph"),
        "uvicorn": version("uvicorn"),
    }
