"""The reports of a release, written in Markdown, as parts of a page."""

from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from kg.shelf import Release

REPORTS: Final = {"Quality": "quality.md", "Validation": "validation.md"}
_DEEPER: Final = 2
"""A report's own headings begin below those of the page."""


def reports(release: Release) -> dict[str, Markup]:
    """Title -> HTML of each report that the release has; a damaged file gives none."""
    found = {}
    for title, name in REPORTS.items():
        try:
            found[title] = markdown((release.path / name).read_text("utf-8"))
        except (OSError, UnicodeDecodeError):
            continue
    return found


def markdown(text: str) -> Markup:
    """HTML of CommonMark; HTML in the text is shown as text, its first heading left out."""
    tokens = _reader().parse(text)
    if tokens and tokens[0].tag == "h1":
        tokens = tokens[3:]
    shifted = [_deeper(each) for each in tokens]
    return Markup(_reader().renderer.render(shifted, _reader().options, {}))  # noqa: S704


def _deeper(token: Token) -> Token:
    if token.type in ("heading_open", "heading_close"):
        return token.copy(tag=f"h{min(int(token.tag[1:]) + _DEEPER - 1, 6)}")
    return token


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})
