"""Every kind of error: where, which code, and the sentence in both languages."""

from dataclasses import replace
from typing import Any

import pytest

from forms.loader import Form
from forms.validator import MAX_ERRORS, FormInvalidError, localise, validate
from tests.forms.samples import CHANGES, DOCUMENT, EVERYTHING, make_form, options, text


def errors_of(form: Form, data: object) -> list[dict[str, Any]]:
    with pytest.raises(FormInvalidError) as raised:
        validate(form, data)
    assert raised.value.status == 422
    assert raised.value.code == "form_invalid"
    return [dict(error) for error in raised.value.errors]


INTEGER = {"title": "数量", "type": "integer", "minimum": 2, "maximum": 9}
MONEY = {"title": "金额", "type": "integer", "minimum": 100, "maximum": 123456}
KINDS = {
    "title": "类型",
    "type": "array",
    "minItems": 2,
    "maxItems": 3,
    "uniqueItems": True,
    "items": {"type": "string", "oneOf": options("x", "y")},
}
PAPERS = {
    "title": "材料",
    "type": "array",
    "maxItems": 3,
    "items": {"type": "string", "format": "document-id"},
}
BOOLEAN = {"title": "答复", "type": "boolean"}
CHOICE = {"title": "理由", "type": "string", "oneOf": options("a", "b")}
DATE = {"title": "日期", "type": "string", "format": "date"}

# property, its ui, value (None = left out, and required), pointer, code, Chinese, English
CASES: list[tuple[dict[str, Any], dict[str, Any], Any, str, str, str, str]] = [
    (text("姓名"), {}, None, "/f", "required", "请填写姓名。", "Please fill in “T f”."),
    (CHOICE, {}, None, "/f", "required", "请选择理由。", "Please choose “T f”."),
    (text("记录"), {"widget": "record"}, None, "/f", "required", "请选择记录。", "Please choose “T f”."),
    (BOOLEAN, {"widget": "yes-no"}, None, "/f", "required", "请选择答复。", "Please choose “T f”."),
    (BOOLEAN, {}, None, "/f", "required", "请勾选“答复”。", "Please tick “T f”."),
    (PAPERS, {}, None, "/f", "required", "请上传材料。", "Please upload “T f”."),
    (text("姓名"), {}, "  \n ", "/f", "required", "请填写姓名。", "Please fill in “T f”."),
    (
        text("姓名"),
        {},
        5,
        "/f",
        "type",
        "姓名应为文字，请重新填写。",
        "“T f” must be text. Please enter it again.",
    ),
    (
        INTEGER,
        {},
        "三",
        "/f",
        "type",
        "请用整数填写数量，例如 12。",
        "Please enter “T f” as a whole number, such as 12.",
    ),
    (
        INTEGER,
        {},
        2.5,
        "/f",
        "type",
        "请用整数填写数量，例如 12。",
        "Please enter “T f” as a whole number, such as 12.",
    ),
    (
        INTEGER,
        {},
        True,
        "/f",
        "type",
        "请用整数填写数量，例如 12。",
        "Please enter “T f” as a whole number, such as 12.",
    ),
    (
        MONEY,
        {"widget": "money"},
        "1.005",
        "/f",
        "type",
        "请以元为单位填写金额，最多两位小数，例如 1234.50。",
        "Please enter “T f” in yuan with at most two decimals, such as 1234.50.",
    ),
    (
        BOOLEAN,
        {},
        "true",
        "/f",
        "type",
        "答复只能是“是”或“否”，请重新选择。",
        "“T f” can only be “Yes” or “No”. Please choose again.",
    ),
    (
        CHOICE,
        {},
        1,
        "/f",
        "type",
        "请从列出的选项中选择理由。",
        "Please choose “T f” from the options listed.",
    ),
    (
        KINDS,
        {},
        "x",
        "/f",
        "type",
        "类型应为列表，请重新填写。",
        "“T f” must be a list. Please enter it again.",
    ),
    (
        PAPERS,
        {},
        [3],
        "/f/0",
        "type",
        "材料的类型不对，请按说明重新填写。",
        "“T f” is of the wrong type. Please enter it again as the instructions say.",
    ),
    (
        CHOICE,
        {},
        "c",
        "/f",
        "enum",
        "请从列出的选项中选择理由。",
        "Please choose “T f” from the options listed.",
    ),
    (
        KINDS,
        {},
        ["x", "q"],
        "/f/1",
        "enum",
        "请从列出的选项中选择类型。",
        "Please choose “T f” from the options listed.",
    ),
    (
        {"title": "同意", "type": "boolean", "const": True},
        {},
        False,
        "/f",
        "const",
        "请勾选“同意”。",
        "Please tick “T f”.",
    ),
    (
        {"title": "版本", "type": "integer", "const": 3},
        {},
        2,
        "/f",
        "const",
        "版本只能是“3”，请改正。",
        "“T f” can only be “3”. Please correct it.",
    ),
    (
        text("理由", minLength=4),
        {},
        "短",
        "/f",
        "min_length",
        "理由至少要有 4 个字，现在有 1 个字，请补充。",
        "“T f” must have at least 4 characters and has 1 now. Please add to it.",
    ),
    (
        text("理由", maxLength=3),
        {},
        "太长了吧",
        "/f",
        "max_length",
        "理由最多 3 个字，现在有 4 个字，请删减。",
        "“T f” may have at most 3 characters and has 4 now. Please shorten it.",
    ),
    (
        text("文号", pattern=r"^\d{4}$"),
        {"help": "四位数字"},
        "abc",
        "/f",
        "pattern",
        "文号的格式不对，请按该项的说明重新填写。",
        "“T f” is not in the right format. Please enter it again as its instructions say.",
    ),
    (
        DATE,
        {},
        "2026-02-30",
        "/f",
        "format",
        "日期不是真实存在的日期，请核对后按 2026-03-15 的样式填写。",
        "“T f” is not a day that exists. Please check it and write it like 2026-03-15.",
    ),
    (
        INTEGER,
        {},
        1,
        "/f",
        "minimum",
        "数量不能小于 2，请改正。",
        "“T f” cannot be less than 2. Please correct it.",
    ),
    (
        INTEGER,
        {},
        10,
        "/f",
        "maximum",
        "数量不能大于 9，请改正。",
        "“T f” cannot be more than 9. Please correct it.",
    ),
    (
        MONEY,
        {"widget": "money"},
        99,
        "/f",
        "minimum",
        "金额不能少于 1.00 元，请改正。",
        "“T f” cannot be less than CNY 1.00. Please correct it.",
    ),
    (
        MONEY,
        {"widget": "money"},
        123457,
        "/f",
        "maximum",
        "金额不能多于 1,234.56 元，请改正。",
        "“T f” cannot be more than CNY 1,234.56. Please correct it.",
    ),
    (
        KINDS,
        {},
        ["x"],
        "/f",
        "min_items",
        "类型至少要有 2 项，现在有 1 项，请补充。",
        "“T f” must have at least 2 entries and has 1 now. Please add to it.",
    ),
    (
        PAPERS,
        {},
        [DOCUMENT] * 4,
        "/f",
        "max_items",
        "材料最多 3 项，现在有 4 项，请删减。",
        "“T f” may have at most 3 entries and has 4 now. Please remove some.",
    ),
    (
        KINDS,
        {},
        ["x", "x"],
        "/f",
        "unique_items",
        "类型中有重复的内容，请删去重复的项。",
        "“T f” contains duplicates. Please delete them.",
    ),
    (
        CHANGES,
        {},
        [{"field": "a", "new": "b"}, {"field": "a"}],
        "/f/1/new",
        "required",
        "请填写更正内容第 2 项“应为”。",
        "Please fill in “T f, row 2, T f.new”.",
    ),
    (
        CHANGES,
        {},
        ["x"],
        "/f/0",
        "type",
        "更正内容第 1 项的类型不对，请按说明重新填写。",
        "“T f, row 1” is of the wrong type. Please enter it again as the instructions say.",
    ),
]


@pytest.mark.parametrize(("part", "ui", "value", "pointer", "code", "chinese", "english"), CASES)
def test_each_error_says_where_what_and_what_to_do(
    part: dict[str, Any], ui: dict[str, Any], value: Any, pointer: str, code: str, chinese: str, english: str
) -> None:
    form = make_form({"f": part}, required=("f",), ui={"f": ui})
    errors = errors_of(form, {} if value is None else {"f": value})
    assert [(error["pointer"], error["code"]) for error in errors] == [(pointer, code)]
    assert errors[0]["message_id"].format_map(errors[0]["params"]) == chinese
    assert localise(errors, "zh-hans", form) == [{"pointer": pointer, "code": code, "message": chinese}]
    assert localise(errors, "en", form)[0]["message"] == english


def test_a_field_without_a_number_is_asked_for_as_the_form_titles_it() -> None:
    (error,) = errors_of(make_form({"reason": text("理由")}, required=("reason",)), {})
    assert error == {
        "pointer": "/reason",
        "code": "required",
        "message_id": "请填写{title}。",
        "params": {"title": "理由"},
    }


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


def test_english_falls_back_to_chinese_titles() -> None:
    form = make_form({"name": text("姓名")}, required=("name",))
    bare = Form("sample", form.schema, form.ui, {})
    assert localise(errors_of(bare, {}), "en", bare)[0]["message"] == "Please fill in “姓名”."
