"""The validator over a whole form: conditions, order, bounds, what comes out."""

from dataclasses import replace
from typing import Any

import pytest

from forms.loader import Form
from forms.validator import MAX_ERRORS, FormInvalidError, localise, validate
from tests.forms.errors import CHOICE, INTEGER, errors_of
from tests.forms.samples import CHANGES, EVERYTHING, make_form, text


@pytest.mark.parametrize("closing", ["additionalProperties", "unevaluatedProperties"])
def test_an_unknown_field_is_named_and_only_that(closing: str) -> None:
    closed = make_form({"name": text("姓名"), "count": INTEGER})
    open_schema = {key: value for key, value in closed.schema.items() if key != "additionalProperties"}
    form = replace(closed, schema={**open_schema, closing: False})
    errors = errors_of(form, {"name": "甲", "count": "x", "approved": True})
    assert [(error["pointer"], error["code"]) for error in errors] == [
        ("/count", "type"),
        ("/approved", "unknown_field"),
    ]
    messages = [error["message"] for error in localise(errors, "en", form)]
    assert messages[1] == "The form has no field “approved”. Please delete it and send again."
    assert localise(errors, "zh-hans", form)[1]["message"] == "表单中没有“approved”这一项，请删除后重新提交。"


def test_an_unknown_field_in_a_row_is_found() -> None:
    errors = errors_of(make_form({"f": CHANGES}), {"f": [{"field": "a", "new": "b", "a/b~c": 1}]})
    assert [(error["pointer"], error["code"]) for error in errors] == [("/f/0/a~1b~0c", "unknown_field")]


CONDITIONAL = make_form(
    {"ground": CHOICE, "reason": text("说明"), "changes": CHANGES},
    ui={"reason": {"help": "选 b 时填写"}, "changes": {"help": "选 a 时填写"}},
    **{
        "if": {"properties": {"ground": {"const": "a"}}, "required": ["ground"]},
        "then": {"required": ["changes"], "properties": {"changes": {"minItems": 1}}},
        "else": {"required": ["reason"], "properties": {"reason": {"minLength": 3}}},
        "dependentRequired": {"changes": ["ground"]},
    },
)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"ground": "a"}, [("/changes", "required")]),
        ({"ground": "a", "changes": []}, [("/changes", "min_items")]),
        ({"ground": "b"}, [("/reason", "required")]),
        ({"ground": "b", "reason": "短"}, [("/reason", "min_length")]),
        ({"changes": [], "reason": "够长了"}, [("/ground", "required")]),
    ],
)
def test_conditions_require_and_tighten(data: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    errors = errors_of(CONDITIONAL, data)
    assert [(error["pointer"], error["code"]) for error in errors] == expected


def test_a_condition_that_holds_accepts() -> None:
    data = {"ground": "a", "changes": [{"field": "名称", "new": "乙"}]}
    assert validate(CONDITIONAL, data) == data


def test_a_rule_without_a_sentence_of_its_own_still_says_what_to_do() -> None:
    form = make_form({"count": {"title": "数量", "type": "integer", "multipleOf": 5}})
    errors = errors_of(form, {"count": 3})
    assert [(error["code"], error["message_id"]) for error in errors] == [
        ("rule", "{title}的内容不符合要求，请对照说明改正。")
    ]


@pytest.mark.parametrize("data", [None, [], "x", 5, True])
def test_the_whole_must_be_an_object(data: object) -> None:
    errors = errors_of(EVERYTHING, data)
    assert [(error["pointer"], error["code"]) for error in errors] == [("", "type")]
    assert localise(errors, "zh-hans", EVERYTHING)[0]["message"] == "提交的内容的类型不对，请按说明重新填写。"


def test_all_errors_come_at_once_in_the_order_of_the_page() -> None:
    data = {
        "zebra": 1,
        "changes": [{"field": "a", "new": "b", "amount": -1}, {"new": 5, "old": 6}],
        "fine": "x",
        "day": "2026-02-30",
        "reason": 7,
    }
    assert [error["pointer"] for error in errors_of(EVERYTHING, data)] == [
        "/name",
        "/reason",
        "/fine",
        "/day",
        "/agree",
        "/changes/0/amount",
        "/changes/1/field",
        "/changes/1/old",
        "/changes/1/new",
        "/zebra",
    ]


def test_the_order_of_the_ui_counts_and_not_that_of_the_schema() -> None:
    form = make_form({"a": text("甲"), "b": text("乙")}, required=("a", "b"))
    reversed_form = Form("sample", form.schema, {"order": ["b", "a"], "fields": {}}, form.english)
    assert [error["pointer"] for error in errors_of(reversed_form, {})] == ["/b", "/a"]


def test_the_count_of_errors_is_bounded() -> None:
    errors = errors_of(EVERYTHING, {f"k{number}": 1 for number in range(190)})
    assert len(errors) == MAX_ERRORS


def test_the_error_counts_its_problems() -> None:
    with pytest.raises(FormInvalidError) as raised:
        validate(EVERYTHING, {})
    assert str(raised.value) == "填写的内容有 2 处需要改正。"


def test_cleaned_data_is_a_copy_in_one_writing() -> None:
    data = {"name": "  甲\r\n乙\r丙 ", "agree": True, "count": 3.0, "reason": "   "}
    before = dict(data)
    cleaned = validate(EVERYTHING, data)
    assert cleaned == {"name": "甲\n乙\n丙", "agree": True, "count": 3}
    assert isinstance(cleaned["count"], int)
    assert data == before


def test_a_pattern_means_ascii_and_is_not_tried_on_texts_that_are_too_long() -> None:
    form = make_form({"n": text("文号", maxLength=4, pattern=r"^\d+$")}, ui={"n": {"help": "数字"}})
    assert validate(form, {"n": "2026"}) == {"n": "2026"}
    assert [error["code"] for error in errors_of(form, {"n": "２０２６"})] == ["pattern"]
    assert [error["code"] for error in errors_of(form, {"n": "x" * 9})] == ["max_length"]


def test_a_local_definition_is_followed() -> None:
    form = make_form(
        {"name": {"$ref": "#/$defs/short", "title": "简称"}},
        **{"$defs": {"short": {"type": "string", "maxLength": 2}}},
    )
    (error,) = errors_of(form, {"name": "三个字"})
    assert (error["code"], error["params"]["title"]) == ("max_length", "简称")
