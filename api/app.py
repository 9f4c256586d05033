"""The HTTP application: assembles layers, routes, errors and static files, nothing else.

A request passes, outermost first: the short way of kept answers, the pin of the release served,
the request log, the kept answers, the guard, the routes.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from importlib.resources import files
from itertools import chain
from typing import Final

from fastapi import FastAPI
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from api import problems
from api.current import Current, Pinned
from api.delivery import Delivery, Shortcut, Version
from api.guard import Guard
from api.history.mementos import Mementos
from api.lists import as_one_list
from api.observing import metrics
from api.observing.logs import RequestLines
from api.observing.requests import RequestLog, RouteNames
from api.protocol.openapi import describe_protocol
from api.protocol.routes import PATHS, dispatch
from api.routes import (
    cases,
    catalogue,
    conformance,
    dumps,
    faults,
    feeds,
    health,
    home,
    mementos,
    questions,
    releases,
    sitemap,
    terms,
    things,
    why,
)
from api.settings import Settings
from api.wiring import Service, open_current, open_history, open_relay, open_workspace
from api.workspace.door import WorkspaceDoor

_ROOMS: Final = (
    home,
    cases,
    questions,
    why,
    things,
    terms,
    catalogue,
    dumps,
    sitemap,
    faults,
    releases,
    feeds,
    mementos,
    conformance,
    health,
)
ROUTERS: Final = tuple(room.router for room in _ROOMS)
"""All routes but the static files and what settings open."""


class Application:
    """The whole application as one ASGI callable; ``api`` is the part that has an OpenAPI file."""

    def __init__(
        self, api: FastAPI, layers: ASGIApp, shortcut: Callable[[ASGIApp], ASGIApp]
    ) -> None:
        self.api = api
        self._layers = layers
        self._first = shortcut(self._all)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI 3.0)."""
        await self._first(scope, receive, send)

    async def _all(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._layers(as_one_list(scope), receive, send)


def create_app(
    settings: Settings | None = None,
    service: Service | None = None,
    *,
    current: Current | None = None,
    lines: RequestLines | None = None,
) -> Application:
    """Make the application for what is ``current``, else a service, else ``settings``' home.

    ``lines`` takes a line for each request. A ``service`` given stays open and is never swapped.
    Raises ``kg.errors.ReleaseError`` where there is no release to serve.
    """
    if current is None:
        current = Current(service) if service else open_current(settings or Settings())
    limits = current.service.settings
    workspace = open_workspace(limits)
    api = _api(current, limits, workspace)
    app: ASGIApp = dispatch(api.state.mementos, limits, workspace, open_relay(limits))
    app = Guard(app, url_bytes=limits.url_bytes)
    delivery = Delivery(
        app,
        lambda: Version.of_release(current.service.release),
        cache_bytes=limits.cache_bytes,
        entry_bytes=limits.cache_entry_bytes,
        request_bytes=limits.request_bytes,
    )
    metrics.CACHE_BYTES.set_function(lambda: delivery.cache.weight)
    log = RequestLog(delivery, _names(api), lines)
    return Application(api, Pinned(log, current), lambda rest: Shortcut(rest, delivery, log))


def _api(current: Current, settings: Settings, workspace: WorkspaceDoor | None) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with current.running():
            yield
        if workspace is not None:
            await workspace.aclose()

    api = FastAPI(
        title="Mission Practice Graph",
        version=version("mission-kg"),
        description="Open data about the practice of mission-oriented innovation policy.",
        license_info={
            "name": "CC BY 4.0 (data)",
            "url": "https://creativecommons.org/licenses/by/4.0/",
        },
        openapi_url="/api/openapi.json",
        docs_url=None,  # both load scripts from other origins
        redoc_url=None,
        redirect_slashes=False,  # a redirect loses the body of a POST
        lifespan=lifespan,
    )
    api.state.history = open_history(settings)
    api.state.mementos = Mementos(api, api.state.history)
    api.openapi = describe_protocol(api.openapi)  # type: ignore[method-assign]
    problems.install(api)
    for router in ROUTERS:
        api.include_router(router)
    if settings.metrics:
        api.include_router(health.measuring)
    api.mount("/static", StaticFiles(directory=str(files("api") / "static")), name="static")
    return api


def _names(api: FastAPI) -> RouteNames:
    routes = chain(api.routes, *(router.routes for router in (*ROUTERS, health.measuring)))
    paths = (each.path for each in routes if isinstance(each, Route | Mount))
    return RouteNames(chain(paths, PATHS))
