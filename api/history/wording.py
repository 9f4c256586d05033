"""What changed, in words that a curator understands: labels for every IRI, from either release."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from pyoxigraph import Literal, NamedNode

from api.history.headlines import PARTS, kind_words
from api.linked.addresses import page_of
from api.linked.names import Names
from api.pages import Shown
from kg.changes import ClaimChange, Summary, ThingChange, TripleChange
from kg.changes.record import part_of
from kg.store import Cell, GraphStore
from ontology import curies
from ontology.names import RDF

_SIDE: Final = ("entered by", "entered on", "ingest run", "graph")
"""Fields of a claim's record that are told only where nothing else differs."""
_IS_A: Final = f"{RDF}type"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of a claim's record that differs; an empty text: it was not there."""

    name: str
    before: Shown
    after: Shown


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim's change: what it says (``was``: what it said), where that is said, what differs."""

    change: str
    iri: str
    claim: Shown
    subject: Shown
    property: Shown
    value: Shown
    was: Shown | None
    evidence: Shown
    differences: tuple[Difference, ...]

    def sentence(self) -> str:
        """The change as one sentence."""
        text = f"{self.subject.text}: {self.property.text} {_quoted(self.value)}"
        text += f" (was {_quoted(self.was)})" if self.was else ""
        text += "".join(
            f"; {each.name} {_quoted(each.before)} -> {_quoted(each.after)}"
            for each in self.differences
        )
        return text + (f" [{self.evidence.text}]" if self.evidence.text else "")


@dataclass(frozen=True, slots=True)
class ThingRow:
    """A thing's or term's change; ``added``, ``removed``: statements about it.

    ``statements``: the first of them, where the thing is in both releases.
    """

    change: str
    iri: str
    thing: Shown
    kind: str
    added: int
    removed: int
    statements: "tuple[StatementRow, ...]" = ()

    def sentence(self) -> str:
        """The change as one sentence."""
        what = f"{self.thing.text} ({self.kind})"
        if self.change != "changed":
            return what
        told = "; ".join(each.short() for each in self.statements)
        more = self.added + self.removed - sum(each.weight for each in self.statements)
        if not told:
            return f"{what}: {self.added} statements added, {self.removed} removed"
        return f"{what}: {told}" + (f"; and {more} more" if more else "")


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A statement's change; of ``before`` and ``after`` one may be empty."""

    change: str
    graph: Shown
    subject: Shown
    predicate: Shown
    before: Shown | None
    after: Shown | None

    @property
    def weight(self) -> int:
        """Statements that it is made of: two where one replaced another."""
        return 2 if self.before and self.after else 1

    def short(self) -> str:
        """The change without its subject."""
        if self.before and self.after:
            return f"{self.predicate.text} {_quoted(self.before)} -> {_quoted(self.after)}"
        word = "now" if self.after else "no longer"
        return f"{word} {self.predicate.text} {_quoted(self.after or self.before)}"

    def sentence(self) -> str:
        """The change as one sentence."""
        shown = self.after or self.before or Shown("")
        was = f" (was {_quoted(self.before)})" if self.before and self.after else ""
        return f"{self.subject.text}: {self.predicate.text} {_quoted(shown)}{was}"


class Wording:
    """Words for the changes between two releases, with the stores of both at hand."""

    def __init__(self, summary: Summary, new: GraphStore, old: GraphStore) -> None:
        self._new = Names(new)
        self._old = Names(old)
        self._past = f"/memento/{summary.releases[0]}"

    def claims(self, changes: Iterable[ClaimChange]) -> tuple[ClaimRow, ...]:
        """Rows of claims, all names looked up together."""
        found = tuple(changes)
        self._learn(
            term
            for each in found
            for fields in (each.before or {}, each.after or {})
            for term in fields.values()
        )
        return tuple(map(self._claim, found))

    def things(
        self,
        changes: Iterable[ThingChange],
        stated: Callable[[str], tuple[TripleChange, ...]] = lambda _: (),
    ) -> tuple[ThingRow, ...]:
        """Rows of entities or terms; ``stated`` gives the statements of one that changed."""
        found = tuple(changes)
        of = {each.iri: stated(each.iri) for each in found if each.change == "changed"}
        rows = iter(self.statements(chain.from_iterable(of.values())))
        told = {iri: tuple(islice(rows, len(triples))) for iri, triples in of.items()}
        self._learn(NamedNode(each.iri) for each in found)
        return tuple(
            ThingRow(
                each.change,
                each.iri,
                self._of_thing(each),
                kind_words(each.iri, each.kind),
                each.added,
                each.removed,
                told.get(each.iri, ()),
            )
            for each in found
        )

    def statements(self, changes: Iterable[TripleChange]) -> tuple[StatementRow, ...]:
        """Rows of statements."""
        found = tuple(changes)
        terms = ((e.subject, e.predicate, e.before, e.after) for e in found)
        self._learn(term for each in terms for term in each)
        return tuple(
            StatementRow(
                each.change,
                Shown(PARTS.get(part_of(f"<{each.graph}>".encode()), each.graph), title=each.graph),
                self.show(each.subject),
                self._property(each.predicate),
                None if each.before is None else self.show(each.before, past=True),
                None if each.after is None else self.show(each.after),
            )
            for each in found
        )

    def show(self, term: Cell, *, past: bool = False) -> Shown:
        """A term by its name, linked to its page in the release that has it."""
        if not isinstance(term, NamedNode):
            return _literal(term)
        text, lang, old = self._name(term.value)
        prefix = self._past if past or old else ""
        return Shown(
            text, prefix + page_of(term.value), curies.compact(term.value) or term.value, lang
        )

    def _claim(self, each: ClaimChange) -> ClaimRow:
        known, gone = each.known, each.after is None
        before = each.before or {}
        corrected = each.change == "corrected" and before.get("value") != known.get("value")
        return ClaimRow(
            each.change,
            each.iri,
            self._of_claim(each.iri, gone),
            self.show(known.get("subject"), past=gone),
            self._property(known.get("property")),
            self.show(known.get("value"), past=gone),
            self.show(before.get("value"), past=True) if corrected else None,
            self.show(known.get("evidence"), past=gone),
            tuple(
                Difference(name, self._field(each.before, name), self._field(each.after, name))
                for name in _told(each.differences)
            ),
        )

    def _field(self, fields: Mapping[str, Cell] | None, name: str) -> Shown:
        return self.show((fields or {}).get(name))

    def _of_claim(self, iri: str, gone: bool) -> Shown:
        return Shown("record", (self._past if gone else "") + page_of(iri), curies.compact(iri))

    def _of_thing(self, each: ThingChange) -> Shown:
        shown = self.show(NamedNode(each.iri), past=each.change == "removed")
        if each.label is None or self._new(each.iri).known or self._old(each.iri).known:
            return shown
        return Shown(each.label, shown.href, shown.title)

    def _property(self, term: Cell) -> Shown:
        if isinstance(term, NamedNode) and term.value == _IS_A:
            return Shown("is a", title="rdf:type")
        return self.show(term)

    def _name(self, iri: str) -> tuple[str, str | None, bool]:
        """Name and its language, and whether only the old release knows it."""
        name = self._new(iri)
        past = name if name.known else self._old(iri)
        return past.text, past.lang, past is not name and past.known

    def _learn(self, terms: Iterable[Cell]) -> None:
        iris = {term.value for term in terms if isinstance(term, NamedNode)}
        self._new.learn(iris)
        self._old.learn(iri for iri in iris if not self._new(iri).known)


def _told(differences: tuple[str, ...]) -> tuple[str, ...]:
    """Fields to tell of: what the claim says stands before it, bookkeeping only if alone."""
    said = ("subject", "property", "value", "evidence", "graph")
    telling = tuple(name for name in differences if name not in (*said, *_SIDE))
    return telling or tuple(name for name in differences if name in _SIDE and name != "graph")


def _literal(term: Cell) -> Shown:
    if term is None:
        return Shown("")
    if isinstance(term, Literal):
        return Shown(term.value, lang=term.language)
    return Shown("unnamed")


def _quoted(shown: Shown | None) -> str:
    if shown is None or not shown.text:
        return "nothing"
    return shown.text if shown.href or shown.title else f'"{shown.text}"'
