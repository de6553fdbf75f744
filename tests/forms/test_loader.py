"""Files to forms."""

import json
from pathlib import Path

import pytest

from forms.loader import FormFileBrokenError, FormMissingError, form_from_files, form_names, read_forms


def write(root: Path, path: str, content: str = "{}") -> None:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(content, encoding="utf-8")


def test_reads_everything_below_the_slug(tmp_path: Path) -> None:
    write(tmp_path, "repair/start.schema.json", '{"title": "信用修复"}')
    write(tmp_path, "repair/letters/granted.html", "<p>同意</p>")
    write(tmp_path, "repair/.hidden", "no")
    write(tmp_path, "other/start.schema.json")

    assert read_forms("repair", root=tmp_path) == {
        "forms/repair/letters/granted.html": "<p>同意</p>",
        "forms/repair/start.schema.json": '{"title": "信用修复"}',
    }


def test_a_process_without_forms_has_none(tmp_path: Path) -> None:
    assert read_forms("repair", root=tmp_path) == {}


@pytest.mark.parametrize("slug", ["..", "../secret", "/etc", "a/b", "", "A", "a.b"])
def test_a_slug_cannot_leave_the_folder(slug: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="slug"):
        read_forms(slug, root=tmp_path)


def test_names_are_those_of_the_process() -> None:
    files = {
        "forms/repair/start.schema.json": "",
        "forms/repair/review.schema.json": "",
        "forms/repair/review.ui.json": "",
        "forms/repair/letters/odd.schema.json": "",
        "forms/repair2/start.schema.json": "",
    }
    assert form_names(files, "repair") == ["review", "start"]


def texts(**replaced: str) -> dict[str, str]:
    parts = {"schema": '{"title": "甲"}', "ui": '{"order": []}', "en": '{"title": "A"}', **replaced}
    return {f"forms/repair/start.{part}.json": content for part, content in parts.items()}


def test_a_form_is_its_three_files() -> None:
    form = form_from_files(texts(), "repair", "start")
    assert (form.name, form.schema, form.ui, form.english) == (
        "start",
        {"title": "甲"},
        {"order": []},
        {"title": "A"},
    )


@pytest.mark.parametrize("part", ["schema", "ui", "en"])
def test_a_missing_file_is_named(part: str) -> None:
    files = texts()
    del files[f"forms/repair/start.{part}.json"]
    with pytest.raises(FormMissingError) as raised:
        form_from_files(files, "repair", "start")
    assert raised.value.status == 404
    assert str(raised.value) == f"没有找到表单文件 forms/repair/start.{part}.json。"


@pytest.mark.parametrize("content", ["", "[]", '"text"', "{", '{"a": 1, "a": 2}', '{"x": {"a": 1, "a": 1}}'])
def test_a_broken_file_is_refused(content: str) -> None:
    with pytest.raises(FormFileBrokenError) as raised:
        form_from_files(texts(ui=content), "repair", "start")
    assert raised.value.code == "form_file_broken"
    assert raised.value.params["path"] == "forms/repair/start.ui.json"
    json.dumps(raised.value.params)
