"""Releases and changes as JSON and as RDF.

In RDF a release is a ``dcat:Dataset`` revised from the one before (PROV-O), and a change is an
activity of ActivityStreams 2.0 (``as:Create``, ``as:Update``, ``as:Delete``) on what it is about.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad

from api.history.headlines import headlines
from api.history.wording import ClaimRow, StatementRow, ThingRow
from api.pages import Shown
from kg.changes import Summary
from kg.shelf import Release
from ontology.names import BASE, DCT, FOREIGN_PREFIXES, PROV, RDF, XSD

AS: Final = "https://www.w3.org/ns/activitystreams#"
DCAT: Final = FOREIGN_PREFIXES["dcat"]
VOID: Final = FOREIGN_PREFIXES["void"]
LICENCE: Final = NamedNode("https://creativecommons.org/licenses/by/4.0/")
ACTIVITIES: Final = {"added": "Create", "removed": "Delete"}
"""Change -> type of activity; every other change is an ``Update``."""

Row = ClaimRow | ThingRow | StatementRow
_Value = NamedNode | Literal | BlankNode


def canonical(path: str) -> str:
    """The IRI that an address of this host stands for."""
    return BASE + path.removeprefix("/")


def path_of(release: str) -> str:
    """Path of a release's page."""
    return f"/releases/{release}"


def pair_path(old: str, new: str) -> str:
    """Path of what changed between two releases."""
    return f"/releases/{old}..{new}"


def release_json(release: Release) -> dict[str, Any]:
    """The main facts of a release, and where the rest is."""
    manifest = release.manifest
    return {
        "id": release.id,
        "created": manifest.created,
        "software": manifest.software,
        "ontology": manifest.ontology,
        "dump_sha256": manifest.dump,
        "counts": dict(manifest.counts),
        "bytes": release.size_bytes,
        "url": path_of(release.id),
    }


def summary_json(summary: Summary) -> dict[str, Any]:
    """All counts of a pair, in numbers and in words."""
    old, new = summary.releases
    return {
        "from": {"id": old, "created": summary.created[0], "quads": summary.quads[0]},
        "to": {"id": new, "created": summary.created[1], "quads": summary.quads[1]},
        "in_words": headlines(summary),
        "triples": dict(summary.triples),
        "claims": dict(summary.claims),
        "kinds": {kind: dict(counts) for kind, counts in summary.kinds.items()},
        "graphs": {graph: dict(counts) for graph, counts in summary.graphs.items()},
        "lists_cut": list(summary.cut),
    }


def row_json(row: Row) -> dict[str, Any]:
    """One change, in words and by its parts."""
    data: dict[str, Any] = {"change": row.change, "in_words": row.sentence()}
    if isinstance(row, ClaimRow):
        data |= {"claim": row.iri, "subject": _term(row.subject), "property": _term(row.property)}
        data |= {"value": _term(row.value), "evidence": _term(row.evidence)}
        if row.was is not None:
            data["was"] = _term(row.was)
        data["differences"] = [
            {"field": each.name, "before": _term(each.before), "after": _term(each.after)}
            for each in row.differences
        ]
    elif isinstance(row, ThingRow):
        data |= {"iri": row.iri, "label": row.thing.text, "kind": row.kind}
        data |= {"statements_added": row.added, "statements_removed": row.removed}
        data["statements"] = [row_json(each) for each in row.statements]
    else:
        data |= {"graph": row.graph.title, "subject": _term(row.subject)}
        data |= {"predicate": _term(row.predicate)}
        data |= {"before": _term(row.before), "after": _term(row.after)}
    return data


def _term(shown: Shown | None) -> dict[str, str] | None:
    """A term: ``text``, and ``id`` (CURIE or IRI) where it is no literal."""
    if shown is None or not (shown.text or shown.title):
        return None
    data = {"text": shown.text}
    data |= {"id": shown.title} if shown.title else {}
    return data | ({"lang": shown.lang} if shown.lang else {})


def release_quads(release: Release, before: Release | None) -> Iterator[Quad]:
    """A release as a ``dcat:Dataset``."""
    node, manifest = _node(canonical(path_of(release.id))), release.manifest
    yield _quad(node, f"{RDF}type", _node(f"{DCAT}Dataset"))
    yield _quad(node, f"{DCT}title", Literal("Mission Practice Graph", language="en"))
    yield _quad(node, f"{DCAT}version", Literal(release.id))
    yield _quad(node, f"{DCT}identifier", Literal(release.id))
    yield _quad(node, f"{DCT}issued", _moment(manifest.created))
    yield _quad(node, f"{DCT}license", LICENCE)
    yield _quad(node, f"{DCT}isVersionOf", _node(f"{BASE}dataset"))
    yield _quad(node, f"{VOID}triples", _number(manifest.counts["quads"]))
    if before is not None:
        old = _node(canonical(path_of(before.id)))
        yield _quad(node, f"{DCAT}previousVersion", old)
        yield _quad(node, f"{PROV}wasRevisionOf", old)


def changes_quads(summary: Summary, rows: Iterable[Row]) -> Iterator[Quad]:
    """What changed between two releases: the counts, and the changes of ``rows``."""
    old, new = summary.releases
    node = _node(canonical(pair_path(old, new)))
    yield _quad(node, f"{RDF}type", _node(f"{AS}Collection"))
    yield _quad(node, f"{AS}name", Literal(f"From {old} to {new}", language="en"))
    yield _quad(node, f"{AS}origin", _node(canonical(path_of(old))))
    yield _quad(node, f"{AS}target", _node(canonical(path_of(new))))
    yield _quad(node, f"{AS}endTime", _moment(summary.created[1]))
    for words in headlines(summary):
        yield _quad(node, f"{AS}summary", Literal(words, language="en"))
    for number, row in enumerate(rows):
        yield from _activity(node, row, BlankNode(f"change{number}"))


def _activity(node: NamedNode, row: Row, change: BlankNode) -> Iterator[Quad]:
    about = row.iri if isinstance(row, ClaimRow | ThingRow) else None
    yield _quad(node, f"{AS}items", change)
    yield _quad(change, f"{RDF}type", _node(AS + ACTIVITIES.get(row.change, "Update")))
    yield _quad(change, f"{AS}name", Literal(row.change, language="en"))
    yield _quad(change, f"{AS}summary", Literal(row.sentence(), language="en"))
    if about is not None:
        yield _quad(change, f"{AS}object", _node(about))


def _quad(subject: NamedNode | BlankNode, predicate: str, value: _Value) -> Quad:
    return Quad(subject, _node(predicate), value, DefaultGraph())


def _node(iri: str) -> NamedNode:
    return NamedNode(iri)


def _moment(text: str) -> Literal:
    return Literal(text, datatype=NamedNode(f"{XSD}dateTime"))


def _number(value: int) -> Literal:
    return Literal(str(value), datatype=NamedNode(f"{XSD}integer"))
