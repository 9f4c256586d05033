"""``/``: what this is, how much it holds, and where to begin. And the list of routes."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.pages import EXAMPLE, render
from api.wiring import service_of
from queries import library
from queries.library import Question

router = APIRouter()


@router.get("/", include_in_schema=False)
def home(request: Request) -> HTMLResponse:
    """Show the one page."""
    service = service_of(request)
    questions = library.questions().values()
    page = render(
        "home.html",
        release=service.release,
        counts=service.counts,
        example=EXAMPLE,
        base=str(request.base_url),
        total=len(questions),
        groups=_grouped(questions),
    )
    return HTMLResponse(page)


@router.get("/api/docs", include_in_schema=False)
def docs(request: Request) -> HTMLResponse:
    """Show the routes in the OpenAPI description as one plain page."""
    described = request.app.openapi()
    routes = [
        _route(method, path, operation)
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    ]
    return HTMLResponse(render("docs.html", routes=routes))


def _grouped(questions: Iterable[Question]) -> dict[str, list[Question]]:
    """Questions under the first of their tags, both in order of the alphabet."""
    groups: dict[str, list[Question]] = {}
    for question in questions:
        groups.setdefault(question.tags[0], []).append(question)
    return {tag: sorted(groups[tag], key=lambda q: q.title) for tag in sorted(groups)}


def _route(method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    return {
        "method": method.upper(),
        "path": path,
        "summary": operation.get("summary", ""),
        "description": operation.get("description", "").replace("``", ""),
        "parameters": {
            each["name"]: each.get("description") or each["schema"].get("type", "text")
            for each in operation.get("parameters", ())
        },
    }
