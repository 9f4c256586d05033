"""The quality report: how much is known, told in numbers and in words.

It praises and blames nobody: it shows curators where the next hour of work helps most.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from pyoxigraph import Literal, NamedNode

from kg.disputes import Dispute
from kg.store import Cell, GraphStore
from ontology.curies import compact
from ontology.names import MKG, RDFS, SKOS, VOCAB

STALE_YEARS: Final = 5
"""A fact whose as-of date lies more years back is listed as stale."""
_YEAR: Final = re.compile(r"\d{4}")
_KNOWN: Final = frozenset({"present", "absent", "planned", "not-applicable"})
_COUNTS: Final = {
    "missionCount": "pursues",
    "candidateCount": "hasMissionCandidate",
    "challengeCount": "addressesChallenge",
}
"""Property of a stated number -> property whose members it counts."""


@dataclass(frozen=True, slots=True)
class CaseQuality:
    """``blocks``: building block -> (cells known, cells in all). ``sources``: how many speak."""

    case: str
    initiative: str
    label: str
    known: int
    cells: int
    blocks: Mapping[str, tuple[int, int]]
    sources: int


@dataclass(frozen=True, slots=True)
class CountGap:
    """A number that a source states beside the number of members that the graph lists."""

    subject: str
    property: str
    stated: int
    listed: int


@dataclass(frozen=True, slots=True)
class QualityReport:
    """All numbers of the report; texts are IRIs or slugs unless called label."""

    year: int
    cases: tuple[CaseQuality, ...]
    cells: Mapping[str, int]
    modalities: Mapping[str, int]
    reviews: Mapping[str, int]
    counts: tuple[CountGap, ...]
    conflicts: tuple[Dispute, ...]
    stale: int
    oldest: Mapping[str, int]

    @property
    def single_sourced(self) -> tuple[CaseQuality, ...]:
        """Cases that rest on fewer than two sources."""
        return tuple(case for case in self.cases if case.sources < 2)

    def as_json(self) -> dict[str, Any]:
        """The report as plain values."""
        plain = asdict(self)
        plain["conflicts"] = [
            {**dispute.cell._asdict(), "claims": list(dispute.claims), "reason": dispute.reason}
            for dispute in self.conflicts
        ]
        plain["lacking_second_source"] = [case.case for case in self.single_sourced]
        return plain

    def as_markdown(self) -> str:
        """The report in words."""
        return "\n".join([*_head(self), *_case_lines(self), *_gap_lines(self)]) + "\n"


def measure(store: GraphStore, disputes: Iterable[Dispute], year: int) -> QualityReport:
    """Measure a full graph (cells filled). ``year``: the one to reckon staleness from."""
    ages = _as_of_years(store)
    return QualityReport(
        year=year,
        cases=_cases(store),
        cells=_by_term(store, f"?x a <{MKG}FeatureAssessment> ; <{MKG}valueStatus> ?t"),
        modalities=_by_term(store, f"?x a <{MKG}Claim> ; <{MKG}modality> ?t"),
        reviews=_by_term(store, f"?x a <{MKG}Claim> ; <{MKG}reviewStatus> ?t"),
        counts=tuple(_count_gaps(store)),
        conflicts=tuple(disputes),
        stale=sum(n for then, n in ages.items() if then < year - STALE_YEARS),
        oldest={str(then): ages[then] for then in sorted(ages)[:5]},
    )


def _cases(store: GraphStore) -> tuple[CaseQuality, ...]:
    blocks = _blocks(store)
    statuses: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for initiative, feature, status in _rows(
        store,
        f"SELECT ?i ?f ?v {{ ?c <{MKG}assesses> ?i ; <{MKG}onFeature> ?f ; "
        f"<{MKG}valueStatus> ?v }}",
    ):
        statuses[initiative].append((blocks.get(feature, "other"), status.rpartition("/")[2]))
    sources = _sources(store)
    query = (
        f"SELECT ?case ?i (MIN(?l) AS ?label) {{ ?case <{MKG}describes> ?i . "
        f"OPTIONAL {{ ?i <{RDFS}label> ?l }} }} GROUP BY ?case ?i ORDER BY ?case ?i"
    )
    return tuple(
        _case(case, initiative, label or initiative, statuses[initiative], sources[initiative])
        for case, initiative, label in _rows(store, query)
    )


def _case(
    case: str, initiative: str, label: str, cells: list[tuple[str, str]], sources: int
) -> CaseQuality:
    total = Counter(block for block, _ in cells)
    known = Counter(block for block, status in cells if status in _KNOWN)
    return CaseQuality(
        case=case,
        initiative=initiative,
        label=label,
        known=known.total(),
        cells=len(cells),
        blocks={block: (known[block], total[block]) for block in sorted(total)},
        sources=sources,
    )


def _blocks(store: GraphStore) -> dict[str, str]:
    """Comparison feature -> slug of its building block."""
    query = (
        f"SELECT ?f ?d {{ ?f <{SKOS}inScheme> <{VOCAB}comparison-feature> ; "
        f"<{MKG}inDimension> ?d }}"
    )
    return {feature: block.rpartition("/")[2] for feature, block in _rows(store, query)}


def _sources(store: GraphStore) -> Counter[str]:
    """Initiative -> number of sources with a claim about it, its case or its missions."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in ("", f"/<{MKG}pursues>"):
        query = (
            f"SELECT DISTINCT ?i ?source {{ ?case <{MKG}describes> ?i . "
            f"{'BIND(?i AS ?x)' if not path else f'?i <{MKG}pursues> ?x .'} "
            f"?c <{MKG}claimSubject> ?x ; <{MKG}hasEvidence> ?e . "
            f"?e <{MKG}fromSource> ?source }}"
        )
        for initiative, source in _rows(store, query):
            found[initiative].add(source)
    return Counter({initiative: len(sources) for initiative, sources in found.items()})


def _by_term(store: GraphStore, pattern: str) -> dict[str, int]:
    query = f"SELECT ?t (COUNT(?x) AS ?n) {{ {pattern} }} GROUP BY ?t ORDER BY ?t"
    return {term.rpartition("/")[2]: int(n) for term, n in _rows(store, query)}


def _count_gaps(store: GraphStore) -> Iterable[CountGap]:
    for number, member in _COUNTS.items():
        query = (
            f"SELECT ?s ?n (COUNT(DISTINCT ?m) AS ?listed) {{ ?s <{MKG}{number}> ?n . "
            f"OPTIONAL {{ ?s <{MKG}{member}> ?m }} }} GROUP BY ?s ?n ORDER BY ?s ?n"
        )
        for subject, stated, listed in _rows(store, query):
            if stated.isdecimal() and int(stated) != int(listed):
                yield CountGap(subject, number, int(stated), int(listed))


def _as_of_years(store: GraphStore) -> Counter[int]:
    """Last year that a claim's as-of date names -> claims."""
    years: Counter[int] = Counter()
    query = f"SELECT ?d (COUNT(?c) AS ?n) {{ ?c <{MKG}asOf> ?d }} GROUP BY ?d"
    for date, count in _rows(store, query):
        if named := _YEAR.findall(date):
            years[int(named[-1])] += int(count)
    return years


def _rows(store: GraphStore, query: str) -> list[list[str]]:
    return [[_text(cell) for cell in row] for row in store.select(query).rows]


def _text(cell: Cell) -> str:
    return cell.value if isinstance(cell, NamedNode | Literal) else ""


def _head(report: QualityReport) -> list[str]:
    claims = sum(report.modalities.values())
    plain = ", ".join(f"{n} {name}" for name, n in _largest(report.modalities))
    cells = ", ".join(f"{n} {name}" for name, n in _largest(report.cells))
    return [
        "# Quality report",
        "",
        f"{len(report.cases)} cases rest on {claims} claims: {plain or 'none'}.",
        f"Of the comparison cells, {cells or 'none is filled'}. Unknown is not no: it says that "
        "no source in the library speaks to it.",
        f"{report.stale} claims hold as of a date more than {STALE_YEARS} years back.",
        "",
    ]


def _case_lines(report: QualityReport) -> list[str]:
    lines = ["## How much is known of each case", ""]
    for case in sorted(report.cases, key=lambda c: (-c.known, c.label)):
        parts = ", ".join(f"{name} {a} of {b}" for name, (a, b) in case.blocks.items())
        sources = "1 source" if case.sources == 1 else f"{case.sources} sources"
        lines.append(
            f"- {case.label}: {case.known} of {case.cells} features known ({parts}); {sources}."
        )
    thin = report.single_sourced
    lines += ["", "## Cases that lack a second source", ""]
    lines += [f"- {case.label}" for case in thin] or ["None."]
    return [*lines, ""]


def _gap_lines(report: QualityReport) -> list[str]:
    lines = ["## Numbers stated and members listed", ""]
    lines += [
        f"- {_short(gap.subject)}: {gap.property} is stated as {gap.stated}, {gap.listed} listed."
        for gap in report.counts
    ] or ["All agree."]
    lines += ["", "## Conflicts between claims", ""]
    lines += [
        f"- {_short(dispute.cell.subject)}, {_short(dispute.cell.property)}: {dispute.reason}."
        for dispute in report.conflicts
    ] or ["None."]
    return lines


def _short(iri: str) -> str:
    return compact(iri) or iri


def _largest(numbers: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
