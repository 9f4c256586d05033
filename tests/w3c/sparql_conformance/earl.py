"""Outcomes -> a report in EARL 1.0 (W3C Evaluation and Report Language), written as Turtle."""

import re
from dataclasses import dataclass
from datetime import date

from rdflib import Literal

_HEAD = """\
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix doap: <http://usefulinc.com/ns/doap#> .
@prefix earl: <http://www.w3.org/ns/earl#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


@dataclass(frozen=True)
class Subject:
    """What was tested."""

    iri: str
    name: str
    version: str | None = None


@dataclass(frozen=True)
class Outcome:
    """One test and how it went: ``passed``, ``failed`` or ``untested``, with the reason."""

    iri: str
    name: str
    suite: str
    suite_iri: str
    outcome: str
    reason: str = ""


def report(subject: Subject, outcomes: list[Outcome], day: date) -> str:
    """Write a report of one run. The same outcomes give the same text."""
    spaces = {each.iri.rpartition("#")[0] + "#" for each in outcomes if "#" in each.iri}
    prefixes = {space: f"t{number}" for number, space in enumerate(sorted(spaces), 1)}
    blocks = [_HEAD + "".join(f"@prefix {name}: <{at}> .\n" for at, name in prefixes.items())]
    blocks.append(_subject(subject, day))
    suites = {each.suite_iri: each.suite for each in outcomes}
    blocks += [
        f"<{iri}> a earl:TestRequirement ; dcterms:title {_text(name)} .\n"
        for iri, name in sorted(suites.items(), key=lambda item: item[1])
    ]
    for each in sorted(outcomes, key=lambda each: (each.suite, each.iri)):
        blocks.append(_assertion(subject, each, day, _short(each.iri, prefixes)))
    return "\n".join(blocks)


def _subject(subject: Subject, day: date) -> str:
    version = ""
    if subject.version:
        version = f" ;\n    doap:release [ doap:revision {_text(subject.version)} ]"
    return (
        f"<> foaf:primaryTopic <{subject.iri}> ; foaf:maker <{subject.iri}> ;\n"
        f'    dcterms:issued "{day.isoformat()}"^^xsd:date .\n'
        f"<{subject.iri}> a doap:Project, earl:Software, earl:TestSubject, earl:Assertor ;\n"
        f"    doap:name {_text(subject.name)}{version} .\n"
    )


def _short(iri: str, prefixes: dict[str, str]) -> str:
    space, _, local = iri.rpartition("#")
    plain = re.fullmatch(r"[A-Za-z][\w-]*", local, re.ASCII)
    return f"{prefixes[space + '#']}:{local}" if plain else f"<{iri}>"


def _assertion(subject: Subject, each: Outcome, day: date, test: str) -> str:
    reason = f" ;\n    dcterms:description {_text(each.reason)}" if each.reason else ""
    return (
        f"{test} a earl:TestCase ; dcterms:title {_text(each.name)} ;\n"
        f"  dcterms:isPartOf <{each.suite_iri}> .\n"
        f"[] a earl:Assertion ; earl:mode earl:automatic ; earl:test {test} ;\n"
        f"  earl:assertedBy <{subject.iri}> ; earl:subject <{subject.iri}> ;\n"
        f"  earl:result [ a earl:TestResult ; earl:outcome earl:{each.outcome} ;\n"
        f'    dcterms:date "{day.isoformat()}"^^xsd:date{reason} ] .\n'
    )


def _text(text: str) -> str:
    return Literal(" ".join(text.split())).n3()
