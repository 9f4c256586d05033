"""Writes the generated parts of docs/reference.md: ``python tests/house/reference.py``.

``tests/house/test_docs.py`` proves that the file is what this gives.
"""

import re
from pathlib import Path

import typer
from fastapi.openapi.utils import get_openapi

from api.app import ROUTERS
from api.cli import app
from api.settings import Settings
from queries.library import questions

REFERENCE = Path(__file__).parents[2] / "docs" / "reference.md"


def reference(text: str) -> str:
    """The text with every ``<!-- begin x -->`` part written anew."""
    for name, part in PARTS.items():
        pattern = rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)"
        text = re.sub(pattern, lambda m, p=part: f"{m[1]}{p()}{m[2]}", text, flags=re.DOTALL)
    return text


def _commands() -> str:
    group = typer.main.get_command(app)
    rows = [f"### `mission-kg {name}`\n\n{_help(c)}\n" for name, c in group.commands.items()]
    return "\n".join(rows) + "\n"


def _help(command) -> str:
    words = re.sub(r"\n\s*\n", "\n\n", (command.help or "").strip())
    words = re.sub(r"Example: (.+)", r"```sh\n\1\n```", words)
    options = [
        f"- `{', '.join(p.opts)}`: {p.help}"
        for p in command.params
        if p.param_type_name == "option" and p.help
    ]
    return f"{words}\n\n" + "\n".join(options) if options else words


def _settings() -> str:
    head = "| variable | default | meaning |\n|---|---|---|\n"
    rows = [
        f"| `MISSION_KG_{name.upper()}` | {_default(field)} | {field.description} |\n"
        for name, field in Settings.model_fields.items()
    ]
    return head + "".join(rows)


def _default(field) -> str:
    return "the platform's place for user data" if field.default_factory else f"`{field.default}`"


def _routes() -> str:
    head = "| route | what it does |\n|---|---|\n"
    routes = [route for router in ROUTERS for route in router.routes]
    paths = get_openapi(title="", version="0", routes=routes)["paths"]
    rows = [
        f"| `{method.upper()} {path}` | {operation['summary']} |\n"
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]
    return head + "".join(rows)


def _questions() -> str:
    head = "| name | question | parameters |\n|---|---|---|\n"
    rows = [
        f"| `{q.name}` | {' '.join(q.question.split())} "
        f"| {', '.join(f'`{p.name}`' for p in q.parameters)} |\n"
        for q in questions().values()
    ]
    return head + "".join(rows)


PARTS = {
    "commands": _commands,
    "settings": _settings,
    "routes": _routes,
    "questions": _questions,
}

if __name__ == "__main__":
    REFERENCE.write_text(reference(REFERENCE.read_text("utf-8")), "utf-8")
