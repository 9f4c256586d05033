"""``/api/v1/questions``: the question library, listed, described and answered by name."""

from typing import Any

import anyio
from fastapi import APIRouter, Request, Response

from api.choices import Choice, choices, spaces
from api.errors import BadRequest
from api.negotiation import HTML, choose
from api.pages import Grid, render, with_labels
from api.responding import Parameters, answer, one, read_parameters
from api.wiring import Service, service_of
from kg.answers import require_known
from queries import library
from queries.binding import bind, expected
from queries.library import Question

router = APIRouter(prefix="/api/v1/questions", tags=["Questions"])


@router.get("", summary="List the questions")
def list_questions(tag: str | None = None) -> list[dict[str, Any]]:
    """List all questions, or those with ``tag``; each with its parameters and its address."""
    found = library.questions().values()
    return [_described(each) for each in found if tag is None or tag in each.tags]


@router.get("/{name}", summary="Describe one question")
def describe_question(name: str) -> dict[str, Any]:
    """Describe a question: words, typed parameters, what its rows mean, and its SPARQL."""
    question = library.question(name)
    return {**_described(question), "sparql": question.text}


@router.get("/{name}/answer", summary="Answer one question")
async def answer_question(name: str, request: Request) -> Response:
    """Answer with the arguments given as parameters, in the formats of ``/sparql``."""
    question = library.question(name)
    parameters = read_parameters(request.scope["query_string"])
    arguments = _arguments(question, parameters)
    query = bind(question, arguments)
    service = service_of(request)
    require_known(service.store, question, arguments)
    offered: dict[str, tuple[Choice, ...]] = {}
    if choose(request.headers.get("accept"), one(parameters, "format")).results == HTML:
        offered = await anyio.to_thread.run_sync(_choices, service, question, arguments)

    def page(grid: Grid | bool, _: str, links: object) -> str:
        return render(
            "answer.html",
            question=question,
            arguments=arguments,
            choices=offered,
            query=query,
            grid=with_labels(grid) if isinstance(grid, Grid) else grid,
            links=links,
        )

    return await answer(request, service, query, parameters, page)


def _arguments(question: Question, parameters: Parameters) -> dict[str, str]:
    """Arguments by name; several of a parameter that takes several are written with commas.

    Raises ``BadRequest`` for several of one that takes one.
    """
    values: dict[str, list[str]] = {}
    for name, value in parameters:
        if name != "format":
            values.setdefault(name, []).append(value)
    for name, given in values.items():
        parameter = question.parameter(name)
        if len(given) > 1 and parameter is not None and not parameter.many:
            raise BadRequest(
                f"The parameter {name} takes one value and was given {len(given)}; give it once."
            )
    return {name: ",".join(given) for name, given in values.items()}


def _choices(
    service: Service, question: Question, arguments: dict[str, str]
) -> dict[str, tuple[Choice, ...]]:
    """What the form offers, by parameter; empty where it is typed in."""
    offered = {}
    for each in question.parameters:
        known: dict[str, str] = {}
        if each.base in {"iri", "concept"}:
            for space in spaces(each):
                known.update(service.labels(space))
        offered[each.name] = choices(question, each, arguments.get(each.name, each.default), known)
    return offered


def _described(question: Question) -> dict[str, Any]:
    """Make a question plain data, without its SPARQL."""
    address = f"/api/v1/questions/{question.name}"
    return {
        "name": question.name,
        "title": question.title,
        "question": question.question,
        "asked_by": question.asked_by,
        "tags": question.tags,
        "competency_questions": question.cq,
        "form": question.form,
        "parameters": [
            {**each.model_dump(), "expected": expected(each)} for each in question.parameters
        ],
        "means": question.answer,
        "see_also": question.see_also,
        "address": address,
        "answer": f"{address}/answer",
    }
