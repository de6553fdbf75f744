"""What the page shows, piece by piece, for the templates: fields, fieldsets of options, groups with rows."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms as django_forms

from forms.fields import FormField, row_name
from forms.needs import needed_when

if TYPE_CHECKING:
    from forms.renderer import SchemaForm

_WHOLE = "__all__"
# A dict for the templates; `name` is its key in the form's errors, `target` the id that its errors link to.
Block = dict[str, Any]


def blocks_of(page_form: "SchemaForm") -> list[Block]:
    """The form's fields and groups in order."""
    needs = needed_when(page_form.source)
    here = {field.name for field in page_form.source_fields}
    blocks = []
    for field in page_form.source_fields:
        block = _group(page_form, field) if field.kind == "group" else _single(page_form, field, field.name)
        asked, answers = needs.get(field.name, ("", ()))
        if asked in here:
            block |= {"when": page_form.add_prefix(asked), "answers": " ".join(answers)}
        blocks.append(block)
    return blocks


def summary_of(page_form: "SchemaForm", blocks: list[Block]) -> list[tuple[str, str]]:
    """Every message with the id of the input to mend, in the order of the page; "" for those of the whole."""
    whole = [("", str(message)) for message in page_form.errors.get(_WHOLE, ())]
    return [*whole, *_messages(page_form, blocks)]


def _messages(page_form: "SchemaForm", blocks: list[Block]) -> Iterator[tuple[str, str]]:
    for block in blocks:
        for message in page_form.errors.get(block["name"], ()):
            yield block["target"], str(message)
        for row in block.get("rows", ()):
            yield from _messages(page_form, row)


def _single(page_form: "SchemaForm", field: FormField, name: str) -> Block:
    bound = page_form[name]
    block = {"name": name, "bound": bound, "required": field.required, "target": bound.auto_id}
    if isinstance(bound.field.widget, django_forms.RadioSelect | django_forms.CheckboxSelectMultiple):
        # A link to a fieldset moves no focus; its first option takes it.
        first = next(iter(bound), None)
        target = first.id_for_label if first else bound.auto_id
        return block | {"template": "forms/options.html", "target": target}
    return block | {"template": "forms/checkbox.html" if field.kind == "checkbox" else "forms/field.html"}


def _group(page_form: "SchemaForm", field: FormField) -> Block:
    identity = f"id_{page_form.add_prefix(field.name)}"
    return {
        "template": "forms/group.html",
        "name": field.name,
        "target": identity,
        "title": field.title(page_form.language),
        "help": field.help(page_form.language),
        "errors": page_form.errors.get(field.name, ()),
        "required": field.required,
        "rows": [
            [_single(page_form, child, row_name(field, row, child)) for child in field.children]
            for row in range(page_form.row_counts[field.name])
        ],
    }
