"""Legal SPARQL 1.1 that the engine's parser does not take, spelt so that it does.

``TRUE`` and ``False``: keywords may be written either way (section 19.8), the engine knows lower
case only.
"""

import re
from typing import Final

from kg.errors import QueryFault
from kg.stores.scanning import tokens

_BOOLEANS: Final = ("TRUE", "FALSE")
_OTHER_CASE: Final = re.compile(r"\b(?!true\b|false\b)(?i:true|false)\b")


def lower_booleans(text: str) -> str:
    """The text with its truth values in lower case; every place in it stays where it was."""
    if not _OTHER_CASE.search(text):
        return text
    try:
        found = tokens(text)
    except QueryFault:  # reads two ways; the engine says what it makes of it
        return text
    for each in found:
        if each.kind == "word" and each.text in _BOOLEANS:
            text = text[: each.start] + each.text.lower() + text[each.end :]
    return text
