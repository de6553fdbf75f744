"""`manage.py new_process`: whole or not at all, and clear about why not."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bpmn.manifest import Text
from workflow_app.engine.bundles import discover
from workflow_app.gate import gate_problems
from workflow_app.management.skeletons import SkeletonError, free_prefix, write_skeleton


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("slug", ["x", "credit_report", "a1_2", "a" * 40])
def test_any_good_slug_makes_a_process_that_passes(slug: str, tmp_path: Path) -> None:
    call_command("new_process", slug, root=tmp_path, verbosity=0)
    bundle = discover(tmp_path)[slug]
    assert gate_problems(bundle, tmp_path) == []
    assert not [path for path in files(tmp_path) if path.split("/")[1] != slug]
    assert "__slug__" not in "".join(bundle.files.values())


def test_titles_stand_everywhere(tmp_path: Path) -> None:
    call_command(
        "new_process", "x", title="信用报告（试行）", title_en="Credit report", root=tmp_path, verbosity=0
    )
    bundle = discover(tmp_path)["x"]
    assert bundle.manifest.title == Text("信用报告（试行）", "Credit report")
    assert "信用报告（试行）" in bundle.files[bundle.diagram_path]
    assert '"Credit report: application"' in bundle.files["forms/x/start.en.json"]


@pytest.mark.parametrize(
    "slug",
    [
        "", "X", "Credit", "1x", "_x", "a-b", "a b", "a.b", "../x", "a/b", "信用", "x\n", "a" * 41, "class", "import",
        "None",
    ],
)  # fmt: skip
def test_bad_slugs_are_refused_with_advice(slug: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"不能作为流程标识|保留字"):
        call_command("new_process", slug, root=tmp_path)
    assert files(tmp_path) == set()


@pytest.mark.parametrize("taken", ["bpmn/x", "forms/x", "notifications/x", "bpmn/x.py", "forms/x.py"])
def test_what_exists_is_never_touched(taken: str, tmp_path: Path) -> None:
    place = tmp_path / taken
    place.parent.mkdir(parents=True)
    if place.suffix:
        place.write_text("mine", encoding="utf-8")
    else:
        place.mkdir()
        (place / "mine").write_text("mine", encoding="utf-8")
    before = files(tmp_path)
    with pytest.raises(CommandError, match="已经存在"):
        call_command("new_process", "x", root=tmp_path)
    assert files(tmp_path) == before


@pytest.mark.parametrize("title", ["<b>", 'a"b', "{{ x }}", "{% x %}", "a\\b", "x" * 61, " x", "it's", "a&b"])
def test_titles_that_would_break_a_file_are_refused(title: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="名称"):
        call_command("new_process", "x", title=title, root=tmp_path)
    assert files(tmp_path) == set()


def test_a_failure_in_the_middle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str, path: str) -> str:
        raise RuntimeError("no space")

    monkeypatch.setattr("workflow_app.management.skeletons.lay_out", fail)
    with pytest.raises(RuntimeError):
        write_skeleton("x", tmp_path, Text("甲", "X"), "XX")
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_would_not_pass_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "workflow_app.management.commands.new_process.gate_problems", lambda bundle, root: ["甲：不行"]
    )
    with pytest.raises(CommandError, match="不行"):
        call_command("new_process", "x", root=tmp_path)
    assert files(tmp_path) == set()


def test_other_processes_must_be_sound_first(tmp_path: Path) -> None:
    broken = tmp_path / "bpmn" / "broken"
    broken.mkdir(parents=True)
    (broken / "process.py").write_text("X = 1\n", encoding="utf-8")
    with pytest.raises(CommandError, match="没有 PROCESS"):
        call_command("new_process", "x", root=tmp_path)
    assert files(tmp_path) == {"bpmn/broken/process.py"}


@pytest.mark.parametrize(
    ("slug", "taken", "prefix"),
    [
        ("credit_report", [], "CREDIT"),
        ("x", [], "XX"),
        ("a1", [], "AX"),
        ("credit_report", ["CREDIT"], "CREDIA"),
        ("xy", ["XY", "XYA"], "XYB"),
    ],
)
def test_case_numbers_get_letters_of_their_own(slug: str, taken: list[str], prefix: str) -> None:
    assert free_prefix(slug, taken) == prefix


def test_prefixes_do_not_run_out_soon() -> None:
    taken: set[str] = set()
    for _ in range(500):
        taken.add(free_prefix("credit", taken))
    assert len(taken) == 500
    assert all(2 <= len(each) <= 6 for each in taken)


def test_two_new_processes_have_two_prefixes(tmp_path: Path) -> None:
    for slug in ("report", "report_b"):
        call_command("new_process", slug, root=tmp_path, verbosity=0)
    prefixes = {bundle.manifest.number_prefix for bundle in discover(tmp_path).values()}
    assert prefixes == {"REPORT", "REPORA"}


def test_a_tree_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nowhere 不存在"):
        call_command("new_process", "x", root=tmp_path / "nowhere")


def test_the_slug_is_checked_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(SkeletonError):
        write_skeleton("../x", tmp_path / "tree", Text("甲", "X"), "XX")
    assert not (tmp_path / "tree").exists()
