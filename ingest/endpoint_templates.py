"""Query templates for SPARQL endpoints: ``.rq`` files with a header of YAML in ``#+`` lines.

A template is a CONSTRUCT whose triples are the statements, or a SELECT of ``?subject ?property
?value``. It has an ORDER BY and no LIMIT: pages are cut from it. An empty block
``VALUES (?known ?name) { }`` is filled with things of our own graph, as RDF terms.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pyoxigraph import Literal, NamedNode

from ingest.faults import did_you_mean, shown
from ingest.limits import DEFAULT, Limits
from ingest.tables import read_text, refuse
from kg.model import Batch
from ontology.curies import expand
from ontology.names import ID, KINDS

TEMPLATES: Path = Path(__file__).parent / "templates"
_BLOCK = re.compile(r"VALUES\s*\(\s*\?known\s+\?name\s*\)\s*\{\s*\}", re.IGNORECASE)
_COMMENT = re.compile(r"<[^<>\s]*>|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|(?P<comment>#[^\n]*)")
_FORM = re.compile(r"\b(SELECT|CONSTRUCT|ASK|DESCRIBE|INSERT|DELETE|LOAD)\b", re.IGNORECASE)
_LIMIT = re.compile(r"\b(?:LIMIT|OFFSET)\s+\d+", re.IGNORECASE)
_NEEDED = ("subject", "property", "value")


@dataclass(frozen=True, slots=True)
class Template:
    """A template: what it fetches, and how it is cut into pages.

    ``kind``: prefix of the known things that fill the block, found by the property ``by`` (IRI).
    ``batch``: how many go into one query; ``page``: rows of one page. ``publisher``, ``licence``:
    of the endpoint's data.
    """

    name: str
    title: str
    text: str
    form: str
    kind: str | None = None
    by: str = ""
    batch: int = 50
    page: int = 500
    publisher: str | None = None
    licence: str | None = None

    @property
    def ordered(self) -> bool:
        """Whether pages are cut from rows in a fixed order."""
        return bool(re.search(r"\bORDER\s+BY\b", _bare(self.text), re.IGNORECASE))

    def queries(self, known: Batch, only: frozenset[str] = frozenset()) -> Iterator[str]:
        """The text for each batch of known things (those in ``only``, if any are named)."""
        if self.kind is None:
            yield self.text
            return
        rows = sorted(self._rows(known, only))
        for start in range(0, len(rows), self.batch):
            block = (
                "VALUES (?known ?name) {\n" + "\n".join(rows[start : start + self.batch]) + "\n}"
            )
            found = _BLOCK.search(self.text)
            start_of, end_of = found.span() if found else (0, 0)
            yield self.text[:start_of] + block + self.text[end_of:]

    def _rows(self, known: Batch, only: frozenset[str]) -> set[str]:
        start = f"{ID}{KINDS[self.kind or '']}/"
        return {
            f"  ({NamedNode(claim.subject)} {Literal(claim.value.value)})"
            for claim in known.claims
            if claim.subject.startswith(start)
            and claim.property == self.by
            and isinstance(claim.value, Literal)
            and claim.value.language in (None, "en")
            and (not only or claim.subject in only)
        }


def shipped() -> dict[str, Path]:
    """Names of the shipped templates -> their files."""
    return {path.stem: path for path in sorted(TEMPLATES.glob("*.rq"))}


def find(name: str, limits: Limits = DEFAULT) -> Template:
    """A shipped template by name, or the one in the file ``name``. Raises ``UnreadableFile``."""
    path = shipped().get(name) or Path(name)
    if path.suffix != ".rq":
        near = did_you_mean(name, shipped(), f"Templates: {', '.join(shipped())}; or a .rq file.")
        raise refuse(name, "is no template.", near)
    return parse(read_text(path, path.name, limits), path.stem)


def parse(text: str, name: str) -> Template:
    """The template that ``text`` holds. Raises ``UnreadableFile`` saying what is wrong with it."""
    file = f"{name}.rq"
    header = _header(text, file)
    bare = _bare(text)
    form = _FORM.search(bare)
    if form is None or form[1].upper() not in ("SELECT", "CONSTRUCT"):
        said = f"is a template of the form {form[1].upper() if form else 'none'}."
        raise refuse(file, said, "Write a SELECT ?subject ?property ?value, or a CONSTRUCT.")
    if _LIMIT.search(bare):
        raise refuse(file, "has a LIMIT or OFFSET of its own.", "Leave it out: pages are cut here.")
    projected = bare[form.start() :].partition("{")[0]
    lacking = [each for each in _NEEDED if f"?{each}" not in projected]
    if form[1].upper() == "SELECT" and lacking and "*" not in projected:
        said = f"does not select {', '.join(f'?{each}' for each in lacking)}."
        raise refuse(file, said, "Select ?subject ?property ?value.")
    return _made(name, text, form[1].upper(), header, file)


def _made(name: str, text: str, form: str, header: dict[str, Any], file: str) -> Template:
    kind = header.get("kind")
    if kind is not None and (kind not in KINDS or not _BLOCK.search(text)):
        said = f"asks for known things of the kind {shown(str(kind))}."
        hint = "Name a kind such as org, and write VALUES (?known ?name) { } in the query."
        raise refuse(file, said, hint)
    try:
        return Template(
            name=name,
            title=str(header.get("title", name)),
            text=text,
            form=form,
            kind=kind,
            by=expand(str(header.get("by", "rdfs:label"))),
            batch=int(header.get("batch", 50)),
            page=int(header.get("page", 500)),
            publisher=header.get("publisher"),
            licence=header.get("licence"),
        )
    except ValueError as error:
        raise refuse(file, f"has a fault in its header: {error}", "Correct the #+ lines.") from None


def _header(text: str, file: str) -> dict[str, Any]:
    lines = [line[2:].removeprefix(" ") for line in text.splitlines() if line.startswith("#+")]
    try:
        told = yaml.safe_load("\n".join(lines)) if lines else {}
    except yaml.YAMLError as error:
        said = f"has a header that is no YAML: {str(error).splitlines()[0]}."
        raise refuse(file, said, "Correct the lines that begin with #+.") from None
    if not isinstance(told, dict):
        raise refuse(file, "has a header of no names and values.", "Write #+ title: … lines.")
    return told


def _bare(text: str) -> str:
    """The query without comments, and without what stands in strings and IRIs."""
    return _COMMENT.sub(" ", text)
