"""The library format: directories of CSV tables, or one CSV file or workbook, as claims.

A directory holds ``sources*.csv``, ``agents.csv`` and ``claims/**/*.csv``; a single file holds
claims (a workbook has a sheet for each kind of table). :func:`check` tells everything that is
wrong in words; :func:`read` gives the batch, or raises with the same findings.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest import consistency, records
from ingest.errors import InputError
from ingest.faults import Faults
from ingest.limits import DEFAULT, Limits
from ingest.tables import Row, Table, columns_fit, judge_size, read_csv, refuse
from ingest.terms import Terms
from kg.model import Batch, Claim, Finding, Source
from ontology.names import RDF, RDFS
from ontology.vocabulary import vocabulary

SHIPPED: Path = Path(__file__).parent / "library"
"""The library that the distribution ships."""

_COLUMNS = {
    "sources": (records.SOURCE_COLUMNS, records.SOURCE_NEEDED),
    "agents": (records.AGENT_COLUMNS, records.AGENT_COLUMNS),
    "claims": (records.CLAIM_COLUMNS, records.CLAIM_NEEDED),
}
_TABLES = {".csv", ".tsv", ".txt"}
_NOTHING = Batch((), ())


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reading gave: the batch of all good rows, and every finding."""

    batch: Batch
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _Tables:
    """The tables of one input, by what they hold."""

    sources: list[Table] = field(default_factory=list)
    agents: list[Table] = field(default_factory=list)
    claims: list[Table] = field(default_factory=list)

    def add(self, kind: str, table: Table, faults: Faults) -> None:
        """Keep a table whose header fits its kind."""
        known, needed = _COLUMNS[kind]
        if columns_fit(table, known, needed, faults):
            getattr(self, kind).append(table)


def read(path: Path, limits: Limits = DEFAULT, known: Batch = _NOTHING) -> Batch:
    """The claims and sources of a library directory, CSV file or workbook.

    ``known``: a batch whose sources and entities may be used without being repeated. Raises
    ``InputError`` with all findings where any is a violation.
    """
    faults = Faults(limits.findings)
    batch = _read(path, limits, known, faults)
    faults.raise_if_any()
    return batch


def check(path: Path, limits: Limits = DEFAULT, known: Batch = _NOTHING) -> tuple[Finding, ...]:
    """Everything that is wrong or worth knowing about the input; empty where all is well."""
    return examine(path, limits, known).findings


def examine(path: Path, limits: Limits = DEFAULT, known: Batch = _NOTHING) -> Reading:
    """The good rows together with the findings. Raises nothing for bad input."""
    faults = Faults(limits.findings)
    try:
        batch = _read(path, limits, known, faults)
    except InputError as error:
        faults.extend(error.findings)
        batch = _NOTHING
    return Reading(batch, faults.all())


def _read(path: Path, limits: Limits, known: Batch, faults: Faults) -> Batch:
    tables = _Tables()
    for kind, table in _all_tables(path, limits, faults):
        tables.add(kind, table, faults)
    rows = [row for table in tables.claims for row in table.rows(faults)]
    terms = Terms(vocabulary())
    terms = terms.declaring(_declared(rows, terms) | described(known))
    sources = _sources(tables.sources, terms, known, faults)
    placed = list(_agents(tables.agents, terms, faults))
    if placed:
        sources[records.AGENTS_SOURCE.iri] = records.AGENTS_SOURCE
    placed += _claims(rows, terms, sources, faults)
    _check_whole(placed, known, faults)
    own = {source.iri for source in known.sources}
    unique = {claim.iri: claim for _, claim in reversed(placed)}
    kept = tuple(reversed(unique.values()))
    return Batch(tuple(each for iri, each in sources.items() if iri not in own), kept)


def _all_tables(path: Path, limits: Limits, faults: Faults) -> Iterator[tuple[str, Table]]:
    if path.is_dir():
        yield from _directory_tables(path, limits, faults)
    elif path.suffix.lower() in {".xlsx", ".xlsm"}:
        from ingest.spreadsheet import read_workbook

        yield from read_workbook(path, path.name, limits).items()
    elif path.suffix.lower() in _TABLES:
        yield _kind_of(path.name), read_csv(path, path.name, limits)
    else:
        judge_size(path, path.name, limits.text_bytes, "text_bytes")
        said = "is no table: CSV (.csv) or a workbook (.xlsx) was expected."
        raise refuse(path.name, said, "Ingest an article or RDF as article or rdf.")


def _directory_tables(path: Path, limits: Limits, faults: Faults) -> Iterator[tuple[str, Table]]:
    files = [*sorted(path.glob("sources*.csv")), *sorted(path.glob("agents*.csv"))]
    claims = sorted((path / "claims").rglob("*.csv"))
    if not files and not claims:
        said = "holds no sources.csv and no claims/*.csv."
        raise refuse(str(path), said, "Give a directory in the library format.")
    for file in [*files, *claims]:
        name = file.relative_to(path).as_posix()
        try:
            yield ("claims" if file in claims else _kind_of(name)), read_csv(file, name, limits)
        except InputError as error:
            faults.extend(error.findings)


def _kind_of(name: str) -> str:
    return next((kind for kind in ("sources", "agents") if name.startswith(kind)), "claims")


def _declared(rows: Iterable[Row], terms: Terms) -> frozenset[str]:
    """IRIs that the input itself gives a class: open schemes grow in this way."""
    found: set[str] = set()
    for row in rows:
        if row["property"] == "a" and row["subject"]:
            iri = terms.expanded(row["subject"])
            if iri:
                found.add(iri)
    return frozenset(found)


def described(known: Batch) -> frozenset[str]:
    """IRIs of the things to which a batch gives a class."""
    return frozenset(each.subject for each in known.claims if each.property == f"{RDF}type")


def _sources(
    tables: Iterable[Table], terms: Terms, known: Batch, faults: Faults
) -> dict[str, Source]:
    found = {source.iri: source for source in known.sources}
    first: dict[str, str] = {}
    for table in tables:
        for row in table.rows(faults):
            source = records.read_source(row, terms, faults)
            if source is None:
                continue
            if source.iri in first:
                said = f"the source is already listed at {first[source.iri]}."
                faults.violation(row.place("id"), said, "Give each source one line.")
            first.setdefault(source.iri, row.place())
            found[source.iri] = source
    _check_origins(found, first, faults)
    return found


def _check_origins(
    sources: Mapping[str, Source], places: Mapping[str, str], faults: Faults
) -> None:
    for iri, place in places.items():
        origin = sources[iri].derived_from
        if origin and origin not in sources:
            said = f"the source it derives from, {origin}, is not listed."
            faults.violation(f'{place}, column "derived_from"', said, "Add a row for it.")


def _agents(tables: Iterable[Table], terms: Terms, faults: Faults) -> Iterator[tuple[str, Claim]]:
    for table in tables:
        for row in table.rows(faults):
            for claim in records.read_agent(row, terms, faults):
                yield row.place(), claim


def _claims(
    rows: Iterable[Row], terms: Terms, sources: Mapping[str, Source], faults: Faults
) -> Iterator[tuple[str, Claim]]:
    for row in rows:
        claim = records.read_claim(row, terms, sources, faults)
        if claim is not None:
            yield row.place(), claim


def _check_whole(placed: list[tuple[str, Claim]], known: Batch, faults: Faults) -> None:
    consistency.check_keys([*_keys(known), *placed], faults)
    consistency.check_repeats(placed, faults)
    consistency.check_circles(placed, vocabulary(), faults)
    consistency.check_described(placed, _described(known), faults)


def _keys(known: Batch) -> Iterator[tuple[str, Claim]]:
    return (("the shipped library", claim) for claim in known.claims)


def _described(known: Batch) -> frozenset[str]:
    wanted = {f"{RDF}type", f"{RDFS}label"}
    return frozenset(claim.subject for claim in known.claims if claim.property in wanted)
