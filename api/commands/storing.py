"""The command that brings a release into a remote store: ``load-store``."""

from typing import Annotated

import typer

from api.commands.output import note, progress, say, say_json
from api.commands.reading import HomeOption, JsonOption


def load_store(
    address: Annotated[
        str,
        typer.Argument(metavar="URL", show_default=False, help="Query address of the store."),
    ],
    release: Annotated[
        str | None, typer.Option(help="Id of the release; none: the newest.", show_default=False)
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where the store holds something else.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the store holds the release.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load a release into a SPARQL store, from where ``serve --store`` serves it.

    A load that was broken off goes on where it stopped. Nobody is ever served half a release.

    Example: mission-kg load-store http://127.0.0.1:7878/query
    """
    from dataclasses import asdict

    from api.stores.wiring import check_store, load_into_store
    from api.wiring import settings_for

    settings = settings_for(home)
    if check:
        held = check_store(settings, address, release)
        say_json({"release": held}) if as_json else say(f"{address} holds the release {held}.")
        return
    with progress(quiet=as_json) as tell:
        name, done = load_into_store(settings, address, release, tell, over_others=replace)
    if as_json:
        say_json({"release": name, **asdict(done)})
        return
    if not done.graphs:
        say(f"{address} holds the release {name} already.")
        return
    say(f"Loaded {name}: {done.sent:,} triples in {done.graphs} graphs, {done.seconds:.1f} s")
    if done.kept:
        note(f"{done.kept} graphs were there already.")
