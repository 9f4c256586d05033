"""Text of an article with time marks: front matter, headings, passages, links and marks.

The Markdown is CommonMark, parsed by markdown-it-py, with one addition: ``[[target | label]]``
links. HTML is never rendered or kept: of ``<a class="yt-timestamp" data-t="HH:MM:SS">`` the time
is read; what other elements hold is text, but scripts, styles and HTML blocks are left out.

A mark ends the sentence that it times: a passage is the text since the mark before it, within one
paragraph or list item.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from ingest import places
from ingest.errors import BrokenSyntax
from ingest.faults import Faults, shown
from ingest.places import PlaceFault
from kg.model import Finding

_FENCE = "---"
_HIDDEN = ("script", "style", "iframe", "object", "svg")
_LINK = re.compile(r"\[\[([^\[\]\n|]*)(?:\|([^\[\]\n]*))?\]\]")
_SPACE = re.compile(r"\s+")
_LEFT_OVER = re.compile(r"^[\s.,;:!?)\]]+")


@dataclass(frozen=True, slots=True)
class Link:
    """A ``[[target | label]]`` link; without a label the target is its label."""

    target: str
    label: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its level (1 to 6), its text without marks, and its line."""

    level: int
    text: str
    line: int


@dataclass(slots=True)
class Passage:
    """A stretch of text that one mark times, or none.

    ``headings``: those above it, outermost first. ``lead_in``: the bold words it begins with.
    ``depth``: 0 in a paragraph, 1 in a list, 2 in a list within a list. ``start`` in seconds.
    """

    text: str
    line: int
    headings: tuple[Heading, ...]
    depth: int = 0
    lead_in: str = ""
    start: float | None = None
    links: tuple[Link, ...] = ()

    @property
    def section(self) -> str:
        """The headings above, as one line."""
        return " > ".join(each.text for each in self.headings)


@dataclass(slots=True)
class Article:
    """An article: front matter (plain values by name), headings and passages in order."""

    front: dict[str, str] = field(default_factory=dict)
    headings: list[Heading] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    links: list[tuple[Link, int]] = field(default_factory=list)


def parse(text: str, name: str, faults: Faults) -> Article:
    """The article that ``text`` holds; what is odd about it goes to ``faults``.

    Raises ``BrokenSyntax`` where the front matter is no YAML mapping.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    front, body, offset = _split(plain, name)
    article = Article(front=front)
    if not front:
        hint = "Begin the file with a line ---, then title: and videoId:, then a line ---."
        faults.warning(f"{name}, line 1", "has no front matter.", hint)
    reader = _Reader(article, name, offset, faults)
    reader.read(_markdown().parse(body))
    return article


def _split(text: str, name: str) -> tuple[dict[str, str], str, int]:
    """Front matter, body and the number of lines before the body."""
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        return {}, text, 0
    ends = (number for number, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE)
    end = next(ends, None)
    if end is None:
        said = "the front matter that begins here has no end."
        raise BrokenSyntax(
            Finding("violation", said, f"{name}, line 1", "Close it with a line of three hyphens."),
            1,
        )
    return _front("\n".join(lines[1:end]), name), "\n".join(lines[end + 1 :]), end + 1


def _front(text: str, name: str) -> dict[str, str]:
    try:
        # BaseLoader makes nothing but texts: YAML 1.1 would read 00:05:00 as the number 300.
        told: Any = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 2, mark.column + 1) if mark else (1, 1)
        said = f"the front matter is no YAML: {error.problem}."
        place = f"{name}, line {line}, column {column}"
        hint = "Put a text that holds a colon or a quote in double quotes."
        raise BrokenSyntax(Finding("violation", said, place, hint), line, column) from None
    except yaml.YAMLError as error:
        said = f"the front matter is no YAML: {str(error).splitlines()[0]}."
        hint = "Remove the signs that cannot be printed."
        raise BrokenSyntax(Finding("violation", said, f"{name}, line 1", hint), 1) from None
    if told in (None, ""):
        return {}
    if not isinstance(told, dict):
        said = "the front matter is no list of names and values."
        finding = Finding("violation", said, f"{name}, line 2", "Write title: and videoId: lines.")
        raise BrokenSyntax(finding, 2)
    return {
        str(key): _SPACE.sub(" ", value).strip()
        for key, value in told.items()
        if isinstance(value, str)
    }


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark")
    markdown.inline.ruler.before("link", "wikilink", _wikilink)
    return markdown


def _wikilink(state: StateInline, silent: bool) -> bool:
    found = _LINK.match(state.src, state.pos) if state.src.startswith("[[", state.pos) else None
    if found is None:
        return False
    if not silent:
        token = state.push("wikilink", "", 0)
        target = found[1].strip()
        token.meta = {"target": target, "label": (found[2] or target).strip() or target}
    state.pos = found.end()
    return True


class _Tag(HTMLParser):
    """Name and attributes of the one tag that an inline HTML token holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.name, self.closes = "", False
        self.attributes: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what the tag says."""
        self.name = tag
        self.attributes = {name: value or "" for name, value in attrs}

    def handle_endtag(self, tag: str) -> None:
        """Note that it closes an element."""
        self.name, self.closes = tag, True

    @property
    def is_mark(self) -> bool:
        """Whether it opens a time mark."""
        return self.name == "a" and not self.closes and "data-t" in self.attributes


class _Reader:
    """Walks the block tokens, keeping the headings above and the depth of lists."""

    def __init__(self, article: Article, name: str, offset: int, faults: Faults) -> None:
        self.article, self.name, self.offset, self.faults = article, name, offset, faults
        self.above: list[Heading] = []
        self.depth = 0
        self.level = 0
        self.line = offset + 1

    def read(self, tokens: list[Token]) -> None:
        """Read all blocks."""
        for token in tokens:
            if token.map:
                self.line = token.map[0] + self.offset + 1
            if token.type in ("bullet_list_open", "ordered_list_open"):
                self.depth += 1
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                self.depth -= 1
            elif token.type == "heading_open":
                self.level = int(token.tag[1])
            elif token.type == "heading_close":
                self.level = 0
            elif token.type == "inline":
                self._inline(token)
            elif token.type in ("html_block", "fence", "code_block"):
                self._left_out(token)

    def place(self) -> str:
        """Where the current block begins."""
        return f"{self.name}, line {self.line}"

    def _left_out(self, token: Token) -> None:
        what = "a block of HTML" if token.type == "html_block" else "a block of code"
        if token.content.strip():
            self.faults.info(self.place(), f"{what} was left out.", "Write it as plain text.")

    def _inline(self, token: Token) -> None:
        passages = list(_Pieces(self).passages(token.children or []))
        self.article.links += [(link, each.line) for each in passages for link in each.links]
        if self.level:
            self._heading(" ".join(each.text for each in passages).strip())
            return
        self.article.passages += passages

    def _heading(self, text: str) -> None:
        heading = Heading(self.level, text, self.line)
        if not text:
            self.faults.warning(self.place(), "the heading is empty.", "Give it words.")
            return
        double = [each for each in self.article.headings if each.text.lower() == text.lower()]
        if double:
            said = f"the heading {shown(text)} also stands in line {double[0].line}."
            self.faults.info(self.place(), said, "Tell them apart, so that places are clear.")
        self.above = [each for each in self.above if each.level < self.level] + [heading]
        self.article.headings.append(heading)


class _Pieces:
    """Cuts the inline tokens of one block into passages at their marks."""

    def __init__(self, reader: _Reader) -> None:
        self.reader = reader
        self.texts: list[str] = []
        self.links: list[Link] = []
        self.lead_in = ""
        self.bold = False
        self.line = self.begins = reader.line
        self.in_mark = False
        self.hidden = ""

    def passages(self, tokens: list[Token]) -> Iterator[Passage]:
        """The passages of the block; the last may have no mark."""
        for token in tokens:
            if token.type == "html_inline":
                yield from self._tag(_Tag(token.content))
            elif not self.hidden and not self.in_mark:
                self._text(token)
        if self.in_mark:
            said = "a time mark is not closed; the text after it was left out."
            self.reader.faults.warning(self.reader.place(), said, "Close it with </a>.")
        yield from self._passage(None)

    def _tag(self, tag: _Tag) -> Iterator[Passage]:
        if tag.name in _HIDDEN:
            self.hidden = "" if tag.closes else tag.name
            if self.hidden:
                said = f"an element <{tag.name}> was left out."
                self.reader.faults.info(self.reader.place(), said, "Write plain text.")
        elif tag.is_mark:
            yield from self._passage(self._seconds(tag.attributes["data-t"]))
            self.in_mark = True
        elif tag.closes and tag.name == "a":
            self.in_mark = False
        elif tag.name == "br" and not self.in_mark:
            self.texts.append(" ")

    def _seconds(self, text: str) -> float | None:
        try:
            return places.seconds(text.strip())
        except PlaceFault as fault:
            self.reader.faults.warning(self.reader.place(), str(fault), fault.remedy)
            return None

    def _text(self, token: Token) -> None:
        if token.type == "wikilink":
            link = Link(token.meta["target"], token.meta["label"])
            self.links.append(link)
            self._say(link.label)
        elif token.type in ("softbreak", "hardbreak"):
            self.line += 1
            self._say(" ")
        elif token.type in ("strong_open", "strong_close"):
            self.bold = token.type == "strong_open"
        elif token.content:
            self._check_rest(token.content)
            self._say(token.content)

    def _say(self, text: str) -> None:
        if not self.lead_in and not "".join(self.texts).strip(" .,;:"):
            self.begins = self.line
        if self.bold and not "".join(self.texts).strip():
            self.lead_in = f"{self.lead_in} {text}".strip()
        else:
            self.texts.append(text)

    def _check_rest(self, text: str) -> None:
        """Tell what looks like a link or a mark but is none."""
        if "[[" in text:
            said = f"the link in {shown(text[text.index('[[') :])} is not closed."
            self.reader.faults.warning(self.reader.place(), said, "Write [[target | label]].")
        if "yt-timestamp" in text:
            rest = text[max(0, text.index("yt-timestamp") - 10) :]
            said = f"the time mark in {shown(rest)} is broken."
            hint = 'Write <a class="yt-timestamp" data-t="00:43:03">[00:43:03]</a>.'
            self.reader.faults.warning(self.reader.place(), said, hint)

    def _passage(self, start: float | None) -> Iterator[Passage]:
        words = _SPACE.sub(" ", "".join(self.texts)).strip()
        words = _LEFT_OVER.sub("", words) if words else ""
        said = f"{self.lead_in}: {words}" if self.lead_in and words else self.lead_in or words
        if said:
            reader = self.reader
            yield Passage(
                text=said,
                line=self.begins,
                headings=tuple(reader.above),
                depth=reader.depth,
                lead_in=self.lead_in,
                start=start,
                links=tuple(self.links),
            )
        self.texts, self.links, self.lead_in = [], [], ""
