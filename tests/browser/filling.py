"""Fills in a form on a page as a person does: by what its labels say, and what its choices are called."""

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import FilePayload, Locator, Page, expect

from forms.fields import FormField, fields_of, row_name
from forms.loader import Form
from forms.values import from_json
from forms.widgets import upload_name
from workflow_app.demo.paper import PAPER

# What stories say where a person would choose a file.
PAPER_TOKEN = "$paper"


def paper(name: str = "证明材料.pdf") -> FilePayload:
    """A small real PDF to be uploaded."""
    return {"name": name, "mimeType": "application/pdf", "buffer": PAPER}


class Pen:
    """One person's way to fill in a form: with a mouse. `language` is what the labels are read in."""

    def __init__(self, page: Page, form: Form, language: str) -> None:
        self.page, self.form, self.language = page, form, language

    def fill(self, data: Mapping[str, Any]) -> None:
        """Write down what `data` says in each field that this page shows; what it does not show is for a later page."""
        for field in fields_of(self.form):
            if field.name not in data:
                continue
            if field.kind == "group":
                self._group(field, data[field.name])
            elif self._shows(field.name, field):
                self._field(field, field.name, data[field.name])

    def _group(self, field: FormField, rows: list[Mapping[str, Any]]) -> None:
        for number, row in enumerate(rows):
            for child in field.children:
                name = row_name(field, number, child)
                if child.name in row and self._shows(name, child):
                    self._field(child, name, row[child.name])

    def _shows(self, name: str, field: FormField) -> bool:
        named = upload_name(name) if field.kind == "documents" else name
        return self._named(named).first.is_visible()

    def _named(self, name: str) -> Locator:
        return self.page.locator(f'main form[data-autosave] [name="{name}"]')

    def _field(self, field: FormField, name: str, value: Any) -> None:
        match field.kind:
            case "choice" if self._named(name).first.get_attribute("type") == "radio":
                self._tick(self._option(name, value, dict(field.options(self.language))[value]))
            case "yes_no":
                self._tick(self._option(name, str(value).lower(), ""))
            case "choice" | "server":
                self._choose(self._labelled(field, name), str(value))
            case "choices":
                for each in value:
                    self._tick(self._option(name, each, dict(field.options(self.language))[each]))
            case "server_many":
                for each in value:
                    self._tick(self._option(name, each, ""))
            case "checkbox" if value:
                self._tick(self._labelled(field, name))
            case "documents":
                self._attach(self._named(upload_name(name)), len(value))
            case _:
                self._write(self._labelled(field, name), str(from_json(field, value)))

    def _labelled(self, field: FormField, name: str) -> Locator:
        """The field, which a label must name that says what the schema calls it."""
        control = self._named(name)
        label = self.page.locator(f'main form label[for="{control.get_attribute("id")}"]')
        expect(label.first).to_contain_text(field.title(self.language))
        return control

    def _option(self, name: str, value: Any, title: str) -> Locator:
        box = self.page.locator(f'main form[data-autosave] [name="{name}"][value="{value}"]')
        expect(self.page.locator(f'main form label[for="{box.get_attribute("id")}"]')).to_contain_text(title)
        return box

    def _attach(self, chooser: Locator, count: int) -> None:
        self._hand_in(chooser, [paper(f"证明材料{number}.pdf") for number in range(1, count + 1)])
        # With scripts it goes up at once, which the page shows.
        expect(self.page.locator("main form progress")).to_have_count(0)

    # What hands do.

    def _write(self, control: Locator, text: str) -> None:
        control.fill(text)

    def _tick(self, box: Locator) -> None:
        box.check()

    def _choose(self, control: Locator, value: str) -> None:
        control.select_option(value)

    def _hand_in(self, chooser: Locator, files: list[FilePayload]) -> None:
        chooser.set_input_files(files)
