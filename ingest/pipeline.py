"""Ingest as one function: read the inputs, write them to the home, all or nothing.

Sources by name: ``library`` (CSV directories and files, workbooks), ``article``, ``rdf`` and
``sparql``. Everything is read and judged before the home is touched.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from ingest import library, runs, writing
from ingest.errors import IngestError, InputError, UnknownKind
from ingest.faults import Faults, did_you_mean, shown
from ingest.home import Home
from ingest.library import Reading
from ingest.limits import DEFAULT, Limits
from ingest.slugs import slug
from kg.gathering import Progress
from kg.model import Batch, Finding, Run
from kg.release import Release
from kg.release import build as build_release

Reader = Callable[[str, Mapping[str, str], Limits, Batch], Reading]
"""Reads one input (a path or an address) with options; ``Batch``: what the shipped library has."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """One input: where it is kept, what it brought, what was found.

    ``changed``: it is new. ``replaces``: what was read for the earlier one of this name, if any.
    """

    input: str
    directory: Path
    run: Run
    claims: int
    sources: int
    proposed: int
    findings: tuple[Finding, ...]
    changed: bool
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one call of :func:`ingest` did, input by input."""

    source_name: str
    inputs: tuple[Ingested, ...]

    @property
    def changed(self) -> bool:
        """Whether the home holds anything that it did not hold before."""
        return any(each.changed for each in self.inputs)

    @property
    def claims(self) -> int:
        """Claims in all inputs."""
        return sum(each.claims for each in self.inputs)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings of all inputs."""
        return tuple(finding for each in self.inputs for finding in each.findings)


@dataclass(frozen=True, slots=True)
class _Read:
    name: str
    input: str
    batch: Batch
    run: Run
    findings: tuple[Finding, ...]
    known: Batch


def silent(stage: str, done: int, total: int | None) -> None:
    """Progress for callers who want none; see :data:`kg.gathering.Progress`."""
    del stage, done, total


def ingest(
    home: Home,
    source_name: str,
    inputs: Sequence[str | Path],
    options: Mapping[str, str] | None = None,
    progress: Progress = silent,
    limits: Limits = DEFAULT,
) -> IngestReport:
    """Read ``inputs`` with the reader ``source_name`` and keep them under the home.

    The same input again changes nothing. Raises ``IngestError``; the home is then as it was.
    """
    reader = reader_of(source_name)
    read = [
        _read(source_name, reader, str(each), options or {}, progress, limits) for each in inputs
    ]
    _check_names(read)
    with home.lock():
        old = {each.name: _kept_run(home, each.name) for each in read}
        fresh = [each for each in read if not _is_kept(each, old[each.name])]
        home.replace({each.name: _writer(each) for each in fresh})
    for each in fresh:
        progress(f"kept {each.name}", len(each.batch.claims), len(each.batch.claims))
    return IngestReport(
        source_name, tuple(_told(home, each, old[each.name], each in fresh) for each in read)
    )


def check(
    source_name: str,
    inputs: Sequence[str | Path],
    options: Mapping[str, str] | None = None,
    limits: Limits = DEFAULT,
) -> tuple[Finding, ...]:
    """Everything that is wrong with the inputs; keeps nothing. Raises ``IngestError``."""
    reader = reader_of(source_name)
    found = Faults(limits.findings)
    for each in inputs:
        known = _known(source_name, str(each), limits)
        found.extend(reader(str(each), options or {}, limits, known).findings)
    return found.all()


def build(home: Home, progress: Progress = silent) -> Release:
    """Make a release of the shipped library and the home's sources.

    Raises ``IngestError`` where the shipped or an ingested source is damaged, ``KgError`` where
    the release cannot be made.
    """
    with home.lock():
        read = list(batches(home, progress))
    return build_release(read, home.releases_dir, progress=progress)


def batches(home: Home, progress: Progress = silent) -> Iterator[Batch]:
    """The shipped library's batch, then one for each source kept under the home."""
    progress("reading the shipped library", 0, None)
    known = shipped()
    yield known
    for directory in home.sources():
        progress(f"reading {directory.name}", 0, None)
        batch = library.read(directory, known=known)
        yield replace(batch, run=runs.read_run(directory))


@lru_cache(maxsize=1)
def shipped() -> Batch:
    """The shipped library with the run that stands for reading it (read once a process)."""
    batch = library.read(library.SHIPPED)
    when = max(claim.entered_on for claim in batch.claims if claim.entered_on)
    used = tuple(runs.used_file(path) for path in sorted(library.SHIPPED.rglob("*.csv")))
    iri = runs.run_iri("library", used, {}, "")
    label = "Reading of the shipped library"
    return replace(batch, run=Run(iri, label, used, when, when, runs.AGENT, runs.software()))


def reader_of(source_name: str) -> Reader:
    """The reader with this name. Raises ``UnknownKind`` naming the nearest."""
    from ingest.readers import READERS

    if source_name not in READERS:
        known = ", ".join(READERS)
        raise UnknownKind(
            f"There is no kind of source {shown(source_name)}. "
            + did_you_mean(source_name, READERS, f"Kinds: {known}.")
        )
    return READERS[source_name]


def _known(source_name: str, given: str, limits: Limits) -> Batch:
    """What an input may take for granted: the shipped library, unless it is that itself.

    A file that will be refused for its size is refused at once, without reading the library.
    """
    path = Path(given)
    if path.is_file() and path.stat().st_size > max(limits.text_bytes, limits.workbook_bytes):
        return Batch((), ())
    is_shipped = source_name == "library" and path.resolve() == library.SHIPPED.resolve()
    return Batch((), ()) if is_shipped else shipped()


def _read(
    source_name: str,
    reader: Reader,
    given: str,
    options: Mapping[str, str],
    progress: Progress,
    limits: Limits,
) -> _Read:
    progress(f"reading {given}", 0, None)
    started = datetime.now(UTC)
    known = _known(source_name, given, limits)
    reading = reader(given, options, limits, known)
    faults = Faults(limits.findings, list(reading.findings))
    faults.raise_if_any()
    _refuse_nothing(given, reading.batch, reading.findings)
    used = _used(given)
    text = writing.sources_csv(reading.batch.sources) + writing.claims_csv(reading.batch)
    iri = runs.run_iri(source_name, used, options, text)
    name = f"{source_name}-{slug(options.get('name') or _short(given, options))}"
    label = f"Reading of {_short(given, options)} as {source_name}"
    ended = datetime.now(UTC)
    run = Run(iri, label, used, started, ended, runs.AGENT, runs.software())
    return _Read(name, given, reading.batch, run, reading.findings, known)


def _refuse_nothing(given: str, batch: Batch, findings: tuple[Finding, ...]) -> None:
    """Raises ``InputError`` where an input would leave nothing behind but its name."""
    if not batch.claims:
        reason = f" {findings[0].message}" if findings else ""
        finding = Finding(
            "violation",
            f"it gives no claim to keep.{reason}",
            given,
            "Add at least one statement with a property that mission-kg knows.",
        )
        raise InputError((finding,))


def _short(given: str, options: Mapping[str, str]) -> str:
    """Name of an input: a file's without suffix, an endpoint's host with its template."""
    if "://" in given:
        template = Path(options.get("template", "")).stem
        return f"{urlsplit(given).netloc} {template}".strip()
    return Path(given).resolve().stem


def _used(given: str) -> tuple[str, ...]:
    path = Path(given)
    if path.is_file():
        return (runs.used_file(path),)
    if path.is_dir():
        return tuple(runs.used_file(each) for each in sorted(path.rglob("*.csv")))
    return (given,)


def _check_names(read: Sequence[_Read]) -> None:
    seen: dict[str, str] = {}
    for each in read:
        if each.name in seen:
            raise IngestError(
                f"{each.input} and {seen[each.name]} would both be kept as {each.name}. "
                "Rename one of the files, or ingest them one by one with the option name."
            )
        seen[each.name] = each.input


def _kept_run(home: Home, name: str) -> Run | None:
    directory = home.sources_dir / name
    return runs.read_run(directory) if directory.is_dir() else None


def _is_kept(read: _Read, old: Run | None) -> bool:
    return old is not None and old.iri == read.run.iri


def _writer(read: _Read) -> Callable[[Path], None]:
    """Writes the source and reads it back, so that what is kept can always be built."""

    def write(directory: Path) -> None:
        writing.write(read.batch, directory)
        runs.write_run(read.run, directory)
        library.read(directory, known=read.known)

    return write


def _told(home: Home, read: _Read, old: Run | None, changed: bool) -> Ingested:
    claims = read.batch.claims
    return Ingested(
        input=read.input,
        directory=home.sources_dir / read.name,
        run=read.run,
        claims=len(claims),
        sources=len(read.batch.sources),
        proposed=sum(claim.review_status == "proposed" for claim in claims),
        findings=read.findings,
        changed=changed,
        replaces=old.used if old is not None and changed else (),
    )
