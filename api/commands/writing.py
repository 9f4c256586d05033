"""Commands that bring data in and make releases: ``build``, ``check``, ``ingest``, ``template``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.output import note, progress, say, say_json
from api.commands.reading import HomeOption, JsonOption, pairs

if TYPE_CHECKING:
    from ingest.pipeline import Ingested
    from kg.model import Finding

SourceArgument = Annotated[
    str, typer.Argument(metavar="SOURCE", show_default=False, help="library|article|rdf|sparql")
]
InputsArgument = Annotated[
    list[str], typer.Argument(metavar="FILE...", show_default=False, help="Files or addresses.")
]
OptionsOption = Annotated[
    list[str] | None,
    typer.Option("--option", "-o", metavar="NAME=VALUE", help="An option of the source."),
]


def build(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Make a release of the shipped library and of what was ingested.

    The same inputs give the same release; nothing is made twice.

    Example: mission-kg build --home ~/missions
    """
    from api.commands.reading import release_as_json
    from api.wiring import build_release, settings_for

    settings = settings_for(home)
    with progress(quiet=as_json) as tell:
        release = build_release(settings, tell)
    if as_json:
        say_json(release_as_json(release))
        return
    counts = release.manifest.counts
    say(f"Release {release.id}: {counts['claims']:,} claims, {counts['quads']:,} quads")
    say(str(release.path))


def check(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE]...", show_default=False, help="None: what is shipped."),
    ] = None,
    source: Annotated[str, typer.Option(help="library|article|rdf")] = "library",
    option: OptionsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say in words what is wrong in files, where, and what would be right.

    Example: mission-kg check claims.xlsx
    """
    from dataclasses import asdict

    from ingest.library import SHIPPED
    from ingest.pipeline import check as check_inputs

    found = check_inputs(source, files or [SHIPPED], pairs(option or []))
    if as_json:
        say_json([asdict(each) for each in found])
    else:
        say_findings(found)
    if any(each.severity == "violation" for each in found):
        raise typer.Exit(1)
    if not as_json:
        say("Nothing is wrong." if not found else "Nothing stops it.")


def ingest(
    source: SourceArgument,
    files: InputsArgument,
    option: OptionsOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read files or an endpoint as claims and keep them for the next build.

    Proposed claims are never published by themselves. Once more with the same input changes
    nothing.

    Example: mission-kg ingest library claims.xlsx
    """
    from api.wiring import home_of, settings_for
    from ingest.pipeline import ingest as ingest_inputs

    settings = settings_for(home)
    with progress(quiet=as_json) as tell:
        report = ingest_inputs(home_of(settings), source, files, pairs(option or []), tell)
    if as_json:
        say_json([ingested_as_json(each) for each in report.inputs])
        return
    say_findings(report.findings)
    for each in report.inputs:
        state = "kept" if each.changed else "already there, nothing changed"
        if each.replaces:
            state = f"kept in place of {', '.join(map(_short, each.replaces))}"
        say(f"{each.input}: {each.claims} claims, {each.proposed} of them proposed; {state}")
    if report.changed:
        note("Publish them with: mission-kg build")


def template(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", show_default=False)],
) -> None:
    """Write a spreadsheet for claims, with drop-downs from the shapes and vocabularies.

    Example: mission-kg template claims.xlsx
    """
    from api.errors import BadRequest
    from ingest.template import template as template_bytes

    if file.suffix.lower() != ".xlsx":
        raise BadRequest(f"{file}: a template is a workbook; name it as FILE.xlsx.")
    if file.exists():
        raise BadRequest(f"{file} is there already; choose another name, or remove it first.")
    try:
        file.write_bytes(template_bytes())
    except OSError as error:
        raise BadRequest(f"{file} cannot be written: {error.strerror}.") from error
    note(f"Wrote {file}.")


def _short(used: str) -> str:
    """What a run read, its digest cut short: ``claims.csv sha256:0a1b2c3d``."""
    name, mark, digest = used.partition(" sha256:")
    return f"{name}{mark}{digest[:8]}"


def say_findings(findings: "tuple[Finding, ...]") -> None:
    """Print what was found wrong, a line each."""
    from ingest.errors import sentence

    for each in findings:
        say(f"{each.severity}: {sentence(each)}")


def ingested_as_json(each: "Ingested") -> dict[str, object]:
    """One input that was kept, as plain data."""
    from dataclasses import asdict

    return {
        "input": each.input,
        "kept": str(each.directory),
        "run": each.run.iri,
        "claims": each.claims,
        "sources": each.sources,
        "proposed": each.proposed,
        "changed": each.changed,
        "findings": [asdict(finding) for finding in each.findings],
    }
