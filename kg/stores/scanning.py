"""Looks at the words of a query before any engine sees it: what may not be run is refused here.

Oxigraph runs ``SERVICE`` (a request to any address a stranger names) and has no switch for it, and
deep nesting overflows its parser's stack. So the text is cut into SPARQL 1.1 tokens (section 19.8
of the recommendation) far enough to tell words from comments, strings, IRIs and names.

One sign is ambiguous without a parser: ``<`` opens an IRI or compares. Where what follows could be
either, both readings are followed, so that no reading can hide a word.
"""

import re
from typing import Final, NamedTuple

from kg.errors import QueryFault, QueryForbidden

MAX_DEPTH: Final = 400
"""Brackets within brackets; the engine's parser dies at some thousands."""
MAX_UNIONS: Final = 500
"""``UNION`` words in one query; long chains of them overflow the stack as well."""

_LOOKED_FOR: Final = ("SERVICE", "LOAD", "FROM")

_IRI = re.compile(r"<([^<>\"{}|^`\\\x00-\x20]*)>")
_SURELY_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PREFIXED = re.compile(r"(?:[^\W\d_][\w.·-]*)?:(?:[\w:%.·-]|\\.)*", re.UNICODE)
_RUN = re.compile(r"[^\W\d_][\w.·-]*", re.UNICODE)
_OTHER = re.compile(
    r"""(?P<comment>\#[^\n\r]*)
      | (?P<string>\"\"\"(?:\"{0,2}(?:[^\"\\]|\\.))*\"\"\"
          | '''(?:'{0,2}(?:[^'\\]|\\.))*'''
          | \"(?:[^\"\\\n\r]|\\.)*\" | '(?:[^'\\\n\r]|\\.)*')
      | (?P<variable>[?$]\w+)
      | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
      | (?P<word>\w+)""",
    re.VERBOSE | re.DOTALL,
)


class _Token(NamedTuple):
    """``kind``: word, name, space, sign or other; ``text``: words and names upper-cased."""

    kind: str
    text: str
    end: int


def words(text: str) -> frozenset[str]:
    """All words that may be keywords and all prefixed names, upper-cased, in every reading."""
    found: set[str] = set()
    seen: set[int] = set()
    todo = [(0, False)]
    while todo:
        position, after_less = todo.pop()
        while position < len(text) and position not in seen:
            seen.add(position)
            if text[position] == "<" and (iri := _IRI.match(text, position)):
                if _may_compare(iri.group(1)):
                    todo.append((position + 1, True))
                position, after_less = iri.end(), False
                continue
            token = _next(text, position)
            if token.kind in ("word", "name") and not after_less:
                found.add(token.text)
            after_less = after_less and token.kind == "space"
            position = token.end
    return frozenset(found)


class Token(NamedTuple):
    """A token of a text that reads one way only.

    ``kind``: word, name (prefixed), iri, space, sign or other (string, variable, language tag);
    ``text``: words and names upper-cased, of an IRI what stands between the brackets.
    """

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The tokens of a text, without space and comments; takes time as its length.

    Raises ``QueryFault`` for a string that is not closed, and where a ``<`` may either compare or
    open an IRI so that what follows depends on it: whoever changes the text may not guess.
    """
    found = []
    position = 0
    plain = 0  # up to here no word is the prefix of a name
    while position < len(text):
        if text[position] == "<" and (iri := _IRI.match(text, position)):
            if _may_compare(iri.group(1)):
                line = text.count("\n", 0, position) + 1
                raise QueryFault(
                    f"In line {line}, {iri.group()[:60]} can be read as an IRI and as a "
                    "comparison. Write a space behind the < of a comparison, and absolute IRIs."
                )
            found.append(Token("iri", iri.group(1), position, iri.end()))
            position = iri.end()
            continue
        if position >= plain and (run := _RUN.match(text, position)):
            plain = run.end() if text[run.end() : run.end() + 1] != ":" else plain
        kind, words_, end = _next(text, position, named=position >= plain)
        if kind == "sign" and words_ in "\"'":
            line = text.count("\n", 0, position) + 1
            raise QueryFault(f"In line {line} a string is opened and not closed.")
        if kind != "space":
            found.append(Token(kind, words_, position, end))
        position = end
    return found


def refuse_remote(text: str) -> frozenset[str]:
    """Words of a text in which nothing reaches out; else raises ``QueryForbidden``.

    Read are only texts that hold one of ``SERVICE``, ``LOAD`` and ``FROM`` anywhere: cutting a
    text into words takes longer than answering a small query.
    """
    capitals = text.upper()
    if not any(keyword in capitals for keyword in _LOOKED_FOR):
        return frozenset()
    found = words(text)
    if _holds(found, "SERVICE"):
        raise QueryForbidden(
            "The query uses SERVICE, which would make this service send requests elsewhere; "
            "it is refused. Query the other endpoint yourself and join the answers, "
            "or ingest its data."
        )
    if _holds(found, "LOAD"):
        raise QueryForbidden(
            "The text uses LOAD, which would fetch a file from an address; it is refused. "
            "Download the file and ingest it instead."
        )
    return found


def refuse_oversize(text: str) -> None:
    """Raises ``QueryFault`` where nesting or chains of UNION would overflow the engine's stack."""
    depth = deepest = 0
    for sign in re.findall(r"[\[({\])}]", text):
        depth += 1 if sign in "[({" else -1
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        raise QueryFault(
            f"The query nests {deepest} brackets; at most {MAX_DEPTH} are read. Flatten it."
        )
    if (unions := len(re.findall(r"union", text, re.IGNORECASE))) > MAX_UNIONS:
        raise QueryFault(
            f"The query has {unions} UNIONs; at most {MAX_UNIONS} are read. Use VALUES instead."
        )


def _holds(found: frozenset[str], keyword: str) -> bool:
    """Whether a keyword stands among the words.

    The engine reads keywords without a boundary (``SERVICESILENT``, ``trueSERVICE``), and reads
    ``SERVICE:x`` as a keyword and a name where the empty prefix is declared.
    """
    return any(
        keyword in (word.partition(":")[0]) for word in found if ":" not in word or ":" in found
    )


def _may_compare(content: str) -> bool:
    """Whether ``<content>`` could also be read as a comparison that hides or opens something.

    Only a quote, a closing bracket or a comment sign makes the two readings differ in what
    follows; ``scheme://`` cannot begin an expression.
    """
    return any(sign in content for sign in "')#") and not _SURELY_IRI.match(content)


def _next(text: str, position: int, *, named: bool = True) -> _Token:
    """The token at a position, names with a prefix before plain words (unless not ``named``)."""
    if text[position].isspace():
        return _Token("space", "", position + 1)
    if named and (prefixed := _PREFIXED.match(text, position)):
        return _Token("name", prefixed.group().upper(), prefixed.end())
    match = _OTHER.match(text, position)
    if match is None:
        return _Token("sign", text[position], position + 1)
    if match.lastgroup == "comment":
        return _Token("space", "", match.end())
    kind = "word" if match.lastgroup == "word" else "other"
    return _Token(kind, match.group().upper(), match.end())
