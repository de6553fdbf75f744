"""A database of an earlier version is brought up to date with what it holds."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.long

BEFORE = ("workflow_app", "0002_append_only_events")
AFTER = ("workflow_app", "0005_timekeeping_filled")
NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
LATER = datetime(2026, 3, 5, 2, tzinfo=UTC)
RULE = {"amount": 5, "unit": "working_day", "warning_points": [50, 80, 100]}
CHAIN = {"50": "assignee", "80": "queue", "100": "supervisor"}


def migrated(target: tuple[str, str]) -> Any:
    """Bring the database to this version → its models."""
    executor = MigrationExecutor(connection)
    executor.migrate([target])
    return MigrationExecutor(connection).loader.project_state([target]).apps


@pytest.fixture
def before(committed_db: str) -> Iterator[Any]:
    """The copy of the database at the earlier version, emptied of what that could not hold."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE workflow_app_deadlinerule")
    return migrated(BEFORE)


def test_clocks_and_rules_keep_what_they_said(before: Any) -> None:
    def model(name: str) -> Any:
        return before.get_model("workflow_app", name)

    rule = model("DeadlineRule").objects.create(
        process="objection", clock="handle", amount=5, unit="working_day", starts="受理之日",
        warning_points=[50, 80, 100], valid_from=NOW.date(), legal_basis="示例",
    )  # fmt: skip
    agency = model("Agency").objects.order_by("pk").first()
    case = model("Case").objects.create(
        number="YYCL-330700-20260302-000001", process="objection", agency=agency,
        definition=model("Definition").objects.get(slug="objection"),
        subject=model("Subject").objects.order_by("pk").first(),
        filed_by=model("User").objects.order_by("pk").first(),
        filed_at=NOW, rules={"handle": RULE, "accept": RULE}, state=b"", state_mac=b"",
    )  # fmt: skip
    clocks = {
        name: model("Clock").objects.create(
            case=case, name=name, amount=5, unit="working_day", legal_basis="示例", status=status,
            warning_points=[50, 80, 100], started_at=NOW, due_at=NOW,
            stopped_at=NOW if status == "stopped" else None,
        )
        for name, status in (("handle", "stopped"), ("ask_review", "running"))
    }  # fmt: skip
    for place, (name, role) in enumerate((("handle", "reviewer"), ("ask_review", "applicant"))):
        model("Task").objects.create(
            case=case, engine_id=UUID(int=place), element=f"task_{name}",
            title="示例", title_en="Example", role=role, form="x", clock=name, created_at=NOW,
            agency=None if role == "applicant" else agency,
        )  # fmt: skip

    after = migrated(AFTER)
    assert after.get_model(*rule_of(rule)).objects.get(pk=rule.pk).escalation == CHAIN
    moved = after.get_model("workflow_app", "Case").objects.get(pk=case.pk)
    kept = {"amount": 5, "unit": "working_day", "escalation": CHAIN}
    assert moved.rules == {"handle": kept, "accept": kept}
    assert moved.answered_at == NOW
    found = {
        name: after.get_model("workflow_app", "Clock").objects.get(pk=row.pk) for name, row in clocks.items()
    }
    assert {(row.process, row.agency_id) for row in found.values()} == {("objection", agency.pk)}
    assert {name: row.is_applicants for name, row in found.items()} == {"handle": False, "ask_review": True}
    assert all(row.escalation == CHAIN for row in found.values())


def test_cases_say_when_they_were_answered(before: Any) -> None:
    """By the clock that is the answer in their process, else when they ended; one that was withdrawn has none."""

    def model(name: str) -> Any:
        return before.get_model("workflow_app", name)

    agency = model("Agency").objects.order_by("pk").first()
    kinds = [
        # Process, status, and the clock that stopped, if any did.
        ("objection", "closed", "handle"),
        ("repair_revocation", "open", "decide"),
        ("repair_revocation", "closed", "accept"),
        ("commitment", "open", "accept"),
        ("repair", "withdrawn", "handle"),
    ]
    cases = []
    for place, (process, status, clock) in enumerate(kinds):
        case = model("Case").objects.create(
            number=f"YYCL-330700-20260302-00001{place}", process=process, agency=agency, status=status,
            definition=model("Definition").objects.get(slug=process),
            subject=model("Subject").objects.order_by("pk").first(),
            filed_by=model("User").objects.order_by("pk").first(),
            filed_at=NOW, closed_at=None if status == "open" else LATER, rules={}, state=b"", state_mac=b"",
        )  # fmt: skip
        model("Clock").objects.create(
            case=case, name=clock, amount=5, unit="working_day", legal_basis="示例", status="stopped",
            warning_points=[], started_at=NOW, due_at=NOW, stopped_at=NOW,
        )  # fmt: skip
        model("Task").objects.create(
            case=case, engine_id=UUID(int=place), element="task", title="示例", title_en="Example",
            role="reviewer", form="x", clock=clock, created_at=NOW, agency=agency,
        )  # fmt: skip
        cases.append(case.pk)

    after = migrated(AFTER)
    moved = after.get_model("workflow_app", "Case").objects.filter(pk__in=cases).order_by("pk")
    assert [case.answered_at for case in moved] == [NOW, NOW, LATER, None, None]
    tasks = after.get_model("workflow_app", "Task").objects.filter(case__in=cases).order_by("case")
    assert [task.process for task in tasks] == [process for process, *_ in kinds]


def rule_of(row: Any) -> tuple[str, str]:
    return row._meta.app_label, row._meta.model_name


PORTAL = ("workflow_app", "0007_publication_words")
SEARCHED = "SELECT publication_id FROM workflow_app_publicationwords WHERE words @@ %s::tsquery"


@pytest.fixture
def filled(committed_db: str) -> Any:
    """The copy of the database at the version before the portal, with a case and what is published of it."""
    apps = migrated(AFTER)

    def model(name: str) -> Any:
        return apps.get_model("workflow_app", name)

    agency = model("Agency").objects.order_by("pk").first()
    user = model("User").objects.order_by("pk").first()
    case = model("Case").objects.create(
        number="CN-330700-20260302-000001", process="commitment", agency=agency,
        definition=model("Definition").objects.get(slug="commitment"),
        subject=model("Subject").objects.order_by("pk").first(),
        filed_by=user, filed_at=NOW, rules={}, state=b"", state_mac=b"",
    )  # fmt: skip
    model("Submission").objects.create(case=case, form="start", data={"matter": "示例"}, by=user, at=NOW)
    for place in range(1003):
        model("Publication").objects.create(
            case=case, kind=f"kind{place}", title=f"信用承诺：第{place}号示例", starts_on=NOW, ends_on=LATER,
            content={"subject": "金华市某公司", "subject_code": f"9133{place:04}"},
        )  # fmt: skip
    return apps


def test_what_is_there_is_found_by_the_search(filled: Any) -> None:
    after = migrated(PORTAL)
    assert after.get_model("workflow_app", "PublicationWords").objects.count() == 1003
    with connection.cursor() as cursor:
        cursor.execute(SEARCHED, ["'91330077'"])
        found = [key for (key,) in cursor.fetchall()]
    publications = after.get_model("workflow_app", "Publication").objects
    assert found == [publications.get(content__subject_code="91330077").pk]
    # Cases follow in the background.
    assert after.get_model("workflow_app", "Submission").objects.filter(is_indexed=False).count() == 1


def test_it_can_be_undone_with_what_was_done_since(filled: Any) -> None:
    """What the earlier version cannot hold is gone, and nothing else."""
    after = migrated(("notifications", "0003_without_case"))

    def model(name: str, app: str = "workflow_app") -> Any:
        return after.get_model(app, name)

    user, case = model("User").objects.order_by("pk").first(), model("Case").objects.latest("pk")
    for about in ({"case": case}, {"process": "repair", "path": "/records"}):
        message = model("Message", "notifications").objects.create(
            recipient=user, event="example", origin="x", values={}, created_at=NOW, **about
        )
        model("Delivery", "notifications").objects.create(
            message=message, channel="email", address="a@example.org", due_at=NOW
        )
    for place in ("control", "desk"):
        model("SavedView").objects.create(user=user, name="示例", place=place)
    task = model("Task").objects.create(
        case=case, process="commitment", engine_id=UUID(int=0), element="task", title="示例",
        title_en="Example", role="reviewer", form="x", created_at=NOW, agency=case.agency,
    )  # fmt: skip
    for of in (None, task):
        model("Draft").objects.create(owner=user, process="commitment", task=of, data={}, updated_at=NOW)

    before = migrated(AFTER)
    with connection.cursor() as cursor:
        for table in (
            "notifications_message",
            "notifications_delivery",
            "workflow_app_savedview",
            "workflow_app_draft",
        ):
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (1,), table
    assert before.get_model("workflow_app", "Publication").objects.count() == 1003
