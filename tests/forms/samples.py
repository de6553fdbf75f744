"""Small forms for the tests, with an English overlay that is complete by construction."""

from typing import Any

from forms.loader import Form

DIALECT = "https://json-schema.org/draft/2020-12/schema"
USCC = "91350100M000100Y43"
ID_CARD = "11010519491231002X"
DOCUMENT = "0b0e6a3c-5d5f-4c1e-9a57-2f7f3d1f6a10"
OTHER_DOCUMENT = "5b8c1f4e-91a3-4e1b-8a64-0c7d9f2b3e55"


def text(title: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "type": "string", "maxLength": 100, **more}


def options(*constants: str) -> list[dict[str, str]]:
    return [{"const": constant, "title": f"选项{constant}"} for constant in constants]


def make_form(
    properties: dict[str, Any],
    required: tuple[str, ...] = (),
    ui: dict[str, dict[str, Any]] | None = None,
    **more: Any,
) -> Form:
    """A form that passes the gate unless the arguments break a rule; English titles are `T <path>`."""
    fields = {name: dict(entry) for name, entry in (ui or {}).items()}
    english = {}
    for path, part in _paths(properties):
        english[path] = {"title": f"T {path}"}
        if "help" in fields.get(path, {}):
            english[path]["help"] = f"H {path}"
        if found := part.get("oneOf") or part.get("items", {}).get("oneOf"):
            english[path]["options"] = {str(each["const"]): f"O {each['const']}" for each in found}
        if part.get("items", {}).get("type") == "object":
            fields.setdefault(path, {}).setdefault("order", list(part["items"]["properties"]))
    schema = {
        "$schema": DIALECT,
        "title": "测试表单",
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
        **more,
    }
    return Form("sample", schema, {"order": list(properties), "fields": fields}, _overlay(english))


def _overlay(fields: dict[str, Any]) -> dict[str, Any]:
    return {"title": "Test form", "fields": fields}


def _paths(properties: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for name, part in properties.items():
        found.append((name, part))
        for inner, each in part.get("items", {}).get("properties", {}).items():
            found.append((f"{name}.{inner}", each))
    return found


CHANGES = {
    "title": "更正内容",
    "type": "array",
    "maxItems": 5,
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["field", "new"],
        "properties": {
            "field": text("项目"),
            "old": text("原内容"),
            "new": text("应为"),
            "amount": {"title": "金额", "type": "integer", "minimum": 0},
            "sure": {"title": "已核实", "type": "boolean"},
        },
    },
}

# Every kind of field that there is.
EVERYTHING = make_form(
    {
        "name": text("姓名", maxLength=50),
        "reason": text("理由", maxLength=2000),
        "code": {"title": "主体代码", "type": "string", "format": "subject-code"},
        "phone": {"title": "电话", "type": "string", "format": "phone-cn"},
        "count": {"title": "数量", "type": "integer", "minimum": 1, "maximum": 10},
        "fine": {"title": "罚款金额", "type": "integer", "minimum": 0, "maximum": 10**12},
        "day": {"title": "决定日期", "type": "string", "format": "date"},
        "agree": {"title": "我承诺属实", "type": "boolean", "const": True},
        "optional_agree": {"title": "同意公开", "type": "boolean", "const": True},
        "public": {"title": "是否公开", "type": "boolean"},
        "ground": {"title": "异议理由", "type": "string", "oneOf": options("a", "b")},
        "many": {"title": "类别", "type": "string", "oneOf": options(*"abcdef")},
        "level": {
            "title": "等级",
            "type": "integer",
            "oneOf": [{"const": n, "title": f"{n}级"} for n in (1, 2)],
        },
        "kinds": {
            "title": "类型",
            "type": "array",
            "maxItems": 3,
            "uniqueItems": True,
            "items": {"type": "string", "oneOf": options("x", "y", "z")},
        },
        "record": text("信用信息"),
        "session": {"title": "培训场次", "type": "integer"},
        "records": {
            "title": "多条信用信息",
            "type": "array",
            "maxItems": 9,
            "items": {"type": "string", "maxLength": 40},
        },
        "papers": {
            "title": "材料",
            "type": "array",
            "maxItems": 4,
            "uniqueItems": True,
            "items": {"type": "string", "format": "document-id"},
        },
        "changes": CHANGES,
    },
    required=("name", "agree"),
    ui={
        "name": {"autocomplete": "name", "help": "与证件一致。"},
        "reason": {"widget": "textarea", "rows": 7},
        "fine": {"widget": "money"},
        "public": {"widget": "yes-no"},
        "record": {"widget": "record"},
        "session": {"widget": "session"},
        "records": {"widget": "record"},
        "changes": {"rows": 3, "help": "每处一行。"},
        "changes.amount": {"widget": "money"},
    },
)
CHOICES = {
    "record": [("R1", "处罚决定一"), ("R2", "处罚决定二")],
    "session": [("7", "第七期")],
    "documents": [(DOCUMENT, "证明.pdf")],
}
