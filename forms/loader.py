"""From files to forms. Only `read_forms` touches the disk: a case reads the frozen texts of its bundle."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jsonschema.protocols import Validator

from workflow_app.domain.errors import CreditError, NotFoundError

FORMS_DIR = Path(__file__).parent

_SLUG = re.compile(r"[a-z][a-z0-9_-]*")
_SCHEMA, _UI, _ENGLISH = ".schema.json", ".ui.json", ".en.json"


class FormMissingError(NotFoundError):
    """The bundle has no such form, or one of its three files is missing; `path` names the file."""

    code = "form_missing"
    message = "没有找到表单文件 {path}。"


class FormFileBrokenError(CreditError):
    """A form file is no JSON object; only an unreviewed file can be, so it is the server's fault."""

    code = "form_file_broken"
    message = "表单文件 {path} 不是有效的 JSON 对象：{reason}"
    status = 500


@dataclass(frozen=True)
class Form:
    """One form: its JSON Schema 2020-12, its ui (order, widgets, help) and its English overlay."""

    name: str
    schema: Mapping[str, Any]
    ui: Mapping[str, Any]
    english: Mapping[str, Any]

    @cached_property
    def checker(self) -> Validator:
        """Finds the errors of data against the schema; made once, because that takes longer than to check."""
        from forms.validator import make_checker

        return make_checker(self.schema)


def read_forms(slug: str, root: Path = FORMS_DIR) -> dict[str, str]:
    """Every file below `forms/<slug>/` (letters too): path such as `forms/repair/start.ui.json` → text.

    Empty when the process has no folder. Raises ValueError for a slug that could leave the folder.
    """
    if not _SLUG.fullmatch(slug):
        raise ValueError(f"{slug!r} is no slug")
    paths = sorted(
        path for path in (root / slug).rglob("*") if path.is_file() and not path.name.startswith(".")
    )
    return {f"forms/{path.relative_to(root).as_posix()}": path.read_text(encoding="utf-8") for path in paths}


def form_names(files: Mapping[str, str], slug: str) -> list[str]:
    """The names of the process's forms in `files`, sorted."""
    folder = f"forms/{slug}/"
    names = (
        path.removeprefix(folder).removesuffix(_SCHEMA)
        for path in files
        if path.startswith(folder) and path.endswith(_SCHEMA)
    )
    return sorted(name for name in names if "/" not in name)


def form_from_files(files: Mapping[str, str], slug: str, name: str) -> Form:
    """The form `name` of process `slug` from the texts of a bundle.

    Raises `FormMissingError`, or `FormFileBrokenError` for a file that is no JSON object or repeats a key.
    """
    stem = f"forms/{slug}/{name}"
    return Form(
        name=name,
        schema=_parse(files, stem + _SCHEMA),
        ui=_parse(files, stem + _UI),
        english=_parse(files, stem + _ENGLISH),
    )


def _parse(files: Mapping[str, str], path: str) -> dict[str, Any]:
    if path not in files:
        raise FormMissingError(path=path)
    try:
        parsed = json.loads(files[path], object_pairs_hook=_without_repeats)
    except ValueError as error:
        raise FormFileBrokenError(path=path, reason=str(error)) from error
    if not isinstance(parsed, dict):
        raise FormFileBrokenError(path=path, reason=f"{type(parsed).__name__}")
    return parsed


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # A repeated key would silently win over the one a reviewer read.
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError(
            "repeated key: "
            + ", ".join(sorted({key for key, _ in pairs if [k for k, _ in pairs].count(key) > 1}))
        )
    return result
