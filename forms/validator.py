"""Checks submitted data against a form. The JSON Schema is the only validator, for pages and for the API."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypedDict

from django.utils.translation import gettext, override
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry

from forms.fields import FormField, fields_of, row_of, title_at
from forms.formats import FORMAT_CHECKER, NORMALISERS
from forms.hostile import MAX_TEXT, find_hostile
from forms.loader import Form
from forms.messages import problems_from
from forms.pointers import split_pointer
from forms.problems import FormInvalidError, Problem

__all__ = ["FormInvalidError", "LocalProblem", "localise", "validate"]

# One page of them is more than anybody mends at once, and hostile data could make a hundred thousand.
MAX_ERRORS = 100
_MAX_FINDINGS = 1000
_CHINESE = "zh-hans"


class LocalProblem(TypedDict):
    """One problem for its reader: JSON pointer, stable code, sentence."""

    pointer: str
    code: str
    message: str


def _pattern(
    _validator: Any, pattern: str, instance: Any, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """`pattern` with \\d and \\w as JSON Schema means them (ASCII), and only on texts of permitted length.

    The time a pattern takes grows with the text, and a text that is too long is refused anyway.
    """
    if not isinstance(instance, str) or len(instance) > schema.get("maxLength", MAX_TEXT):
        return
    if not re.search(pattern, instance, re.ASCII):
        yield ValidationError("pattern")


_Validator = extend(Draft202012Validator, {"pattern": _pattern})


def make_checker(schema: Mapping[str, Any]) -> Validator:
    """What finds the errors of data against a schema; it fetches nothing from anywhere. For any number of threads."""
    return _Validator(schema, format_checker=FORMAT_CHECKER, registry=Registry())


def validate(form: Form, data: object) -> dict[str, Any]:
    """The cleaned copy of `data`, ready to store.

    Cleaned means: white space around texts removed, line ends as `\\n`, empty texts left out, whole floats as
    integers, codes and dates in half-width capitals. Raises `FormInvalidError` with every problem at once (at
    most 100), sorted by the order of the fields on the page. Nothing else is raised for any data.
    """
    _refuse(form, find_hostile(data))
    cleaned = _normalise(form, _clean(data))
    errors = form.checker.iter_errors(cleaned)
    _refuse(form, (problem for error in errors for problem in problems_from(error, form)))
    assert isinstance(cleaned, dict)
    return cleaned


def localise(errors: Sequence[Problem], language: str, form: Form) -> list[LocalProblem]:
    """The problems as sentences in the reader's language (`zh-hans`, `en`), with the fields' titles in it."""
    with override(language):
        return [
            {
                "pointer": each["pointer"],
                "code": each["code"],
                "message": gettext(each["message_id"]).format_map(
                    {**each["params"], "title": title_at(form, each["pointer"], language)}
                ),
            }
            for each in errors
        ]


def _refuse(form: Form, found: Iterator[Problem]) -> None:
    problems: dict[tuple[str, str], Problem] = {}
    for problem in islice(found, _MAX_FINDINGS):
        problems.setdefault((problem["pointer"], problem["code"]), problem)
    if not problems:
        return
    # Other findings about a value of the wrong type only repeat the same thing.
    mistyped = {pointer for pointer, code in problems if code == "type"}
    kept = [each for (pointer, code), each in problems.items() if code == "type" or pointer not in mistyped]
    places = {field.path: place for place, field in enumerate(_flat(fields_of(form)))}
    kept.sort(key=lambda problem: _place(problem["pointer"], places))
    with override(_CHINESE):
        for problem in kept[:MAX_ERRORS]:
            problem["params"] = {"title": title_at(form, problem["pointer"], _CHINESE), **problem["params"]}
    raise FormInvalidError(kept[:MAX_ERRORS], form)


def _flat(fields: tuple[FormField, ...]) -> Iterator[FormField]:
    for field in fields:
        yield field
        yield from field.children


def _place(pointer: str, places: Mapping[str, int]) -> tuple[int, int, int]:
    """Where a problem stands on the page: field, row, field in the row. Unknown keys come last."""
    parts = split_pointer(pointer)
    if not parts:
        return (-1, 0, 0)
    last = len(places)
    row = row_of(parts)
    inner = places.get(f"{parts[0]}.{parts[2]}", last) if len(parts) > 2 else -1
    return (places.get(parts[0], last), -1 if row is None else row, inner)


def _clean(value: Any) -> Any:
    """A deep copy in one writing. Empty texts in objects are left out: blank is how people say "nothing"."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        cleaned = ((key, _clean(each)) for key, each in value.items())
        return {key: each for key, each in cleaned if each != ""}
    return value


def _normalise(form: Form, data: Any) -> Any:
    return _normalise_fields(fields_of(form), data)


def _normalise_fields(fields: tuple[FormField, ...], data: Any) -> Any:
    if isinstance(data, dict):
        for field in fields:
            if field.name in data:
                data[field.name] = _normalise_value(field, data[field.name])
    return data


def _normalise_value(field: FormField, value: Any) -> Any:
    if isinstance(value, list):
        if field.children:
            return [_normalise_fields(field.children, row) for row in value]
        name = field.schema.get("items", {}).get("format")
        return [
            NORMALISERS[name](each) if name in NORMALISERS and isinstance(each, str) else each
            for each in value
        ]
    name = field.schema.get("format")
    return NORMALISERS[name](value) if name in NORMALISERS and isinstance(value, str) else value
