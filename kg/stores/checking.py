"""Is a text an update? The engine cannot be asked without running it, so it is made to stop."""

import re
from uuid import uuid4

import pyoxigraph as ox

from kg.stores.faults import syntax_fault
from kg.stores.scanning import tokens
from ontology.names import BASE


def check_update(text: str) -> None:
    """Raise ``QuerySyntaxError`` for what is no update; runs nothing of it.

    The engine reads a request whole before its first operation, and the first one here fails:
    there is no such graph. It stands behind the prologue, since the engine reads none after a
    semicolon.
    """
    place = _after_prologue(text)
    failing = f"DROP GRAPH <urn:uuid:{uuid4()}> ; "
    try:
        ox.Store().update(f"{text[:place]}{failing}{text[place:]}", base_iri=BASE)
    except SyntaxError as error:
        line = text.count("\n", 0, place) + 1
        column = place - (text.rfind("\n", 0, place) + 1) + 1

        def without(at: re.Match[str]) -> str:
            inside = int(at[1]) == line and int(at[2]) > column
            return f"error at {at[1]}:{int(at[2]) - inside * len(failing)}:"

        told = SyntaxError(re.sub(r"error at (\d+):(\d+):", without, str(error), count=1))
        raise syntax_fault(text, told, "update") from error
    except (OSError, RuntimeError):
        return


def _after_prologue(text: str) -> int:
    """Where the first operation of an update begins. Raises ``QueryFault`` for an unclear text."""
    found = tokens(text)
    kinds = [each.text if each.kind == "word" else each.kind for each in found]
    place = 0
    while kinds[place : place + 2] == ["BASE", "iri"] or (
        kinds[place : place + 3] == ["PREFIX", "name", "iri"]
    ):
        place += 2 if kinds[place] == "BASE" else 3
    return found[place].start if place < len(found) else len(text)
