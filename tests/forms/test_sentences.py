"""Every kind of error in one field: where, which code, and the sentence in both languages."""

from typing import Any

import pytest

from forms.loader import Form
from forms.validator import localise
from tests.forms.errors import CHOICE, INTEGER, errors_of
from tests.forms.samples import CHANGES, DOCUMENT, make_form, options, text

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


def test_english_falls_back_to_chinese_titles() -> None:
    form = make_form({"name": text("姓名")}, required=("name",))
    bare = Form("sample", form.schema, form.ui, {})
    assert localise(errors_of(bare, {}), "en", bare)[0]["message"] == "Please fill in “姓名”."
