"""``/problem/{slug}``: what a kind of problem means, at the address that its ``type`` names."""

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.errors import UnknownThing
from api.pages import render
from api.problems import KINDS, UNEXPECTED, Kind

router = APIRouter()

_WORDS: Final[dict[str, tuple[Kind, str]]] = {
    **{kind.slug: (kind, (error.__doc__ or "").strip()) for error, kind in KINDS.items()},
    UNEXPECTED.slug: (UNEXPECTED, "Something that nobody foresaw; it was logged."),
}


@router.get("/problem", include_in_schema=False)
def list_kinds() -> Response:
    """List every kind of problem that an answer may name."""
    return HTMLResponse(render("faults.html", kinds=_WORDS, title="What can go wrong"))


@router.get("/problem/{slug}", include_in_schema=False)
def describe_kind(request: Request, slug: str) -> Response:
    """Say what a kind of problem means. Raises ``UnknownThing``."""
    if slug not in _WORDS:
        raise UnknownThing(f"No answer names a problem {slug[:80]!r}.", {"/problem": "All of them"})
    return HTMLResponse(
        render("faults.html", kinds={slug: _WORDS[slug]}, title=_WORDS[slug][0].title)
    )
