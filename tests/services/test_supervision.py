"""A supervisor lengthens a deadline within the rule; the applicant reads why, and everything follows."""

import pytest

from notifications.models import Message
from notifications.texts import CHINESE, ENGLISH, render
from tests.services.world import account, china, do, file, kinds, redeploy, task, the_clock
from tests.web.browser import Browser
from tests.web.stories import do_task, file_objection, live_task
from workflow_app.domain.deadlines import BudgetInvalidError, ExtensionCapError
from workflow_app.domain.errors import ForbiddenError, NotFoundError
from workflow_app.engine.bundles import discover
from workflow_app.gate.papers import EXTENDED_EVENT
from workflow_app.models import Agency, Case, ClockExtension, Event, RoleGrant, Timer
from workflow_app.models.tasks import LIVE
from workflow_app.services.errors import (
    ClockNotRunningError,
    ExtensionNotAllowedError,
    ExtensionReasonMissingError,
    StaleVersionError,
)
from workflow_app.services.supervision import extend_deadline
from workflow_app.services.sweeping import fire_rungs
from workflow_app.services.ticking import run_due

BUNDLES = discover()


def extend(case: Case, amount: int = 5, by: str = "supervisor1", clock: str = "handle", **more):
    reason = more.pop("reason", "需要实地核查")
    return extend_deadline(
        number=case.number, clock=clock, amount=amount, reason=reason, user=account(by), **more
    )


@pytest.mark.usefixtures("acts")
class TestEverythingFollows:
    def test_clock_task_timer_and_rungs(self):
        case = file()
        due = extend(case).due_at
        assert due == china("2026-03-23 17:30") == the_clock(case).due_at
        assert task(case).due_at == due
        assert Timer.objects.get(case=case).due_at == due
        assert the_clock(case).rungs.get(percent=100).due_at == due

    def test_the_process_waits_for_the_new_date(self, at):
        """The timer of the diagram reads the fact: at the old date nothing happens, at the new one the case ends."""
        case = file()
        extend(case)
        at("2026-03-16 17:31")
        run_due()
        assert task(case).element == "task_check"
        at("2026-03-23 17:31")
        run_due()
        case.refresh_from_db()
        assert case.outcome == "overdue"

    def test_it_is_on_the_record_with_name_and_reason(self):
        case = file()
        extend(case)
        granted = ClockExtension.objects.get()
        assert (granted.amount, granted.reason, granted.approved_by) == (
            5,
            "需要实地核查",
            account("supervisor1"),
        )
        event = Event.objects.get(case=case, kind="clock.extended")
        assert event.actor == account("supervisor1")
        assert event.data["due_at"] == the_clock(case).due_at.isoformat()

    def test_a_paused_clock_goes_on_standing(self, at):
        case = file()
        at("2026-03-04 10:00")
        do(case, "reviewer1", result="supplement")
        at("2026-03-06 10:00")
        extend(case)
        assert the_clock(case).status == "paused"
        assert not the_clock(case).rungs.exists()
        do(case, "applicant1", note="补正")
        # 10 and 5 working days, and two of pause.
        assert the_clock(case).due_at == china("2026-03-25 17:30")

    def test_what_has_been_missed_stays_missed(self, at):
        """The deadline passes; the supervisor extends before any sweep: the breach is on the record all the same."""
        case = file()
        due = the_clock(case).due_at
        at("2026-03-16 17:29")
        do(case, "reviewer1", result="accept")
        at("2026-03-17 09:00")
        extend(case)
        assert the_clock(case).breached_at == due
        assert kinds(case).index("clock.breached") < kinds(case).index("clock.extended")

    def test_warnings_are_planned_for_the_longer_time(self, at):
        case = file()
        before = the_clock(case).rungs.get(percent=80).due_at
        extend(case)
        assert the_clock(case).rungs.get(percent=80).due_at > before
        at(before)
        fire_rungs()
        assert "clock.breached" not in kinds(case)


@pytest.mark.usefixtures("acts")
class TestTold:
    def test_the_applicant_reads_date_and_reason(self, at):
        redeploy(
            files={
                "notifications/acts/extended.txt": "{{ clock.title }} {{ clock.due }} {{ reason }}",
            }
        )
        case = file()
        # Another form with a reason lies in the case: the text has that of the extension.
        do(case, "reviewer1", result="ask", reason="请信源单位核实")
        extend(case)
        run_due()
        message = Message.objects.get(case=case, event="extended")
        assert message.recipient == account("applicant1")
        assert message.body == "办理 2026-03-23 17:30 需要实地核查\n"
        assert message.held_until is None

    def test_a_process_without_the_words_tells_nobody(self):
        redeploy(notifications=["received", "task_waiting", "decided", "withdrawn", "due_soon", "overdue"])
        case = file()
        extend(case)
        assert not Message.objects.filter(case=case, event="extended").exists()
        assert the_clock(case).due_at == china("2026-03-23 17:30")


@pytest.mark.usefixtures("acts")
class TestWithinTheRule:
    def unchanged(self, case: Case) -> bool:
        return (
            the_clock(case).due_at == china("2026-03-16 17:30")
            and not ClockExtension.objects.exists()
            and not Message.objects.filter(case=case, event="extended").exists()
        )

    def test_up_to_the_cap_and_not_beyond(self):
        case = file()
        with pytest.raises(ExtensionCapError):
            extend(case, 11)
        assert self.unchanged(case)
        extend(case, 10)
        with pytest.raises(ExtensionCapError):
            extend(case, 1)
        assert ClockExtension.objects.count() == 1

    def test_with_what_an_approver_has_granted(self):
        case = file()
        do(case, "reviewer1", result="extend")
        do(case, "approver1", amount=8, reason="案情复杂")
        with pytest.raises(ExtensionCapError):
            extend(case, 3)
        assert extend(case, 2).due_at == china("2026-03-30 17:30")

    @pytest.mark.parametrize("amount", [0, -3])
    def test_less_than_one_is_none(self, amount):
        case = file()
        with pytest.raises(BudgetInvalidError):
            extend(case, amount)
        assert self.unchanged(case)

    @pytest.mark.parametrize("reason", ["", "  ", "\n\t"], ids=["empty", "blank", "lines"])
    def test_a_reason_is_given(self, reason):
        case = file()
        with pytest.raises(ExtensionReasonMissingError):
            extend(case, reason=reason)
        assert self.unchanged(case)

    def test_a_rule_without_a_cap_allows_none(self):
        case = file()
        do(case, "reviewer1", result="supplement")
        with pytest.raises(ExtensionNotAllowedError) as caught:
            extend(case, 1, clock="supplement")
        assert caught.value.params == {"clock": "补正", "clock_en": "Supplement"}

    def test_only_of_a_clock_that_runs(self):
        case = file()
        with pytest.raises(ClockNotRunningError) as caught:
            extend(case, clock="supplement")
        assert caught.value.params["clock_en"] == "Supplement"
        with pytest.raises(ClockNotRunningError):
            extend(case, clock="nothing")
        do(case, "reviewer1", result="accept")
        do(case, "approver1", approval="grant")
        with pytest.raises(ClockNotRunningError):
            extend(case)

    def test_the_version_that_was_seen_counts(self):
        case = file()
        with pytest.raises(StaleVersionError):
            extend(case, expected_version=case.lock_version + 1)
        assert self.unchanged(case)


@pytest.mark.usefixtures("acts")
class TestWho:
    @pytest.mark.parametrize("name", ["reviewer1", "approver1", "applicant1"])
    def test_only_supervisors_extend(self, name):
        case = file()
        with pytest.raises(ForbiddenError):
            extend(case, by=name)
        assert not ClockExtension.objects.exists()

    @pytest.mark.parametrize("name", ["applicant2", "sysadmin1", "auditor1"])
    def test_to_others_there_is_no_such_case(self, name):
        case = file()
        with pytest.raises(NotFoundError):
            extend(case, by=name)

    def test_nor_to_the_supervisor_of_another_region(self):
        case = file()
        county = Agency.objects.exclude(region__code__endswith="00").order_by("pk")[0]
        RoleGrant.objects.filter(user=account("supervisor1")).update(agency=county)
        with pytest.raises(NotFoundError):
            extend(case)

    def test_a_number_that_names_nothing(self):
        with pytest.raises(NotFoundError):
            extend_deadline(
                number="ACTS-0", clock="handle", amount=1, reason="x", user=account("supervisor1")
            )


@pytest.mark.parametrize("language", [CHINESE, ENGLISH])
@pytest.mark.parametrize(
    "slug", [slug for slug, made in BUNDLES.items() if EXTENDED_EVENT in made.manifest.notifications]
)
def test_the_words_of_every_process_name_date_and_reason(slug, language):
    values = {
        "case": {"number": "N-1", "title": "T", "url": "https://example.org/cases/N-1"},
        "subject": {"name": "某公司"},
        "clock": {"title": "某时限", "due": "2026-03-16 17:30"},
        "reason": "需要实地核查",
    }
    text = render(BUNDLES[slug].files, slug, EXTENDED_EVENT, language, values)
    assert "2026-03-16 17:30" in text.body
    assert "需要实地核查" in text.body


def test_every_process_whose_rules_have_a_cap_can_tell_of_an_extension():
    import yaml

    capped = {
        slug
        for slug, made in BUNDLES.items()
        if any(rule.get("cap_amount") for rule in yaml.safe_load(made.files[f"bpmn/{slug}/deadlines.yaml"]))
    }
    assert capped == {"objection", "repair", "commitment"}
    assert {slug for slug, made in BUNDLES.items() if EXTENDED_EVENT in made.manifest.notifications} == capped


@pytest.mark.django_db
def test_an_objection_has_more_time_in_all_its_parts(at):
    """The real process: the queue, the boundary timer that would stop the publication, and what the applicant reads."""
    case = file_objection(Browser("applicant1"))
    do_task("reviewer1", live_task(case), acceptance="accept")
    before = the_clock(case).due_at
    assert before == china("2026-03-09 17:30")
    extend(case, 5)
    assert the_clock(case).due_at == china("2026-03-16 17:30")
    assert {each.due_at for each in case.tasks.filter(status__in=LIVE)} == {china("2026-03-16 17:30")}
    run_due()
    told = Message.objects.get(case=case, event="extended")
    assert "2026-03-16 17:30" in told.body
    assert "需要实地核查" in told.body
    at("2026-03-10 09:00")
    run_due()
    case.refresh_from_db()
    assert case.status == "open"
    with pytest.raises(ExtensionCapError):
        extend(case, 11)
