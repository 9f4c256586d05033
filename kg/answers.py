"""Answers a question of the library from a store."""

from collections.abc import Mapping

from pyoxigraph import Literal

from kg.store import GraphStore, Table
from queries.binding import bind
from queries.library import Question


def ask(store: GraphStore, question: Question, arguments: Mapping[str, str]) -> Table:
    """Rows of a question with its arguments bound (``queries.binding.bind``).

    A yes-or-no question answers one row with one cell, ``answer``; one that builds triples
    answers rows of ``subject``, ``predicate``, ``object``. Raises what ``bind`` and
    the store raise.
    """
    text = bind(question, arguments)
    if question.form == "SELECT":
        return store.select(text)
    if question.form == "ASK":
        truth = Literal(store.ask(text))
        return Table(("answer",), ((truth,),))
    rows = tuple((t.subject, t.predicate, t.object) for t in store.construct(text))
    return Table(("subject", "predicate", "object"), rows)
