"""English readers are shown English: every page and every answer of the API, over cases that were played."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.conf import settings

from tests.api.conftest import Api
from tests.conftest import FrozenClock
from tests.language.english import chinese_in, chinese_on
from tests.processes.runner import play
from tests.web.browser import Browser
from tests.web.stories import begin
from workflow_app.demo.names import subject_code
from workflow_app.demo.scenario import read_scenario
from workflow_app.domain.masking import mask_name
from workflow_app.models import Case, ClockExtension, CreditRecord, Subject, TrainingSession, User
from workflow_app.services.tokens import issue_token

pytestmark = [pytest.mark.django_db, pytest.mark.long]

STORIES = (
    "commitment/voluntary_and_breached",
    "commitment/deferred_papers_extended",
    "objection/extended",
    "repair/serious_with_training",
    "repair_revocation/revoked",
)
PEOPLE = ("agent1", "reviewer1", "source1", "supervisor1", "trainer1")
PUBLIC = (
    "/", "/matters", "/matters/FOOD-01", "/matters/DEFERRED-01", "/publications", "/verify", "/calculator",
    "/calculator?start_on=2026-02-09&start_at=10:00&amount=12&unit=working_day",
    "/calculator?start_on=x&start_at=&amount=0&unit=", "/processes/objection", "/processes/repair",
    "/processes/commitment", "/processes/repair_revocation", "/about", "/accessibility", "/sign-in", "/nothing",
)  # fmt: skip
OWN = ("/start", "/start/commitment", "/start/objection", "/start/repair", "/cases", "/inbox", "/desk", "/control",
       "/desk?queue=all", "/desk/training")  # fmt: skip


FORMS = {
    slug: sorted(
        path.name.partition(".")[0] for path in (settings.BASE_DIR / "forms" / slug).glob("*.schema.json")
    )
    for slug in ("commitment", "objection", "repair", "repair_revocation")
}


@pytest.fixture
def played(at: FrozenClock) -> list[Case]:
    """The stories, each from the same day on, one after the other."""
    begun = at.now
    for name in STORIES:
        at(begun)
        path = settings.BASE_DIR / "bpmn" / name.replace("/", "/scenarios/")
        result = play(read_scenario(path.with_suffix(".yaml"), settings.BASE_DIR), at)
        assert result.is_fine, result.problem
    return list(Case.objects.order_by("pk"))


def names() -> list[str]:
    """What subjects and records are called and why officers gave more time, as typed; longest first."""
    subjects = set(Subject.objects.values_list("name", flat=True))
    titles = set(CreditRecord.objects.values_list("title", flat=True))
    reasons = set(ClockExtension.objects.values_list("reason", flat=True))
    known = subjects | {mask_name(name) for name in subjects} | titles | reasons
    return sorted(known, key=len, reverse=True)


def test_pages(played: list[Case]) -> None:
    wrong: dict[str, set[str]] = {}
    for username in ("", *PEOPLE):
        browser = Browser(username, language="en")
        for url in dict.fromkeys(addresses(browser, username, played)):
            browser.get(url)
            for text in chinese_on(browser.page, names()):
                wrong.setdefault(text, set()).add(f"{username} {url}")
    assert {text: sorted(places)[:2] for text, places in wrong.items()} == {}


def addresses(browser: Browser, username: str, played: list[Case]) -> Iterator[str]:
    if not username:
        yield from PUBLIC
        yield from (f"/publications/{row.pk}" for case in played for row in case.publications.all())
        yield from (f"/verify/{row.verify_code}" for case in played[:3] for row in case.letters.all())
        return
    yield from OWN
    for case in played:
        if browser.client.get(f"/cases/{case.number}").status_code != 200:
            continue
        yield f"/cases/{case.number}"
        yield f"/receipt?case={case.number}"
        yield f"/cases/{case.number}/withdraw"
        yield f"/cases/{case.number}/training"
        yield from (f"/cases/{case.number}/clocks/{row.name}" for row in case.clocks.all())
        yield from (f"/tasks/{row.pk}" for row in case.tasks.all())
    yield from (f"/desk/training/{row.pk}" for row in TrainingSession.objects.all())


def test_what_is_wrong_in_a_form(played: list[Case]) -> None:
    browser = Browser("agent1", language="en")
    for slug in ("commitment", "objection", "repair"):
        begin(browser, slug, f"?for={subject_code('org8')}").send("/drafts/", "next")
        assert browser.status == 422
        assert browser.errors()
        assert chinese_on(browser.page, names()) == []


# Fields whose text somebody typed, or that the law words.
TYPED = (
    r"(.*\.)?(facts|basis|content|legal_basis(\[\])?|place|penalty_kinds)",
    # The audit trail as it was written; its hash covers it.
    r"items\[\]\.data\..*",
    r"(.*\.)?changes\[\]\.(old|new|reason)",
    # Fonts and examples that forms show.
)


def test_answers_of_the_api(played: list[Case]) -> None:
    wrong: dict[str, set[str]] = {}
    for username in PEOPLE:
        api = Api(issue_token(user=User.objects.get(username=username)))
        answers = {path: api.get(path, language="en") for path in paths(played)}
        assert sum(answer.status_code == 200 for answer in answers.values()) > 10
        for path, answer in answers.items():
            for text in chinese_in(answer.content, TYPED, names()):
                wrong.setdefault(text, set()).add(f"{username} {path}")
    assert {text: sorted(places)[:2] for text, places in wrong.items()} == {}


def paths(played: list[Case]) -> Iterator[str]:
    yield from (
        "/me",
        "/processes",
        "/calendar/2026",
        "/calendar/1999",
        "/cases",
        "/cases/drafts",
        "/tasks?queue=all",
    )
    yield from ("/training/sessions", "/training/enrolments", "/tasks?limit=0", "/cases?status=x", "/nothing")
    yield from (f"/processes/{slug}/forms/{name}" for slug in FORMS for name in FORMS[slug])
    for row in CreditRecord.objects.filter(subject__cases__in=played):
        yield f"/records/{row.pk}"
    for session in TrainingSession.objects.all():
        yield f"/training/sessions/{session.pk}"
        yield f"/training/sessions/{session.pk}/participants"
    for case in played:
        yield f"/cases/{case.number}"
        yield f"/cases/{case.number}/history"
        yield from (f"/cases/{case.number}/clocks/{row.name}/explanation" for row in case.clocks.all())
        yield from (f"/tasks/{row.pk}" for row in case.tasks.all())
        for letter in case.letters.all():
            yield f"/letters/{quote(letter.number)}"
            yield f"/verify/{letter.verify_code}"
