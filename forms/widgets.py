"""Django widgets and fields for each kind of form field. They show and read; they never validate."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms as django_forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext

from forms.fields import FormField

# The server's options and the labels of stored documents: widget name → [(value, label)].
Choices = Mapping[str, Sequence[tuple[str, str]]]

# Above it, radio buttons make a page longer than a list makes a choice harder.
MAX_RADIO = 5
_TEXTAREA_ROWS = 5
_UPLOAD = "-files"


def upload_name(html_name: str) -> str:
    """The name of the file input beside the ids of stored documents."""
    return html_name + _UPLOAD


class DocumentsInput(django_forms.Widget):
    """Documents: stored ones as ticked boxes that carry their ids, new ones through a file input."""

    template_name = "forms/documents_input.html"
    needs_multipart_form = True

    def __init__(self, labels: Mapping[str, str], multiple: bool, attrs: dict[str, Any]) -> None:
        super().__init__(attrs)
        self.labels = labels
        self.multiple = multiple

    def value_from_datadict(
        self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str
    ) -> list[str]:
        """The ids that came with the page; files are stored before, and their ids added to `data`."""
        return values_of(data, name)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Adds the stored documents with their labels, and the upload's name."""
        context = super().get_context(name, value, attrs)
        ids = [str(each) for each in value or ()]
        context["stored"] = [
            (each, self.labels.get(each) or gettext("已上传的文件 {number}").format_map({"number": number}))
            for number, each in enumerate(ids, 1)
        ]
        context["upload"] = upload_name(name)
        context["multiple"] = self.multiple
        if ids:
            context["widget"]["attrs"].pop("required", None)
        return context

    def format_value(self, value: Any) -> Any:
        """The ids as they are; Django's own would make one text of them."""
        return value


def values_of(data: Mapping[str, Any], name: str) -> list[str]:
    """All values of a name in a POST, or in a plain dict."""
    if isinstance(data, MultiValueDict):
        return [str(each) for each in data.getlist(name)]
    value = data.get(name) or []
    return [str(each) for each in (value if isinstance(value, list | tuple) else [value])]


def build_field(field: FormField, language: str, choices: Choices, in_row: bool) -> django_forms.Field:
    """The Django field. In a row of a group nothing carries the `required` attribute: rows may stay empty."""
    attrs = _attrs(field, required=field.required and not in_row)
    return django_forms.Field(
        required=False,
        label=field.title(language),
        help_text=field.help(language),
        widget=_widget(field, language, choices, attrs),
    )


def _attrs(field: FormField, required: bool) -> dict[str, Any]:
    attrs: dict[str, Any] = {}
    if required and field.kind not in ("choices", "server_many"):
        attrs["required"] = True
    if field.kind in ("text", "textarea") and "maxLength" in field.schema:
        attrs["maxlength"] = field.schema["maxLength"]
    if "autocomplete" in field.ui:
        attrs["autocomplete"] = field.ui["autocomplete"]
    return attrs


def _widget(field: FormField, language: str, choices: Choices, attrs: dict[str, Any]) -> django_forms.Widget:
    match field.kind:
        case "textarea":
            return django_forms.Textarea({**attrs, "rows": field.ui.get("rows", _TEXTAREA_ROWS)})
        case "integer" | "money":
            mode = "decimal" if field.kind == "money" else "numeric"
            return django_forms.TextInput({**attrs, "inputmode": mode})
        case "date":
            return _date_input(attrs)
        case "checkbox":
            return django_forms.CheckboxInput(attrs)
        case "documents":
            labels = dict(choices.get("documents", ()))
            return DocumentsInput(labels, field.schema.get("maxItems") != 1, attrs)
        case "text" | "group":
            return django_forms.TextInput(attrs)
    return _choice_widget(field, _options(field, language, choices), attrs)


def _date_input(attrs: dict[str, Any]) -> django_forms.Widget:
    widget = django_forms.TextInput(attrs)
    widget.input_type = "date"
    return widget


def _options(field: FormField, language: str, choices: Choices) -> list[tuple[str, str]]:
    if field.kind in ("server", "server_many"):
        return [(str(value), label) for value, label in choices.get(field.ui["widget"], ())]
    if field.kind == "yes_no":
        return [("true", gettext("是")), ("false", gettext("否"))]
    return [(str(value), title) for value, title in field.options(language)]


def _choice_widget(
    field: FormField, options: list[tuple[str, str]], attrs: dict[str, Any]
) -> django_forms.Widget:
    if field.kind in ("choices", "server_many"):
        return django_forms.CheckboxSelectMultiple(attrs, options)
    wanted = field.ui.get("widget", "")
    if field.kind == "yes_no" or (
        field.kind == "choice" and wanted != "select" and len(options) <= MAX_RADIO
    ):
        return django_forms.RadioSelect(attrs, options)
    if field.kind == "choice" and wanted == "radio":
        return django_forms.RadioSelect(attrs, options)
    return django_forms.Select(attrs, [("", gettext("请选择")), *options])
