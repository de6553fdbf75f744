"""Every rule of forms/README.md with an example that breaks it."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forms.gate import check_schema
from forms.loader import FORMS_DIR, Form, form_from_files, form_names, read_forms
from tests.forms.samples import CHANGES, EVERYTHING, make_form, options, text

README = Path(__file__).parents[2] / "forms" / "README.md"


def test_a_form_with_every_kind_of_field_passes() -> None:
    assert check_schema(EVERYTHING) == []


def test_the_example_of_the_readme_passes() -> None:
    blocks = re.findall(r"```json\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    names = [f"forms/objection/start.{part}.json" for part in ("schema", "ui", "en")]
    form = form_from_files(dict(zip(names, blocks, strict=True)), "objection", "start")
    assert check_schema(form) == []


BASE = make_form(
    {
        "ground": {"title": "理由", "type": "string", "oneOf": options("a", "b")},
        "note": text("说明"),
        "number": text("文号", pattern=r"^\d{4}$"),
        "changes": CHANGES,
    },
    required=("ground",),
    ui={"note": {"help": "选 b 时填写。"}, "number": {"help": "四位数字。"}},
    **{
        "if": {"properties": {"ground": {"const": "b"}}, "required": ["ground"]},
        "then": {"required": ["note"], "properties": {"note": {"minLength": 2}}},
        "$defs": {"short": {"type": "string", "maxLength": 9}},
    },
)


def test_the_base_of_the_failing_examples_passes() -> None:
    assert check_schema(BASE) == []


Parts = dict[str, Any]
Break = Callable[[Parts, Parts, Parts], object]


def put(path: str, value: Any) -> Break:
    """Sets `schema|ui|en/a/b` to the value."""
    first, *keys = path.split("/")

    def change(schema: Parts, ui: Parts, en: Parts) -> None:
        holder = {"schema": schema, "ui": ui, "en": en}[first]
        for key in keys[:-1]:
            holder = holder.setdefault(key, {})
        holder[keys[-1]] = value

    return change


def drop(path: str) -> Break:
    first, *keys = path.split("/")

    def change(schema: Parts, ui: Parts, en: Parts) -> None:
        holder = {"schema": schema, "ui": ui, "en": en}[first]
        for key in keys[:-1]:
            holder = holder[key]
        del holder[keys[-1]]

    return change


PROPERTY = "schema/properties"
ITEM = f"{PROPERTY}/changes/items"
LIST_OF_BOOLEANS = {"title": "列", "type": "array", "maxItems": 2, "items": {"type": "boolean"}}
BROKEN: list[tuple[Break, str]] = [
    (drop("schema/$schema"), "$schema 应为"),
    (put("schema/$schema", "http://json-schema.org/draft-07/schema#"), "$schema 应为"),
    (put(f"{PROPERTY}/note/maxLength", -1), "不是有效的 JSON Schema"),
    (put("schema/type", "array"), "最外层应为 type: object"),
    (put("schema/properties", {}), "最外层应为 type: object"),
    (drop("schema/title"), "缺少 title"),
    (put("schema/patternProperties", {}), "最外层：不支持 patternProperties"),
    (drop("schema/additionalProperties"), "最外层：对象应当封闭"),
    (put("schema/additionalProperties", {"type": "string"}), "最外层：对象应当封闭"),
    (drop(f"{ITEM}/additionalProperties"), "changes：对象应当封闭"),
    (put("schema/required", ["nobody"]), "最外层：required 中的 nobody 没有定义"),
    (put(f"{PROPERTY}/note", True), "note：应为对象"),
    (put(f"{PROPERTY}/Note", text("说明")), "Note：字段名只能用"),
    (put(f"{PROPERTY}/typename", text("说明")), "typename：字段名只能用"),
    (put(f"{PROPERTY}/a-b", text("说明")), "a-b：字段名只能用"),
    (drop(f"{PROPERTY}/note/title"), "note：缺少 title"),
    (drop(f"{ITEM}/properties/old/title"), "changes.old：缺少 title"),
    (put(f"{PROPERTY}/note/contentEncoding", "base64"), "note：不支持 contentEncoding"),
    (put(f"{PROPERTY}/note/enum", ["a"]), "note：不支持 enum"),
    (drop(f"{PROPERTY}/note/maxLength"), "note：文字应有 maxLength"),
    (drop(f"{ITEM}/properties/old/maxLength"), "changes.old：文字应有 maxLength"),
    (put(f"{PROPERTY}/note/maxLength", 20_001), "note：maxLength 不能超过 20000"),
    (put(f"{PROPERTY}/note/format", "email-ish"), "note：没有这种 format"),
    (drop(f"{PROPERTY}/changes/maxItems"), "changes：应有 maxItems"),
    (put(f"{PROPERTY}/changes/maxItems", 201), "changes：应有 maxItems"),
    (drop(ITEM), "changes：缺少 items"),
    (put(ITEM, True), "changes：缺少 items"),
    (drop(f"{ITEM}/properties"), "changes 的 items：缺少 properties"),
    (put(f"{ITEM}/properties/old", CHANGES), "changes.old：重复组之内不允许再有重复组"),
    (put(f"{ITEM}/patternProperties", {}), "changes 的 items：不支持 patternProperties"),
    (put(f"{PROPERTY}/ground/oneOf", [{"const": "a"}]), "ground：oneOf 的每一项"),
    (put(f"{PROPERTY}/ground/oneOf", [True]), "ground：oneOf 的每一项"),
    (put(f"{PROPERTY}/ground/oneOf", options("a", "a")), "ground：oneOf 中有重复的 const"),
    (put(f"{PROPERTY}/number/maxLength", 201), "number：有 pattern 的字段应有 maxLength"),
    (put(f"{PROPERTY}/number/pattern", r"^(\d+)+$"), "number：正则表达式中不允许嵌套的重复"),
    (drop("ui/fields/number/help"), "number：有 pattern 的字段应在 ui 中写 help"),
    (put(f"{PROPERTY}/note", {"$ref": "https://example.com/a.json"}), "$ref 只能指向"),
    (put(f"{PROPERTY}/note", {"$ref": "#/properties/ground"}), "$ref 只能指向"),
    (put(f"{PROPERTY}/note", {"$ref": "#/$defs/nothing"}), "$ref 指向的定义不存在"),
    (put("schema/$defs/short", {"$ref": "#/$defs/short"}), "$defs 之内不允许再使用 $ref"),
    (put(f"{PROPERTY}/note/$dynamicRef", "#x"), "不允许使用 $dynamicRef"),
    (put("schema/if", {"properties": {"nobody": {"const": 1}}}), "if 中的 nobody 没有定义"),
    (put("schema/if", {"required": ["nobody"]}), "if 中的 nobody 没有定义"),
    (put("schema/if", {"not": {"required": ["nobody"]}}), "if 中的 nobody 没有定义"),
    (put("schema/if", {"anyOf": [{"required": ["nobody"]}]}), "if 中的 nobody 没有定义"),
    (put("schema/if", {"properties": {"note": {"pattern": "(a+)+"}}}), "if：不支持 pattern"),
    (put("schema/then", {"required": ["nobody"]}), "then 中的 nobody 没有定义"),
    (put("schema/then", {"properties": {"nobody": {"minLength": 1}}}), "then 中的 nobody 没有定义"),
    (put("schema/then", {"properties": {"note": {"pattern": "a"}}}), "then 的 note：不支持 pattern"),
    (put("schema/then", {"properties": {"note": {"format": "x"}}}), "then 的 note：没有这种 format"),
    (put("schema/else", {"additionalProperties": True}), "else：不支持 additionalProperties"),
    (put("schema/then", True), "then：应为对象"),
    (put("schema/allOf", [{"title": "x"}]), "allOf：不支持 title"),
    (put("schema/allOf", [{"if": {"required": ["nobody"]}}]), "if 中的 nobody 没有定义"),
    (put("schema/dependentRequired", {"note": ["nobody"]}), "dependentRequired 中的 nobody 没有定义"),
    (put("schema/dependentRequired", {"note": ["changes"]}), "changes：按条件必填的字段应在 ui 的 help"),
    (drop("ui/fields/note/help"), "note：按条件必填的字段应在 ui 的 help"),
    (put("ui/layout", {}), "ui：不支持 layout"),
    (put("ui/fields", []), "ui：fields 应为字段名到对象的映射"),
    (put("ui/fields", {"note": "textarea"}), "ui：fields 应为字段名到对象的映射"),
    (drop("ui/order"), "ui：order 应恰好列出"),
    (put("ui/order", ["ground", "note", "number"]), "ui：order 应恰好列出"),
    (put("ui/order", ["ground", "note", "number", "changes", "note"]), "ui：order 应恰好列出"),
    (put("ui/fields/changes/order", ["field", "old"]), "changes 的 ui：order 应恰好列出"),
    (put("ui/fields/nobody", {}), "ui：没有字段 nobody"),
    (put("ui/fields/note/placeholder", "x"), "ui 的 note：不支持 placeholder"),
    (put("ui/fields/note/widget", "slider"), "note：字段类型与控件 slider 不相配"),
    (put("ui/fields/note/widget", "money"), "note：字段类型与控件 money 不相配"),
    (put(f"{PROPERTY}/note", LIST_OF_BOOLEANS), "note：字段类型与控件 （默认） 不相配"),
    (put("ui/fields/note/widget", ["x"]), "note：字段类型与控件"),
    (put(f"{PROPERTY}/note/type", "number"), "note：字段类型与控件 （默认） 不相配"),
    (put("ui/fields/note/autocomplete", True), "note：autocomplete 应为文字"),
    (put("ui/fields/changes/rows", 6), "changes：rows 应为 1 到 5"),
    (put("ui/fields/changes/rows", "3"), "changes：rows 应为 1 到 5"),
    (
        put(
            f"{ITEM}/properties/old",
            {
                "title": "件",
                "type": "array",
                "maxItems": 2,
                "items": {"type": "string", "format": "document-id"},
            },
        ),
        "changes.old：重复组之内不能上传文件",
    ),
    (put("en/fields", []), "英文：fields 应为字段名到对象的映射"),
    (put("en/fields/ground/options", []), "英文：options 应为选项到文字的映射"),
    (drop("en/title"), "英文：title 应与 schema 一致"),
    (put("en/description", "x"), "英文：description 应与 schema 一致"),
    (put("schema/description", "说明"), "英文：description 应与 schema 一致"),
    (put("en/extra", 1), "英文：不支持 extra"),
    (drop("en/fields/note"), "note 的英文：缺少 title"),
    (drop("en/fields/changes.old/title"), "changes.old 的英文：缺少 title"),
    (drop("en/fields/note/help"), "note 的英文：help 应与 ui 一致"),
    (put("en/fields/ground/help", "x"), "ground 的英文：help 应与 ui 一致"),
    (put("en/fields/note/hint", "x"), "note 的英文：不支持 hint"),
    (put("en/fields/nobody", {"title": "x"}), "英文：没有字段 nobody"),
    (drop("en/fields/ground/options/b"), "ground 的英文：options 应恰好给出"),
    (put("en/fields/ground/options/c", "C"), "ground 的英文：options 应恰好给出"),
    (put("en/fields/ground/options/b", ""), "ground 的英文：options 应恰好给出"),
]


@pytest.mark.parametrize(("change", "sentence"), BROKEN)
def test_a_broken_rule_is_named(change: Break, sentence: str) -> None:
    parts = [copy.deepcopy(dict(part)) for part in (BASE.schema, BASE.ui, BASE.english)]
    change(*parts)
    # As from a file: nothing shared between the parts.
    schema, ui, english = json.loads(json.dumps(parts))
    problems = check_schema(Form("start", schema, ui, english))
    assert any(f"start：{sentence}" in problem for problem in problems), problems


def test_formats_that_bound_themselves_need_no_greatest_length() -> None:
    form = make_form({"day": {"title": "日期", "type": "string", "format": "date"}})
    assert check_schema(form) == []
    email = make_form({"mail": {"title": "邮箱", "type": "string", "format": "email"}})
    assert check_schema(email) == ["sample：mail：文字应有 maxLength"]


def test_definitions_and_several_conditions_pass() -> None:
    form = make_form(
        {
            "ground": {"title": "理由", "type": "string", "oneOf": options("a", "b")},
            "name": {"$ref": "#/$defs/short"},
        },
        ui={"name": {"help": "选 a 时填写。"}},
        **{
            "$defs": {"short": {"title": "简称", "type": "string", "maxLength": 9}},
            "allOf": [
                {
                    "if": {"anyOf": [{"properties": {"ground": {"const": "a"}}, "required": ["ground"]}]},
                    "then": {"required": ["name"], "properties": {"name": True}},
                }
            ],
        },
    )
    assert check_schema(form) == []


def test_every_form_of_every_process_passes() -> None:
    folders = [path for path in FORMS_DIR.iterdir() if path.is_dir() and list(path.glob("*.schema.json"))]
    problems = []
    for folder in folders:
        files = read_forms(folder.name)
        for name in form_names(files, folder.name):
            found = check_schema(form_from_files(files, folder.name, name))
            problems += [f"{folder.name}: {problem}" for problem in found]
    assert problems == []
