"""Builds a release: claims -> plain triples -> reasoning -> validation -> cells -> files.

``build`` either leaves a whole new release on the shelf or nothing. The same inputs as the newest
release's make no new one. The only thing in a release that a clock decides is its manifest (and
what repeats it).
"""

import gc
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Final

from pyoxigraph import Quad

from kg import quality, validation
from kg.assess import assess
from kg.disputes import Dispute
from kg.dumping import canonical_quads, write_dump
from kg.errors import ReleaseError, ValidationFailed
from kg.gathering import Gathered, Progress, assert_plain, gather
from kg.model import Batch, Finding
from kg.reasoning import materialise, shipped_rules
from kg.shelf import (
    DUMP,
    STORE,
    Manifest,
    Release,
    all_releases,
    building,
    file_records,
    keep,
    newest,
    open_store,
    seal,
    verify,
)
from kg.statistics import Statistics
from kg.stores.oxigraph import OxigraphStore
from kg.tables import TABLES, write_tables
from ontology.files import alignment_files, modules, scheme_files, shape_files
from ontology.names import (
    GRAPH_ASSERTED,
    GRAPH_ASSESSMENTS,
    GRAPH_INFERRED,
    GRAPH_ONTOLOGY,
    GRAPH_VOCABULARIES,
)
from ontology.vocabulary import vocabulary
from queries.derive import DERIVE_DIR

__all__ = [
    "Manifest",
    "Progress",
    "Release",
    "all_releases",
    "build",
    "keep",
    "newest",
    "open_store",
    "verify",
]

SOFTWARE: Final = "mission-kg"


def _silent(_stage: str, _done: int, _total: int | None) -> None:
    """No progress shown."""


def build(
    batches: Iterable[Batch],
    releases_dir: Path,
    *,
    created: datetime | None = None,
    progress: Progress = _silent,
) -> Release:
    """Make a release of the batches, or return the newest where the inputs are the same.

    ``created``: the time that the release carries (default: now). ``progress``: see
    :data:`kg.gathering.Progress`; stages are claims, ontology, facts, reasoning, validation,
    cells, dump, reports, tables, store, seal. Raises ``ValidationFailed`` (the old release stays),
    ``BuildInProgress`` and ``KgError`` (a claim without a source).
    """
    with building(releases_dir) as work, _spared_collector():
        job = _Job(work, progress)
        with job.stage("claims"):
            found = gather(job.store, batches, progress)
        gc.freeze()  # the claims stay to the end: no use in looking through them again
        gc.enable()
        inputs = _inputs_digest(found)
        if (same := _same(releases_dir, lambda old: old.inputs == inputs)) is not None:
            return same
        findings = _fill(job, found)
        with job.stage("dump"):
            digest, plain = write_dump(job.store, work / DUMP, job.statistics.see)
        if (same := _same(releases_dir, lambda old: old.dump == digest)) is not None:
            return same
        moment = _moment(created, releases_dir)
        label = _Label(f"{moment:%Y%m%dT%H%M%SZ}-{digest[:8]}", moment, inputs, digest)
        with job.stage("reports"):
            _write_reports(job, findings, label)
        with job.stage("tables"):
            write_tables(job.store, work / TABLES)
        ontology = _ontology_version(job.store)
        job.store = OxigraphStore.memory()  # gives its memory back before the next load
        with job.stage("store"):
            _write_store(plain, work / STORE)
        with job.stage("seal"):
            return seal(work, _manifest(job, found, findings, label, ontology))


@contextmanager
def _spared_collector() -> Iterator[None]:
    """Let the garbage collector rest while claims come in: a fifth of the time it took.

    Claims hold no cycles, and it would walk all that came in so far again and again.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if was:
            gc.enable()


@dataclass(slots=True)
class _Job:
    """What a build holds while it runs. ``seconds``: stage -> time it took."""

    work: Path
    progress: Progress
    store: OxigraphStore = field(default_factory=OxigraphStore.memory)
    statistics: Statistics = field(default_factory=Statistics)
    seconds: dict[str, float] = field(default_factory=dict)
    disputes: tuple[Dispute, ...] = ()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Announce a stage and note how long it took."""
        self.progress(name, 0, None)
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)


@dataclass(frozen=True, slots=True)
class _Label:
    """What names a release: its name, its time, the digests of its inputs and its dump."""

    name: str
    moment: datetime
    inputs: str
    dump: str


def _fill(job: _Job, found: Gathered) -> tuple[Finding, ...]:
    """From gathered claims to the full graph; returns what validation found."""
    store = job.store
    with job.stage("ontology"):
        store.add(_ontology_quads())
    with job.stage("facts"):
        job.disputes = assert_plain(store, found, single_valued())
    with job.stage("reasoning"):
        drawn = materialise(store, shipped_rules(), lambda words: job.progress(words, 0, None))
    with job.stage("validation"):
        cells = {(dispute.cell.subject, dispute.cell.property) for dispute in job.disputes}
        findings = (*validation.validate(store, disputed=cells), *drawn.findings)
    if any(finding.severity == "violation" for finding in findings):
        raise ValidationFailed(findings)
    found.spoken.clear()
    found.places.clear()
    with job.stage("cells"):
        store.add(assess(store, job.disputes))
    return findings


def single_valued() -> frozenset[str]:
    """IRIs of the properties of which two different values are a conflict."""
    return frozenset(
        iri
        for iri, term in vocabulary().properties.items()
        if term.single_valued or term.functional
    )


def _ontology_quads() -> Iterator[Quad]:
    yield from canonical_quads((*modules(), *alignment_files()), GRAPH_ONTOLOGY)
    yield from canonical_quads(scheme_files(), GRAPH_VOCABULARIES)


def _inputs_digest(found: Gathered) -> str:
    """Digest of the claims, the ontology's files and the software's version."""
    digest = hashlib.sha256(f"{version(SOFTWARE)}\n{found.digest}\n".encode())
    rules = sorted(DERIVE_DIR.glob("*.rq"))
    for path in (*modules(), *alignment_files(), *scheme_files(), *shape_files(), *rules):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _same(releases_dir: Path, fits: Callable[[Manifest], bool]) -> Release | None:
    """The newest release where it fits and is still whole in its main parts."""
    try:
        last = newest(releases_dir)
    except ReleaseError:
        return None
    whole = (last.path / DUMP).is_file() and (last.path / STORE).is_dir()
    return last if whole and fits(last.manifest) else None


def _write_store(plain: Path, folder: Path) -> None:
    store = OxigraphStore.at(folder)
    store.load(plain)
    store.settle()
    plain.unlink()


def _moment(created: datetime | None, releases_dir: Path) -> datetime:
    """The release's time in whole seconds, later than that of any release on the shelf."""
    moment = (created or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    for release in all_releases(releases_dir)[:1]:
        last = datetime.fromisoformat(release.manifest.created)
        moment = max(moment, last + timedelta(seconds=1))
    return moment


def _write_reports(job: _Job, findings: tuple[Finding, ...], label: _Label) -> None:
    report = quality.measure(job.store, job.disputes, label.moment.year)
    texts = {
        "void.ttl": job.statistics.void(label.name, _iso(label.moment)),
        "validation.json": _json(validation.as_json(findings)),
        "validation.md": validation.as_markdown(findings),
        "quality.json": _json(report.as_json()),
        "quality.md": report.as_markdown(),
    }
    for file, text in texts.items():
        (job.work / file).write_text(text, "utf-8")


def _manifest(
    job: _Job, found: Gathered, findings: tuple[Finding, ...], label: _Label, ontology: str
) -> Manifest:
    statistics, graphs = job.statistics, job.statistics.by_graph()
    return Manifest(
        id=label.name,
        created=_iso(label.moment),
        software=f"{SOFTWARE} {version(SOFTWARE)}",
        ontology=ontology,
        inputs=label.inputs,
        dump=label.dump,
        counts={
            "quads": statistics.whole.triples,
            "claims": len(found.seen),
            "sources": len(found.sources),
            "asserted": graphs.get(GRAPH_ASSERTED, 0),
            "inferred": graphs.get(GRAPH_INFERRED, 0),
            "assessments": graphs.get(GRAPH_ASSESSMENTS, 0),
            "disputes": len(job.disputes),
            "warnings": sum(finding.severity == "warning" for finding in findings),
        },
        graphs=graphs,
        classes=statistics.by_class(),
        modalities=statistics.by_modality(),
        seconds=dict(job.seconds),
        files=file_records(job.work),
    )


def _ontology_version(store: OxigraphStore) -> str:
    """The version IRI or text that the ontology's header states."""
    rows = store.select(
        "SELECT ?v { ?o a <http://www.w3.org/2002/07/owl#Ontology> ; "
        "<http://www.w3.org/2002/07/owl#versionIRI> ?v } ORDER BY ?v LIMIT 1"
    ).rows
    return str(getattr(rows[0][0], "value", "")) if rows else ""


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
