"""Articles as headings, passages, links and marks; malformed ones told in words."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.article_text import Article, Link, parse
from ingest.errors import BrokenSyntax
from ingest.faults import Faults
from ingest.tables import read_text
from kg.model import Finding

CASES = Path(__file__).parent / "cases" / "articles"
Told = Callable[[tuple[Finding, ...]], list[str]]


def read(name: str) -> tuple[Article, Faults]:
    faults = Faults()
    return parse(read_text(CASES / name, name), name, faults), faults


def test_front_matter_headings_and_passages() -> None:
    article, faults = read("harbour.md")
    assert article.front == {
        "title": "Clean Harbours, a town's mission",
        "videoId": "AbC-123_xyZ",
        "duration": "01:30:00",
        "language": "en",
    }
    assert [(each.level, each.text) for each in article.headings] == [
        (2, "Background"),
        (2, "Norway: Clean Harbours at work"),
        (2, "Denmark: the Ferry Fund"),
    ]
    told = [(each.start, each.depth, each.lead_in, each.text) for each in article.passages]
    assert told[:3] == [
        (None, 0, "", "From: harbour_channel"),
        (10.0, 0, "", "A talk on how the Harbour Board runs tidal power"),
        (40.0, 0, "", "It was given in spring"),
    ]
    assert told[6] == (1320.0, 1, "Money", "Money: It has about 12.5 million EUR for 2023")
    assert told[8] == (1440.0, 2, "Doubt", "Doubt: How to pay for tidal power?")
    assert told[-1] == (None, 0, "", "Closing words without a mark.")
    assert article.passages[6].section == "Norway: Clean Harbours at work"
    assert article.passages[6].line == 17
    assert faults.all() == ()


def test_links_are_kept_with_their_line() -> None:
    article, _ = read("harbour.md")
    assert article.links == [
        (Link("harbour_channel", "harbour_channel"), 8),
        (Link("tidal_power", "tidal power"), 10),
    ]
    assert article.passages[1].links == (Link("tidal_power", "tidal power"),)


def test_no_front_matter(told: Told) -> None:
    article, faults = read("no-front-matter.md")
    assert article.front == {}
    assert [each.start for each in article.passages] == [10.0]
    assert told(faults.all()) == [
        "warning: no-front-matter.md, line 1: has no front matter. Begin the file with a line "
        "---, then title: and videoId:, then a line ---."
    ]


BROKEN = {
    "broken-yaml.md": (
        "broken-yaml.md, line 3, column 13: the front matter is no YAML: found unexpected end of "
        "stream. Put a text that holds a colon or a quote in double quotes."
    ),
    "open-front-matter.md": (
        "open-front-matter.md, line 1: the front matter that begins here has no end. Close it "
        "with a line of three hyphens."
    ),
    "list-front-matter.md": (
        "list-front-matter.md, line 2: the front matter is no list of names and values. Write "
        "title: and videoId: lines."
    ),
}


@pytest.mark.parametrize(("name", "said"), BROKEN.items())
def test_broken_front_matter(name: str, said: str) -> None:
    with pytest.raises(BrokenSyntax) as caught:
        read(name)
    assert str(caught.value) == said


def test_signs_that_yaml_refuses() -> None:
    with pytest.raises(BrokenSyntax, match="the front matter is no YAML: unacceptable character"):
        parse("---\ntitle: \x01\n---\nText", "x.md", Faults())


def test_yaml_aliases_cannot_grow_a_title() -> None:
    bomb = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))
    article = parse(f"---\na0: &a0 lol\n{bomb}\ntitle: *a11\n---\nText", "x.md", Faults())
    assert article.front == {"a0": "lol"}


def test_marks_that_are_none(told: Told) -> None:
    article, faults = read("bad-marks.md")
    assert told(faults.all()) == [
        'warning: bad-marks.md, line 8: "4:30" is no time mark. Write it as hh:mm:ss, say '
        "00:43:03.",
        "warning: bad-marks.md, line 12: a time mark is not closed; the text after it was left "
        "out. Close it with </a>.",
        'warning: bad-marks.md, line 14: the time mark in "<a class="yt-timestamp" '
        'data-t="00:03:00" and the rest." is broken. Write <a class="yt-timestamp" '
        'data-t="00:43:03">[00:43:03]</a>.',
        'info: bad-marks.md, line 16: the heading "marks" also stands in line 7. Tell them apart, '
        "so that places are clear.",
        "warning: bad-marks.md, line 19: the heading is empty. Give it words.",
    ]
    assert [each.start for each in article.passages] == [None, 360, 240, 60, 120, None, 270]


def test_open_links(told: Told) -> None:
    article, faults = read("open-link.md")
    assert [link for link, _ in article.links] == [Link("harbour", "harbour")]
    assert told(faults.all())[0] == (
        'warning: open-link.md, line 6: the link in "[[tidal_power | tidal power and [[ also " is '
        "not closed. Write [[target | label]]."
    )


def test_html_is_never_kept(told: Told) -> None:
    article, faults = read("html.md")
    texts = [each.text for each in article.passages]
    assert texts == [
        "Before after end",
        "A [link](javascript:alert(3)) and another",
    ]
    assert [each.start for each in article.passages] == [10.0, 20.0]
    assert [each.split(": ", 2)[2] for each in told(faults.all())] == [
        "a block of HTML was left out. Write it as plain text.",
        "an element <script> was left out. Write plain text.",
        "a block of HTML was left out. Write it as plain text.",
        "a block of HTML was left out. Write it as plain text.",
        "a block of code was left out. Write it as plain text.",
    ]


def test_line_ends_of_windows_and_a_byte_order_mark() -> None:
    article, faults = read("crlf-bom.md")
    assert article.front["title"] == "Windows"
    assert [(each.line, each.start) for each in article.passages] == [(7, 10.0), (8, 20.0)]
    assert faults.all() == ()


def test_breaks_and_code_within_a_paragraph() -> None:
    article = parse("---\ntitle: x\n---\nOne\ntwo  \nthree <br/>four `code`\n", "x.md", Faults())
    assert [each.text for each in article.passages] == ["One two three four code"]


def test_front_matter_is_text() -> None:
    front = parse("---\nn: 3\nlong: 00:05:00\nlist: [1]\n---\nx", "x.md", Faults()).front
    assert front == {"n": "3", "long": "00:05:00"}
    assert parse("---\n# nothing\n---\nx", "x.md", Faults()).front == {}


def test_ten_thousand_lines_are_read_quickly() -> None:
    mark = '<a class="yt-timestamp" data-t="{:02}:{:02}:{:02}">[x]</a>'
    lines = [
        f"*   Point {n} of [[many | many]] {mark.format(n // 3600, n // 60 % 60, n % 60)}."
        for n in range(10_000)
    ]
    start = time.perf_counter()
    article = parse("---\ntitle: long\n---\n## All\n" + "\n".join(lines), "x.md", Faults())
    assert time.perf_counter() - start < 20
    assert len(article.passages) == 10_000
    assert article.passages[-1].start == 9999.0
    assert article.passages[-1].line == 10_004
