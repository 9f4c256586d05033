"""Tables built with a release, so that lists of cases are answered without asking the graph.

``writing`` fills one SQLite file from the finished graph, ``reading`` answers from it: the cases
that a choice of facets selects, how many more each value would give, and what a text search finds.
What the tables answer is by definition what ``queries.facets`` asks the graph; tests hold both to
the same answers.
"""

from kg.tables.reading import CaseRow, CaseTables, FacetValue, FeatureRow, Matrix, Page
from kg.tables.writing import TABLES, write_tables

__all__ = [
    "TABLES",
    "CaseRow",
    "CaseTables",
    "FacetValue",
    "FeatureRow",
    "Matrix",
    "Page",
    "write_tables",
]
