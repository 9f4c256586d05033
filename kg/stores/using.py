"""The dataset given beside an update (SPARQL 1.1 Protocol, section 2.2.3) written into its text.

The engine takes no dataset with an update, so each operation that has a pattern gets ``USING`` and
``USING NAMED`` before its ``WHERE``. An update that names its own dataset is refused, as the
section says.
"""

from pyoxigraph import NamedNode

from kg.errors import QueryFault
from kg.store import Dataset
from kg.stores.scanning import Token, tokens

_OPEN, _CLOSE = "{", "}"
_OWN = ("USING", "WITH")


def with_dataset(update: str, dataset: Dataset) -> str:
    """An update whose patterns see ``dataset``.

    Raises ``QueryFault`` where the update has USING or WITH, or cannot be read with certainty.
    """
    outside = _outside_braces(tokens(update))
    _refuse_own(outside)
    clause = _clause(dataset)
    parts: list[str] = []
    done = 0
    before = ""
    for token, (opened, closed) in zip(outside, _following(outside), strict=True):
        if (token.kind, token.text) == ("word", "WHERE"):
            parts.append(update[done : token.start])
            if before == "DELETE":  # short for a pattern that is deleted where it is found
                parts.append(update[opened : closed + 1] + " ")
            parts.append(clause)
            done = token.start
        before = token.text
    return "".join([*parts, update[done:]])


def _refuse_own(outside: list[Token]) -> None:
    for token in outside:
        if token.kind == "word" and token.text in _OWN:
            raise QueryFault(
                f"The update has {token.text}, and using-graph-uri or using-named-graph-uri was "
                "given beside it; use one of the two."
            )
        if token.kind == "word" and token.text != "WHERE" and "WHERE" in token.text:
            raise QueryFault(f"{token.text} is two keywords; write a space between them.")


def _following(found: list[Token]) -> list[tuple[int, int]]:
    """For each token the places of the next pair of outermost braces; (0, -1) without."""
    pairs: list[tuple[int, int]] = []
    opened, closed = 0, -1
    for token in reversed(found):
        pairs.append((opened, closed))
        if token.text == _CLOSE:
            closed = token.start
        elif token.text == _OPEN:
            opened = token.start
    return pairs[::-1]


def _outside_braces(found: list[Token]) -> list[Token]:
    """The tokens outside of braces, with the outermost braces themselves."""
    depth = 0
    outside = []
    for token in found:
        if token.text == _CLOSE and token.kind == "sign":
            depth -= 1
        if depth <= 0:
            outside.append(token)
        if token.text == _OPEN and token.kind == "sign":
            depth += 1
    return outside


def _clause(dataset: Dataset) -> str:
    default = [f"USING <{graph_name(each).value}> " for each in dataset.default or ()]
    named = [f"USING NAMED <{graph_name(each).value}> " for each in dataset.named or ()]
    return "".join((*default, *named))


def graph_name(given: str) -> NamedNode:
    """The name of a graph. Raises ``QueryFault`` where it is no absolute IRI."""
    try:
        return NamedNode(given)
    except ValueError as error:
        raise QueryFault(f"{given!r} is not an absolute IRI, so it names no graph.") from error
