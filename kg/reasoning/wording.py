"""Says patterns and rules in words.

A variable is a letter; a class membership reads "X is a mission initiative"; a link reads
"X operates in Y" with the property's label, or "X has participation Y".
"""

from collections.abc import Callable

from kg.reasoning.rules import TYPE, Pattern, Slot

Label = Callable[[Slot], str]


def clause(pattern: Pattern, label: Label) -> str:
    """One pattern in words."""
    subject, object_ = label(pattern.subject), label(pattern.object)
    if pattern.predicate == TYPE:
        return f"{subject} is {article(object_)} {object_}"
    return f"{subject} {label(pattern.predicate)} {object_}"


def article(noun: str) -> str:
    """``a`` or ``an``: by the sound of the first letter, spelt-out abbreviations included."""
    first, word = noun[:1], noun.split(" ", 1)[0]
    if word.isupper() and len(word) > 1:
        return "an" if first in "AEFHILMNORSX" else "a"
    return "an" if first.lower() in "aeio" else "a"


def sentence_of(
    body: tuple[Pattern, ...],
    head: Pattern | None,
    label: Label,
    different: tuple[str, str] | None = None,
) -> str:
    """A rule in words, or (without ``head``) what must not hold together."""
    conditions = " and ".join(clause(pattern, label) for pattern in body)
    if head is not None:
        return f"If {conditions}, then {clause(head, label)}."
    more = f", {different[0]} and {different[1]} being different" if different else ""
    return f"It must not be that {conditions}{more}."
