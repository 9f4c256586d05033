"""The command that serves: ``serve``."""

import contextlib
import os
import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.output import note, progress, say
from api.commands.reading import HomeOption

if TYPE_CHECKING:
    from api.wiring import Service


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
    home: HomeOption = None,
) -> None:
    """Serve the newest release over HTTP; builds one first where there is none.

    Example: mission-kg serve --port 8080
    """
    from api.wiring import build_release, open_service, releases_of, settings_for

    settings = settings_for(home, host=host, port=port)
    if not releases_of(settings):
        with progress() as tell:
            build_release(settings, tell)
    service = open_service(settings)
    listener = _listen(settings.host, settings.port)
    _, bound_port, *_ = listener.getsockname()
    name = f"[{settings.host}]" if ":" in settings.host else settings.host
    say(f"Serving release {service.release.id} at http://{name}:{bound_port}/")
    note("Stop with Ctrl-C.")
    _run(service, listener)


def _listen(host: str, port: int) -> socket.socket:
    """Open the port before the server starts, so that a taken one is told in words."""
    from api.errors import BadRequest

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise BadRequest(
            f"Cannot listen on {host}, port {port}: {error.strerror or error}. "
            "Choose another with --port, or 0 for a free one."
        ) from error


def _run(service: "Service", listener: socket.socket) -> None:
    import uvicorn

    from api.app import create_app

    config = uvicorn.Config(
        create_app(service=service), log_level="warning", server_header=False, timeout_keep_alive=30
    )
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])
    note("Stopped.")
    sys.stdout.flush()
    # A query still at work would keep the process for as long as it takes, since a thread cannot
    # be stopped. The store is open for reading only, so there is nothing to lose.
    os._exit(0)
