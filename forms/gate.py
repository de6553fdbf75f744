"""Holds form files to the rules of forms/README.md before they are deployed."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from forms.fields import FormField, fields_of, kind_of, options_of, resolve
from forms.formats import BOUNDED, CHECKS
from forms.hostile import MAX_ENTRIES, MAX_TEXT
from forms.loader import Form
from forms.patterns import MAX_PATTERN_TEXT, pattern_problems

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LOCAL_REF = re.compile(r"#/\$defs/[A-Za-z][A-Za-z0-9_-]*")
_MAX_HELP_ROWS = 50

_CONDITIONAL = {"if", "then", "else", "allOf", "dependentRequired"}
_OBJECT = {
    "type",
    "title",
    "description",
    "properties",
    "required",
    "additionalProperties",
    "unevaluatedProperties",
}
_LEAF = {
    "type", "title", "description", "$ref", "oneOf", "const", "format", "pattern", "minLength", "maxLength",
    "minimum", "maximum", "items", "minItems", "maxItems", "uniqueItems",
}  # fmt: skip
_IN_CONDITION = {
    "properties", "required", "const", "enum", "minimum", "maximum", "minItems", "minLength",
    "contains", "not", "anyOf", "allOf", "type",
}  # fmt: skip
_IN_CONSEQUENCE = {
    "const", "enum", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "format",
}  # fmt: skip
_UI_KEYS = {"order", "fields", "steps"}
_UI_FIELD_KEYS = {"widget", "help", "autocomplete", "rows", "order"}
_ENGLISH_KEYS = {"title", "description", "fields", "steps"}
_ENGLISH_FIELD_KEYS = {"title", "help", "options"}


def check_schema(form: Form) -> list[str]:
    """What in the form's three files breaks a rule, as sentences that name the place; [] if nothing."""
    # Later checks read what earlier ones have found to be sound.
    for checks in (
        (_dialect, _shapes),
        (_references,),
        (_root,),
        (_properties, _conditions),
        (_ui, _english),
        (_steps,),
    ):
        problems = [f"{form.name}：{problem}" for check in checks for problem in check(form)]
        if problems:
            return problems
    return []


def _dialect(form: Form) -> Iterator[str]:
    if form.schema.get("$schema") != _DIALECT:
        yield f"$schema 应为 {_DIALECT}"
    try:
        Draft202012Validator.check_schema(form.schema)
    except SchemaError as error:
        yield f"不是有效的 JSON Schema 2020-12：{error.json_path} {error.message}"


def _shapes(form: Form) -> Iterator[str]:
    for place, entries in (("ui", form.ui.get("fields", {})), ("英文", form.english.get("fields", {}))):
        if not isinstance(entries, dict) or not all(isinstance(each, dict) for each in entries.values()):
            yield f"{place}：fields 应为字段名到对象的映射"
        elif not all(isinstance(each.get("options", {}), dict) for each in entries.values()):
            yield f"{place}：options 应为选项到文字的映射"


def _references(form: Form) -> Iterator[str]:
    definitions = form.schema.get("$defs", {})
    for reference in _find_key(form.schema, "$ref"):
        if not isinstance(reference, str) or not _LOCAL_REF.fullmatch(reference):
            yield f"$ref 只能指向 #/$defs/ 之下：{reference}"
        elif reference.removeprefix("#/$defs/") not in definitions:
            yield f"$ref 指向的定义不存在：{reference}"
    if any(True for _ in _find_key(definitions, "$ref")):
        yield "$defs 之内不允许再使用 $ref"
    for keyword in ("$dynamicRef", "$recursiveRef"):
        if any(True for _ in _find_key(form.schema, keyword)):
            yield f"不允许使用 {keyword}"


def _find_key(value: Any, key: str) -> Iterator[Any]:
    if isinstance(value, dict):
        if key in value:
            yield value[key]
        for each in value.values():
            yield from _find_key(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _find_key(each, key)


def _root(form: Form) -> Iterator[str]:
    schema = form.schema
    if schema.get("type") != "object" or not schema.get("properties"):
        yield "最外层应为 type: object 并有 properties"
    if not schema.get("title"):
        yield "缺少 title"
    yield from _unknown_keys(schema, _OBJECT | _CONDITIONAL | {"$schema", "$id", "$defs"}, "最外层")


def _unknown_keys(part: Mapping[str, Any], allowed: set[str], place: str) -> Iterator[str]:
    for key in part:
        if key not in allowed:
            yield f"{place}：不支持 {key}"


def _properties(form: Form) -> Iterator[str]:
    yield from _object(form, form.schema, "")


def _object(form: Form, schema: Mapping[str, Any], parent: str) -> Iterator[str]:
    place = parent or "最外层"
    if schema.get("additionalProperties") is not False and schema.get("unevaluatedProperties") is not False:
        yield f"{place}：对象应当封闭（additionalProperties: false）"
    for name in schema.get("required", ()):
        if name not in schema.get("properties", {}):
            yield f"{place}：required 中的 {name} 没有定义"
    for name, part in schema.get("properties", {}).items():
        path = f"{parent}.{name}" if parent else name
        if not isinstance(part, dict):
            yield f"{path}：应为对象"
        else:
            yield from _property(form, resolve(form.schema, part), path)


def _property(form: Form, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    if not _NAME.fullmatch(path.rpartition(".")[2]) or path.rpartition(".")[2] == "typename":
        yield f"{path}：字段名只能用小写字母、数字和下划线，且不能是 typename"
    if not schema.get("title"):
        yield f"{path}：缺少 title"
    yield from _unknown_keys(schema, _LEAF, path)
    if schema.get("type") == "array":
        yield from _array(form, schema, path)
    else:
        yield from _scalar(schema, path)
    if "pattern" in schema and not _help(form, path):
        yield f"{path}：有 pattern 的字段应在 ui 中写 help"


def _help(form: Form, path: str) -> Any:
    return form.ui.get("fields", {}).get(path, {}).get("help")


def _array(form: Form, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    if not 1 <= schema.get("maxItems", 0) <= MAX_ENTRIES:
        yield f"{path}：应有 maxItems，且不超过 {MAX_ENTRIES}"
    items = schema.get("items")
    if not isinstance(items, dict):
        yield f"{path}：缺少 items"
        return
    items = resolve(form.schema, items)
    if items.get("type") != "object":
        yield from _unknown_keys(items, _LEAF, f"{path} 的 items")
        yield from _scalar(items, f"{path} 的 items")
    elif "." in path:
        yield f"{path}：重复组之内不允许再有重复组"
    else:
        yield from _unknown_keys(items, _OBJECT | {"$ref"}, f"{path} 的 items")
        if not items.get("properties"):
            yield f"{path} 的 items：缺少 properties"
        yield from _object(form, items, path)


def _scalar(schema: Mapping[str, Any], path: str) -> Iterator[str]:
    options = options_of(schema)
    if any(not isinstance(option, dict) or set(option) != {"const", "title"} for option in options):
        yield f"{path}：oneOf 的每一项应当只有 const 和 title"
    elif len({str(option["const"]) for option in options}) != len(options):
        yield f"{path}：oneOf 中有重复的 const"
    if "format" in schema and schema["format"] not in CHECKS:
        yield f"{path}：没有这种 format：{schema['format']}"
    if schema.get("type") == "string" and not options:
        yield from _text(schema, path)


def _text(schema: Mapping[str, Any], path: str) -> Iterator[str]:
    limit = schema.get("maxLength")
    if limit is None and schema.get("format") not in BOUNDED and "const" not in schema:
        yield f"{path}：文字应有 maxLength"
    if limit is not None and limit > MAX_TEXT:
        yield f"{path}：maxLength 不能超过 {MAX_TEXT}"
    if "pattern" in schema:
        if limit is None or limit > MAX_PATTERN_TEXT:
            yield f"{path}：有 pattern 的字段应有 maxLength，且不超过 {MAX_PATTERN_TEXT}"
        yield from (f"{path}：{problem}" for problem in pattern_problems(schema["pattern"]))


def _conditions(form: Form) -> Iterator[str]:
    declared = form.schema.get("properties", {})
    for rule in _rules(form):
        if rule is not form.schema:
            yield from _unknown_keys(rule, {"if", "then", "else", "description"}, "allOf")
        yield from _condition(rule.get("if", {}), declared)
        for keyword in ("then", "else"):
            yield from _consequence(rule.get(keyword, {}), declared, keyword)
    for name, needed in form.schema.get("dependentRequired", {}).items():
        yield from _undeclared([name, *needed], declared, "dependentRequired")
    for name in sorted(_conditionally_required(form) - set(form.schema.get("required", ()))):
        if name in declared and not _help(form, name):
            yield f"{name}：按条件必填的字段应在 ui 的 help 中说明何时填写"


def _rules(form: Form) -> list[Mapping[str, Any]]:
    """Where conditions may stand: at the top, and in each entry of `allOf`."""
    return [form.schema, *(rule for rule in form.schema.get("allOf", ()) if isinstance(rule, dict))]


def _conditionally_required(form: Form) -> set[str]:
    parts = [rule.get(key) for rule in _rules(form) for key in ("then", "else")]
    names = {name for part in parts if isinstance(part, dict) for name in part.get("required", ())}
    return names | {name for needed in form.schema.get("dependentRequired", {}).values() for name in needed}


def _undeclared(names: Any, declared: Mapping[str, Any], place: str) -> Iterator[str]:
    for name in names:
        if name not in declared:
            yield f"{place} 中的 {name} 没有定义"


def _condition(condition: Any, declared: Mapping[str, Any]) -> Iterator[str]:
    """`if`: asks about declared fields only, with keywords that cost nothing."""
    if not isinstance(condition, dict) or not condition:
        return
    yield from _unknown_keys(condition, _IN_CONDITION, "if")
    yield from _undeclared(condition.get("properties", {}), declared, "if")
    yield from _undeclared(condition.get("required", ()), declared, "if")
    for part in condition.get("properties", {}).values():
        yield from _unknown_keys(part if isinstance(part, dict) else {}, _IN_CONDITION, "if")
    for part in [*condition.get("anyOf", ()), *condition.get("allOf", ()), condition.get("not", {})]:
        yield from _condition(part, declared)


def _consequence(part: Any, declared: Mapping[str, Any], place: str) -> Iterator[str]:
    """`then` and `else`: require declared fields or tighten them."""
    if not isinstance(part, dict):
        yield f"{place}：应为对象"
        return
    yield from _unknown_keys(part, {"required", "properties"}, place)
    yield from _undeclared(part.get("required", ()), declared, place)
    yield from _undeclared(part.get("properties", {}), declared, place)
    for name, tighter in part.get("properties", {}).items():
        if isinstance(tighter, dict):
            yield from _unknown_keys(tighter, _IN_CONSEQUENCE, f"{place} 的 {name}")
            if tighter.get("format", "date") not in CHECKS:
                yield f"{place} 的 {name}：没有这种 format：{tighter['format']}"


def _ui(form: Form) -> Iterator[str]:
    yield from _unknown_keys(form.ui, _UI_KEYS, "ui")
    fields = fields_of(form)
    yield from _order(form.ui.get("order"), fields, "ui")
    known = {field.path: field for parent in fields for field in (parent, *parent.children)}
    for path, entry in form.ui.get("fields", {}).items():
        if path not in known:
            yield f"ui：没有字段 {path}"
        yield from _unknown_keys(entry, _UI_FIELD_KEYS, f"ui 的 {path}")
    for field in known.values():
        yield from _ui_field(field)


def _order(order: Any, fields: tuple[FormField, ...], place: str) -> Iterator[str]:
    if not isinstance(order, list) or sorted(map(str, order)) != sorted(field.name for field in fields):
        yield f"{place}：order 应恰好列出每个字段一次"


def _ui_field(field: FormField) -> Iterator[str]:
    widget = field.ui.get("widget", "")
    kind = kind_of(field.schema, widget) if isinstance(widget, str) else None
    if kind is None:
        yield f"{field.path}：字段类型与控件 {widget or '（默认）'} 不相配"
    elif "." in field.path and kind == "documents":
        yield f"{field.path}：重复组之内不能上传文件"
    if field.children:
        yield from _order(field.ui.get("order"), field.children, f"{field.path} 的 ui")
    rows = field.ui.get("rows", 1)
    limit = field.schema.get("maxItems", _MAX_HELP_ROWS)
    if not isinstance(rows, int) or not 1 <= rows <= limit:
        yield f"{field.path}：rows 应为 1 到 {limit} 之间的整数"
    for key in ("help", "autocomplete"):
        if not isinstance(field.ui.get(key, ""), str):
            yield f"{field.path}：{key} 应为文字"


def _english(form: Form) -> Iterator[str]:
    yield from _unknown_keys(form.english, _ENGLISH_KEYS, "英文")
    for key in ("title", "description"):
        if bool(form.schema.get(key)) != bool(form.english.get(key)):
            yield f"英文：{key} 应与 schema 一致地有或没有"
    known = {field.path: field for parent in fields_of(form) for field in (parent, *parent.children)}
    for path in form.english.get("fields", {}):
        if path not in known:
            yield f"英文：没有字段 {path}"
    for field in known.values():
        yield from _english_field(field)


def _english_field(field: FormField) -> Iterator[str]:
    place = f"{field.path} 的英文"
    yield from _unknown_keys(field.english, _ENGLISH_FIELD_KEYS, place)
    if not field.english.get("title"):
        yield f"{place}：缺少 title"
    if bool(field.ui.get("help")) != bool(field.english.get("help")):
        yield f"{place}：help 应与 ui 一致地有或没有"
    options = {str(option["const"]) for option in options_of(field.schema)}
    if set(field.english.get("options", {})) != options or not all(field.english.get("options", {}).values()):
        yield f"{place}：options 应恰好给出每个选项的英文"


def _steps(form: Form) -> Iterator[str]:
    """Every field stands on exactly one page, in the order of the form, and every page has a heading twice."""
    steps = form.ui.get("steps", [])
    if not isinstance(steps, list) or not all(isinstance(each, dict) for each in steps):
        yield "ui：steps 应为列表，每项有 title 和 fields"
        return
    for at, step in enumerate(steps, 1):
        if set(step) != {"title", "fields"} or not step["title"] or not isinstance(step["fields"], list):
            yield f"ui：steps 第 {at} 项应当有 title 和 fields，不能有其他内容"
            return
    placed = [name for step in steps for name in step["fields"]]
    if steps and placed != form.ui.get("order", list(form.schema["properties"])):
        yield "ui：steps 应按 order 的顺序列出每个字段，且各一次"
    headings = form.english.get("steps", [])
    if not isinstance(headings, list) or len(headings) != len(steps) or not all(headings):
        yield f"英文：steps 应为 {len(steps)} 个标题"
