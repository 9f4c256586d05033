"""Writes a dataset into a query: ``FROM`` and ``FROM NAMED`` clauses where the grammar wants them.

For engines whose default graph is not the union of the named graphs, and cannot be made so. The
protocol's parameters would do the same, but some engines repeat each as a response header, or
read a request's parameters only up to some number.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from kg.errors import StoreError

MOST_GRAPHS: Final = 2_000
"""More graphs than this are not listed in each query; the engine must make the union itself."""

_TOKEN: Final = re.compile(
    r"""(?P<skip>\#[^\n\r]*|<[^<>"{}|^`\\\x00-\x20]*>
      | \"\"\"(?:\"{0,2}(?:[^\"\\]|\\.))*\"\"\" | '''(?:'{0,2}(?:[^'\\]|\\.))*'''
      | \"(?:[^\"\\\n\r]|\\.)*\" | '(?:[^'\\\n\r]|\\.)*'
      | [?$]\w+ | (?:[^\W\d_][\w.·-]*)?:(?:[\w:%.·-]|\\.)*)
      | (?P<word>[A-Za-z]+) | (?P<sign>[{}()\[\]])""",
    re.VERBOSE | re.DOTALL,
)
_FORMS: Final = {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}
_BEHIND: Final = {"WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"}
"""Words that come behind the dataset clause (SPARQL 1.1, grammar rules 7 to 18)."""


def with_dataset(query: str, default: Iterable[str], named: Iterable[str]) -> str:
    """The query with a dataset clause; it must be SPARQL and have none of its own.

    Raises ``StoreError`` where there are more than :data:`MOST_GRAPHS`.
    """
    graphs, names = tuple(default), tuple(named)
    if len(graphs) > MOST_GRAPHS:
        raise StoreError(
            f"The store holds {len(graphs):,} named graphs, more than the {MOST_GRAPHS:,} that a "
            "query can list. Let the engine's default graph be the union of its named graphs, and "
            "say so (union: engine)."
        )
    clause = "".join(
        [*(f"FROM <{name}> " for name in graphs), *(f"FROM NAMED <{name}> " for name in names)]
    )
    place = _place(query)
    return f"{query[:place]}\n{clause}{query[place:]}"  # a comment may end what is before


def _place(query: str) -> int:
    """Where the dataset clause belongs: before the pattern, behind a template."""
    tokens = _top_level(query)
    form = next(word for word, _ in tokens if word in _FORMS)
    template = form == "CONSTRUCT"
    for word, start in tokens:
        if word == "{" and template:
            template = False  # what follows CONSTRUCT is the template, unless WHERE comes first
        elif word == "{" or word in _BEHIND:
            return start
    return len(query)


def _top_level(query: str) -> Iterator[tuple[str, int]]:
    """Words, upper-cased, and opening braces that stand in no brackets, with their places."""
    depth = 0
    for found in _TOKEN.finditer(query):
        sign = found["sign"]
        if depth == 0 and found["word"]:
            yield found["word"].upper(), found.start()
        if sign and sign in "{([":
            if depth == 0 and sign == "{":
                yield "{", found.start()
            depth += 1
        elif sign:
            depth -= 1
