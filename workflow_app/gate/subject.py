"""What the rules of the gate look at: a bundle, its program and the forms in it, read once."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from forms.fields import FormField, fields_of
from forms.loader import Form, form_from_files, form_names
from workflow_app.domain.errors import CreditError
from workflow_app.engine.bundles import Bundle
from workflow_app.engine.programs import Program

# Kinds of field whose value is one value, so that it may enter process data.
_MANY = {"documents", "group", "checkboxes"}


@dataclass(frozen=True)
class Subject:
    """One process before the gate. `root` is where its scenarios and README lie."""

    bundle: Bundle
    program: Program
    root: Path

    @property
    def slug(self) -> str:
        return self.bundle.slug

    @property
    def path(self) -> str:
        return self.bundle.diagram_path

    @property
    def manifest_path(self) -> str:
        return f"bpmn/{self.slug}/process.py"

    @cached_property
    def forms(self) -> dict[str, Form]:
        """The forms that can be read, by name; the others are a problem of their own."""
        found = {}
        for name in form_names(self.bundle.files, self.slug):
            try:
                found[name] = form_from_files(self.bundle.files, self.slug, name)
            except CreditError:
                continue
        return found

    def fields(self, form: str) -> dict[str, FormField]:
        """The fields of a form by name; none where the form cannot be read."""
        found = self.forms.get(form)
        try:
            return {field.name: field for field in fields_of(found)} if found else {}
        except (KeyError, TypeError, AttributeError):
            return {}

    def single_fields(self, form: str) -> set[str]:
        """The fields of a form that hold one value."""
        return {name for name, field in self.fields(form).items() if is_single(field)}

    def form_of(self, task: str) -> str:
        """The form of a user task."""
        return self.program.tasks[task].form


def is_single(field: FormField) -> bool:
    """Whether a field holds one value, not a list or a group."""
    return field.kind not in _MANY and field.schema.get("type") != "array"


def constant(text: str) -> object:
    """The value of an expression that is a constant; None for a name or anything composed."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None


def constants(parameters: Mapping[str, str]) -> dict[str, object]:
    """The parameters of a service task that are constants."""
    return {name: constant(text) for name, text in parameters.items()}
