"""The command line, ``mission-kg``: names the commands and turns faults into words.

Exit codes: 0 done, 1 the data or query has a fault, 2 wrong use. Only what nobody foresaw shows
a traceback.
"""

import sys
from typing import Final

import typer

from api.commands import keeping, publishing, reading, serving, storing, writing

app: Final = typer.Typer(
    name="mission-kg",
    help="Mission Practice Graph: build, ask and serve an open graph about the practice of "
    "mission-oriented innovation policy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for command in (
    writing.build,
    serving.serve,
    writing.check,
    writing.ingest,
    publishing.publish,
    reading.query,
    reading.ask,
    reading.why,
    reading.export,
    keeping.releases,
    keeping.backup,
    keeping.restore,
    storing.load_store,
    writing.template,
):
    app.command()(command)


@app.callback(invoke_without_command=True)
def _version(
    version: bool = typer.Option(False, "--version", help="Print the version."),
) -> None:
    if version:
        from importlib.metadata import version as version_of

        sys.stdout.write(f"mission-kg {version_of('mission-kg')}\n")
        raise typer.Exit


def main() -> None:
    """Run the command line; ends the process with the exit code."""
    try:
        app()
    except _faults() as fault:
        from api.errors import WrongUse
        from ingest.errors import UnknownKind

        sys.stderr.write(f"{fault}\n")
        sys.exit(2 if isinstance(fault, WrongUse | UnknownKind) else 1)


def _faults() -> tuple[type[Exception], ...]:
    """Errors whose message is meant for the user; looked up when one is raised."""
    from api.errors import ApiError
    from ingest.errors import IngestError
    from kg.errors import KgError
    from queries.errors import QuestionError

    return ApiError, IngestError, KgError, QuestionError
