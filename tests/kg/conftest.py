"""A small library that meets every shape, for tests of whole builds."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from pyoxigraph import Literal, NamedNode

from kg.model import Batch, Claim, Place, Source
from ontology.curies import expand
from ontology.names import ID, MKG, RDF, RDFS

Make = Callable[..., list[Batch]]


def small_batches(initiatives: int = 2, note: str | None = None) -> list[Batch]:
    """One batch of shared things, then one per initiative; ``note`` changes one claim's note."""
    return [_shared(), *(_initiative(number, note) for number in range(initiatives))]


@pytest.fixture(scope="session")
def make_batches() -> Make:
    return small_batches


def _shared() -> Batch:
    source = Source(f"{ID}source/shared", "Shared", "curation", url="https://example.org/shared")
    lines = [
        ("country:xx", "a", "mkg:Country"),
        ("country:xx", "label", "Exland"),
        ("org:agency", "a", "mkg:Agency"),
        ("org:agency", "label", "The Agency"),
    ]
    return Batch((source,), tuple(_claims(source.iri, lines)))


def _initiative(number: int, note: str | None) -> Batch:
    slug = f"s{number}"
    source = Source(f"{ID}source/{slug}", f"Page {number}", "official", url=f"https://e.org/{slug}")
    init, mission, case, use = (f"{k}:{slug}" for k in ("init", "mission", "case", "use"))
    lines = [
        (init, "a", "mkg:MissionProgramme"),
        (init, "label", f"Initiative {number}"),
        (init, "ownedBy", "org:agency"),
        (init, "operatesIn", "country:xx"),
        (init, "pursues", mission),
        (init, "hasFeature", "feat:agreed-objectives"),
        (init, "lacksFeature", "feat:central-government-funding-pool"),
        (init, "hasPolicyMix", f"mix:{slug}"),
        (mission, "a", "mkg:Mission"),
        (mission, "label", f"Mission {number}"),
        (mission, "hasStatus", "mstatus:launched"),
        (mission, "hasTarget", f"target:{slug}"),
        (f"target:{slug}", "a", "mkg:Target"),
        (f"target:{slug}", "label", f"Target {number}"),
        (f"target:{slug}", "deadline", "2030"),
        (f"target:{slug}", "targetValue", "all of it"),
        (f"mix:{slug}", "a", "mkg:PolicyMix"),
        (f"mix:{slug}", "label", f"Mix {number}"),
        (f"mix:{slug}", "completenessStatus", "partial"),
        (f"mix:{slug}", "comprisesUse", use),
        (use, "a", "mkg:InstrumentUse"),
        (use, "label", f"Use {number}"),
        (use, "ofInstrumentType", "itype:PI010"),
        (case, "a", "mkg:Case"),
        (case, "label", f"Case {number}"),
        (case, "describes", init),
        (case, "hasSource", f"src:{slug}"),
        (case, "reviewStatus", "review:unreviewed"),
    ]
    return Batch((source,), tuple(_claims(source.iri, lines, note)))


def _claims(
    source: str, lines: list[tuple[str, str, str]], note: str | None = None
) -> Iterator[Claim]:
    for subject, name, text in lines:
        kind, _, rest = text.partition(":")
        thing = bool(rest) and " " not in text and kind != ""
        plain = Literal(text, language="en") if name == "label" else Literal(text)
        yield Claim(
            subject=expand(subject),
            property={"a": f"{RDF}type", "label": f"{RDFS}label"}.get(name, MKG + name),
            value=NamedNode(expand(text)) if thing else plain,
            source=source,
            place=Place(section="A"),
            as_of="2024",
            entered_by=f"{ID}agent/curator",
            entered_on=datetime(2026, 1, 1, tzinfo=UTC),
            note=note,
        )
