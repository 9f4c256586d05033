"""Every limit of ingest, named, with its default and its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one input may bring.

    ``text_bytes``: size of a text file (CSV, article, RDF), judged before it is opened, so that
    a huge file costs nothing. ``workbook_bytes``, ``workbook_rows``: a workbook is compressed
    XML that grows about tenfold when read. ``findings``: how many faults are listed in full;
    the rest are counted.
    """

    text_bytes: int = 100_000_000
    workbook_bytes: int = 20_000_000
    workbook_rows: int = 200_000
    findings: int = 500


DEFAULT = Limits()
