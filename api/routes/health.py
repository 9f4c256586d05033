"""``/health``: is the process there, can it answer. ``/metrics``: how it is doing."""

from fastapi import APIRouter, Request, Response

from api.current import current_of
from api.observing import metrics
from api.wiring import service_of

router = APIRouter(prefix="/health", tags=["Operation"])
measuring = APIRouter(tags=["Operation"])


@router.get("/live", summary="Is the process alive")
async def live() -> dict[str, str]:
    """Answer at all. Where this fails, start the process anew."""
    return {"status": "live"}


@router.get("/ready", summary="Does it answer queries")
async def ready(request: Request) -> dict[str, str | dict[str, str]]:
    """Answer one small query from the release that is served.

    ``refused`` names each newer release on the shelf that cannot be served, and why.
    """
    current = current_of(request)
    current.refuse_if_draining()
    service = service_of(request)
    await service.ready()
    state: dict[str, str | dict[str, str]] = {"status": "ready", "release": service.release.id}
    if current.refused:
        state["refused"] = current.refused
    return state


@measuring.get("/metrics", summary="Metrics in the format of Prometheus")
async def measures() -> Response:
    """What was counted since the start."""
    return Response(metrics.exposition(), media_type=metrics.MEDIA_TYPE)
