"""Commands that keep releases: ``releases`` with what changed, ``backup``, ``restore``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.output import note, progress, say, say_json
from api.commands.reading import HomeOption, JsonOption, release_as_json

if TYPE_CHECKING:
    from api.settings import Settings
    from kg.archive import Backup
    from kg.shelf import Release

DiffOption = Annotated[
    tuple[str, str] | None,
    typer.Option(
        "--diff",
        metavar="OLDER NEWER",
        help="Say what changed between two releases: ids, the beginning of one, previous, latest.",
        show_default=False,
    ),
]
LimitOption = Annotated[
    int, typer.Option("--limit", min=0, help="With --diff: entries of each list; 0 gives all.")
]


def releases(
    diff: DiffOption = None,
    limit: LimitOption = 20,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """List the releases under the home directory, newest first, or say what changed between two.

    Example: mission-kg releases --diff previous latest
    """
    from api.wiring import releases_of, settings_for

    settings = settings_for(home)
    if diff is not None:
        _say_changes(settings, diff, limit, as_json)
        return
    found = releases_of(settings)
    if as_json:
        say_json([release_as_json(each) for each in found])
        return
    for each in found:
        counts = each.manifest.counts
        say(f"{each.id}  {counts['claims']:,} claims  {counts['quads']:,} quads  {each.path}")
    if not found:
        note(f"There is no release under {settings.home} yet; make one with: mission-kg build")


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", show_default=False)],
    newest: Annotated[
        bool, typer.Option("--newest", help="Of the releases only the newest.")
    ] = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Write the whole home to one verified file: sources, releases, workspace.

    A server may go on meanwhile. Nothing is overwritten.

    Example: mission-kg backup missions-2026-11.zip
    """
    from api.wiring import home_of, settings_for
    from kg.archive import back_up

    settings = settings_for(home)
    with progress(quiet=as_json) as tell, home_of(settings).lock():
        tell("writing the backup and verifying it", 0, None)
        made = back_up(settings.home, file, only_newest=newest)
    _say_backup(made, file, as_json, f"Wrote {file}")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", show_default=False)],
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Bring a backup back to a home that is empty; verified before and after.

    Example: mission-kg restore missions-2026-11.zip --home ~/missions
    """
    from api.wiring import settings_for
    from kg.restoring import restore as bring_back

    settings = settings_for(home)
    with progress(quiet=as_json) as tell:
        tell("verifying the backup and restoring it", 0, None)
        found = bring_back(file, settings.home)
    _say_backup(found, file, as_json, f"Restored {settings.home}")


def _say_backup(backup: "Backup", file: Path, as_json: bool, done: str) -> None:
    if as_json:
        say_json(
            {
                "file": str(file),
                "created": backup.created,
                "releases": backup.releases,
                "files": len(backup.files),
                "bytes": backup.size_bytes,
            }
        )
        return
    many = "release" if len(backup.releases) == 1 else "releases"
    say(
        f"{done}: {len(backup.releases)} {many}, {len(backup.files):,} files, "
        f"{backup.size_bytes:,} bytes unpacked, all verified."
    )


def _say_changes(settings: "Settings", pair: tuple[str, str], limit: int, as_json: bool) -> None:
    from api.errors import BadRequest
    from api.history.headlines import headlines
    from api.history.shelves import CHANGES_DIR
    from api.history.wording import Wording
    from api.wiring import releases_of
    from kg.changes import changes_between
    from kg.shelf import open_store

    found = releases_of(settings)
    old, new = (_named(found, name) for name in pair)
    if old.id > new.id:
        raise BadRequest(f"{old.id} is the newer one; ask with --diff {new.id} {old.id}.")
    with progress(quiet=as_json) as tell:
        tell("comparing", 0, None)
        changes = changes_between(old, new, settings.home / CHANGES_DIR)
    stores = (open_store(each, in_memory=False) for each in (new, old))
    wording = Wording(changes.summary, *stores)
    most = limit or -1  # SQLite: a negative limit is none
    lists: dict[str, Any] = {
        name: wording.things(changes.things(name, limit=most), changes.stated)
        for name in ("things", "terms")
    }
    lists["claims"] = wording.claims(changes.claims(limit=most))
    totals = {name: changes.count("thing", section=name) for name in ("things", "terms")}
    totals["claims"] = changes.count("claim")
    if as_json:
        from api.history.writing import row_json, summary_json

        data = summary_json(changes.summary)
        data["lists"] = {
            name: {"total": totals[name], "items": [row_json(row) for row in rows]}
            for name, rows in lists.items()
        }
        say_json(data)
        return
    say(f"From {old.id} to {new.id}:")
    for words in headlines(changes.summary) or ["Nothing changed."]:
        say(f"  {words}")
    for name, rows in lists.items():
        if rows:
            say(f"\n{name.capitalize()}")
        for row in rows:
            say(f"  {row.change:<9}  {row.sentence()}")
        if totals[name] > len(rows):
            note(f"{totals[name] - len(rows):,} more {name}; --limit 0 gives all.")


def _named(releases: "tuple[Release, ...]", name: str) -> "Release":
    """The release of an id, of the beginning of one, ``latest``, or ``previous``."""
    from api.errors import UnknownRelease

    words = {"latest": 0, "previous": 1}
    if name in words and len(releases) > words[name]:
        return releases[words[name]]
    found = [each for each in releases if each.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    raise UnknownRelease(name, [each.id for each in (found or releases)[:3]])
