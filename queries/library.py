"""The question library: finds ``.rq`` files and reads their headers.

A question is one file in ``queries/questions``: SPARQL 1.1 that runs as it stands, under a
header of YAML in leading ``#+`` comment lines (the marker that grlc uses for query decorators,
https://github.com/CLARIAH/grlc). The file's name without suffix is the question's name, on the
command line, over HTTP and in the documentation. Files in ``queries/checks`` have the same form
and must return nothing on a sound graph.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, computed_field

from queries.errors import HeaderError, UnknownQuestion

Form = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]
Base = Literal["iri", "concept", "string", "integer", "decimal", "date", "language"]

_TYPE: Final = re.compile(
    r"(iri|concept|string|integer|decimal|date|language)(?:\(([\w-]+(?:\|[\w-]+)*)\))?"
)
_FORM: Final = re.compile(r"^\s*(SELECT|ASK|CONSTRUCT|DESCRIBE)\b", re.IGNORECASE | re.MULTILINE)
_HEADER_MARK: Final = "#+"

Text = Annotated[str, BeforeValidator(lambda value: str(value).strip())]


class Parameter(BaseModel):
    """One typed parameter of a question.

    ``type``: ``iri(init)``, ``iri(init|mission)``, ``iri``, ``concept(challenge-type)``,
    ``string``, ``integer``, ``decimal``, ``date`` (EDTF level 0), ``language`` (BCP 47).
    ``default``: used where no argument is given, written as an argument is; ``*`` means any.
    ``label``: what to call it in a form. ``optional``: may be given as ``*``, any value.
    ``many``: takes several values with commas between.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][A-Za-z0-9]*$")
    type: str = Field(pattern=f"^{_TYPE.pattern}$")
    default: Text = Field(min_length=1)
    label: Text = Field(min_length=1)
    optional: bool = False
    many: bool = False

    @property
    def base(self) -> Base:
        """The type without what is in brackets."""
        return self._parts()[0]

    @property
    def of(self) -> tuple[str, ...]:
        """Prefixes of the kinds, or the scheme, that the value must be of; empty: any."""
        return self._parts()[1]

    def _parts(self) -> tuple[Base, tuple[str, ...]]:
        base, _, rest = self.type.rstrip(")").partition("(")
        # The validator of ``type`` has checked that ``base`` is one of the literals.
        return base, tuple(rest.split("|")) if rest else ()  # type: ignore[return-value]


class Question(BaseModel):
    """One question of the library.

    ``name``: file name without suffix. ``title``: a few words. ``question``: in words.
    ``asked_by``: analyst, community, tool. ``tags``: subjects. ``cq``: ids of the competency
    questions it answers. ``answer``: what the rows mean, and what no rows mean. ``empty``: why
    the shipped graph gives no rows, where that is so. ``see_also``: names of questions.
    ``text``: the SPARQL file as it stands. ``form``: SELECT, ASK, CONSTRUCT or DESCRIBE.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    title: Text = Field(min_length=1)
    question: Text = Field(min_length=1)
    asked_by: tuple[Literal["analyst", "community", "tool"], ...] = Field(alias="asks")
    tags: tuple[str, ...] = Field(min_length=1)
    cq: tuple[Annotated[str, Field(pattern=r"^CQ\d\d$")], ...] = ()
    parameters: tuple[Parameter, ...] = ()
    answer: Text = Field(min_length=1)
    empty: Text | None = None
    see_also: tuple[str, ...] = Field(default=(), alias="see-also")
    text: str

    @computed_field  # type: ignore[prop-decorator]
    @property
    def form(self) -> Form:
        """The form of the query, told by its first keyword after the prologue."""
        found = _FORM.search(self.text)
        if found is None:
            raise HeaderError(self.name, "no SELECT, ASK, CONSTRUCT or DESCRIBE at a line's start")
        # The pattern names the four forms and nothing else.
        return found[1].upper()  # type: ignore[return-value]

    def parameter(self, name: str) -> Parameter | None:
        """Find a parameter by name; ``None`` where the question has none of that name."""
        return next((each for each in self.parameters if each.name == name), None)


def read_question(name: str, text: str) -> Question:
    """Read a question from the text of its file.

    Raises ``HeaderError``, with the file's name and the field at fault, where the header is no
    YAML, lacks a field, has one that is not known, or where the text has no query form.
    """
    lines = (line[len(_HEADER_MARK) :] for line in text.splitlines() if _is_header(line))
    try:
        header: Any = yaml.safe_load("\n".join(lines))
    except yaml.YAMLError as fault:
        raise HeaderError(f"{name}.rq", f"the header is not YAML: {fault}") from fault
    if not isinstance(header, dict):
        raise HeaderError(f"{name}.rq", "there is no header of '#+ field: value' lines")
    try:
        question = Question.model_validate({**header, "name": name, "text": text})
    except ValidationError as fault:
        raise HeaderError(f"{name}.rq", _in_words(fault)) from fault
    _ = question.form
    return question


@cache
def questions() -> Mapping[str, Question]:
    """All questions by name, sorted by name."""
    return _read_folder("questions")


@cache
def checks() -> Mapping[str, Question]:
    """All checks by name: queries that return nothing on a sound graph."""
    return _read_folder("checks")


@cache
def facets() -> Mapping[str, Question]:
    """All facets by name: each gives the values (``?value``) by which a ``?case`` is found."""
    return _read_folder("facets")


def question(name: str) -> Question:
    """Find a question by name. Raises ``UnknownQuestion`` with near names."""
    known = questions()
    if name not in known:
        raise UnknownQuestion(name, known)
    return known[name]


def _read_folder(folder: str) -> Mapping[str, Question]:
    found = {name: read_question(name, text) for name, text in _texts(folder)}
    return MappingProxyType(dict(sorted(found.items())))


def _texts(folder: str) -> Iterator[tuple[str, str]]:
    place: Traversable = files("queries") / folder
    for file in place.iterdir():
        if file.name.endswith(".rq"):
            yield file.name.removesuffix(".rq"), file.read_text(encoding="utf-8")


def _is_header(line: str) -> bool:
    return line.startswith(_HEADER_MARK)


def _in_words(fault: ValidationError) -> str:
    faults = (
        f"{'.'.join(str(part) for part in each['loc']) or 'header'}: {each['msg'].lower()}"
        for each in fault.errors()
    )
    return "; ".join(faults)
