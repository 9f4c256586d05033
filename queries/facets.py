"""Finding cases by facets: the facets there are, and any choice of their values as SPARQL.

A facet is a ``.rq`` file in ``queries/facets`` that gives the ``?value`` of each ``?case``. A
choice takes any of the values chosen of one facet and all of the facets chosen.
"""

import re
from collections.abc import Collection, Mapping
from textwrap import indent
from typing import Final

from pyoxigraph import NamedNode

from queries.errors import UnknownFacet
from queries.library import Question, facets

ORDER: Final = (
    "country",
    "region",
    "income-group",
    "kind",
    "policy-field",
    "sdg",
    "scale",
    "owner",
    "owner-kind",
    "stage",
    "instrument",
    "funding-model",
    "mission-status",
    "feature",
    "challenge",
    "response",
)
"""Names of the facets in the order in which people read them."""

Chosen = Mapping[str, Collection[str]]
"""Facet -> IRIs of the values chosen of it; a facet without values chooses nothing."""

_PARTS: Final = re.compile(
    r"\A(?P<prologue>.*?)^SELECT\b.*?^WHERE \{\n(?P<body>.*)^\}", re.MULTILINE | re.DOTALL
)


def facet(name: str) -> Question:
    """Find a facet by name. Raises ``UnknownFacet`` with near names."""
    known = facets()
    if name not in known:
        raise UnknownFacet(name, known)
    return known[name]


def selection_query(chosen: Chosen) -> str:
    """SPARQL for the cases that a choice selects, in order of their IRIs.

    Raises ``UnknownFacet``, and ``ValueError`` for a value that is no IRI.
    """
    prologue: dict[str, None] = {"PREFIX mkg: <https://w3id.org/mission-kg/ontology#>": None}
    blocks = ["?case a mkg:Case ."]
    for name, values in chosen.items():
        if values:
            parts = _parts(facet(name))
            prologue.update(dict.fromkeys(parts["prologue"].strip().splitlines()))
            named = " ".join(str(NamedNode(value)) for value in sorted(values))
            body = f"VALUES ?value {{ {named} }}\n{parts['body'].rstrip()}"
            blocks.append(f"{{\n  SELECT DISTINCT ?case WHERE {{\n{indent(body, '    ')}\n  }}\n}}")
    lines = indent("\n".join(blocks), "  ")
    return "\n".join([*prologue, "SELECT DISTINCT ?case WHERE {", lines, "}", "ORDER BY ?case", ""])


def _parts(question: Question) -> dict[str, str]:
    text = "".join(each for each in question.text.splitlines(True) if not each.startswith("#"))
    found = _PARTS.search(text)
    if found is None:
        raise ValueError(
            f"The facet {question.name} is not laid out as SELECT ... WHERE {{ ... }}."
        )
    return found.groupdict()
