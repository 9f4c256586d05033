"""Labels of things for sentences: the vocabulary's, else the store's, else the end of the IRI."""

from collections.abc import Iterable

from pyoxigraph import Literal, NamedNode, Triple, Variable

from kg.reasoning.axioms import readable
from kg.store import GraphStore
from ontology.names import RDFS, SKOS
from ontology.vocabulary import vocabulary


class Labels:
    """English labels, looked up in the store at most once each."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._known: dict[str, str] = {}

    def __call__(self, term: object) -> str:
        """What to call a term in a sentence."""
        if isinstance(term, Literal):
            return f'"{term.value}"'
        if isinstance(term, NamedNode):
            self.learn([term.value])
            return self._known[term.value]
        return "something" if isinstance(term, Variable) else str(term)

    def learn(self, iris: Iterable[str]) -> None:
        """Look up the labels of all of these at once."""
        new = sorted({iri for iri in iris if iri not in self._known})
        asked = []
        for iri in new:
            label = _of_vocabulary(iri)
            if label is None:
                asked.append(iri)
            self._known[iri] = label or readable(iri)
        if asked:
            self._known.update(self._stored(asked))

    def _stored(self, iris: list[str]) -> dict[str, str]:
        values = " ".join(f"<{iri}>" for iri in iris)
        table = self._store.select(
            f"SELECT ?thing ?label {{ VALUES ?thing {{ {values} }} "
            f"?thing <{RDFS}label>|<{SKOS}prefLabel> ?label "
            f'FILTER(LANG(?label) IN ("en", "")) }} ORDER BY ?thing LANG(?label) ?label'
        )
        return {
            thing.value: label.value
            for thing, label in table.rows
            if isinstance(thing, NamedNode) and isinstance(label, Literal)
        }


def iris_of(triples: Iterable[Triple]) -> set[str]:
    """IRIs of all parts of the triples."""
    parts = (part for t in triples for part in (t.subject, t.predicate, t.object))
    return {part.value for part in parts if isinstance(part, NamedNode)}


def _of_vocabulary(iri: str) -> str | None:
    words = vocabulary()
    for terms in (words.properties, words.classes, words.concepts):
        if (term := terms.get(iri)) is not None:
            return term.label
    return None
