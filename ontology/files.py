"""The only door to the files of the ontology: paths, found the same way in a tree and a wheel."""

from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

with as_file(files("ontology")) as _directory:
    ONTOLOGY_DIR: Final[Path] = Path(_directory)
    """The folder that holds the modules, schemes, shapes and alignments."""


def modules() -> tuple[Path, ...]:
    """The two OWL modules: ``core`` (terms and their words), then ``axioms`` (what follows)."""
    return (ONTOLOGY_DIR / "core.ttl", ONTOLOGY_DIR / "axioms.ttl")


def scheme_files() -> tuple[Path, ...]:
    """One SKOS file per concept scheme, by name."""
    return _turtle("schemes")


def shape_files() -> tuple[Path, ...]:
    """The SHACL files, by name."""
    return _turtle("shapes")


def alignment_files() -> tuple[Path, ...]:
    """One file per neighbouring vocabulary, by name."""
    return _turtle("alignments")


def _turtle(folder: str) -> tuple[Path, ...]:
    return tuple(sorted((ONTOLOGY_DIR / folder).glob("*.ttl")))
