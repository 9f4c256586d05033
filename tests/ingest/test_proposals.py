"""Each rule proposes what it says, in the voice of the passage, and names itself."""

import pytest
from pyoxigraph import NamedNode

from ingest.article_text import Heading, Passage
from ingest.mentions import Names
from ingest.proposals import Proposal, Proposer, voice_of
from ontology.names import ID, MKG, VOCAB
from ontology.vocabulary import vocabulary

ARTICLE = f"{ID}source/article"
BOARD, GUILD = f"{ID}organisation/board", f"{ID}organisation/guild"
HARBOURS, NORWAY = f"{ID}initiative/clean-harbours", f"{ID}country/no"
TIDAL = f"{VOCAB}technology/tidal-power"
NAMES = Names(
    [
        ("Harbour Board", BOARD),
        ("Pilots Guild", GUILD),
        ("Clean Harbours", HARBOURS),
        ("Norway", NORWAY),
        ("tidal power", TIDAL),
    ]
)


def proposer(owners: dict[str, str] | None = None) -> Proposer:
    return Proposer(ARTICLE, NAMES, owners or {})


def passage(text: str, *headings: str, depth: int = 0) -> Passage:
    above = tuple(Heading(level, words, level) for level, words in enumerate(headings, 1))
    return Passage(text, 1, above, depth)


def told(made: list[Proposal]) -> list[tuple[str, str, str, str]]:
    return [
        (
            each.subject.rsplit("/", 1)[-1],
            each.property.rsplit("#", 1)[-1],
            each.value.value.rsplit("/", 1)[-1],
            each.rule,
        )
        for each in made
        if each.rule != "mention"
    ]


def test_a_mention_is_a_topic_of_the_article() -> None:
    [made] = proposer().proposals(passage("On tidal power"))
    assert made == Proposal(
        ARTICLE,
        f"{MKG}hasTopic",
        NamedNode(TIDAL),
        "mention",
        'the passage names "tidal power"',
        made.confidence,
    )


def test_an_organisation_beside_an_initiative() -> None:
    text = passage("Clean Harbours works with the Pilots Guild on tidal power")
    assert told(proposer().proposals(text)) == [
        ("clean-harbours", "involvesActor", "guild", "names-organisation"),
        ("clean-harbours", "involvesTechnology", "tidal-power", "names-technology"),
    ]


def test_a_country_in_the_heading() -> None:
    text = passage("Clean Harbours is big", "Spotlights", "Norway at work")
    assert told(proposer().proposals(text)) == [
        ("clean-harbours", "operatesIn", "no", "country-in-heading")
    ]
    assert told(proposer().proposals(passage("It is big", "Clean Harbours", "Norway"))) == []


def test_a_heading_or_first_paragraph_says_what_a_section_is_about() -> None:
    made = proposer()
    assert told(made.proposals(passage("It has three missions", "Clean Harbours"))) == [
        ("clean-harbours", "missionCount", "3", "count")
    ]
    made.proposals(passage("Clean Harbours began", "Other"))
    assert told(made.proposals(passage("Three missions", "Other", depth=1))) == [
        ("clean-harbours", "missionCount", "3", "count")
    ]
    assert told(made.proposals(passage("Three missions", "Third"))) == []


def test_one_item_of_a_list_does_not_speak_for_the_next() -> None:
    made = proposer()
    made.proposals(passage("Clean Harbours for example", "Kinds", depth=1))
    assert told(made.proposals(passage("Three missions", "Kinds", depth=1))) == []


def test_the_only_initiative_of_an_organisation() -> None:
    made = proposer({BOARD: HARBOURS})
    text = passage("The board of the Pilots Guild has three missions", "Harbour Board")
    found = made.proposals(text)
    assert told(found) == [
        ("clean-harbours", "involvesActor", "guild", "names-organisation"),
        ("clean-harbours", "missionCount", "3", "count"),
    ]
    assert str(found[1].confidence) == "0.3"
    assert found[1].because == 'the section is on "Harbour Board" and names "Pilots Guild"'


def test_lengths_and_money() -> None:
    text = passage("Clean Harbours: a four- to six-year plan with about 5 million EUR for 2023")
    found = told(proposer().proposals(text))
    assert found[:2] == [
        ("clean-harbours", "minDurationYears", "4", "length"),
        ("clean-harbours", "maxDurationYears", "6", "length"),
    ]
    budget = found[2][2]
    assert budget.startswith("clean-harbours-")
    assert found[3:] == [
        (budget, ["22-rdf-syntax-ns", "type"][-1], "ontology#BudgetAllocation", "money"),
        (budget, "label", "5 million EUR for 2023: Clean Harbours", "money"),
        (budget, "amount", "5000000", "money"),
        (budget, "currency", "EUR", "money"),
        (budget, "budgetYear", "2023", "money"),
        (budget, "isApproximate", "true", "money"),
    ]


def test_money_without_year_or_doubt() -> None:
    found = told(proposer().proposals(passage("Clean Harbours got EUR 5")))
    assert [name for _, name, _, _ in found] == ["hasBudget", "type", "label", "amount", "currency"]


@pytest.mark.parametrize(
    ("text", "voice"),
    [
        ("It has three missions", "asserted"),
        ("How to begin", "question"),
        ("Is it so?", "question"),
        ("Ports must adapt", "normative"),
        ("They recommend scaling", "recommendation"),
        ("It aims at zero", "aspiration"),
    ],
)
def test_voices(text: str, voice: str) -> None:
    assert voice_of(text) == voice
    assert f"{VOCAB}claim-modality/{voice}" in vocabulary().concepts


def test_all_but_mentions_take_the_voice() -> None:
    made = proposer().proposals(passage("Clean Harbours should have three missions"))
    assert [(each.rule, each.modality) for each in made] == [
        ("mention", "asserted"),
        ("count", "normative"),
    ]


def test_every_proposed_property_is_of_the_ontology() -> None:
    text = (
        "Clean Harbours: 3 missions, 2 mission candidates, 4 societal challenges; five missions "
        "were launched; 2 to 3 years; about 5 EUR for 2023; Pilots Guild; tidal power"
    )
    used = {each.property for each in proposer().proposals(passage(text, "Norway"))}
    assert {iri for iri in used if iri.startswith(MKG)} <= set(vocabulary().properties)
    assert len(used) > 12
