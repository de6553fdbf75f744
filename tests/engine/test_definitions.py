"""Deployment: all or nothing, twice like once, and running cases keep what they were filed under."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from workflow_app.engine.bundles import discover
from workflow_app.engine.errors import DefinitionInvalidError
from workflow_app.models import DeadlineRule, Definition
from workflow_app.services import definitions
from workflow_app.services.definitions import bundle_of, current_bundle, deploy_all, list_current
from workflow_app.services.errors import ProcessUnknownError

SLUG = "sample"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    call_command("new_process", SLUG, root=tmp_path, verbosity=0)
    return tmp_path


@pytest.fixture(autouse=True)
def fresh_memory() -> Iterator[None]:
    bundle_of.cache_clear()
    yield
    bundle_of.cache_clear()


def rewrite(tree: Path, path: str, old: str, new: str) -> None:
    text = (tree / path).read_text(encoding="utf-8")
    assert old in text
    (tree / path).write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.django_db
def test_deploying_twice_changes_nothing(tree: Path) -> None:
    (first,) = deploy_all(tree)
    rules = list(DeadlineRule.objects.filter(process=SLUG).values())
    (second,) = deploy_all(tree)
    assert (first.pk, first.is_current) == (second.pk, True)
    assert Definition.objects.filter(slug=SLUG).count() == 1
    assert list(DeadlineRule.objects.filter(process=SLUG).values()) == rules


@pytest.mark.django_db
def test_a_new_content_becomes_current_and_the_old_one_stays(tree: Path) -> None:
    (old,) = deploy_all(tree)
    rewrite(tree, f"notifications/{SLUG}/decided.txt", "查看案件", "请查看案件")
    (new,) = deploy_all(tree)
    assert new.pk != old.pk
    old.refresh_from_db()
    assert (old.is_current, new.is_current) == (False, True)
    assert current_bundle(SLUG)[0] == new
    assert "请查看案件" not in bundle_of(old.pk).files[f"notifications/{SLUG}/decided.txt"]
    # Back to the old text: the old definition again, no third one.
    rewrite(tree, f"notifications/{SLUG}/decided.txt", "请查看案件", "查看案件")
    (back,) = deploy_all(tree)
    assert back.pk == old.pk
    assert current_bundle(SLUG)[0] == old
    assert Definition.objects.filter(slug=SLUG).count() == 2


@pytest.mark.django_db
def test_one_process_that_fails_stops_all(tree: Path) -> None:
    call_command("new_process", "other", root=tree, verbosity=0)
    rewrite(tree, "bpmn/other/deadlines.yaml", "amount: 5", "amount: 0")
    with pytest.raises(DefinitionInvalidError, match=r"other/deadlines\.yaml"):
        deploy_all(tree)
    assert not Definition.objects.filter(slug__in=(SLUG, "other")).exists()
    assert not DeadlineRule.objects.filter(process=SLUG).exists()


@pytest.mark.django_db
def test_two_processes_with_one_prefix_are_not_deployed(tree: Path) -> None:
    call_command("new_process", "other", root=tree, verbosity=0)
    mine = discover(tree)[SLUG].manifest.number_prefix
    theirs = discover(tree)["other"].manifest.number_prefix
    rewrite(tree, "bpmn/other/process.py", theirs, mine)
    with pytest.raises(DefinitionInvalidError, match="number_prefix"):
        deploy_all(tree)


@pytest.mark.django_db
def test_dated_rules_are_loaded_and_brought_up_to_date(tree: Path) -> None:
    deploy_all(tree)
    rule = DeadlineRule.objects.get(process=SLUG)
    assert (rule.clock, rule.amount, rule.unit, rule.jurisdiction) == ("handle", 5, "working_day", "")
    assert rule.valid_from == date(2020, 1, 1)
    rewrite(tree, f"bpmn/{SLUG}/deadlines.yaml", "amount: 5", "amount: 3")
    deploy_all(tree)
    rule.refresh_from_db()
    assert rule.amount == 3
    rewrite(tree, f"bpmn/{SLUG}/deadlines.yaml", "valid_from: 2020-01-01", "valid_from: 2026-01-01")
    deploy_all(tree)
    assert sorted(DeadlineRule.objects.filter(process=SLUG).values_list("valid_from", "amount")) == [
        (date(2020, 1, 1), 3),
        (date(2026, 1, 1), 3),
    ]


@pytest.mark.django_db
def test_what_a_rule_no_longer_says_is_taken_back(tree: Path) -> None:
    rewrite(
        tree,
        f"bpmn/{SLUG}/deadlines.yaml",
        "amount: 5",
        "amount: 5\n  pauses: 补正期间\n  extended_by: approver",
    )
    deploy_all(tree)
    rewrite(tree, f"bpmn/{SLUG}/deadlines.yaml", "\n  pauses: 补正期间\n  extended_by: approver", "")
    deploy_all(tree)
    rule = DeadlineRule.objects.get(process=SLUG)
    assert (rule.pauses, rule.extended_by) == ("", "")


@pytest.mark.django_db
def test_an_unknown_process_has_no_definition() -> None:
    with pytest.raises(ProcessUnknownError):
        current_bundle("no_such_process")


@pytest.mark.django_db
def test_the_processes_of_the_house_are_in_force() -> None:
    slugs = [definition.slug for definition, _ in list_current()]
    assert slugs == sorted(discover())
    for definition, bundle in list_current():
        assert (bundle.slug, bundle.content_hash) == (definition.slug, definition.content_hash)


@pytest.mark.django_db
def test_a_bundle_is_read_once_and_the_current_one_without_its_texts(
    tree: Path, django_assert_num_queries: object
) -> None:
    (definition,) = deploy_all(tree)
    with django_assert_num_queries(1):
        first = bundle_of(definition.pk)
    with django_assert_num_queries(0):
        assert bundle_of(definition.pk) is first
    with django_assert_num_queries(1):
        found, bundle = current_bundle(SLUG)
    assert bundle is first
    assert "files" in found.get_deferred_fields()


@pytest.mark.django_db
def test_a_definition_that_was_changed_in_the_database_is_refused(tree: Path) -> None:
    (definition,) = deploy_all(tree)
    files = {**definition.files, f"notifications/{SLUG}/decided.txt": "forged"}
    Definition.objects.filter(pk=definition.pk).update(files=files)
    with pytest.raises(DefinitionInvalidError, match="哈希值"):
        bundle_of(definition.pk)


@pytest.mark.usefixtures("committed_db")
def test_deployments_at_the_same_time_leave_one_current_definition(tree: Path) -> None:
    trees = [tree]
    for name in ("b", "c"):
        (tree / name).mkdir()
        call_command("new_process", SLUG, root=tree / name, title=f"示例{name}", verbosity=0)
        trees.append(tree / name)

    def deploy(root: Path) -> None:
        try:
            deploy_all(root)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(deploy, trees * 2))
    assert Definition.objects.filter(slug=SLUG).count() == 3
    assert Definition.objects.filter(slug=SLUG, is_current=True).count() == 1


@pytest.mark.django_db
def test_the_command_deploys_and_says_what(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("deploy_processes")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(discover())


@pytest.mark.django_db
def test_the_command_names_every_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(root: Path | None = None) -> None:
        raise DefinitionInvalidError(problems=["甲：一", "乙：二"])

    monkeypatch.setattr("workflow_app.management.commands.deploy_processes.deploy_all", fail)
    with pytest.raises(CommandError, match="甲：一\n乙：二"):
        call_command("deploy_processes")


def test_the_lock_of_deployments_is_no_other_lock() -> None:
    assert definitions._DEPLOYMENT_LOCK.to_bytes(4, "big") == b"DEPL"
