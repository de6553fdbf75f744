"""Forms for clients that draw them: the same rules in the reader's language."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings

from forms.languages import told_in
from forms.loader import Form, form_from_files, form_names, read_forms
from forms.problems import FormInvalidError
from forms.validator import validate
from tests.forms.samples import EVERYTHING, make_form, options

CHINESE = re.compile(r"[\u3400-\u9fff]")
SLUGS = sorted(path.parent.name for path in (settings.BASE_DIR / "bpmn").glob("*/process.py"))
REAL = [
    form_from_files(read_forms(slug), slug, name)
    for slug in SLUGS
    for name in form_names(read_forms(slug), slug)
]


def test_chinese_readers_get_the_files_as_they_are() -> None:
    assert told_in("zh-hans", EVERYTHING) == (EVERYTHING.schema, EVERYTHING.ui)


@pytest.mark.parametrize("form", [EVERYTHING, *REAL], ids=lambda form: form.name)
def test_english_readers_read_no_chinese(form: Form) -> None:
    before = json.dumps([form.schema, form.ui], ensure_ascii=False)
    schema, ui = told_in("en-GB", form)
    assert not CHINESE.search(json.dumps(schema["properties"], ensure_ascii=False))
    assert not CHINESE.search(
        json.dumps([schema["title"], schema.get("description", "")], ensure_ascii=False)
    )
    assert not CHINESE.search(json.dumps(ui, ensure_ascii=False))
    assert json.dumps([form.schema, form.ui], ensure_ascii=False) == before


@pytest.mark.parametrize("form", REAL, ids=lambda form: form.name)
def test_the_rules_are_the_same(form: Form) -> None:
    schema, ui = told_in("en", form)
    assert ui["order"] == form.ui["order"]
    assert _without_words(schema) == _without_words(form.schema)


def _without_words(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: each for key, each in value.items() if key not in ("title", "description")}
        # A property may be called title.
        properties = value.get("properties", {})
        return {key: _without_words(each) for key, each in kept.items()} | (
            {"properties": {key: _without_words(each) for key, each in properties.items()}}
            if properties
            else {}
        )
    return [_without_words(each) for each in value] if isinstance(value, list) else value


def test_what_is_defined_once_and_used_twice_is_told_in_each_place() -> None:
    choice = {"type": "string", "oneOf": options("a", "b")}
    form = make_form(
        {"one": {"$ref": "#/$defs/choice", "title": "甲"}, "two": {"$ref": "#/$defs/choice", "title": "乙"}},
        **{"$defs": {"choice": choice}},
    )
    english = {name: {"title": f"T {name}", "options": {"a": "O a", "b": "O b"}} for name in ("one", "two")}
    schema, ui = told_in("en", replace(form, english={"title": "T", "fields": english}))
    assert [schema["properties"][name]["title"] for name in ("one", "two")] == ["T one", "T two"]
    assert not CHINESE.search(json.dumps(schema["properties"], ensure_ascii=False))
    translated = Form(form.name, schema, ui, {})
    assert validate(translated, {"one": "a", "two": "b"}) == {"one": "a", "two": "b"}
    with pytest.raises(FormInvalidError):
        validate(translated, {"one": "c"})
