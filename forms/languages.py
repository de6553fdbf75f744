"""A form's schema and ui in the language of their reader, for clients that draw the form themselves."""

from copy import deepcopy
from typing import Any

from forms.fields import FormField, fields_of, is_english
from forms.loader import Form
from forms.steps import steps_of


def told_in(language: str, form: Form) -> tuple[dict[str, Any], dict[str, Any]]:
    """Schema and ui of the form, with titles, options and help in the language; Chinese where there is no English.

    The schema takes the same data in every language.
    """
    if not is_english(language):
        return dict(form.schema), dict(form.ui)
    fields = fields_of(form)
    schema, ui = deepcopy(dict(form.schema)), deepcopy(dict(form.ui))
    schema |= {key: form.english[key] for key in ("title", "description") if form.english.get(key)}
    schema["properties"] = {field.name: _told(field, language) for field in fields}
    for step, told in zip(ui.get("steps", ()), steps_of(form), strict=False):
        step["title"] = told.heading(language)
    for field in [each for parent in fields for each in (parent, *parent.children)]:
        if field.ui.get("help"):
            ui["fields"][field.path]["help"] = field.help(language)
    return schema, ui


def _told(field: FormField, language: str) -> dict[str, Any]:
    part = deepcopy(dict(field.schema))
    part["title"] = field.title(language)
    holder = part if "oneOf" in part else part.get("items", {})
    for option, (_, title) in zip(holder.get("oneOf", ()), field.options(language), strict=True):
        option["title"] = title
    for child in field.children:
        part["items"]["properties"][child.name] = _told(child, language)
    return part
