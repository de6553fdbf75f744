"""A process as one bundle: the texts of its three rooms and its manifest, under one hash of their content."""

import hashlib
import importlib
import json
import re
import runpy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from bpmn.manifest import Process, process_from_dict
from workflow_app.engine.errors import DefinitionInvalidError

# A slug is a folder, a Python module, an XML id and part of an address.
SLUG = re.compile(r"[a-z][a-z0-9_]{0,39}")
ROOMS = ("bpmn", "forms", "notifications")
_TEXTS = {".bpmn", ".dmn", ".yaml", ".json", ".html", ".txt"}


@dataclass(frozen=True)
class Bundle:
    """All a case needs of its process, for life.

    `files` maps a path from the project's root, such as `forms/repair/start.schema.json`, to its text. The manifest
    stands for process.py; scenarios and README are about the process, not part of it.
    """

    slug: str
    version: str
    content_hash: str
    files: Mapping[str, str]
    manifest: Process

    @property
    def diagram_path(self) -> str:
        return f"bpmn/{self.slug}/{self.slug}.bpmn"

    def below(self, folder: str, suffix: str = "") -> dict[str, str]:
        """The files under `folder` whose names end in `suffix`, sorted by path."""
        return {
            path: text
            for path, text in sorted(self.files.items())
            if path.startswith(f"{folder}/") and path.endswith(suffix)
        }


def discover(root: Path | None = None) -> dict[str, Bundle]:
    """Every process below `root` (the project's own if None), by slug in alphabetical order.

    Raises DefinitionInvalidError for a folder without PROCESS, a slug that is not its folder's name, or one used twice.
    """
    root = root or settings.BASE_DIR
    bundles: dict[str, Bundle] = {}
    problems = []
    for path in sorted((root / "bpmn").glob("*/process.py")):
        process = _manifest(path, root)
        if not isinstance(process, Process):
            problems.append(f"{path.parent.name}：process.py 中没有 PROCESS")
        elif process.slug in bundles:
            problems.append(f"{path.parent.name}：标识 {process.slug} 已被使用")
        elif process.slug != path.parent.name or not SLUG.fullmatch(process.slug):
            problems.append(
                f"{path.parent.name}：标识 {process.slug} 应与文件夹同名，并只含小写字母、数字和下划线"
            )
        else:
            files = dict(_texts(root, process.slug))
            bundles[process.slug] = Bundle(
                process.slug, process.version, content_hash(files, process), files, process
            )
    if problems:
        raise DefinitionInvalidError(problems=problems)
    return bundles


def bundle_from_frozen(
    slug: str, version: str, expected_hash: str, files: Mapping[str, str], manifest: Mapping[str, Any]
) -> Bundle:
    """The bundle back from its stored row. Raises DefinitionInvalidError if the content is not what was hashed."""
    process = process_from_dict(manifest)
    found = content_hash(files, process)
    if found != expected_hash:
        raise DefinitionInvalidError(problems=[f"{slug} {version}：内容与哈希值 {expected_hash[:12]} 不符"])
    return Bundle(slug, version, found, dict(files), process)


def content_hash(files: Mapping[str, str], process: Process) -> str:
    """SHA-256 in hexadecimal over the canonical JSON of files and manifest."""
    content = json.dumps(
        {"files": dict(files), "manifest": process.as_dict()},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(content.encode()).hexdigest()


def _manifest(path: Path, root: Path) -> Any:
    if root == settings.BASE_DIR:
        return getattr(importlib.import_module(f"bpmn.{path.parent.name}.process"), "PROCESS", None)
    # Another root is no package: run the file itself, and leave no compiled copy behind.
    return runpy.run_path(str(path)).get("PROCESS")


def _texts(root: Path, slug: str) -> Iterator[tuple[str, str]]:
    for room in ROOMS:
        for path in sorted((root / room / slug).rglob("*")):
            inside = path.relative_to(root / room / slug)
            if path.suffix in _TEXTS and path.is_file() and inside.parts[0] != "scenarios":
                yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
