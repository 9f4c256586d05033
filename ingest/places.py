"""Places in a source as one cell of text: ``t=00:43:03-00:44:09; page=12; section=Norway``."""

import re

from ingest.faults import did_you_mean, shown
from kg.literals import clock
from kg.model import Place

_TIME = re.compile(r"(?P<h>\d{1,3}):(?P<m>[0-5]\d):(?P<s>[0-5]\d(?:\.\d{1,3})?)")
_NEXT_PART = re.compile(r";\s*(?=[A-Za-z_]+=)")
_PARTS = ("t", "page", "section", "fragment")


class PlaceFault(ValueError):
    """A place that cannot be read; ``remedy`` says how to write it."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def parse(text: str) -> Place:
    """The place that ``text`` says. Raises ``PlaceFault``."""
    found: dict[str, str] = {}
    for part in _NEXT_PART.split(text) if text else ():
        key, equals, value = part.partition("=")
        key, value = key.strip(), value.strip()
        if not equals or key not in _PARTS:
            hint = "Write t=00:43:03, page=12, section=… or fragment=…, joined by semicolons."
            raise PlaceFault(
                f"{shown(part)} is no part of a place.",
                did_you_mean(key, _PARTS, hint) if equals else hint,
            )
        if key in found or not value:
            said = "comes twice" if key in found else "is empty"
            raise PlaceFault(f'the part "{key}" of the place {said}.', f'Write one "{key}=…".')
        found[key] = value
    start, end = _range(found["t"]) if "t" in found else (None, None)
    return Place(start, end, found.get("page"), found.get("section"), found.get("fragment"))


def write(place: Place) -> str:
    """The text that ``parse`` reads as ``place``."""
    parts = []
    if place.start_seconds is not None:
        end = "" if place.end_seconds is None else f"-{clock(place.end_seconds)}"
        parts.append(f"t={clock(place.start_seconds)}{end}")
    named = (("page", place.page), ("section", place.section), ("fragment", place.fragment))
    parts += [f"{key}={value}" for key, value in named if value]
    return "; ".join(parts)


def seconds(text: str) -> float:
    """Seconds of ``hh:mm:ss`` (fractions allowed). Raises ``PlaceFault``."""
    found = _TIME.fullmatch(text)
    if not found:
        raise PlaceFault(f"{shown(text)} is no time mark.", "Write it as hh:mm:ss, say 00:43:03.")
    return round(int(found["h"]) * 3600 + int(found["m"]) * 60 + float(found["s"]), 3)


def _range(text: str) -> tuple[float, float | None]:
    first, dash, last = text.partition("-")
    start = seconds(first.strip())
    end = seconds(last.strip()) if dash else None
    if end is not None and end < start:
        raise PlaceFault(
            f"the range {shown(text)} ends before it starts.", "Write the earlier time first."
        )
    return start, end
