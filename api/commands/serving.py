"""The command that serves: ``serve``."""

import sys
from typing import Annotated

import typer

from api.commands.output import note, progress, say
from api.commands.reading import HomeOption


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that answer queries, one query each at a time.")
    ] = None,
    store: Annotated[
        list[str] | None,
        typer.Option(
            help="Query address of a SPARQL store that holds the release; may be given twice.",
            show_default=False,
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Serve the newest release over HTTP; builds one first where there is none.

    A newer release is served as soon as it is built. Stop with Ctrl-C or SIGTERM.

    Example: mission-kg serve --port 8080 --workers 4
    """
    from api.server import leave, listen, run
    from api.wiring import build_release, has_releases, open_current, settings_for

    settings = settings_for(
        home,
        host=host,
        port=port,
        concurrent_queries=workers,
        store_url=" ".join(store) if store else None,
    )
    if not has_releases(settings):
        with progress() as tell:
            build_release(settings, tell)
    current = open_current(settings)
    listener = listen(settings.host, settings.port)
    _, bound_port, *_ = listener.getsockname()
    name = f"[{settings.host}]" if ":" in settings.host else settings.host
    say(f"Serving release {current.service.release.id} at http://{name}:{bound_port}/")
    sys.stdout.flush()  # who started this may wait to read the address
    note("Stop with Ctrl-C.")
    run(current, listener)
    note("Stopped.")
    leave()
