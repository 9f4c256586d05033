"""Mentions of known things: longest first, whole words, names in capitals."""

import pytest
from pyoxigraph import Literal, NamedNode

from ingest.mentions import Names, kind_of, names_of, owners_of
from kg.model import Claim
from ontology.names import ID, MKG, RDFS, SKOS, VOCAB
from ontology.vocabulary import vocabulary

BOARD, GUILD = f"{ID}organisation/board", f"{ID}organisation/guild"
HARBOURS, NORWAY = f"{ID}initiative/clean-harbours", f"{ID}country/no"
TIDAL, POWER = f"{VOCAB}technology/tidal-power", f"{VOCAB}technology/power"
NAMES = Names(
    [
        ("Harbour Board", BOARD),
        ("Board", GUILD),
        ("Clean Harbours", HARBOURS),
        ("Norway", NORWAY),
        ("tidal power", TIDAL),
        ("Power", POWER),
        ("EU", f"{ID}organisation/eu"),
        ("no", f"{ID}organisation/lower"),
        ("A claim", f"{ID}claim/x"),
        ("", BOARD),
    ]
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The Harbour Board of Norway", ["Harbour Board", "Norway"]),
        ("the harbour board", []),
        ("Harbour Boards", []),
        ("Clean-Harbours' plan", ["Clean-Harbours"]),
        ("Tidal Power, tidal power; power", ["Tidal Power", "tidal power"]),
        ("the EU says no", ["EU"]),
        ("A claim", []),
        ("", []),
    ],
)
def test_find(text: str, found: list[str]) -> None:
    assert [mention.words for mention in NAMES.find(text)] == found


def test_a_mention_knows_what_and_where() -> None:
    [mention] = NAMES.find("Of Norway.")
    assert (mention.iri, mention.kind, mention.start) == (NORWAY, "country", 3)


def test_lookup_is_by_the_whole_name() -> None:
    assert NAMES.lookup("tidal_power") == TIDAL
    assert NAMES.lookup("tidal") is None


def test_equal_names_are_settled_by_kind() -> None:
    names = Names([("Giga", f"{ID}organisation/giga"), ("Giga", f"{ID}initiative/giga")])
    assert names.lookup("GIGA") == f"{ID}initiative/giga"
    assert len(names) == 1
    assert Names([]).find("Anything") == []


def test_kinds() -> None:
    assert kind_of(TIDAL) == "technology"
    assert kind_of(f"{VOCAB}value-status/present") is None
    assert kind_of("http://example.org/x") is None


def test_names_of_claims_and_concepts() -> None:
    claims = [
        Claim(BOARD, f"{RDFS}label", Literal("Harbour Board", language="en"), "s"),
        Claim(BOARD, f"{SKOS}altLabel", Literal("Kystverket", language="no"), "s"),
        Claim(BOARD, f"{MKG}locatedIn", NamedNode(NORWAY), "s"),
    ]
    names = names_of(claims, vocabulary())
    assert names.lookup("Kystverket") == BOARD
    assert names.lookup("mission lock-in") == f"{VOCAB}challenge-type/mission-lock-in"


def test_only_sole_owners_count() -> None:
    def owned(initiative: str, owner: str, prop: str = "ownedBy") -> Claim:
        return Claim(f"{ID}initiative/{initiative}", f"{MKG}{prop}", NamedNode(owner), "s")

    claims = [
        owned("a", BOARD),
        owned("a", BOARD, "hostedBy"),
        owned("b", GUILD),
        owned("c", GUILD),
        Claim(f"{ID}mission/m", f"{MKG}ownedBy", NamedNode(BOARD), "s"),
        Claim(f"{ID}initiative/z", f"{MKG}ownedBy", Literal("x"), "s"),
    ]
    assert owners_of(claims) == {BOARD: f"{ID}initiative/a"}
