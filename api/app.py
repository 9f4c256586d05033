"""The HTTP application: assembles routes, errors, guard and static files, nothing else."""

from importlib.metadata import version
from importlib.resources import files
from typing import Final

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from api import problems
from api.guard import Guard
from api.routes import health, home, questions, sparql, why
from api.settings import Settings
from api.wiring import Service, open_service

ROUTERS: Final = tuple(room.router for room in (home, sparql, questions, why, health))
"""All routes but the static files."""


def create_app(settings: Settings | None = None, service: Service | None = None) -> FastAPI:
    """Make the application for a service, else for the newest release of ``settings``' home.

    Raises ``kg.errors.ReleaseError`` where there is no release.
    """
    service = service or open_service(settings or Settings())
    app = FastAPI(
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
    )
    app.state.service = service
    problems.install(app)
    app.add_middleware(Guard, url_bytes=service.settings.url_bytes)
    for router in ROUTERS:
        app.include_router(router)
    static = str(files("api") / "static")
    app.mount("/static", StaticFiles(directory=static), name="static")
    return app
