"""Short names for IRIs and back, over every prefix of the house.

One prefix per kind of entity and per concept scheme (``ontology.names``), so that no local name
holds a slash. Schemes without a short prefix are their own prefix, read from the scheme files.
"""

from difflib import get_close_matches
from typing import Final

from curies import Converter

from ontology.files import scheme_files
from ontology.names import (
    FOREIGN_PREFIXES,
    ID,
    KINDS,
    MKG,
    SCHEME_PREFIXES,
    SHAPES,
    VOCAB,
)


def _prefixes() -> dict[str, str]:
    short = set(SCHEME_PREFIXES.values())
    return {
        "mkg": MKG,
        "mkgsh": SHAPES,
        **FOREIGN_PREFIXES,
        **{prefix: f"{ID}{kind}/" for prefix, kind in KINDS.items()},
        "vocab": VOCAB,
        **{prefix: f"{VOCAB}{scheme}/" for prefix, scheme in SCHEME_PREFIXES.items()},
        **{path.stem: f"{VOCAB}{path.stem}/" for path in scheme_files() if path.stem not in short},
    }


PREFIXES: Final[dict[str, str]] = _prefixes()
"""Every prefix -> the beginning of the IRIs it stands for."""

_CONVERTER: Final = Converter.from_prefix_map(PREFIXES)


def expand(curie: str) -> str:
    """The IRI that ``curie`` stands for. Raises ``ValueError`` that names an unknown prefix."""
    prefix, colon, _ = curie.partition(":")
    if not colon:
        raise ValueError(f'"{curie}" is no CURIE: it has no colon. Write it like init:pilot-e.')
    iri = _CONVERTER.expand(curie)
    if iri is None:
        raise ValueError(f'"{prefix}" (in "{curie}") is no known prefix.{_near(prefix)}')
    return iri


def _near(prefix: str) -> str:
    """`` Did you mean init: or inst:?``, or some prefixes where none is near."""
    found = get_close_matches(prefix.lower(), PREFIXES, n=3)
    if found:
        return f" Did you mean {' or '.join(f'{each}:' for each in found)}?"
    return " There are, for example, mkg:, init:, mission:, case:, org: and country:."


def compact(iri: str) -> str | None:
    """The CURIE of ``iri``, or ``None`` where no prefix fits or the local name would need escapes.

    A local name that is empty or holds ``/``, ``#`` or ``?`` is refused, so that what comes back
    can be written in Turtle and SPARQL as it stands.
    """
    curie = _CONVERTER.compress(iri)
    if curie is None:
        return None
    local = curie.partition(":")[2]
    return curie if local and not set("/#?") & set(local) else None


def sparql_prologue() -> str:
    """``PREFIX`` lines for every prefix, one per line, in a stable order."""
    return "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items())
