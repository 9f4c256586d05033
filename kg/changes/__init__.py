"""What changed between two releases: terms, claims, statements; as a record, in words, as a patch.

:func:`changes_between` gives the :class:`Changes` of a pair, made on first asking and kept.
"""

from pathlib import Path

from kg.changes.claiming import CHANGES
from kg.changes.making import is_made, make_changes, place_of
from kg.changes.reading import Changes, ClaimChange, Summary, ThingChange, TripleChange
from kg.shelf import Release

__all__ = [
    "CHANGES",
    "Changes",
    "ClaimChange",
    "Summary",
    "ThingChange",
    "TripleChange",
    "changes_between",
    "is_made",
    "make_changes",
    "place_of",
]


def changes_between(old: Release, new: Release, cache: Path) -> Changes:
    """What changed from ``old`` to ``new``; the record is kept in the directory ``cache``.

    Raises ``ReleaseError`` naming a damaged file and ``StoreError`` where the disk refuses.
    """
    return Changes(make_changes(old.path, new.path, cache))
