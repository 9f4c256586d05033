"""Answers a question of the library from a store."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import chain

from pyoxigraph import Literal, NamedNode

from kg.store import GraphStore, Table
from ontology.curies import compact
from queries.binding import bind, terms
from queries.errors import BadArgument
from queries.library import Question


def ask(store: GraphStore, question: Question, arguments: Mapping[str, str]) -> Table:
    """Rows of a question with its arguments bound (``queries.binding.bind``).

    A yes-or-no question answers one row with one cell, ``answer``; one that builds triples
    answers rows of ``subject``, ``predicate``, ``object``. Raises what ``bind`` and
    the store raise, and ``BadArgument`` as :func:`require_known` does.
    """
    text = bind(question, arguments)
    require_known(store, question, arguments)
    if question.form == "SELECT":
        return store.select(text)
    if question.form == "ASK":
        truth = Literal(store.ask(text))
        return Table(("answer",), ((truth,),))
    rows = tuple((t.subject, t.predicate, t.object) for t in store.construct(text))
    return Table(("subject", "predicate", "object"), rows)


def require_known(store: GraphStore, question: Question, arguments: Mapping[str, str]) -> None:
    """Refuse an argument that names a thing of which the graph says nothing.

    Without this a slip of the pen gives an empty answer, which reads like a finding. Raises
    ``BadArgument`` with the nearest names of the same kind.
    """
    for name, value in arguments.items():
        parameter = question.parameter(name)
        if parameter is None or parameter.base not in ("iri", "concept"):
            continue
        for term in terms(question, parameter, value):
            if isinstance(term, NamedNode) and not _is_known(store, term):
                raise BadArgument(
                    question.name,
                    name,
                    compact(term.value) or term.value,
                    "something that the release says anything of",
                    _near(store, term),
                )


def _is_known(store: GraphStore, term: NamedNode) -> bool:
    return store.ask(f"ASK {{ {{ {term} ?p ?o }} UNION {{ ?s ?p {term} }} }}")


def _near(store: GraphStore, term: NamedNode) -> Iterator[str]:
    """CURIEs of up to three things whose IRIs differ from the term's in the last part only."""
    start, slash, slug = term.value.rpartition("/")
    rows = store.select(
        f"SELECT DISTINCT ?s {{ ?s a ?t FILTER(STRSTARTS(STR(?s), {Literal(start + slash)})) }}"
    ).rows
    slugs = {str(getattr(cell, "value", "")).rpartition("/")[2] for cell in chain(*rows)}
    for match in get_close_matches(slug, sorted(slugs), 3, 0.5):
        yield compact(f"{start}{slash}{match}") or match
