"""A form as an accessible page that works without JavaScript, and the page's POST back as JSON data."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from django import forms as django_forms
from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import override

from forms.blocks import blocks_of, summary_of
from forms.fields import FormField, fields_of, is_english, row_name, row_of
from forms.loader import Form
from forms.pointers import join_pointer, split_pointer
from forms.problems import Problem
from forms.steps import Step
from forms.validator import localise
from forms.values import from_json, is_empty_row, to_json
from forms.widgets import Choices, build_field, upload_name

_ROWS = 3
_MAX_ROWS = 200
_WHOLE = "__all__"


class SchemaForm(django_forms.Form):
    """A form made from a schema. `{{ form }}` renders summary and fields in `language`, no `<form>` tag.

    Django's own validation does nothing here: `is_valid` only says whether `attach_errors` found any.
    """

    template_name = "forms/form.html"
    use_required_attribute = False

    def __init__(
        self,
        source: Form,
        *,
        language: str,
        data: Mapping[str, Any] | None,
        initial: Mapping[str, Any],
        prefix: str | None,
        choices: Choices,
        step: Step | None,
    ) -> None:
        super().__init__(data=data, prefix=prefix)
        self.source = source
        self.language = language
        self.step = step
        self.source_fields = [
            field for field in fields_of(source) if step is None or field.name in step.fields
        ]
        self.row_counts: dict[str, int] = {}
        with override(language):
            for field in self.source_fields:
                value = initial.get(field.name)
                if field.kind == "group":
                    self._add_group(field, value if isinstance(value, list) else [], choices)
                else:
                    self._add_field(field, field.name, value, choices, in_row=False)

    def _add_field(self, field: FormField, name: str, value: Any, choices: Choices, *, in_row: bool) -> None:
        self.fields[name] = build_field(field, self.language, choices, in_row)
        if value is not None:
            self.initial[name] = from_json(field, value)

    def _add_group(self, field: FormField, rows: list[Any], choices: Choices) -> None:
        self.row_counts[field.name] = self._row_count(field, len(rows))
        for row in range(self.row_counts[field.name]):
            values = rows[row] if row < len(rows) and isinstance(rows[row], dict) else {}
            for child in field.children:
                self._add_field(
                    child, row_name(field, row, child), values.get(child.name), choices, in_row=True
                )

    def _row_count(self, field: FormField, stored: int) -> int:
        """The ui's rows, more where the data or the POST has more, never more than the schema takes."""
        limit = min(field.schema.get("maxItems", _MAX_ROWS), _MAX_ROWS)
        shape = re.compile(re.escape(self.add_prefix(field.name)) + r"-([0-9]{1,3})-")
        sent = [int(match[1]) + 1 for match in map(shape.match, self.data) if match]
        return min(max([field.ui.get("rows", _ROWS), stored, *sent]), limit)

    def json_data(self) -> dict[str, Any]:
        """What the page says, as JSON data; see `form_data`."""
        simple = [field for field in self.source_fields if field.kind != "group"]
        data = dict(self._values(simple, lambda field: field.name))
        for field in self.source_fields:
            if field.kind == "group" and (rows := self.filled_rows(field)):
                data[field.name] = [values for _, values in rows]
        return data

    def filled_rows(self, field: FormField) -> list[tuple[int, dict[str, Any]]]:
        """The group's rows that say something: number on the page, from 0, and JSON data."""
        rows = [
            (row, dict(self._values(field.children, partial(row_name, field, row))))
            for row in range(self.row_counts[field.name])
        ]
        return [(row, values) for row, values in rows if not is_empty_row(values)]

    def _values(
        self, fields: Sequence[FormField], name_of: Callable[[FormField], str]
    ) -> Iterator[tuple[str, Any]]:
        for field in fields:
            name = name_of(field)
            raw = self.fields[name].widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            value = to_json(field, raw)
            if value is not None:
                yield field.name, value

    def uploads(self) -> list[tuple[str, str]]:
        """For each field of documents: the name its ids have in the POST, and the name of its file input."""
        names = [self.add_prefix(field.name) for field in self.source_fields if field.kind == "documents"]
        return [(name, upload_name(name)) for name in names]

    def attach(self, name: str, message: str) -> None:
        """Put a message beside the field or group `name`, or on top of the page for `__all__`."""
        self.errors.setdefault(name, self.error_class(renderer=self.renderer)).append(message)

    def get_context(self) -> dict[str, Any]:
        """For the template: `blocks` (what to show), `summary` (places to link to and messages), texts."""
        blocks = blocks_of(self)
        overlay = self.source.english if is_english(self.language) else self.source.schema
        return {
            "form": self,
            "blocks": blocks,
            "summary": summary_of(self, blocks),
            "summary_id": f"id_{self.add_prefix('error-summary')}",
            # Said once, on the first page of a form.
            "intro": overlay.get("description", "") if self._is_first else "",
            "html_lang": "en" if is_english(self.language) else "zh-Hans",
        }

    @property
    def _is_first(self) -> bool:
        return self.step is None or fields_of(self.source)[0].name in self.step.fields

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        """The form in its own language, whatever language the thread speaks."""
        with override(self.language):
            return super().render(*args, **kwargs)

    # Django binds these to its own `render`, which knows no language.
    __str__ = render
    __html__ = render


def build_form(
    form: Form,
    *,
    language: str,
    data: Mapping[str, Any] | None = None,
    initial: Mapping[str, Any] | None = None,
    prefix: str | None = None,
    choices: Choices | None = None,
    step: Step | None = None,
) -> SchemaForm:
    """The page's form. `data` is a POST, `initial` is JSON data (a draft); titles and help are in `language`.

    With `step` the page has the fields of that step only. `choices` fill the widgets `record`, `matter`, `session` and
    name stored `documents`: [(value, label)].
    """
    return SchemaForm(
        form,
        language=language,
        data=data,
        initial=initial or {},
        prefix=prefix,
        choices=choices or {},
        step=step,
    )


def form_data(page_form: SchemaForm) -> dict[str, Any]:
    """The POST as JSON data for `validate`. Blank fields and blank rows of groups are left out.

    What cannot be read as its type stays a text, so that the schema, the only validator, refuses it.
    """
    return page_form.json_data()


def attach_errors(page_form: SchemaForm, errors: Sequence[Problem]) -> None:
    """Put the problems that `validate` found in `form_data(page_form)` beside the fields they belong to.

    Those without a field (unknown keys, the whole) go on top. Row numbers become those of the page, which
    still shows the blank rows.
    """
    moved = [_on_page(page_form, problem) for problem in errors]
    for local in localise(moved, page_form.language, page_form.source):
        page_form.attach(_name_of(page_form, local["pointer"]), local["message"])


def add_documents(post: QueryDict, name: str, ids: Sequence[str]) -> QueryDict:
    """A copy of the POST with the ids of files that were just stored; `name` is the first of `uploads()`."""
    copy = post.copy()
    copy.setlist(name, list(dict.fromkeys([*copy.getlist(name), *ids])))
    return copy


def _on_page(page_form: SchemaForm, problem: Problem) -> Problem:
    parts = split_pointer(problem["pointer"])
    row = row_of(parts)
    group = next(
        (field for field in page_form.source_fields if field.kind == "group" and parts[:1] == [field.name]),
        None,
    )
    if row is None or group is None:
        return problem
    rows = page_form.filled_rows(group) if page_form.is_bound else []
    shown = rows[row][0] if row < len(rows) else row
    return {**problem, "pointer": join_pointer([parts[0], shown, *parts[2:]])}


def _name_of(page_form: SchemaForm, pointer: str) -> str:
    parts = split_pointer(pointer)
    candidates = ["-".join(parts[:3]), *parts[:1]]
    known = {*page_form.fields, *page_form.row_counts}
    return next((name for name in candidates if name in known), _WHOLE)
