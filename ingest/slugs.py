"""Stable identifiers: the same words always give the same slug."""

import hashlib
import re
import unicodedata

from ontology.names import ID, KINDS

SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")
_LETTERS = str.maketrans({"ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "ß": "ss", "ł": "l", "đ": "d"})
_LONGEST = 80


def slug(text: str) -> str:
    """A lower-case ASCII slug of ``text``: letters, digits and single hyphens.

    Accents are dropped; signs that ASCII cannot show (Greek, Chinese) leave a hash, so that two
    names never fall together by losing all their letters. Raises nothing.
    """
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    kept = "".join(sign for sign in plain if not unicodedata.combining(sign))
    words = re.sub(r"[^a-z0-9]+", "-", kept.lower()).strip("-")
    lost = any(sign.isalnum() and not sign.isascii() for sign in kept)
    if len(words) <= _LONGEST and words and not lost:
        return words
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{words[:_LONGEST].rstrip('-')}-{mark}".lstrip("-")


def entity(prefix: str, text: str) -> str:
    """IRI of the entity of kind ``prefix`` (such as ``org``) named by ``text``."""
    return f"{ID}{KINDS[prefix]}/{slug(text)}"
