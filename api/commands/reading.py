"""Commands that read a release: ``query``, ``ask``, ``why``, ``export``."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.commands.output import AnswerFormat, note, say, say_answer, say_json

if TYPE_CHECKING:
    from api.wiring import Service
    from kg.shelf import Release

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Directory of sources and releases.", show_default=False),
]
FormatOption = Annotated[AnswerFormat, typer.Option("--format", "-f", help="How to print.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
_LONGEST_NAME: Final = 200
_QUERY: Final = re.compile(r"\s*(#|(PREFIX|BASE|SELECT|ASK|CONSTRUCT|DESCRIBE)\b)", re.IGNORECASE)


def query(
    text: Annotated[str, typer.Argument(metavar="FILE|-|TEXT", show_default=False)],
    form: FormatOption = AnswerFormat.TABLE,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Answer a SPARQL query given as a file, on standard input, or as text.

    Example: mission-kg query 'SELECT ?s WHERE { ?s a <https://w3id.org/mission-kg/ontology#Case> }'
    """
    say_answer(_service(home).store, _query_text(text), _form(form, as_json))


def ask(
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)] = "",
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[PARAM=VALUE]...", show_default=False)
    ] = None,
    form: FormatOption = AnswerFormat.TABLE,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Answer a question of the library by its name; without a name, list the questions.

    Example: mission-kg ask missions-of-an-initiative initiative=init:eu-missions --format csv
    """
    from kg.answers import require_known
    from queries.binding import bind
    from queries.library import question

    if not name:
        _list_questions(as_json)
        return
    given = pairs(arguments or [])
    bound = bind(question(name), given)
    store = _service(home).store
    require_known(store, question(name), given)
    say_answer(store, bound, _form(form, as_json))


def why(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", show_default=False)],
    predicate: Annotated[str, typer.Argument(metavar="PREDICATE", show_default=False)],
    value: Annotated[str, typer.Argument(metavar="OBJECT", show_default=False)],
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Say why a triple is in the graph: rules, premises, claims and their sources.

    Each term is a CURIE, an IRI, or (OBJECT) a literal such as '"Pilot-E"@en'.

    Example: mission-kg why init:pilot-e a mkg:MissionInitiative
    """
    from api.terms import read_triple

    triple = read_triple(subject, predicate, value)
    explanation = _service(home).explain(triple)
    if as_json:
        say_json(explanation.as_json())
        return
    for sentence in explanation.sentences():
        say(sentence)


def export(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", show_default=False)] = None,
    graph: Annotated[
        str | None, typer.Option("--graph", help="Only this named graph.", show_default=False)
    ] = None,
    home: HomeOption = None,
) -> None:
    """Write the newest release as RDF; the suffix tells the format, without FILE it is N-Quads.

    Suffixes: .nq, .trig, and with --graph also .ttl, .nt, .jsonld, .rdf.

    Example: mission-kg export graph.trig
    """
    from api.exporting import export_to

    store = _service(home).store
    if file is None:
        sys.stdout.flush()
        export_to(store, sys.stdout.buffer, ".nq", graph)
        return
    written = export_to(store, file, file.suffix, graph)
    note(f"Wrote {written:,} statements to {file}.")


def _service(home: Path | None) -> "Service":
    from api.wiring import open_service, settings_for

    return open_service(settings_for(home))


def release_as_json(release: "Release") -> dict[str, object]:
    """Make the main facts of a release plain data."""
    manifest = release.manifest
    return {
        "id": release.id,
        "created": manifest.created,
        "dump_sha256": manifest.dump,
        "counts": dict(manifest.counts),
        "bytes": release.size_bytes,
        "path": str(release.path),
    }


def _form(form: AnswerFormat, as_json: bool) -> AnswerFormat:
    return AnswerFormat.JSON if as_json else form


def _query_text(text: str) -> str:
    """Text itself, or that of a file or of standard input.

    What neither begins like a query nor holds a brace must be the name of a file.
    """
    if text == "-":
        return sys.stdin.read()
    is_query = "{" in text or _QUERY.match(text)
    if not is_query or (len(text) < _LONGEST_NAME and Path(text).is_file()):
        return _read(Path(text))
    return text


def _read(path: Path) -> str:
    from api.errors import BadRequest

    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadRequest(
            f"{path} is neither a query nor a readable file: {error.strerror}."
        ) from error
    except UnicodeDecodeError as error:
        raise BadRequest(f"{path} is no UTF-8 text, so it is no query.") from error


def pairs(arguments: list[str]) -> dict[str, str]:
    """Read NAME=VALUE arguments; a name given twice is a list, written with commas."""
    pairs: dict[str, str] = {}
    for argument in arguments:
        name, sign, value = argument.partition("=")
        if not sign:
            raise typer.BadParameter(f"{argument!r} is not of the form NAME=VALUE.")
        pairs[name] = f"{pairs[name]},{value}" if name in pairs else value
    return pairs


def _list_questions(as_json: bool) -> None:
    from queries.library import questions

    found = questions().values()
    if as_json:
        say_json([{"name": q.name, "title": q.title, "tags": q.tags} for q in found])
        return
    width = max((len(each.name) for each in found), default=0)
    for each in found:
        say(f"{each.name:<{width}}  {each.title}")
