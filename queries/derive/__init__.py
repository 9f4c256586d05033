"""Guarded rules: one CONSTRUCT per file, run by ``kg.reasoning`` after the ontology's rules."""

from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

with as_file(files("queries") / "derive") as _directory:
    DERIVE_DIR: Final[Path] = Path(_directory)
    """The folder that holds the rules' files."""
