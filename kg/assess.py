"""Fills the comparison cells: for each initiative that a case describes, each of the 46 features.

A cell's status comes from feature claims (has, lacks, seeks; fine features count for the comparison
feature they are condensed to; features of an initiative's missions and portfolios count for it) and
from structural signals (:mod:`kg.signals`). Where nothing speaks the cell is ``unknown``: never a
silent "no". Among what speaks, the first of these decides: a present feature, a dispute, a plan,
a stated lack, "not applicable".
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from kg.claims import VALUE_STATUS_TERMS
from kg.derive import BARRED_MODALITIES, BARRED_REVIEWS
from kg.disputes import HAS_FEATURE, LACKS_FEATURE, Dispute
from kg.signals import SIGNALS, Signal, is_fact
from kg.store import Cell, GraphStore
from ontology.curies import expand
from ontology.names import (
    GRAPH_ASSERTED,
    GRAPH_ASSESSMENTS,
    GRAPH_INFERRED,
    GRAPH_VOCABULARIES,
    ID,
    MKG,
    RDF,
    SKOS,
    VOCAB,
)
from ontology.vocabulary import vocabulary

FEATURES: Final = f"{VOCAB}comparison-feature"
SEEKS_FEATURE: Final = f"{MKG}seeksFeature"
_RANK: Final = {
    name: rank
    for rank, name in enumerate(("present", "disputed", "planned", "absent", "not-applicable"))
}
_UNSAID: Final = BARRED_MODALITIES - {"aspiration"}
Fact = tuple[str, str, str]
"""Subject, property, value of a stated fact, as text."""


@dataclass(slots=True)
class _Found:
    """What speaks for one cell: status -> (claims, words)."""

    claims: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    words: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, status: str, claims: Iterable[str], words: str) -> None:
        self.claims[status].update(claims)
        self.words[status].add(words)

    @property
    def status(self) -> str:
        return min(self.claims, key=_RANK.__getitem__)


def assess(store: GraphStore, disputes: Iterable[Dispute] = ()) -> Iterator[Quad]:
    """Quads of all cells, for the assessments graph: initiatives x features, each one node.

    Reads the asserted, inferred, claims and vocabularies graphs. Linear in claims and cells.
    """
    initiatives = _initiatives(store)
    found: dict[tuple[str, str], _Found] = defaultdict(_Found)
    _from_features(store, initiatives, tuple(disputes), found)
    claims = _claims_by_fact(store)
    for signal in SIGNALS:
        _from_signal(store, signal, initiatives, claims, found)
    _from_plans(store, initiatives, found)
    _from_disputes(disputes, initiatives, found)
    features = comparison_features()
    for initiative in sorted(initiatives):
        for feature in features:
            yield from _cell(initiative, feature, found.get((initiative, feature)))


@lru_cache(maxsize=1)
def comparison_features() -> tuple[str, ...]:
    """IRIs of the comparison features, sorted."""
    return tuple(sorted(c.iri for c in vocabulary().concepts.values() if c.scheme == FEATURES))


def _initiatives(store: GraphStore) -> frozenset[str]:
    rows = store.select(f"SELECT DISTINCT ?i {{ ?case <{MKG}describes> ?i }}").rows
    return frozenset(_text(row[0]) for row in rows)


def _from_features(
    store: GraphStore,
    initiatives: frozenset[str],
    disputes: tuple[Dispute, ...],
    found: dict[tuple[str, str], _Found],
) -> None:
    """Feature claims, of the initiative itself and of its missions and portfolios."""
    condensed = _condensed(store)
    bearers = _bearers(store, initiatives)
    disputed = {(d.cell.subject, d.cell.value): d for d in disputes}
    for prop in (HAS_FEATURE, LACKS_FEATURE, SEEKS_FEATURE):
        for claim, subject, feature, said in _claims(store, prop, "claimObject"):
            status = _feature_status(prop, said)
            if status is None or subject not in bearers:
                continue
            if (subject, f"<{feature}>") in disputed and prop != SEEKS_FEATURE:
                status = "disputed"
            for target in condensed.get(feature, ()):
                for initiative in bearers[subject]:
                    found[initiative, target].add(status, (claim,), _feature_words(prop, status))


def _feature_status(prop: str, said: Mapping[str, str]) -> str | None:
    """Status that a feature claim gives; ``None`` where it says nothing about what is."""
    if said["review"] in BARRED_REVIEWS or said["modality"] in _UNSAID:
        return None
    value, hoped = said["status"], said["modality"] == "aspiration"
    if value not in _RANK:
        return None
    if prop == SEEKS_FEATURE or value == "planned" or hoped:
        return None if prop == LACKS_FEATURE else "planned"
    if prop == LACKS_FEATURE:
        return "absent" if value == "present" else value
    return value


def _feature_words(prop: str, status: str) -> str:
    if status == "disputed":
        return "claims disagree on the feature"
    if prop == LACKS_FEATURE:
        return "a claim says that the feature is lacking"
    if status == "planned":
        return "a claim says that the feature is sought or planned"
    return f"a claim says of the feature: {status.replace('-', ' ')}"


def _from_signal(
    store: GraphStore,
    signal: Signal,
    initiatives: frozenset[str],
    claims: Mapping[Fact, list[str]],
    found: dict[tuple[str, str], _Found],
) -> None:
    """One signal over all initiatives at once."""
    names = sorted({term for triple in signal.patterns for term in triple if term[0] == "?"})
    table = store.select(signal_query(signal, names))
    values: dict[str, set[str]] = defaultdict(set)
    evidence: dict[str, set[str]] = defaultdict(set)
    for row in table.rows:
        bound = {name: str(cell) for name, cell in zip(names, row, strict=True)}
        initiative = _bare(bound["?i"])
        if initiative not in initiatives:
            continue
        values[initiative].add(bound.get("?x", ""))
        for subject, prop, value in signal.patterns:
            if is_fact(prop):
                fact = (_bare(_filled(subject, bound)), MKG + prop, _filled(value, bound))
                evidence[initiative].update(claims.get(fact, ()))
    for initiative, different in values.items():
        if len(different) >= signal.least:
            target = f"{FEATURES}/{signal.feature}"
            found[initiative, target].add("present", evidence[initiative], signal.words)


def signal_query(signal: Signal, names: Iterable[str]) -> str:
    """The SELECT that finds a signal's matches; ``names``: its variables."""
    patterns = " . ".join(_sparql_pattern(*pattern) for pattern in signal.patterns)
    graphs = (GRAPH_ASSERTED, GRAPH_INFERRED, GRAPH_VOCABULARIES)
    dataset = " ".join(f"FROM <{graph}>" for graph in graphs)
    return f"SELECT DISTINCT {' '.join(names)} {dataset} WHERE {{ {patterns} }}"


def _from_plans(
    store: GraphStore, initiatives: frozenset[str], found: dict[tuple[str, str], _Found]
) -> None:
    """Facts that are planned or hoped for: one-step signals, seen in the claims."""
    for prop, signal in _one_step().items():
        link = "claimValue" if vocabulary().properties[prop].kind == "data" else "claimObject"
        for claim, subject, _, said in _claims(store, prop, link):
            planned = said["status"] == "planned" or said["modality"] == "aspiration"
            allowed = said["review"] not in BARRED_REVIEWS and said["modality"] not in _UNSAID
            if subject in initiatives and planned and allowed:
                target = f"{FEATURES}/{signal.feature}"
                found[subject, target].add("planned", (claim,), f"planned: {signal.words}")


def _from_disputes(
    disputes: Iterable[Dispute],
    initiatives: frozenset[str],
    found: dict[tuple[str, str], _Found],
) -> None:
    """Disputed values of properties that a one-step signal reads."""
    read = _one_step()
    for dispute in disputes:
        signal = read.get(dispute.cell.property)
        if signal is not None and dispute.cell.subject in initiatives:
            target = f"{FEATURES}/{signal.feature}"
            found[dispute.cell.subject, target].add("disputed", dispute.claims, dispute.reason)


def _one_step() -> dict[str, Signal]:
    """Property IRI -> the signal that any value of it gives."""
    return {
        MKG + signal.patterns[0][1]: signal
        for signal in SIGNALS
        if len(signal.patterns) == 1 and signal.patterns[0][2].startswith("?")
    }


def _cell(initiative: str, feature: str, found: _Found | None) -> Iterator[Quad]:
    """One cell as RDF; its claims are those of the deciding status."""
    slugs = (initiative.rpartition("/")[2], feature.rpartition("/")[2])
    node = NamedNode(f"{ID}assessment/{slugs[0]}--{slugs[1]}")
    status = found.status if found is not None else "unknown"
    yield Quad(node, _TYPE, _node("FeatureAssessment"), _GRAPH)
    yield Quad(node, _node("assesses"), NamedNode(initiative), _GRAPH)
    yield Quad(node, _node("onFeature"), NamedNode(feature), _GRAPH)
    yield Quad(node, _node("valueStatus"), NamedNode(VALUE_STATUS_TERMS + status), _GRAPH)
    if found is not None:
        for claim in sorted(found.claims[status]):
            yield Quad(node, _node("basedOnClaim"), NamedNode(claim), _GRAPH)
        words = "; ".join(sorted(found.words[status]))
        yield Quad(node, _NOTE, Literal(words, language="en"), _GRAPH)


def _claims(
    store: GraphStore, prop: str, link: str
) -> Iterator[tuple[str, str, str, Mapping[str, str]]]:
    """Claims of one property: claim, subject, value, and modality, status, review as slugs."""
    query = (
        f"SELECT ?c ?s ?o ?m ?v ?r {{ ?c <{MKG}claimProperty> <{prop}> ; "
        f"<{MKG}claimSubject> ?s ; <{MKG}{link}> ?o ; <{MKG}modality> ?m ; "
        f"<{MKG}valueStatus> ?v ; <{MKG}reviewStatus> ?r }}"
    )
    for claim, subject, value, *said in store.select(query).rows:
        modality, status, review = (_text(term).rpartition("/")[2] for term in said)
        yield (
            _text(claim),
            _text(subject),
            str(value) if link == "claimValue" else _text(value),
            {"modality": modality, "status": status, "review": review},
        )


def _claims_by_fact(store: GraphStore) -> dict[Fact, list[str]]:
    """The claims that let a fact pass, for the properties that signals read."""
    claims: dict[Fact, list[str]] = defaultdict(list)
    for prop in sorted({p for s in SIGNALS for _, p, _ in s.patterns if is_fact(p)}):
        data = vocabulary().properties[MKG + prop].kind == "data"
        for claim, subject, value, said in _claims(
            store, MKG + prop, "claimValue" if data else "claimObject"
        ):
            barred = said["review"] in BARRED_REVIEWS or said["modality"] in BARRED_MODALITIES
            if not barred and said["status"] == "present":
                claims[subject, MKG + prop, value if data else f"<{value}>"].append(claim)
    return claims


def _condensed(store: GraphStore) -> dict[str, list[str]]:
    """Feature -> the comparison features it counts for."""
    rows = store.select(f"SELECT ?f ?c {{ ?f <{MKG}condensedTo> ?c }}").rows
    condensed = {feature: [feature] for feature in comparison_features()}
    for feature, target in rows:
        condensed.setdefault(_text(feature), []).append(_text(target))
    return condensed


def _bearers(store: GraphStore, initiatives: frozenset[str]) -> dict[str, list[str]]:
    """What may bear a feature -> the initiatives it counts for: itself, missions, portfolios."""
    bearers: dict[str, list[str]] = {iri: [iri] for iri in initiatives}
    for prop in ("pursues", "hasPortfolio"):
        for initiative, thing in store.select(f"SELECT ?i ?t {{ ?i <{MKG}{prop}> ?t }}").rows:
            if _text(initiative) in initiatives:
                bearers.setdefault(_text(thing), []).append(_text(initiative))
    return bearers


def _sparql_pattern(subject: str, prop: str, value: str) -> str:
    if prop == "=":
        return f"VALUES {subject} {{ {_sparql(value)} }}"
    return f"{_sparql(subject)} {'a' if prop == 'a' else _sparql(prop)} {_sparql(value)}"


def _sparql(term: str) -> str:
    """A pattern's term in SPARQL: a variable, a concept's CURIE, or a class's local name."""
    if term.startswith("?"):
        return term
    return f"<{expand(term) if ':' in term else MKG + term}>"


def _filled(term: str, bound: Mapping[str, str]) -> str:
    return bound[term] if term.startswith("?") else _sparql(term)


def _bare(term: str) -> str:
    return term.removeprefix("<").removesuffix(">")


def _text(cell: Cell) -> str:
    return cell.value if isinstance(cell, NamedNode | Literal) else str(cell)


def _node(name: str) -> NamedNode:
    return NamedNode(MKG + name)


_GRAPH: Final = NamedNode(GRAPH_ASSESSMENTS)
_TYPE: Final = NamedNode(f"{RDF}type")
_NOTE: Final = NamedNode(f"{SKOS}note")
