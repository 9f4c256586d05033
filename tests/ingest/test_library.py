"""The library format: what is read, and every fault with its exact sentence."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode

from ingest import library
from ingest.errors import RejectedInput, UnreadableFile
from ingest.limits import Limits
from kg.model import Batch, Claim, Finding, Place
from ontology.names import ID, MKG, PROV, RDF

Make = Callable[..., Path]
Told = Callable[[tuple[Finding, ...]], list[str]]
AT = "claims/a.csv, line 8"

FAULTS = {
    # An unknown property, concept, class, prefix, source, term of a scheme.
    "T7,init:tides,ownedbi,org:harbour,,src:notes": (
        f'{AT}, column "property": there is no property "ownedbi". Did you mean "ownedBy"?'
    ),
    "T7,init:tides,hasStatus,mstatus:launchd,,src:notes": (
        f'{AT}, column "value": there is no concept "mstatus:launchd". '
        'Did you mean "mstatus:launched"?'
    ),
    "T7,init:tides,hasStatus,mstatus:zzzzzz,,src:notes": (
        f'{AT}, column "value": there is no concept "mstatus:zzzzzz". Choose a term of '
        "mission-status, or add a row that gives it a class."
    ),
    "T7,init:tides,a,mkg:MisionInitiative,,src:notes": (
        f'{AT}, column "value": there is no class "mkg:MisionInitiative". '
        'Did you mean "MissionInitiative"?'
    ),
    "T7,inti:tides,ownedBy,org:harbour,,src:notes": (
        f'{AT}, column "subject": there is no prefix "inti" (in "inti:tides"). Did you mean "init"?'
    ),
    "T7,init:tides,ownedBy,org:harbour,,src:note": (
        f'{AT}, column "source": the source "src:note" is not listed. Did you mean "src:notes"?'
    ),
    "T7,init:tides,ownedBy,org:harbour,,org:harbour": (
        f'{AT}, column "source": "org:harbour" was given where a source is needed. '
        "Write it like src:name."
    ),
    "T7,init:tides,ownedBy,org:harbour,,src:notes,,,asserted_": (
        f'{AT}, column "modality": "asserted_" is no term of claim-modality. '
        'Did you mean "asserted"?'
    ),
    "T7,init:tides,schema2:name,x,,src:notes": (
        f'{AT}, column "property": there is no prefix "schema2" (in "schema2:name"). '
        'Did you mean "schema"?'
    ),
    "T7,init:tides,<http://example.org/p>,x,,src:notes": (
        f'{AT}, column "property": the property "<http://example.org/p>" is of no vocabulary that '
        "is known here. Use a property of the ontology, or of SKOS, DCT, schema.org, FOAF, ORG, "
        "DCAT or PROV."
    ),
    # A thing where a text is needed and the reverse; names that are not stable.
    "T7,init:tides,label,org:harbour,,src:notes": (
        f'{AT}, column "value": "org:harbour" names a thing, but the property "label" takes a '
        "text. Write the words, or choose a property that links two things."
    ),
    "T7,init:tides,ownedBy,Harbour Board,,src:notes": (
        f'{AT}, column "value": "Harbour Board" is a text, but the property "ownedBy" takes a '
        "thing. Write its CURIE, such as org:harbour-board."
    ),
    "T7,init:tides,hasStatus,Launched,,src:notes": (
        f'{AT}, column "value": "Launched" is a text, but the property "hasStatus" takes a thing. '
        'Did you mean "mstatus:launched"?'
    ),
    "T7,init:Tides_2,ownedBy,org:harbour,,src:notes": (
        f'{AT}, column "subject": "init:Tides_2" is no stable name: only a-z, 0-9 and hyphens may '
        'follow the colon. Did you mean "init:tides-2"?'
    ),
    "T7,tides,ownedBy,org:harbour,,src:notes": (
        f'{AT}, column "subject": "tides" is neither a CURIE nor an IRI in angle brackets. '
        "Write it like init:pilot-e or <https://example.org/thing>."
    ),
    # Values of a type.
    "T7,init:tides,currency,DKX,,src:notes": (
        f'{AT}, column "value": there is no currency "DKX" in ISO 4217. Did you mean "DKK"?'
    ),
    "T7,init:tides,startDate,2021-02-30,,src:notes": (
        f'{AT}, column "value": the date "2021-02-30" is not in the calendar: month 02 of 2021 has '
        "no day 30. Write an EDTF date such as 2021, 2021-03, 2021-03-15, 2021~ or 2019/2023."
    ),
    "T7,init:tides,ownedBy,org:harbour,,src:notes,,2021-02-30": (
        f'{AT}, column "as_of": the date "2021-02-30" is not in the calendar: month 02 of 2021 has '
        "no day 30. Write an EDTF date such as 2021, 2021-03, 2021-03-15, 2021~ or 2019/2023."
    ),
    "T7,init:tides,missionCount,three,,src:notes": (
        f'{AT}, column "value": "three" is not what "missionCount" takes: a whole number. Write '
        "digits only: no separators, units or decimals."
    ),
    "T7,init:tides,missionCount,-3,,src:notes": (
        f'{AT}, column "value": "-3" is not what "missionCount" takes: a number from 0 up. '
        "Write digits without a sign."
    ),
    'T7,init:tides,amount,"1,5",,src:notes': (
        f'{AT}, column "value": "1,5" is not what "amount" takes: a number. Write digits with a '
        "point for decimals: no separators, units or signs of money."
    ),
    "T7,init:tides,isApproximate,perhaps,,src:notes": (
        f'{AT}, column "value": "perhaps" is not what "isApproximate" takes: true or false. '
        "Write true or false."
    ),
    "T7,init:tides,missionCount,3,en,src:notes": (
        f'{AT}, column "value": the language "en" does not fit: "missionCount" takes no text in a '
        'language. Leave the column "lang" empty.'
    ),
    "T7,init:tides,label,Marées,french!,src:notes": (
        f'{AT}, column "value": "french!" is no language tag. Write one such as en, fr or da '
        "(BCP 47)."
    ),
    "T7,init:tides,ownedBy,org:harbour,,src:notes,,,,,,1.5": (
        f'{AT}, column "confidence": the confidence "1.5" is not between 0 and 1. '
        "Write it like 0.8."
    ),
    "T7,init:tides,ownedBy,org:harbour,,src:notes,,,,,,high": (
        f'{AT}, column "confidence": the confidence "high" is not between 0 and 1. '
        "Write it like 0.8."
    ),
    # Places.
    "T7,init:tides,ownedBy,org:harbour,,src:notes,t=00:10:01": (
        f'{AT}, column "place": the time 00:10:01 is past the end of "Notes on the talk", which '
        "lasts 00:10:00. Correct the time mark, or the duration of the source."
    ),
    "T7,init:tides,ownedBy,org:harbour,,src:talk,t=00:09:00-00:11:00": (
        f'{AT}, column "place": the time 00:11:00 is past the end of "A talk", which lasts '
        "00:10:00. Correct the time mark, or the duration of the source."
    ),
    "T7,init:tides,ownedBy,org:harbour,,src:notes,t=00:05:00-00:04:00": (
        f'{AT}, column "place": the range "00:05:00-00:04:00" ends before it starts. '
        "Write the earlier time first."
    ),
    # Rows and ids.
    "T1,init:tides,ownedBy,org:harbour,,src:notes": (
        f'{AT}, column "id": the id "T1" is already used at claims/a.csv, line 2. '
        "Give this line an id of its own."
    ),
    "T7,,ownedBy,org:harbour,,src:notes": (
        f'{AT}, column "subject": the cell is empty. Fill it in; this column is needed.'
    ),
    "T7,init:tides,ownedBy,org:harbour,,": (
        f'{AT}, column "source": the cell is empty. Fill it in; this column is needed.'
    ),
    "T7,init:tides,label,Tides, and more,en,src:notes,,,,,,,x": (
        f"{AT}: has 14 cells, but the header names 13 columns. Put a text that holds a comma in "
        "double quotes."
    ),
}


@pytest.mark.parametrize(("line", "said"), FAULTS.items())
def test_a_fault_is_one_sentence(make_library: Make, told: Told, line: str, said: str) -> None:
    directory = make_library(more=f"{line}\n")
    found = [each for each in told(library.check(directory)) if each.startswith("violation")]
    assert found == [f"violation: {said}"]
    with pytest.raises(RejectedInput) as caught:
        library.read(directory)
    assert str(caught.value) == said


def test_reads_what_the_tables_say(make_library: Make, told: Told) -> None:
    directory = make_library()
    assert told(library.check(directory)) == []
    batch = library.read(directory)
    assert [source.iri.rsplit("/", 1)[-1] for source in batch.sources] == [
        "talk",
        "notes",
        "agents",
    ]
    owned = next(claim for claim in batch.claims if claim.key == "T5")
    assert owned == Claim(
        subject=f"{ID}initiative/tides",
        property=f"{MKG}ownedBy",
        value=NamedNode(f"{ID}organisation/harbour"),
        source=f"{ID}source/notes",
        place=Place(60.0, 120.0, page="4"),
        modality="reported",
        value_status="planned",
        review_status="draft",
        as_of="2021~",
        confidence=Decimal("0.75"),
        key="T5",
        note="x",
    )
    names = {claim.key: claim.value for claim in batch.claims}
    assert names["T4"] == Literal("Harbour Board", language="en")
    assert names["T6"].value == "3"
    agent = batch.claims[0]
    assert (agent.property, agent.value) == (f"{RDF}type", NamedNode(f"{PROV}Person"))


def test_a_claim_takes_who_and_when_from_its_source(make_library: Make) -> None:
    batch = library.read(make_library(more="T7,init:tides,altName,Tides again,,src:talk\n"))
    claim = next(claim for claim in batch.claims if claim.key == "T7")
    assert claim.entered_by == f"{ID}agent/ann"
    assert claim.entered_on == datetime(2024, 5, 1, 10, tzinfo=UTC)


SOURCE_FAULTS = {
    "src:x,,recordin,X": (
        'sources.csv, line 2, column "kind": "recordin" is no term of source-kind. '
        'Did you mean "recording"?'
    ),
    "src:x,,article,": (
        'sources.csv, line 2, column "title": the cell is empty. Fill it in; this column is needed.'
    ),
    "src:x,,article,X,example.org": (
        'sources.csv, line 2, column "url": "example.org" is no web address. '
        "Write it in full, with https://."
    ),
    "src:x,prov:Person,article,X": (
        'sources.csv, line 2, column "type": "prov:Person" is no class of the ontology. '
        "Write SourceDocument."
    ),
    "src:x,,article,X,,,10 min": (
        'sources.csv, line 2, column "duration": "10 min" is no time mark. '
        "Write it as hh:mm:ss, say 00:43:03."
    ),
    "src:x,,article,X,,,,src:y": (
        'sources.csv, line 2, column "derived_from": the source it derives from, '
        f"{ID}source/y, is not listed. Add a row for it."
    ),
    "src:x,,article,X,,,,,,yesterday": (
        'sources.csv, line 2, column "entered_on": "yesterday" is no date and time. Write an '
        "ISO 8601 date and time, such as 2026-01-31T09:00:00Z."
    ),
    "src:x,,article,X,,,,,src:x": (
        'sources.csv, line 2, column "entered_by": "src:x" was given where an agent is needed. '
        "Write it like agent:name."
    ),
    "src:x,,article,X\nsrc:x,,article,Y": (
        'sources.csv, line 3, column "id": the source is already listed at sources.csv, line 2. '
        "Give each source one line."
    ),
}
HEADER = "id,type,kind,title,url,media_url,duration,derived_from,entered_by,entered_on\n"


@pytest.mark.parametrize(("line", "said"), SOURCE_FAULTS.items())
def test_faults_of_sources(make_library: Make, told: Told, line: str, said: str) -> None:
    claims = "id,subject,property,value,source\n"
    found = told(library.check(make_library(claims, f"{HEADER}{line}\n")))
    assert found == [f"violation: {said}"]


def test_faults_of_agents(make_library: Make, told: Told) -> None:
    agents = "id,type,label\nagent:bob,Persn,Bob\nagent:eve,Person,\n"
    assert told(library.check(make_library(agents=agents))) == [
        'violation: agents.csv, line 2, column "type": "Persn" is no kind of agent. '
        'Did you mean "Person"?',
        'violation: agents.csv, line 3, column "label": the cell is empty. '
        "Fill it in; this column is needed.",
    ]


def test_a_renamed_column(make_library: Make, told: Told) -> None:
    found = told(
        library.check(make_library(claims="id,subject,propertey,value,source\n1,a,b,c,d\n"))
    )
    assert found == [
        'violation: claims/a.csv, line 1: there is no column "propertey". Did you mean "property"?',
        'violation: claims/a.csv, line 1: the column "property" is missing. Columns: id, subject, '
        "property, value, lang, source, place, as_of, modality, status, review, confidence, "
        "entered_by, entered_on, note.",
    ]


CIRCLES = {
    "skos:broader": ("topic:a", "topic:b", "topic:c"),
    "locatedIn": ("place:a", "place:b", "place:c"),
    "partOfOrganisation": ("org:a", "org:b", "org:c"),
}


@pytest.mark.parametrize(("prop", "names"), CIRCLES.items())
def test_a_circle(make_library: Make, told: Told, prop: str, names: tuple[str, ...]) -> None:
    lines = [f",{name},a,skos:Concept,,src:notes\n,{name},label,X,,src:notes" for name in names]
    links = [(names[0], names[1]), (names[1], names[2]), (names[2], names[0])]
    lines += [f",{one},{prop},{other},,src:notes" for one, other in links]
    found = told(library.check(make_library(more="\n".join(lines) + "\n")))
    assert len(found) == 1
    assert found[0].startswith("violation: claims/a.csv, line ")
    assert f"{prop} goes round in a circle: " in found[0]
    assert found[0].endswith("Remove one of these links.")
    told_path = found[0].split("circle: ")[1].split(". Remove")[0].split(" → ")
    assert len(told_path) == 4
    assert all(step in links for step in pairwise(told_path))


def test_a_circle_of_one(make_library: Make, told: Told) -> None:
    more = ",place:a,a,mkg:Place,,src:notes\n,place:a,label,A,,src:notes\n"
    more += ",place:a,locatedIn,place:a,,src:notes\n"
    found = told(library.check(make_library(more=more)))
    assert "locatedIn goes round in a circle: place:a → place:a." in found[0]


def test_a_long_circle_is_cut(make_library: Make, told: Told) -> None:
    more = "".join(
        f",place:p{n},a,mkg:Place,,src:notes\n,place:p{n},label,P{n},,src:notes\n"
        f",place:p{n},locatedIn,place:p{(n + 1) % 9},,src:notes\n"
        for n in range(9)
    )
    assert " → …. Remove" in told(library.check(make_library(more=more)))[0]


def test_a_new_concept_may_grow_a_scheme(make_library: Make, told: Told) -> None:
    more = ",topic:eelgrass,a,skos:Concept,,src:notes\n,topic:eelgrass,label,Eelgrass,,src:notes\n"
    more += ",src:notes,hasTopic,topic:eelgrass,,src:notes\n"
    assert told(library.check(make_library(more=more))) == []


def test_things_without_class_or_label_are_warned_of(make_library: Make, told: Told) -> None:
    more = "T7,init:tides,involvesActor,org:pilots,,src:notes\n"
    more += "T8,org:crew,label,Crew,,src:notes\n"
    assert told(library.check(make_library(more=more))) == [
        "warning: claims/a.csv, line 8: org:pilots has no class and no label. Add a row with the "
        'property "a" and one with the property "label" for it.',
        "warning: claims/a.csv, line 9: org:crew has no class. Add a row with the property "
        '"a" for it.',
    ]


def test_the_same_statement_twice(make_library: Make, told: Told) -> None:
    directory = make_library(more="T7,init:tides,label,Tides,en,src:notes\n")
    assert told(library.check(directory)) == [
        "warning: claims/a.csv, line 8: says the same, from the same place of the same source, as "
        "claims/a.csv, line 3. Remove one of the two lines."
    ]
    kept = [claim.key for claim in library.read(directory).claims if claim.value.value == "Tides"]
    assert kept == ["T2"]


def test_all_faults_of_a_file_are_told_at_once(make_library: Make) -> None:
    found = library.check(make_library(more="T7,init:tides,ownedbi,x,,src:no,t=9,2021-13\n"))
    columns = [each.place.split("column ")[1] for each in found]
    assert columns == ['"source"', '"property"', '"place"', '"as_of"']


def test_a_broken_file_does_not_hide_the_others(make_library: Make, told: Told) -> None:
    directory = make_library()
    (directory / "claims" / "b.csv").write_bytes(b"id\x00")
    assert told(library.check(directory)) == [
        "violation: claims/b.csv: is no text: line 1 holds a NUL byte. Give a UTF-8 text file."
    ]


def test_a_directory_without_tables(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"holds no sources.csv and no claims/\*.csv"):
        library.read(tmp_path)
    assert library.examine(tmp_path).batch == Batch((), ())


def test_a_file_that_is_no_table(tmp_path: Path, told: Told) -> None:
    path = tmp_path / "talk.md"
    path.write_text("# Talk")
    assert told(library.check(path)) == [
        "violation: talk.md: is no table: CSV (.csv) or a workbook (.xlsx) was expected. Ingest "
        "an article or RDF as article or rdf."
    ]
    assert "No such file" in told(library.check(tmp_path / "none"))[0]


def test_one_file_with_known_sources(tmp_path: Path, make_library: Make) -> None:
    known = library.read(make_library())
    path = tmp_path / "more.csv"
    path.write_text("subject,property,value,source\ninit:tides,altName,Ebb,src:notes\n")
    batch = library.read(path, known=known)
    assert batch.sources == ()
    assert [claim.value.value for claim in batch.claims] == ["Ebb"]


def test_known_ids_must_not_be_used_again(tmp_path: Path, make_library: Make, told: Told) -> None:
    known = library.read(make_library())
    path = tmp_path / "more.csv"
    path.write_text("id,subject,property,value,source\nT2,init:tides,altName,Ebb,src:notes\n")
    assert told(library.check(path, known=known)) == [
        'violation: more.csv, line 2, column "id": the id "T2" is already used at the shipped '
        "library. Give this line an id of its own."
    ]


def test_the_number_of_findings_is_limited(make_library: Make) -> None:
    more = "".join(f"X{n},init:tides,nope,x,,src:notes\n" for n in range(9))
    found = library.check(make_library(more=more), Limits(findings=3))
    assert len(found) == 4
    assert found[-1].message == "6 more findings are not listed."


def test_the_shipped_library_is_without_fault(told: Told) -> None:
    found = told(library.check(library.SHIPPED))
    assert [each for each in found if each.startswith("violation")] == []
