"""A form's properties as fields: what kind each is and what it is called, in both languages.

Validator, renderer and display all read this, so that they cannot disagree about a field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext

from forms.loader import Form
from forms.pointers import split_pointer

Kind = Literal[
    "text", "textarea", "integer", "money", "date", "checkbox", "yes_no", "choice", "choices",
    "group", "documents", "server", "server_many",
]  # fmt: skip
Shape = Literal["string", "date", "option", "integer", "boolean", "options", "rows", "documents", "ids"]

# Widgets whose options only the server knows: credit records, commitment matters, training sessions.
SERVER_WIDGETS = ("record", "matter", "session")

_SERVER: dict[str, Kind] = dict.fromkeys(SERVER_WIDGETS, "server")
_KINDS: dict[Shape, dict[str, Kind]] = {
    "string": {"": "text", "text": "text", "textarea": "textarea", **_SERVER},
    "date": {"": "date", "date": "date"},
    "option": {"": "choice", "radio": "choice", "select": "choice"},
    "integer": {"": "integer", "integer": "integer", "money": "money", **_SERVER},
    "boolean": {"": "checkbox", "checkbox": "checkbox", "yes-no": "yes_no"},
    "options": {"": "choices", "checkboxes": "choices"},
    "rows": {"": "group", "group": "group"},
    "documents": {"": "documents", "documents": "documents"},
    "ids": dict.fromkeys(SERVER_WIDGETS, "server_many"),
}


@dataclass(frozen=True)
class FormField:
    """One property. `path` is its name, or `group.name` in a repeating group, whose fields are `children`."""

    path: str
    schema: Mapping[str, Any]
    ui: Mapping[str, Any]
    english: Mapping[str, Any]
    required: bool
    children: tuple["FormField", ...] = ()

    @property
    def name(self) -> str:
        """The property's own name."""
        return self.path.rpartition(".")[2]

    @property
    def kind(self) -> Kind:
        """What the field is to people. ValueError where schema and widget do not fit (see the gate)."""
        kind = kind_of(self.schema, self.ui.get("widget", ""))
        if kind is None:
            raise ValueError(
                f"{self.path}: no kind of field has this schema with widget {self.ui.get('widget')!r}"
            )
        return kind

    def title(self, language: str) -> str:
        """The title in the language; Chinese where there is no English."""
        chinese = str(self.schema.get("title", self.name))
        return str(self.english.get("title", chinese)) if is_english(language) else chinese

    def help(self, language: str) -> str:
        """The help text in the language, or an empty text."""
        chinese = str(self.ui.get("help", ""))
        return str(self.english.get("help", chinese)) if is_english(language) else chinese

    def options(self, language: str) -> list[tuple[Any, str]]:
        """The constants that may be chosen, each with its title."""
        titles = self.english.get("options", {}) if is_english(language) else {}
        return [
            (each["const"], titles.get(str(each["const"]), each["title"])) for each in options_of(self.schema)
        ]


def is_english(language: str) -> bool:
    """Whether the language code (`en`, `en-GB`, `zh-hans`) asks for English."""
    return language.lower().split("-")[0] == "en"


def options_of(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The `oneOf` entries of an option field, or of the items of a field with several options."""
    holder = schema if "oneOf" in schema else schema.get("items", {})
    return list(holder.get("oneOf", ()))


def kind_of(schema: Mapping[str, Any], widget: str) -> Kind | None:
    """The kind of field that a resolved property schema and a widget ("" = default) make; None if none."""
    shape = _shape_of(schema)
    return _KINDS[shape].get(widget) if shape else None


def _shape_of(schema: Mapping[str, Any]) -> Shape | None:
    match schema.get("type"):
        case "string" | "integer" if "oneOf" in schema:
            return "option"
        case "string":
            return "date" if schema.get("format") == "date" else "string"
        case "integer":
            return "integer"
        case "boolean":
            return "boolean"
        case "array":
            return _shape_of_array(schema.get("items", {}))
    return None


def _shape_of_array(items: Mapping[str, Any]) -> Shape | None:
    if items.get("type") == "object":
        return "rows"
    if items.get("type") not in ("string", "integer"):
        return None
    if "oneOf" in items:
        return "options"
    return "documents" if items.get("format") == "document-id" else "ids"


def resolve(schema: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    """`part` with its `$ref` to `#/$defs/<name>` replaced; what stands beside the `$ref` wins."""
    if "$ref" not in part:
        return part
    target = schema["$defs"][part["$ref"].removeprefix("#/$defs/")]
    return {**target, **{key: value for key, value in part.items() if key != "$ref"}}


def fields_of(form: Form) -> tuple[FormField, ...]:
    """The form's fields in the order of its ui; a property that the ui forgets comes last."""
    return _fields(form, form.schema, form.ui.get("order", ()), parent="")


def _fields(form: Form, holder: Mapping[str, Any], order: Any, parent: str) -> tuple[FormField, ...]:
    properties: Mapping[str, Any] = holder.get("properties", {})
    names = dict.fromkeys([*(name for name in order if name in properties), *properties])
    required = holder.get("required", ())
    return tuple(_field(form, name, properties[name], name in required, parent) for name in names)


def _field(form: Form, name: str, part: Mapping[str, Any], required: bool, parent: str) -> FormField:
    path = f"{parent}.{name}" if parent else name
    schema = dict(resolve(form.schema, part))
    ui = form.ui.get("fields", {}).get(path, {})
    children: tuple[FormField, ...] = ()
    if "items" in schema:
        schema["items"] = resolve(form.schema, schema["items"])
        if not parent:
            children = _fields(form, schema["items"], ui.get("order", ()), parent=path)
    return FormField(path, schema, ui, form.english.get("fields", {}).get(path, {}), required, children)


def find_field(form: Form, pointer: str) -> FormField | None:
    """The field a JSON pointer into the data leads to (inside a list of scalars: the list), or None."""
    parts = split_pointer(pointer)
    field = _named(fields_of(form), parts[0]) if parts else None
    if field and field.children and len(parts) > 2:
        return _named(field.children, parts[2]) if row_of(parts) is not None else None
    return field


def row_of(parts: Sequence[str]) -> int | None:
    """The row, from 0, that a split pointer leads to; None for the list itself or what is no list."""
    is_number = len(parts) > 1 and parts[1].isascii() and parts[1].isdecimal()
    return int(parts[1]) if is_number else None


def row_name(group: FormField, row: int, child: FormField) -> str:
    """What the page calls a group's field in one of its rows: `changes-0-old`."""
    return f"{group.name}-{row}-{child.name}"


def _named(fields: tuple[FormField, ...], name: str) -> FormField | None:
    return next((field for field in fields if field.name == name), None)


def title_at(form: Form, pointer: str, language: str) -> str:
    """What people call the place a JSON pointer leads to, in `language`, which the caller has activated."""
    parts = split_pointer(pointer)
    if not parts:
        return gettext("提交的内容")
    field = find_field(form, pointer)
    if field is None:
        return parts[-1]
    row = row_of(parts)
    group = _named(fields_of(form), parts[0])
    if row is None or group is None or not group.children:
        return field.title(language)
    names = {"group": group.title(language), "row": row + 1, "title": field.title(language)}
    whole, inner = gettext("{group}第 {row} 项"), gettext("{group}第 {row} 项“{title}”")
    return (whole if len(parts) == 2 else inner).format_map(names)
