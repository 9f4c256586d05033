"""Outcomes -> a report in EARL 1.0 (W3C Evaluation and Report Language), written as Turtle."""

from dataclasses import dataclass
from datetime import date

from rdflib import XSD, Literal

_HEAD = """\
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix doap: <http://usefulinc.com/ns/doap#> .
@prefix earl: <http://www.w3.org/ns/earl#> .
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
    blocks = [_HEAD, _subject(subject)]
    suites = {each.suite_iri: each.suite for each in outcomes}
    blocks += [
        f"<{iri}> a earl:TestRequirement ; dcterms:title {_text(name)} .\n"
        for iri, name in sorted(suites.items(), key=lambda item: item[1])
    ]
    for each in sorted(outcomes, key=lambda each: (each.suite, each.iri)):
        blocks.append(_assertion(subject, each, day))
    return "\n".join(blocks)


def _subject(subject: Subject) -> str:
    version = ""
    if subject.version:
        version = f" ;\n    doap:release [ doap:revision {_text(subject.version)} ]"
    return (
        f"<{subject.iri}> a doap:Project, earl:Software, earl:TestSubject ;\n"
        f"    doap:name {_text(subject.name)}{version} .\n"
    )


def _assertion(subject: Subject, each: Outcome, day: date) -> str:
    reason = f" ;\n        dcterms:description {_text(each.reason)}" if each.reason else ""
    when = Literal(day.isoformat(), datatype=XSD.date).n3().replace(f"<{XSD.date}>", "xsd:date")
    return (
        f"<{each.iri}> a earl:TestCase ;\n"
        f"    dcterms:title {_text(each.name)} ; dcterms:isPartOf <{each.suite_iri}> .\n"
        "[] a earl:Assertion ; earl:mode earl:automatic ;\n"
        f"    earl:assertedBy <{subject.iri}> ; earl:subject <{subject.iri}> ;\n"
        f"    earl:test <{each.iri}> ;\n"
        f"    earl:result [ a earl:TestResult ; earl:outcome earl:{each.outcome} ;\n"
        f"        dcterms:date {when}{reason} ] .\n"
    )


def _text(text: str) -> str:
    return Literal(" ".join(text.split())).n3()
