"""Reading the headers of question files."""

import pytest

from queries.errors import HeaderError, UnknownQuestion
from queries.library import checks, question, questions, read_question

GOOD = """\
#+ title: A title
#+ question: What is asked?
#+ asks: [analyst, tool]
#+ tags: [one]
#+ cq: [CQ01]
#+ parameters:
#+   - {name: case, type: iri(init|mission), default: "init:pilot-e", label: Case}
#+ answer: What it
#+   means.
#+ see-also: [other]
# a plain comment is no header
SELECT ?case WHERE { VALUES ?case { <https://w3id.org/mission-kg/id/initiative/pilot-e> } }
"""


def without(line: str) -> str:
    return "".join(each for each in GOOD.splitlines(True) if not each.startswith(line))


def test_reads_every_field() -> None:
    read = read_question("a-name", GOOD)
    assert (read.name, read.title, read.question) == ("a-name", "A title", "What is asked?")
    assert read.asked_by == ("analyst", "tool")
    assert (read.tags, read.cq, read.see_also) == (("one",), ("CQ01",), ("other",))
    assert read.answer == "What it means."
    assert (read.form, read.text, read.empty) == ("SELECT", GOOD, None)


def test_reads_parameters() -> None:
    (parameter,) = read_question("a-name", GOOD).parameters
    assert (parameter.name, parameter.base, parameter.of) == ("case", "iri", ("init", "mission"))
    assert (parameter.default, parameter.label) == ("init:pilot-e", "Case")
    assert not parameter.optional
    assert not parameter.many


def test_finds_a_parameter_by_name() -> None:
    read = read_question("a-name", GOOD)
    assert read.parameter("case") is read.parameters[0]
    assert read.parameter("cases") is None


@pytest.mark.parametrize("form", ["ASK", "CONSTRUCT", "DESCRIBE", "select"])
def test_tells_the_form(form: str) -> None:
    assert read_question("a", GOOD.replace("SELECT", form)).form == form.upper()


@pytest.mark.parametrize("field", ["title", "question", "asks", "tags", "answer"])
def test_names_the_field_that_is_missing(field: str) -> None:
    text = without(f"#+ {field}:").replace("#+   means.\n", "" if field == "answer" else "\\g<0>")
    text = text.replace("\\g<0>", "#+   means.\n")
    with pytest.raises(HeaderError, match=rf"^a\.rq: .*{field}") as caught:
        read_question("a", text)
    assert caught.value.file == "a.rq"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("#+ tags: [one]", "#+ tags: [one", "not YAML"),
        ("#+ tags: [one]", "#+ tags: [one]\n#+ colour: red", "colour"),
        ("asks: [analyst, tool]", "asks: [minister]", "asks"),
        ("cq: [CQ01]", "cq: [CQ1]", "cq"),
        ("iri(init|mission)", "colour", "type"),
        ("SELECT", "FETCH", "no SELECT, ASK"),
    ],
)
def test_names_what_is_wrong(old: str, new: str, fault: str) -> None:
    with pytest.raises(HeaderError, match=fault):
        read_question("a", GOOD.replace(old, new))


def test_a_file_without_header_is_refused() -> None:
    with pytest.raises(HeaderError, match="no header"):
        read_question("a", "SELECT * WHERE { ?s ?p ?o }")


def test_finds_questions_by_name() -> None:
    for name in questions():
        assert question(name).name == name


def test_an_unknown_name_gets_near_names() -> None:
    with pytest.raises(UnknownQuestion, match="Did you mean practices-in-the-library") as caught:
        question("practises-in-the-libary")
    assert caught.value.near[0] == "practices-in-the-library"


def test_a_name_like_no_other_is_told_where_the_names_are() -> None:
    with pytest.raises(UnknownQuestion, match=r"'zzzz'\. mission-kg ask and .* list them\.$"):
        question("zzzz")


def test_questions_are_sorted_and_cannot_be_changed() -> None:
    for library in (questions(), checks()):
        assert list(library) == sorted(library)
        with pytest.raises(TypeError):
            library["new"] = question("practices-in-the-library")  # type: ignore[index]
