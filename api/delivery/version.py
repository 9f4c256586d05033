"""Which release answers come from, as the delivery layer needs to know it."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from api.delivery.conditions import http_date

if TYPE_CHECKING:
    from kg.shelf import Release


@dataclass(frozen=True, slots=True)
class Version:
    """``release``: its id; ``modified``: when it was made, written for HTTP."""

    release: str
    modified: bytes

    @classmethod
    def of_release(cls, release: "Release") -> "Version":
        """Get the version of a release; made once for each."""
        return _made(release.manifest.id, release.manifest.created)


@lru_cache(maxsize=16)
def _made(release: str, created: str) -> Version:
    return Version(release, http_date(datetime.fromisoformat(created)))
