"""What changed between two releases: terms, claims, statements; as a record, in words, as a patch.

:func:`changes_between` gives the :class:`Changes` of a pair, made on first asking and kept.
"""

from pathlib import Path

from kg.changes.claiming import CHANGES
from kg.changes.making import forget, is_made, make_changes, place_of
from kg.changes.reading import Changes, ClaimChange, Summary, ThingChange, TripleChange
from kg.errors import ReleaseError
from kg.shelf import Release

__all__ = [
    "CHANGES",
    "Changes",
    "ClaimChange",
    "Summary",
    "ThingChange",
    "TripleChange",
    "changes_between",
    "forget",
    "is_made",
    "make_changes",
    "place_of",
]


def changes_between(old: Release, new: Release, cache: Path) -> Changes:
    """What changed from ``old`` to ``new``; the record is kept in the directory ``cache``.

    A record that is damaged is made anew. Raises ``ReleaseError`` naming a damaged file of a
    release and ``StoreError`` where the disk refuses.
    """
    try:
        return Changes(make_changes(old.path, new.path, cache))
    except ReleaseError:
        if not is_made(cache, old.id, new.id):
            raise
        forget(cache, old.id, new.id)
        return Changes(make_changes(old.path, new.path, cache))
