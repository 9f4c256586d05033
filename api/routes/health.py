"""``/health``: is the process there, can it answer."""

from fastapi import APIRouter, Request

from api.wiring import service_of
from kg.store import MediaChoice

router = APIRouter(prefix="/health", tags=["Health"])


@router.get("/live", summary="Is the process alive")
def live() -> dict[str, str]:
    """Answer at all."""
    return {"status": "live"}


@router.get("/ready", summary="Does it answer queries")
async def ready(request: Request) -> dict[str, str]:
    """Answer one small query from the release that is served."""
    service = service_of(request)
    media = MediaChoice("application/sparql-results+json", "text/turtle")
    await service.runner.answer("ASK { ?s ?p ?o }", media)
    return {"status": "ready", "release": service.release.id}
