"""A long form page by page: which fields stand together, in which order, under which heading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forms.fields import is_english
from forms.loader import Form
from forms.pointers import split_pointer
from forms.problems import Problem


@dataclass(frozen=True)
class Step:
    """One page of a form: the names of its fields, and its heading in both languages."""

    title: str
    title_en: str
    fields: tuple[str, ...]

    def heading(self, language: str) -> str:
        """The heading in the language."""
        return self.title_en if is_english(language) else self.title


def steps_of(form: Form) -> tuple[Step, ...]:
    """The pages of the form as its ui names them; a form without `steps` is one page with all its fields."""
    english = form.english.get("steps", ())
    named = form.ui.get("steps", ())
    if not named:
        title = str(form.schema.get("title", ""))
        return (Step(title, str(form.english.get("title", title)), tuple(form.schema["properties"])),)
    return tuple(
        Step(each["title"], english[at] if at < len(english) else each["title"], tuple(each["fields"]))
        for at, each in enumerate(named)
    )


def merged(data: Mapping[str, Any], step: Step, typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was known of the whole form, with the fields of this step as they were typed now."""
    kept = {name: value for name, value in data.items() if name not in step.fields}
    return {**kept, **{name: value for name, value in typed.items() if name in step.fields}}


def problems_on(step: Step, problems: Sequence[Problem]) -> list[Problem]:
    """Those of the form's problems that lie in fields of this step."""
    return [each for each in problems if (split_pointer(each["pointer"]) or [""])[0] in step.fields]


def first_faulty(steps: Sequence[Step], problems: Sequence[Problem]) -> int | None:
    """The place of the first step with a problem, the last one for those that lie in no field; None if there is
    none."""
    if not problems:
        return None
    return next((at for at, step in enumerate(steps) if problems_on(step, problems)), len(steps) - 1)
