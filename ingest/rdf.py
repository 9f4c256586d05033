"""RDF files -> claims: Turtle, TriG, N-Triples, N-Quads, JSON-LD and RDF/XML.

Our own claim nodes, with their segments and sources, come back as the claims they are. Every
other triple becomes a claim whose source is the file, where its property is ours or of a known
foreign vocabulary (``ingest.terms.FOREIGN``); the rest is left out and counted, property by
property. Nothing is fetched: a JSON-LD context must be in the file. Entities of RDF/XML that hold
other entities are refused, since expanding them can fill any memory.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Triple
from pyoxigraph import parse as parse_rdf

from ingest import runs
from ingest.consistency import check_circles
from ingest.errors import BrokenSyntax, InputError
from ingest.faults import Faults, did_you_mean, shown
from ingest.library import Reading, described
from ingest.limits import DEFAULT, Limits
from ingest.literals import TermFault
from ingest.slugs import slug
from ingest.tables import read_text, refuse
from ingest.terms import Terms
from kg.claims import normalised, read_claims, read_sources
from kg.errors import KgError
from kg.model import Batch, Claim, Finding, Place, Source, Term
from kg.stores.oxigraph import OxigraphStore
from ontology.names import (
    BASE,
    GRAPH_ASSERTED,
    GRAPH_ASSESSMENTS,
    GRAPH_INFERENCES,
    GRAPH_INFERRED,
    GRAPH_ONTOLOGY,
    GRAPH_PROVENANCE,
    GRAPH_VOCABULARIES,
    ID,
    MKG,
    PROV,
    RDF,
)
from ontology.vocabulary import vocabulary

FORMATS = {
    ".ttl": RdfFormat.TURTLE,
    ".trig": RdfFormat.TRIG,
    ".nt": RdfFormat.N_TRIPLES,
    ".nq": RdfFormat.N_QUADS,
    ".jsonld": RdfFormat.JSON_LD,
    ".json": RdfFormat.JSON_LD,
    ".rdf": RdfFormat.RDF_XML,
    ".xml": RdfFormat.RDF_XML,
    ".owl": RdfFormat.RDF_XML,
}
"""Suffix -> format."""
_DERIVED = {
    GRAPH_ASSERTED,
    GRAPH_INFERRED,
    GRAPH_INFERENCES,
    GRAPH_ASSESSMENTS,
    GRAPH_ONTOLOGY,
    GRAPH_VOCABULARIES,
}
"""Graphs of a release that a build makes anew: what is in them follows from the claims."""
_RECORDS = {NamedNode(f"{MKG}{name}") for name in ("Claim", "SourceSegment")} | {
    NamedNode(f"{PROV}Activity")
}
_GENID = f"{BASE}.well-known/genid/"
_ENTITY = re.compile(r"<!ENTITY\s+(?P<percent>%\s+)?(?P<name>\S+)\s+(?P<rest>[^>]*)>")
_HARMLESS = re.compile(r"&(?:#\w+|amp|lt|gt|quot|apos);")
_LONGEST_ENTITY = 500


def read_input(
    given: str, options: Mapping[str, str], limits: Limits = DEFAULT, known: Batch | None = None
) -> Reading:
    """What the RDF file ``given`` brings; faults that stop it are among the findings.

    Options: ``title``, ``url``, ``kind`` (of the source; default ``third-party``), ``licence``.
    """
    faults = Faults(limits.findings)
    path = Path(given)
    known = known or Batch((), ())
    try:
        quads = parse(read_text(path, path.name, limits), path.name)
        batch = to_batch(quads, _source(path, options), known, path.name, faults)
        # Also found when what is kept is read back, but there under the name of the kept table.
        check_circles([(path.name, claim) for claim in batch.claims], vocabulary(), faults)
    except InputError as error:
        faults.extend(error.findings)
        batch = Batch((), ())
    return Reading(batch, faults.all())


def parse(text: str, name: str) -> list[Quad]:
    """The quads of an RDF text, its format told by the suffix of ``name``.

    Raises ``BrokenSyntax`` with line and column, ``UnreadableFile`` for an unknown suffix.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in FORMATS:
        near = did_you_mean(suffix, FORMATS, f"Use one of {', '.join(FORMATS)}.")
        raise refuse(name, f"has the suffix {shown(suffix)}, which stands for no RDF format.", near)
    if FORMATS[suffix] is RdfFormat.RDF_XML:
        _refuse_entities(text, name)
    try:
        return list(parse_rdf(input=text.encode(), format=FORMATS[suffix]))
    except SyntaxError as error:
        raise _broken(error, suffix, name) from None


def to_batch(
    quads: Iterable[Quad], source: Source, known: Batch, name: str, faults: Faults
) -> Batch:
    """Quads as claims of ``source``, own claim nodes as what they are."""
    skolem = _Skolem(source.iri)
    facts = [made for quad in quads if (made := skolem.fact(quad)) is not None]
    kept = [fact for fact in facts if fact.graph not in _DERIVED]
    records = _record_nodes(kept)
    sources, claims = _own_records([each for each in kept if each.subject in records], name)
    judge = _Judge(_terms(kept, known, claims), name, faults)
    claims = [claim for claim in claims if judge.accepts(claim)]
    others = (each for each in kept if each.subject not in records)
    claims += [claim for each in others if (claim := judge.claim(each, source)) is not None]
    judge.tell()
    _tell_left_out(len(facts) - len(kept), skolem.left_out, name, faults)
    unique = {claim.iri: claim for claim in claims}
    used = {claim.source for claim in unique.values()}
    listed = {each.iri: each for each in (*known.sources, *sources, source)}
    _check_cited(unique.values(), listed, name, faults)
    shipped = {each.iri for each in known.sources}
    fresh = (each for each in (*sources, source) if each.iri not in shipped)
    return Batch(
        tuple(each for each in fresh if _wanted(each, source, used)), tuple(unique.values())
    )


def _wanted(each: Source, file: Source, used: set[str]) -> bool:
    return each.iri != file.iri or file.iri in used


def _source(path: Path, options: Mapping[str, str]) -> Source:
    return Source(
        iri=f"{ID}source/file-{slug(path.name)}",
        title=options.get("title") or path.name,
        kind=options.get("kind", "third-party"),
        url=options.get("url"),
        licence=options.get("licence"),
        entered_by=runs.AGENT,
    )


def _refuse_entities(text: str, name: str) -> None:
    """Refuse XML entities that could grow: nested, long, external or of parameters."""
    for found in _ENTITY.finditer(text):
        if not _grows(found):
            continue
        line = text[: found.start()].count("\n") + 1
        said = f"the XML entity {shown(found['name'])} is refused: it could expand without limit."
        hint = "Write its text where it is used, or save the file as Turtle."
        raise BrokenSyntax(Finding("violation", said, f"{name}, line {line}", hint), line)


def _grows(entity: re.Match[str]) -> bool:
    rest = entity["rest"]
    nested = "&" in _HARMLESS.sub("", rest)
    external = rest.startswith(("SYSTEM", "PUBLIC"))
    return bool(entity["percent"]) or nested or external or len(rest) > _LONGEST_ENTITY


def _broken(error: SyntaxError, suffix: str, name: str) -> BrokenSyntax:
    told = error.msg or str(error)
    if "LoadDocumentCallback" in told:
        said = "names a JSON-LD context by its address; nothing is fetched from the network."
        hint = "Write the context into the file, or convert it to Turtle."
        return BrokenSyntax(Finding("violation", said, name, hint))
    line, column = error.lineno, error.offset
    at = f"{name}, line {line}, column {column}" if line else name
    reason = told.split(": ", 1)[-1].rstrip(".")
    said = f"is no {_FORMAT_NAMES[FORMATS[suffix]]}: {reason}."
    finding = Finding("violation", said, at, "Correct the file there; nothing was taken from it.")
    return BrokenSyntax(finding, line, column)


_FORMAT_NAMES = {
    RdfFormat.TURTLE: "Turtle",
    RdfFormat.TRIG: "TriG",
    RdfFormat.N_TRIPLES: "N-Triples",
    RdfFormat.N_QUADS: "N-Quads",
    RdfFormat.JSON_LD: "JSON-LD",
    RdfFormat.RDF_XML: "RDF/XML",
}


@dataclass(frozen=True, slots=True)
class _Fact:
    """A quad without blank nodes; ``graph``: IRI of its named graph, if any."""

    subject: str
    predicate: str
    value: Term
    graph: str | None


class _Skolem:
    """Gives blank nodes IRIs: the file and the order of first appearance (RDF 1.1, 3.5)."""

    def __init__(self, source: str) -> None:
        self._start = f"{_GENID}{runs.digest(source.encode())[:12]}-"
        self._names: dict[str, str] = {}
        self.left_out = 0

    def fact(self, quad: Quad) -> _Fact | None:
        """The quad with IRIs for blank nodes; None where it holds a triple term (RDF 1.2)."""
        subject, value, graph = quad.subject, quad.object, quad.graph_name
        if isinstance(subject, Triple) or isinstance(value, Triple):
            self.left_out += 1
            return None
        return _Fact(
            self._named(subject),
            quad.predicate.value,
            value if isinstance(value, Literal) else NamedNode(self._named(value)),
            None if isinstance(graph, DefaultGraph) else self._named(graph),
        )

    def _named(self, node: NamedNode | BlankNode) -> str:
        if isinstance(node, NamedNode):
            return node.value
        return self._names.setdefault(node.value, f"{self._start}{len(self._names) + 1}")


def _record_nodes(facts: Iterable[_Fact]) -> set[str]:
    """Subjects that are claims, segments, sources or runs in our own form."""
    return {
        fact.subject
        for fact in facts
        if fact.predicate == f"{MKG}sourceKind"
        or (fact.predicate == f"{RDF}type" and fact.value in _RECORDS)
    }


def _own_records(facts: list[_Fact], name: str) -> tuple[list[Source], list[Claim]]:
    graph = NamedNode(GRAPH_PROVENANCE)
    store = OxigraphStore.memory()
    store.add(
        Quad(NamedNode(each.subject), NamedNode(each.predicate), each.value, graph)
        for each in facts
    )
    try:
        return list(read_sources(store)), list(read_claims(store))
    except KeyError as error:
        said = f"a claim, segment or source of this graph lacks {error.args[0]}."
        hint = "Give claims their evidence and segments their source, or leave the nodes out."
        raise BrokenSyntax(Finding("violation", said, name, hint)) from None
    except (ValueError, KgError) as error:
        said = f"a claim of this graph cannot be read: {error}."
        raise BrokenSyntax(Finding("violation", said, name, "Correct that claim.")) from None


def _terms(facts: Iterable[_Fact], known: Batch, claims: Iterable[Claim]) -> Terms:
    typed = {fact.subject for fact in facts if fact.predicate == f"{RDF}type"}
    typed |= {claim.subject for claim in claims if claim.property == f"{RDF}type"}
    return Terms(vocabulary(), typed | described(known))


@dataclass(slots=True)
class _Judge:
    """Decides which statements are kept, and counts the others by what is wrong with them."""

    terms: Terms
    name: str
    faults: Faults
    _refused: Counter[tuple[str, str]] | None = None
    _kept: int = 0

    def claim(self, fact: _Fact, source: Source) -> Claim | None:
        """The triple as a claim of the file; None where it is left out."""
        graph = fact.graph
        section = None if graph is None else f"graph {graph}".replace(";", "%3B")
        claim = Claim(
            subject=fact.subject,
            property=fact.predicate,
            value=fact.value,
            source=source.iri,
            place=Place(section=section),
            entered_by=source.entered_by,
        )
        fitted = self._fit(claim)
        return None if fitted is None else normalised(fitted)

    def accepts(self, claim: Claim) -> bool:
        """Whether a claim in our own form says something the ontology has words for."""
        return self._fit(claim) is not None

    def tell(self) -> None:
        """Report what was left out, one line for each reason."""
        for (message, remedy), count in sorted((self._refused or {}).items()):
            triples = "1 triple was" if count == 1 else f"{count} triples were"
            self.faults.warning(self.name, f"{triples} left out: {message}", remedy)
        if not self._kept:
            said = "holds no statement that could be taken."
            self.faults.warning(self.name, said, "Use the terms of the ontology, SKOS or DCT.")

    def _fit(self, claim: Claim) -> Claim | None:
        try:
            self.terms.thing(f"<{claim.subject}>")
            value = self.terms.fit(self.terms.property_of(claim.property), claim.value)
        except TermFault as fault:
            self._refused = self._refused or Counter()
            self._refused[(str(fault), fault.remedy)] += 1
            return None
        self._kept += 1
        return claim if value == claim.value else replace(claim, value=value)


def _tell_left_out(derived: int, terms: int, name: str, faults: Faults) -> None:
    if derived:
        said = f"{derived} triples in graphs that a build makes anew were left out."
        faults.info(name, said, "Nothing to do: they follow from the claims.")
    if terms:
        said = f"{terms} triples that hold a triple term (RDF 1.2) were left out."
        faults.warning(name, said, "Write such statements as claims.")


def _check_cited(
    claims: Iterable[Claim], listed: Mapping[str, Source], name: str, faults: Faults
) -> None:
    missing = Counter(claim.source for claim in claims if claim.source not in listed)
    for iri, count in sorted(missing.items()):
        said = f"{count} claims cite the source {iri}, which is not in the file."
        faults.violation(name, said, "Add the source with its title and mkg:sourceKind.")
