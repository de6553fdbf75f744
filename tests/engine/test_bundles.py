"""Bundles: found, hashed, frozen and brought back."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.samples import manifest
from workflow_app.engine.bundles import bundle_from_frozen, content_hash, discover
from workflow_app.engine.errors import DefinitionInvalidError


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    call_command("new_process", "sample", root=tmp_path, verbosity=0)
    return tmp_path


def test_a_bundle_holds_what_runs_and_nothing_about_it(tree: Path) -> None:
    found = discover(tree)["sample"]
    kinds = {path.partition("/")[0] for path in found.files}
    assert kinds == {"bpmn", "forms", "notifications"}
    assert "bpmn/sample/deadlines.yaml" in found.files
    assert not [path for path in found.files if "scenarios" in path or path.endswith((".md", ".py"))]
    assert list(found.below("forms/sample/letters", ".html")) == [
        "forms/sample/letters/granted.html",
        "forms/sample/letters/refused.html",
    ]


def test_another_tree_leaves_no_compiled_files(tree: Path) -> None:
    discover(tree)
    assert not list(tree.rglob("__pycache__"))


def test_frozen_and_back(tree: Path) -> None:
    found = discover(tree)["sample"]
    back = bundle_from_frozen(
        found.slug, found.version, found.content_hash, found.files, found.manifest.as_dict()
    )
    assert back == found


def test_the_order_of_files_does_not_matter_but_every_letter_does(tree: Path) -> None:
    found = discover(tree)["sample"]
    assert content_hash(dict(reversed(found.files.items())), found.manifest) == found.content_hash
    for path in found.files:
        assert (
            content_hash({**found.files, path: found.files[path] + " "}, found.manifest) != found.content_hash
        )
    assert content_hash(found.files, replace(found.manifest, version="2")) != found.content_hash


@given(st.sampled_from(["files", "manifest", "hash"]))
def test_a_row_that_was_changed_is_refused(what: str) -> None:
    process = manifest()
    files = {"bpmn/sample/sample.bpmn": "x"}
    expected = content_hash(files, process)
    if what == "files":
        files = {"bpmn/sample/sample.bpmn": "y"}
    values = process.as_dict() | ({"number_prefix": "YY"} if what == "manifest" else {})
    with pytest.raises(DefinitionInvalidError, match="哈希值"):
        bundle_from_frozen("sample", "1", "0" * 64 if what == "hash" else expected, files, values)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("X = 1\n", "没有 PROCESS"),
        ("PROCESS = 1\n", "没有 PROCESS"),
        ("from bpmn.manifest import Process\nPROCESS = {}\n", "没有 PROCESS"),
    ],
)
def test_a_folder_without_a_manifest_is_a_problem(tree: Path, text: str, reason: str) -> None:
    (tree / "bpmn" / "sample" / "process.py").write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionInvalidError, match=reason):
        discover(tree)


def test_a_slug_is_the_name_of_its_folder_and_used_once(tree: Path) -> None:
    shutil.copytree(tree / "bpmn" / "sample", tree / "bpmn" / "twin")
    with pytest.raises(DefinitionInvalidError, match="twin：标识 sample 已被使用"):
        discover(tree)
    shutil.rmtree(tree / "bpmn" / "sample")
    with pytest.raises(DefinitionInvalidError, match="应与文件夹同名"):
        discover(tree)


def test_a_tree_without_processes_is_empty(tmp_path: Path) -> None:
    assert discover(tmp_path) == {}
