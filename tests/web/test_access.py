"""Who may open which address: one row for each, so that no page is added without saying for whom."""

from dataclasses import dataclass, field
from datetime import date
from uuid import uuid4

import pytest
from django.urls import get_resolver

from notifications.preferences import unsubscribe_url
from tests.web.browser import Browser
from tests.web.stories import do_task, file_objection, live_task
from workflow_app.models import DeadlineRule, Publication, TrainingSession, User
from workflow_app.selectors.assistances import assistable
from workflow_app.services.assisting import ask_assistance
from workflow_app.services.changes import draft_change
from workflow_app.services.drafts import save_draft
from workflow_app.services.ticking import run_due
from workflow_app.web.urls import urlpatterns

pytestmark = pytest.mark.django_db

EVERYBODY = dict.fromkeys(
    (
        "",
        "applicant1",
        "applicant2",
        "clerk1",
        "reviewer1",
        "supervisor1",
        "trainer1",
        "auditor1",
        "sysadmin1",
    ),
    200,
)
SIGN_IN = {**EVERYBODY, "": 302}
STAFF = {**SIGN_IN, "applicant1": 403, "applicant2": 403, "auditor1": 403, "sysadmin1": 403}
SUPERVISOR = {**dict.fromkeys(EVERYBODY, 403), "": 302, "supervisor1": 200}
ADMINISTRATOR = {**dict.fromkeys(EVERYBODY, 403), "": 302, "sysadmin1": 200}
# Who stands at the counter for an organisation.
VISITOR = {"relation": "representative", "name": "李四", "code_kind": "id_card", "code": "11010519491231002X"}
CLERK = {**dict.fromkeys(EVERYBODY, 403), "": 302, "clerk1": 200}
POST_ONLY = dict.fromkeys(EVERYBODY, 405)
# The case of applicant1 at the city's credit office, whose reviewer, trainer and supervisor see it.
CASE = {**SIGN_IN, "applicant2": 404, "clerk1": 404, "auditor1": 404, "sysadmin1": 404}


@dataclass(frozen=True)
class Row:
    """An address and the status of GET for each person."""

    url: str
    status: dict[str, int] = field(default_factory=dict)


MATRIX = {
    "home": Row("/", EVERYBODY),
    "matters": Row("/matters", EVERYBODY),
    "matter": Row("/matters/FOOD-01", EVERYBODY),
    "matter_version": Row("/matters/FOOD-01/versions/1", EVERYBODY),
    "matter_blank": Row("/matters/FOOD-01/versions/1.pdf", EVERYBODY),
    "publications": Row("/publications", EVERYBODY),
    "publication": Row("/publications/{publication}", EVERYBODY),
    "verify": Row("/verify", EVERYBODY),
    "verify_code": Row("/verify/0123456789", EVERYBODY),
    "calculator": Row("/calculator", EVERYBODY),
    "guide": Row("/processes/objection", EVERYBODY),
    "guide_form": Row("/processes/objection/forms/start", EVERYBODY),
    "figures": Row("/figures", EVERYBODY),
    "about": Row("/about", EVERYBODY),
    "accessibility": Row("/accessibility", EVERYBODY),
    "sign_in": Row("/sign-in", EVERYBODY),
    "sign_out": Row("/sign-out", POST_ONLY),
    "language": Row("/language", POST_ONLY),
    "look": Row("/look", POST_ONLY),
    "account": Row("/account", SIGN_IN),
    "stay": Row("/stay", POST_ONLY),
    "start": Row("/start", SIGN_IN),
    "start_process": Row(
        "/start/objection",
        {
            **SIGN_IN,
            "clerk1": 302,
            "reviewer1": 403,
            "supervisor1": 403,
            "trainer1": 403,
            "auditor1": 403,
            "sysadmin1": 403,
        },
    ),
    "draft": Row("/drafts/{draft}", {**dict.fromkeys(EVERYBODY, 404), "": 302, "applicant1": 200}),
    "draft_check": Row(
        "/drafts/{draft}/check", {**dict.fromkeys(EVERYBODY, 404), "": 302, "applicant1": 302}
    ),
    "draft_save": Row("/drafts/{draft}/save", POST_ONLY),
    "draft_file": Row("/drafts/{draft}/file", POST_ONLY),
    "draft_link": Row("/drafts/{draft}/link", {**dict.fromkeys(EVERYBODY, 404), "": 302, "applicant1": 200}),
    "resume": Row("/resume/forged", {**dict.fromkeys(EVERYBODY, 404), "": 302}),
    "draft_sign": Row("/drafts/{draft}/sign", {**dict.fromkeys(EVERYBODY, 404), "": 302, "applicant1": 302}),
    "draft_take_back": Row("/drafts/{draft}/take-back", POST_ONLY),
    "to_sign": Row("/countersign", SIGN_IN),
    "countersign": Row("/countersign/{draft}", {**dict.fromkeys(EVERYBODY, 404), "": 302}),
    "privacy": Row("/privacy", EVERYBODY),
    "preferences": Row("/preferences", SIGN_IN),
    "mandates": Row("/mandates", SIGN_IN),
    "mandate_end": Row("/mandates/1/end", POST_ONLY),
    "unsubscribe": Row("/unsubscribe/{unsubscribe}", EVERYBODY),
    "draft_discard": Row("/drafts/{draft}/discard", POST_ONLY),
    "receipt": Row("/receipt?case={case}", CASE),
    "cases": Row("/cases", SIGN_IN),
    "case": Row("/cases/{case}", CASE),
    "case_clock": Row("/cases/{case}/clocks/accept", CASE),
    "case_receipt": Row("/cases/{case}/receipt.pdf", CASE),
    "case_withdraw": Row("/cases/{case}/withdraw", CASE),
    "case_notes": Row(
        "/cases/{case}/notes", {who: 302 if code == 200 else code for who, code in CASE.items()}
    ),
    "case_training": Row(
        "/cases/{case}/training", {**dict.fromkeys(EVERYBODY, 404), "": 302, "applicant1": 200}
    ),
    # Nothing is booked.
    "case_training_calendar": Row("/cases/{case}/training.ics", {**dict.fromkeys(EVERYBODY, 404), "": 302}),
    "records": Row("/records", SIGN_IN),
    "record_reminder": Row("/records/1/reminder", POST_ONLY),
    "archive": Row("/archive/{subject}", CASE),
    "document": Row("/documents/{document}", CASE),
    "paper": Row("/documents/{document}/view", CASE),
    "document_page": Row("/documents/{document}/pages/1.png", CASE),
    "letter": Row("/letters/{letter}.pdf", CASE),
    "inbox": Row("/inbox", SIGN_IN),
    "inbox_read": Row("/inbox/read", POST_ONLY),
    "desk": Row("/desk", STAFF),
    "desk_pulse": Row("/desk/pulse", {**STAFF, "clerk1": 204, "trainer1": 204}),
    "desk_bulk": Row("/desk/bulk", STAFF),
    "desk_view_save": Row("/desk/views", POST_ONLY),
    "desk_view_delete": Row("/desk/views/1/delete", POST_ONLY),
    "desk_keys": Row("/desk/keys", STAFF),
    "absences": Row("/desk/absences", {**STAFF, "clerk1": 403, "supervisor1": 403}),
    "absence_end": Row("/desk/absences/1/end", POST_ONLY),
    "training": Row("/desk/training", {**dict.fromkeys(EVERYBODY, 403), "": 302, "trainer1": 200}),
    "training_session": Row(
        "/desk/training/{session}", {**dict.fromkeys(EVERYBODY, 403), "": 302, "trainer1": 200}
    ),
    "assistances": Row("/desk/assistance", {**dict.fromkeys(EVERYBODY, 403), "": 302}),
    "assistance": Row("/desk/assistance/{assistance}", {**CASE, "applicant1": 404}),
    "assistance_cancel": Row("/desk/assistance/{assistance}/cancel", POST_ONLY),
    "assistance_ask": Row("/cases/{case}/assistance", {**CASE, "applicant1": 403, "supervisor1": 403}),
    "task": Row("/tasks/{task}", {**CASE, "applicant1": 404, "trainer1": 404}),
    "task_save": Row("/tasks/{task}/save", POST_ONLY),
    "task_file": Row("/tasks/{task}/files", POST_ONLY),
    "task_hold": Row("/tasks/{task}/hold", POST_ONLY),
    "task_claim": Row("/tasks/{task}/claim", POST_ONLY),
    "task_release": Row("/tasks/{task}/release", POST_ONLY),
    "task_assign": Row("/tasks/{task}/assign", POST_ONLY),
    "control": Row("/control", SUPERVISOR),
    "control_clocks": Row("/control/clocks", SUPERVISOR),
    "control_view_save": Row("/control/views", POST_ONLY),
    "control_view_delete": Row("/control/views/1/delete", POST_ONLY),
    "control_trends": Row("/control/trends", SUPERVISOR),
    "control_heatmaps": Row("/control/heatmap", {**SUPERVISOR, "supervisor1": 302}),
    "control_heatmap": Row("/control/heatmap/objection", SUPERVISOR),
    "control_diagram": Row("/control/heatmap/objection.bpmn", SUPERVISOR),
    "control_load": Row("/control/load", SUPERVISOR),
    "control_bulletin": Row("/control/bulletin", SUPERVISOR),
    "control_bulletin_pdf": Row("/control/bulletin.pdf", SUPERVISOR),
    "control_export_csv": Row("/control/export.csv", SUPERVISOR),
    "control_export_xlsx": Row("/control/export.xlsx?what=board", SUPERVISOR),
    "settings": Row("/settings", {**ADMINISTRATOR, "sysadmin1": 302}),
    "settings_calendar": Row("/settings/calendar", ADMINISTRATOR),
    "settings_year": Row("/settings/calendar/2026", ADMINISTRATOR),
    "settings_year_change": Row("/settings/calendar/2026/change", ADMINISTRATOR),
    "settings_hours": Row("/settings/hours", ADMINISTRATOR),
    "settings_hours_change": Row("/settings/hours/330700/change", ADMINISTRATOR),
    "settings_rules": Row("/settings/rules", ADMINISTRATOR),
    "settings_rule_new": Row("/settings/rules/new", ADMINISTRATOR),
    "settings_rule_change": Row("/settings/rules/{rule}/change", ADMINISTRATOR),
    "changes": Row("/settings/changes", ADMINISTRATOR),
    "change": Row("/settings/changes/{change}", ADMINISTRATOR),
    "change_edit": Row("/settings/changes/{change}/edit", ADMINISTRATOR),
    "change_apply": Row("/settings/changes/{change}/apply", ADMINISTRATOR),
    "change_undo": Row("/settings/changes/{change}/undo", {**ADMINISTRATOR, "sysadmin1": 302}),
    "change_discard": Row("/settings/changes/{change}/discard", ADMINISTRATOR),
    "window": Row("/window", CLERK),
    "window_register": Row("/window/register", CLERK),
    "window_for": Row("/window/for/{counter}", CLERK),
    "window_papers": Row("/window/drafts/{visit}", CLERK),
    "window_sheet": Row("/window/drafts/{visit}/sheet", {**CLERK, "clerk1": 302}),
    "window_visitor": Row("/window/drafts/{visit}/visitor", CLERK),
    "window_paper_remove": Row("/window/drafts/{visit}/papers/{visit}/remove", POST_ONLY),
    "letter_retry": Row("/control/letters/{letter}/retry", POST_ONLY),
}


@pytest.fixture
def places(db: None, at) -> dict[str, object]:
    """What the addresses need."""
    return make_places(at.now.date())


def make_places(day: date) -> dict[str, object]:
    """A case with a letter, a draft, a publication and a session, as the addresses need them."""
    case = file_objection(Browser("applicant1"))
    do_task("reviewer1", live_task(case), acceptance="supplement", missing__0__paper="缴款凭证")
    run_due()
    letter = case.letters.get()
    applicant = User.objects.get(username="applicant1")
    draft = save_draft(user=applicant, process="objection", data={"contact": "王一"})
    publication = Publication.objects.create(
        case=case,
        kind="commitment",
        title="信用承诺：某公司",
        content={"agency": "某局"},
        starts_on=day,
        ends_on=day,
    )
    # A second case, whose task lies with the reviewer.
    second = file_objection(Browser("applicant1"))
    counter = Browser("clerk1").post("/window", {"code": case.subject.code}).url
    return {
        "counter": counter.rpartition("/")[2],
        "visit": Browser("clerk1").get(counter).send(process="objection", **VISITOR).url.rpartition("/")[2],
        "case": case.number,
        "assistance": ask_assistance(
            number=case.number,
            user=User.objects.get(username="reviewer1"),
            agency=assistable(case)[0],
            question="请核对原始文书。",
        ).pk,
        "subject": case.subject_id,
        "document": case.documents.get().pk,
        "letter": letter.number,
        "draft": draft.pk,
        "unsubscribe": unsubscribe_url(applicant.pk, "email", "decided").rpartition("/")[2],
        "publication": publication.pk,
        "session": TrainingSession.objects.order_by("starts_at")[0].pk,
        "task": live_task(second).pk,
        "rule": DeadlineRule.objects.order_by("pk")[0].pk,
        "change": draft_change(
            user=User.objects.get(username="sysadmin1"),
            kind="calendar",
            title="停电",
            content={"days": [{"date": "2026-03-03", "working": False, "reason": "停电"}]},
        ).pk,
    }


def test_every_address_has_a_row() -> None:
    assert {pattern.name for pattern in urlpatterns} == set(MATRIX)


def test_every_address_says_which_methods_it_takes() -> None:
    for name, row in MATRIX.items():
        url = row.url.format_map(_Nothing())
        assert Browser().client.delete(url).status_code == 405, name


class _Nothing(dict[str, object]):
    def __missing__(self, key: str) -> object:
        return uuid4() if key in ("draft", "document", "visit") else 0


@pytest.mark.parametrize("username", list(EVERYBODY))
def test_everybody_gets_what_is_theirs(places: dict[str, object], username: str) -> None:
    client = Browser(username).client
    found = {name: client.get(row.url.format_map(places)).status_code for name, row in MATRIX.items()}
    assert found == {name: row.status[username] for name, row in MATRIX.items()}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_is_whole_in_both_languages(places: dict[str, object], language: str) -> None:
    # Every page that the browser is shown is looked at: markup, labels, headers, nothing inline.
    for username in ("", "applicant1", "reviewer1", "supervisor1", "trainer1", "sysadmin1"):
        browser = Browser(username, language=language)
        for row in MATRIX.values():
            if row.status[username] in (200, 403, 404):
                if browser.get(row.url.format_map(places)).status == 204:
                    continue
                assert browser.page.get("lang") == ("en" if language == "en" else "zh-Hans")


def test_head_is_answered_wherever_get_is(places: dict[str, object]) -> None:
    client = Browser("applicant1").client
    for row in MATRIX.values():
        url = row.url.format_map(places)
        assert client.head(url).status_code == client.get(url).status_code


def test_pages_stand_beside_the_api() -> None:
    names = {pattern.pattern._route for pattern in get_resolver().url_patterns}
    assert names == {"api/v1/", ""}
