import ast
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "ingest", "kg", "queries", "ontology")
README = (ROOT / "README.md").read_text("utf-8")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_reference_is_what_the_code_gives():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import reference as r; t = r.REFERENCE.read_text('utf-8'); "
            "sys_exit = 0 if r.reference(t) == t else 1; raise SystemExit(sys_exit)",
        ],
        cwd=ROOT / "tests" / "house",
        check=False,
    )
    assert done.returncode == 0, "run: python tests/house/reference.py"


def test_readme_is_short_and_its_links_lead_somewhere():
    assert len(README.splitlines()) <= 150
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_readme_shell_blocks_are_shell():
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    assert len(blocks) >= 3
    for block in blocks:
        done = subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        assert shlex.split(block, comments=True)


def test_readme_python_is_python():
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    ast.parse(block)


def test_readme_commands_exist():
    from api.cli import app

    known = {command.callback.__name__ for command in app.registered_commands}
    used = set(re.findall(r"mission-kg ([a-z]+)", README))
    assert used
    assert used <= known


def test_readme_questions_exist():
    from queries.library import questions

    used = re.findall(r"mission-kg ask ([a-z-]+)|/questions/([a-z-]+)/answer", README)
    assert used
    assert {a or b for a, b in used} <= set(questions())


def test_versions_agree():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == version
    assert f"## [{version}] - {citation['date-released']}" in (ROOT / "CHANGELOG.md").read_text()


def test_licences_are_whole():
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    assert "Section 8" in (ROOT / "LICENSE-DATA").read_text()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_module_is_of_a_readable_size(path):
    assert len(path.read_text("utf-8").splitlines()) <= 400


def test_no_room_for_leftovers():
    parts = {part for path in MODULES for part in (*path.parent.parts, path.stem)}
    assert parts & {"utils", "util", "common", "helpers", "misc", "shared"} == set()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_public_names_are_documented(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), f"{name(path)} does not say why it is there"
    public = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
    ]
    assert [node.name for node in public if not ast.get_docstring(node)] == []


def test_only_settings_read_the_environment():
    readers = [
        name(path)
        for path in MODULES
        if re.search(r"os\.environ|os\.getenv|BaseSettings\b", path.read_text("utf-8"))
    ]
    assert readers == ["api/settings.py"]


def test_only_problems_know_status_codes():
    knowing = [
        name(path)
        for path in MODULES
        if re.search(r"status_code\s*=\s*[45]\d\d|Kind\([45]\d\d", path.read_text("utf-8"))
    ]
    assert knowing == ["api/problems.py"]


BOUNDARIES = {
    "api/current.py": "one bad release must not end the watching",
    "api/observing/requests.py": "the last place that can answer for a request",
    "api/protocol/endpoint.py": "every error becomes an answer",
    "api/workers/worker.py": "what goes wrong in a worker is told to the server",
}
"""Where whatever may come is turned into an answer or a log line, and why."""


def test_only_boundaries_catch_everything():
    broad = {
        name(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"})
        and not _raises_again(node)
    }
    assert broad == set(BOUNDARIES)


def _raises_again(handler):
    """Whether what was caught goes on: the handler only tidies up."""
    last = handler.body[-1]
    if not isinstance(last, ast.Raise):
        return False
    raised = {node.id for node in ast.walk(last) if isinstance(node, ast.Name)}
    return last.exc is None or handler.name in raised
