"""The workbook that people fill in, generated from the ontology, its schemes and its shapes.

Sheets: Claims, Sources, Agents, Read me, and a hidden sheet with the lists behind the
drop-downs. The drop-down of a claim's value follows its property: concepts of the classes in
the property's range, the values a shape allows (``sh:in``), classes for ``a``, currencies.
"""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from iso4217 import Currency
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions, RdfFormat, Store, Triple

from ingest.records import AGENT_COLUMNS, AGENT_TYPES, CLAIM_COLUMNS, SOURCE_COLUMNS
from ingest.terms import curie
from ontology.files import shape_files
from ontology.names import MKG, VOCAB
from ontology.vocabulary import Vocabulary, vocabulary

ROWS = 5000
"""Rows that have drop-downs."""
LISTS = "lists"
_HEAD = PatternFill("solid", fgColor="DDE7F0")
_WIDTHS = {"subject": 30, "property": 22, "value": 44, "place": 26, "note": 30, "title": 44}
_HELP = {
    "id": "Your own key for the line; may stay empty. A source's id is like src:my-report.",
    "subject": "What the statement is about, such as init:pilot-e.",
    "property": "Choose from the list; a gives the class, label the name.",
    "value": "A thing such as org:csiro, a term from the list, or a text or number.",
    "lang": "Language of a text: en, fr, ... Empty means English.",
    "source": "The id of a line of the sheet Sources.",
    "place": "t=00:43:03-00:44:09; page=12; section=Chapter 2; fragment=funding",
    "as_of": "EDTF date for which it holds: 2021, 2021-03, 2021~, 2019/2023.",
    "modality": "In what voice the source says it. Empty means asserted.",
    "status": "Empty means present.",
    "review": "How far it was checked. Empty means unreviewed.",
    "confidence": "0 to 1; may stay empty.",
    "entered_by": "An agent such as agent:jane-doe. Empty means the source's.",
    "entered_on": "ISO date and time. Empty means the source's.",
    "note": "Anything a colleague should know.",
    "type": "The class.",
    "kind": "Choose from the list.",
    "title": "As printed.",
    "url": "Full web address of the page.",
    "media_url": "Full web address of the recording.",
    "publisher": "Who published it.",
    "published": "EDTF date.",
    "accessed": "EDTF date of your visit.",
    "licence": "Licence of the source, if it says.",
    "language": "Language of the source: en, fr, ...",
    "derived_from": "The id of the source this one was made from.",
    "duration": "hh:mm:ss; time marks must lie within it.",
    "label": "Name of the person, organisation or program.",
}
_GUIDE = (
    "One statement a line: fill in the sheets Claims and Sources; Agents only for new people.",
    "Hover over a column's name to read what belongs in it.",
    "Every thing you use as a subject or value needs one line with the property a (its class)",
    "and one with the property label (its name), unless the shipped library already has it.",
    "Check the file before you hand it in: mission-kg check my-file.xlsx",
    "Add it to your graph: mission-kg ingest library my-file.xlsx, then mission-kg build",
)


@dataclass(slots=True)
class _Lists:
    """The hidden sheet: one list a column, each with a defined name to refer to it by."""

    book: Workbook
    sheet: Worksheet
    used: int = 0

    def add(self, name: str, options: Iterable[str]) -> str:
        """Write a list; returns the formula that refers to it."""
        self.used += 1
        rows = [name, *options]
        for line, text in enumerate(rows, 1):
            self.sheet.cell(line, self.used, text)
        letter = get_column_letter(self.used)
        reach = f"{LISTS}!${letter}$2:${letter}${max(2, len(rows))}"
        self.book.defined_names[name] = DefinedName(name, attr_text=reach)
        return name


def template() -> bytes:
    """The template as the bytes of an .xlsx file."""
    words = vocabulary()
    book = Workbook()
    claims = book.active if isinstance(book.active, Worksheet) else book.create_sheet()
    claims.title = "Claims"
    sources, agents = book.create_sheet("Sources"), book.create_sheet("Agents")
    guide = book.create_sheet("Read me")
    lists = _Lists(book, book.create_sheet(LISTS))
    lists.sheet.sheet_state = "hidden"
    for sheet, columns in (
        (claims, CLAIM_COLUMNS),
        (sources, SOURCE_COLUMNS),
        (agents, AGENT_COLUMNS),
    ):
        _head(sheet, columns)
    _claim_lists(claims, lists, words)
    _drop_down(
        sources, SOURCE_COLUMNS, "kind", lists.add("source_kind", _terms(words, "source-kind"))
    )
    _drop_down(sources, SOURCE_COLUMNS, "type", lists.add("source_type", _below(words, "Source")))
    _drop_down(agents, AGENT_COLUMNS, "type", lists.add("agent_type", AGENT_TYPES))
    _write_guide(guide, words)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def values_of(words: Vocabulary) -> dict[str, list[str]]:
    """Property (as written in a table) -> the values that a drop-down offers for it."""
    allowed = _allowed_by_shapes()
    found = {"a": sorted(term.name for term in words.classes.values())}
    for term in words.properties.values():
        options = allowed.get(term.iri) or _concepts(words, term.ranges)
        if term.name.lower().endswith("currency"):
            options = sorted(str(each.value) for each in Currency)
        if options:
            found[term.name] = options
    return found


def _claim_lists(sheet: Worksheet, lists: _Lists, words: Vocabulary) -> None:
    names = sorted(term.name for term in words.properties.values() if term.iri.startswith(MKG))
    short = ["a", "label", "altName", "definition", "identifier"]
    for column, name, options in (
        ("property", "properties", [*short, *(name for name in names if name not in short)]),
        ("modality", "modality", _terms(words, "claim-modality")),
        ("status", "value_status", _terms(words, "value-status")),
        ("review", "review_status", _terms(words, "review-status")),
        ("lang", "languages", ["en", "fr", "da", "de", "es", "nl", "no", "pt", "vi"]),
    ):
        _drop_down(sheet, CLAIM_COLUMNS, column, lists.add(name, options), column != "lang")
    for name, options in values_of(words).items():
        lists.add(f"v_{name}", options)
    letter = get_column_letter(CLAIM_COLUMNS.index("property") + 1)
    _drop_down(sheet, CLAIM_COLUMNS, "value", f'INDIRECT("v_"&${letter}2)', strict=False)
    _drop_down(sheet, CLAIM_COLUMNS, "source", f"Sources!$A$2:$A${ROWS}", strict=False)


def _head(sheet: Worksheet, columns: tuple[str, ...]) -> None:
    sheet.freeze_panes = "A2"
    for number, name in enumerate(columns, 1):
        cell = sheet.cell(1, number, name)
        cell.font, cell.fill = Font(bold=True), _HEAD
        cell.comment = Comment(_HELP[name], "Mission Practice Graph", height=90, width=320)
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = _WIDTHS.get(name, 16)
        # Text format keeps a spreadsheet from turning 2021-03 into a date of its own.
        sheet.column_dimensions[letter].number_format = "@"


def _drop_down(
    sheet: Worksheet, columns: tuple[str, ...], column: str, formula: str, strict: bool = True
) -> None:
    letter = get_column_letter(columns.index(column) + 1)
    choice = DataValidation("list", formula1=formula, allow_blank=True, showErrorMessage=strict)
    choice.error = f"Choose one of the list for {column}."
    choice.errorTitle = "Not in the list"
    choice.add(f"{letter}2:{letter}{ROWS}")
    sheet.add_data_validation(choice)


def _write_guide(sheet: Worksheet, words: Vocabulary) -> None:
    sheet.column_dimensions["A"].width = 28
    sheet.column_dimensions["B"].width = 110
    lines: list[tuple[str, str]] = [("How to fill this in", "")]
    lines += [("", line) for line in _GUIDE]
    lines += [("", ""), ("Property", "What it says")]
    lines += sorted((term.name, term.definition) for term in words.properties.values())
    for row, (name, text) in enumerate(lines, 1):
        sheet.cell(row, 1, name).font = Font(bold=True)
        sheet.cell(row, 2, text).alignment = Alignment(wrap_text=True)


def _terms(words: Vocabulary, scheme: str) -> list[str]:
    start = f"{VOCAB}{scheme}/"
    return sorted(iri.removeprefix(start) for iri in words.concepts if iri.startswith(start))


def _below(words: Vocabulary, top: str) -> list[str]:
    names = (term.name for iri, term in words.classes.items() if MKG + top in words.ancestors(iri))
    return sorted(names)


def _concepts(words: Vocabulary, ranges: tuple[str, ...]) -> list[str]:
    wanted = set(ranges)
    return sorted(
        curie(concept.iri)
        for concept in words.concepts.values()
        if any(wanted & words.ancestors(each) for each in concept.classes)
    )


def _allowed_by_shapes() -> Mapping[str, list[str]]:
    """Property IRI -> the values that ``sh:in`` of a shape allows, as cells."""
    store = Store()
    for path in shape_files():
        store.load(path=path, format=RdfFormat.TURTLE)
    answer = cast(
        "QuerySolutions",
        store.query(
            "PREFIX sh: <http://www.w3.org/ns/shacl#> "
            "PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> "
            "SELECT ?path ?value WHERE "
            "{ ?shape sh:path ?path ; sh:in/rdf:rest*/rdf:first ?value . FILTER(isIRI(?path)) }"
        ),
    )
    found: dict[str, set[str]] = {}
    for solution in answer:
        path = solution["path"]
        if isinstance(path, NamedNode):
            found.setdefault(path.value, set()).add(_cell(solution["value"]))
    return {path: sorted(values) for path, values in found.items()}


def _cell(term: NamedNode | BlankNode | Literal | Triple | None) -> str:
    return curie(term.value) if isinstance(term, NamedNode) else str(getattr(term, "value", ""))
