"""Long forms page by page: what stands where, what is kept, and which fields only some answers need."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.gate import check_schema
from forms.loader import FORMS_DIR, Form, form_from_files, read_forms
from forms.needs import needed_when
from forms.problems import Problem
from forms.renderer import build_form
from forms.steps import Step, first_faulty, merged, problems_on, steps_of
from tests.forms.samples import EVERYTHING, make_form, options, text

FIRST, SECOND = Step("甲页", "Page A", ("kind", "note")), Step("乙页", "Page B", ("phone",))


def paged(steps: Any, english: Any = ("Page A", "Page B")) -> Form:
    """Three fields on the pages that `steps` names."""
    form = make_form({"kind": text("种类"), "note": text("说明"), "phone": text("电话")}, required=("kind",))
    return Form(form.name, form.schema, {**form.ui, "steps": steps}, {**form.english, "steps": list(english)})


def two() -> list[dict[str, Any]]:
    return [{"title": "甲页", "fields": ["kind", "note"]}, {"title": "乙页", "fields": ["phone"]}]


def problem(pointer: str) -> Problem:
    return {"pointer": pointer, "code": "required", "message_id": "请填写{title}。", "params": {}}


def test_pages_stand_as_the_files_name_them() -> None:
    form = paged(two())
    assert check_schema(form) == []
    assert steps_of(form) == (FIRST, SECOND)
    assert [step.heading("en") for step in steps_of(form)] == ["Page A", "Page B"]
    assert [step.heading("zh-hans") for step in steps_of(form)] == ["甲页", "乙页"]


def test_a_form_without_pages_is_one_page() -> None:
    (only,) = steps_of(EVERYTHING)
    assert only.title == EVERYTHING.schema["title"]
    assert set(only.fields) == set(EVERYTHING.schema["properties"])


def test_every_start_form_with_more_than_four_fields_has_pages() -> None:
    # One topic at a time, for whoever files without help.
    for folder in sorted(path for path in FORMS_DIR.iterdir() if (path / "start.schema.json").exists()):
        form = form_from_files(read_forms(folder.name), folder.name, "start")
        assert len(form.schema["properties"]) <= 4 or len(steps_of(form)) > 1, folder.name


BROKEN: dict[str, tuple[Any, Any, str]] = {
    "no list": ("甲页", (), "列表"),
    "no objects": (["kind"], ("A",), "列表"),
    "no title": ([{"title": "", "fields": ["kind", "note", "phone"]}], ("A",), "title"),
    "no fields": ([{"title": "甲页"}], ("A",), "fields"),
    "something else": ([{**two()[0], "help": "x"}, two()[1]], ("A", "B"), "其他内容"),
    "a field is missing": ([two()[0]], ("A",), "order"),
    "a field stands twice": ([two()[0], {"title": "乙页", "fields": ["phone", "kind"]}], ("A", "B"), "order"),
    "another order": ([two()[1], two()[0]], ("B", "A"), "order"),
    "an unknown field": ([two()[0], {"title": "乙页", "fields": ["phone", "fax"]}], ("A", "B"), "order"),
    "too few headings in English": (two(), ("A",), "英文"),
    "an empty heading in English": (two(), ("A", ""), "英文"),
    "headings without pages": ([], ("A",), "英文"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_gate_holds_pages_to_their_rules(name: str) -> None:
    steps, english, said = BROKEN[name]
    problems = check_schema(paged(steps, english))
    assert problems, name
    assert any(said in each for each in problems), problems


def test_a_page_shows_its_own_fields_only() -> None:
    form = paged(two())
    first, second = (str(build_form(form, language="zh-hans", step=step)) for step in steps_of(form))
    assert 'name="kind"' in first
    assert 'name="phone"' not in first
    assert 'name="phone"' in second
    assert 'name="kind"' not in second


def test_the_words_before_a_form_are_said_on_its_first_page() -> None:
    form = paged(two())
    form = Form(form.name, {**form.schema, "description": "先读这里。"}, form.ui, form.english)
    shown = [str(build_form(form, language="zh-hans", step=step)) for step in steps_of(form)]
    assert ["先读这里。" in page for page in shown] == [True, False]


VALUES = st.dictionaries(st.sampled_from(["kind", "note", "phone", "unknown"]), st.text(max_size=5))


@given(known=VALUES, typed=VALUES)
def test_a_page_changes_its_own_fields_only(known: dict[str, str], typed: dict[str, str]) -> None:
    before = copy.deepcopy(known)
    result = merged(known, FIRST, typed)
    assert known == before
    for name in ("kind", "note"):
        assert result.get(name) == typed.get(name)
    for name in ("phone", "unknown"):
        assert result.get(name) == known.get(name)


def test_problems_belong_to_the_page_of_their_field() -> None:
    problems = [problem("/phone"), problem("/note/0/part"), problem("")]
    assert problems_on(FIRST, problems) == [problems[1]]
    assert problems_on(SECOND, problems) == [problems[0]]
    assert first_faulty((FIRST, SECOND), problems) == 0
    assert first_faulty((FIRST, SECOND), [problem("/phone")]) == 1
    # What lies in no field is mended where one signs next.
    assert first_faulty((FIRST, SECOND), [problem("")]) == 1
    assert first_faulty((FIRST, SECOND), []) is None


def asking(*rules: dict[str, Any], required: tuple[str, ...] = ()) -> Form:
    """`kind` is a, b or c; the rules say what else it needs."""
    kind = {"title": "种类", "type": "string", "oneOf": options("a", "b", "c")}
    sure = {"title": "是否", "type": "boolean"}
    return make_form(
        {"kind": kind, "sure": sure, "note": text("说明"), "date": text("日期")},
        required=required,
        allOf=list(rules),
    )


def rule(name: str, condition: dict[str, Any], *needed: str) -> dict[str, Any]:
    return {"if": {"properties": {name: condition}, "required": [name]}, "then": {"required": list(needed)}}


def test_what_only_some_answers_need_is_read_from_the_conditions() -> None:
    form = asking(rule("kind", {"const": "a"}, "note"), rule("kind", {"enum": ["b", "c"]}, "date"))
    assert needed_when(form) == {"note": ("kind", ("a",)), "date": ("kind", ("b", "c"))}
    again = asking(rule("kind", {"const": "a"}, "note"), rule("kind", {"const": "b"}, "note"))
    assert needed_when(again) == {"note": ("kind", ("a", "b"))}
    assert needed_when(asking(rule("sure", {"const": True}, "note"))) == {"note": ("sure", ("true",))}


def test_what_is_not_plain_is_always_shown() -> None:
    by_two = asking(rule("kind", {"const": "a"}, "note"), rule("sure", {"const": True}, "note"))
    assert needed_when(by_two) == {}
    assert needed_when(asking(rule("kind", {"minLength": 1}, "note"))) == {}
    assert needed_when(asking(rule("kind", {"const": "a"}, "note"), required=("note",))) == {}
    both = {"if": {"properties": {"kind": {"const": "a"}, "sure": {"const": True}}}}
    assert needed_when(asking({**both, "then": {"required": ["note"]}})) == {}


def test_the_page_says_which_answers_a_field_waits_for() -> None:
    form = asking(rule("kind", {"enum": ["b", "c"]}, "note"))
    assert '<div data-when="kind" data-is="b c">' in str(build_form(form, language="zh-hans"))
    # On a page without the question the field is shown.
    alone = Step("一", "One", ("note",))
    assert "data-when" not in str(build_form(form, language="zh-hans", step=alone))
