"""The command that makes a release of what was written to the workspace: ``publish``."""

from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.output import note, progress, say, say_json
from api.commands.reading import HomeOption, JsonOption

if TYPE_CHECKING:
    from api.settings import Settings
    from ingest.pipeline import IngestReport
    from kg.gathering import Progress

TitleOption = Annotated[
    str, typer.Option(help="Title of the source that the statements are cited from.")
]
LicenceOption = Annotated[
    str | None, typer.Option(help="Licence of the statements, as an IRI.", show_default=False)
]


def publish(
    title: TitleOption = "Workspace",
    licence: LicenceOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take what the workspace holds as claims, and make a release with them.

    Each statement becomes a claim whose source is the workspace; claims written out there stay the
    claims they are. What the ontology has no words for is left out, and told. The workspace stays
    as it is; a server that watches the shelf serves the new release by itself.

    Example: mission-kg publish --title "Corrections of November"
    """
    from api.commands.reading import release_as_json
    from api.commands.writing import ingested_as_json, say_findings
    from api.wiring import build_release, settings_for

    settings = settings_for(home)
    options = {"title": title, **({"licence": licence} if licence else {})}
    with progress(quiet=as_json) as tell:
        report = _ingest(settings, options, tell)
        release = build_release(settings, tell)
    if as_json:
        kept = [ingested_as_json(each) for each in report.inputs]
        say_json({"ingested": kept, "release": release_as_json(release)})
        return
    say_findings(report.findings)
    say(f"Published {report.claims:,} claims in release {release.id}.")
    if not report.changed:
        note("The workspace holds what was published before.")


def _ingest(settings: "Settings", options: dict[str, str], tell: "Progress") -> "IngestReport":
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from api.errors import WrongUse
    from api.wiring import home_of, workspace_dir
    from ingest.pipeline import ingest
    from kg.workspace import write_sorted

    path = workspace_dir(settings)
    with TemporaryDirectory() as place:
        file = Path(place) / "workspace.nq"
        tell("reading the workspace", 0, None)
        if not write_sorted(path, file):
            raise WrongUse(
                f"The workspace {path} is empty, so there is nothing to publish. What was "
                f"published before stays in {home_of(settings).sources_dir / 'rdf-workspace'} "
                "until you remove that directory."
            )
        return ingest(home_of(settings), "rdf", [file], options, tell)
