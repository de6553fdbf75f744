"""The page of a task: what lies beside the form, standard sentences, what is kept, and how people talk."""

import json
from datetime import timedelta
from typing import Any

import pytest

from forms.loader import read_forms
from forms.phrases import phrases_of
from tests.conftest import FrozenClock
from tests.web.browser import Browser, paper
from tests.web.stories import do_task, file_objection, live_task
from workflow_app.models import Case, Draft, Note, SubjectAccount, Submission, User
from workflow_app.models.tasks import TaskStatus
from workflow_app.services.housekeeping import tidy_up
from workflow_app.services.notes import add_note
from workflow_app.services.task_drafts import KEPT, save_task_draft
from workflow_app.services.tasks import claim_task
from workflow_app.web.middleware import RENEWAL

pytestmark = pytest.mark.django_db

PHRASE = phrases_of(read_forms("objection"), "objection", "accept")["reason"][0]
SENTENCE = PHRASE.sentence(with_basis=True)


@pytest.fixture
def case(db: None, at: FrozenClock) -> Case:
    return file_objection(Browser("applicant1"))


@pytest.fixture
def desk(case: Case) -> Browser:
    """The reviewer on the page of the task, which is claimed."""
    return Browser("reviewer1").get(f"/tasks/{live_task(case).pk}").send("/claim")


def text_of(browser: Browser, name: str) -> str:
    (field,) = browser.page.xpath(f"//main//textarea[@name='{name}']")
    return str(field.text or "").strip()


def part(browser: Browser, name: str) -> str:
    """The part of the page under that heading, in one line."""
    (found,) = browser.page.xpath(f"//section[@aria-labelledby='{name}']")
    return " ".join(found.text_content().split())


def save(browser: Browser, **typed: Any) -> Any:
    """What the page's script sends while somebody types."""
    return browser.client.post(f"{browser.url}/save", {**browser.fill("/tasks/"), **typed})


def test_everything_about_the_case_lies_beside_the_form(case: Case, desk: Browser) -> None:
    names = desk.page.xpath("//*[@data-tabs]/section/@aria-labelledby")
    assert names == ["papers", "said", "facts", "history", "notes", "assistance"]
    paper = case.documents.get()
    assert f"/documents/{paper.pk}/view" in desk.links("/view")
    assert case.record is not None
    assert case.record.number in part(desk, "facts")
    assert "该主体的信用信息" in part(desk, "facts")
    assert "时间用在哪里" in part(desk, "history")
    assert desk.page.xpath("//section[@aria-labelledby='history']//*[name()='svg']")


def test_the_applicants_side_reads_nothing_of_the_offices(case: Case, desk: Browser) -> None:
    add_note(
        number=case.number, user=User.objects.get(username="reviewer1"), text="内部话", audience="office"
    )
    desk.get(desk.url).send("/tasks/", "done", acceptance="supplement", missing__0__paper="缴款凭证")
    own = Browser("applicant1").get(f"/tasks/{live_task(case).pk}")
    assert own.status == 200
    assert "assistance" not in own.page.xpath("//*[@data-tabs]/section/@aria-labelledby")
    assert "该主体的信用信息" not in own.text
    assert "内部话" not in own.text


def test_an_officer_reads_a_case_of_their_own_as_its_side(case: Case, desk: Browser) -> None:
    reviewer, task = User.objects.get(username="reviewer1"), live_task(case)
    add_note(number=case.number, user=reviewer, text="内部话", audience="office")
    assert "添加内部批注" in desk.get(f"/cases/{case.number}").text
    SubjectAccount.objects.create(subject=case.subject, user=reviewer)
    for url in (f"/cases/{case.number}", f"/tasks/{task.pk}"):
        own = Browser("reviewer1").get(url)
        assert "内部" not in own.text
        assert "该主体的信用信息" not in own.text


def test_ticked_sentences_are_shown_before_anything_is_sent(case: Case, desk: Browser) -> None:
    task = live_task(case)
    sent = desk.fill("/tasks/", "done", acceptance="refuse", reason="另外说明。")
    desk.post(f"/tasks/{task.pk}", {**sent, "reason-phrases": PHRASE.key})
    assert desk.status == 200
    assert "尚未提交" in desk.text
    assert text_of(desk, "reason").splitlines() == [SENTENCE, "另外说明。"]
    task.refresh_from_db()
    assert task.status == TaskStatus.CLAIMED
    desk.send("/tasks/", "done")
    handed_in = Submission.objects.get(task=task)
    assert handed_in.data["reason"].splitlines() == [SENTENCE, "另外说明。"]


def test_what_is_typed_is_kept_shown_again_and_gone_when_it_is_sent(case: Case, desk: Browser) -> None:
    assert save(desk, acceptance="refuse", reason="草稿").json() == {"version": 1, "saved_at": "10:00"}
    again = Browser("reviewer1").get(desk.url)
    assert text_of(again, "reason") == "草稿"
    assert "尚未提交的内容" in again.text
    again.send("/tasks/", "save", reason="改过的草稿")
    assert "已暂存" in again.text
    assert text_of(again, "reason") == "改过的草稿"
    again.send("/tasks/", "done", acceptance="refuse")
    assert not Draft.objects.filter(task__isnull=False).exists()
    assert Submission.objects.get(form="accept").data["reason"] == "改过的草稿"


def test_two_windows_notice_each_other(case: Case, desk: Browser) -> None:
    other = Browser("reviewer1").get(desk.url)
    assert save(other, reason="那边").status_code == 200
    late = save(desk, reason="这边")
    assert (late.status_code, late.json()["code"], late.json()["version"]) == (409, "draft_changed", 1)
    desk.send("/tasks/", "save", reason="这边")
    assert desk.status == 409
    assert text_of(desk, "reason") == "这边"
    # Told once, whoever saves again means it.
    desk.send("/tasks/", "save")
    assert text_of(desk, "reason") == "这边"
    assert Draft.objects.get(task=live_task(case)).data["reason"] == "这边"


def test_what_somebody_types_is_theirs_and_only_while_the_task_is(case: Case, desk: Browser) -> None:
    save(desk, reason="我的")
    claimed = Browser("supervisor1").get(desk.url)
    assert "我的" not in claimed.text
    assert "尚未提交" in claimed.text
    assert Browser("supervisor1").client.post(f"{desk.url}/save", {"reason": "x"}).status_code == 404
    desk.send("/tasks/", "done", acceptance="accept", reason="")
    assert desk.client.post(f"/tasks/{case.tasks.order_by('pk')[0].pk}/save", {}).status_code == 404


def test_forgotten_drafts_are_tidied_up(case: Case, desk: Browser, at: FrozenClock) -> None:
    task, other = live_task(case), User.objects.get(username="approver1")
    save(desk, reason="我的")
    Draft.objects.create(owner=other, task=task, process="objection", updated_at=at.now)
    do_task("reviewer1", task, acceptance="accept", reason="")
    at(at.now + KEPT)
    tidy_up()
    assert Draft.objects.filter(task=task).count() == 1
    at(at.now + timedelta(seconds=1))
    tidy_up()
    assert not Draft.objects.filter(task=task).exists()


def test_what_was_asked_before_cannot_be_asked_again(case: Case) -> None:
    do_task("reviewer1", live_task(case), acceptance="supplement", missing__0__paper="缴款凭证")
    do_task("applicant1", live_task(case), note="已补")
    desk = Browser("reviewer1").get(f"/tasks/{live_task(case).pk}").send("/claim")
    assert "此前已要求补正" in desk.text
    assert "缴款凭证" in desk.page.xpath("//form[@data-autosave]")[0].text_content()


def test_an_approver_reads_what_sending_back_does(case: Case) -> None:
    do_task("reviewer1", live_task(case), acceptance="accept")
    do_task("reviewer1", live_task(case), next_step="own_fault", findings="核对过。")
    task = live_task(case)
    do_task("reviewer1", task, result="keep", is_full="false", reason="信息无误。")
    desk = Browser("approver1").get(f"/tasks/{live_task(case).pk}").send("/claim")
    assert "选择退回的" in desk.text
    assert "选择退回的" not in Browser("reviewer1").get(f"/tasks/{task.pk}").text


def test_papers_go_up_one_by_one(case: Case) -> None:
    do_task("reviewer1", live_task(case), acceptance="supplement", missing__0__paper="缴款凭证")
    own = Browser("applicant1").get(f"/tasks/{live_task(case).pk}")
    sent = own.client.post(f"{own.url}/files", {"field": "papers", "file": paper("凭证.pdf")})
    assert (sent.status_code, sent.json()["name"]) == (201, "凭证.pdf")
    for data in ({"field": "note", "file": paper()}, {"field": "papers"}):
        assert own.client.post(f"{own.url}/files", data).status_code == 404
    broken = own.client.post(f"{own.url}/files", {"field": "papers", "file": paper(content=b"x")})
    assert broken.json()["code"] == "document_type_unknown"
    assert Browser("reviewer1").client.post(f"{own.url}/files", {"field": "papers"}).status_code == 404


def test_the_next_task_is_one_link_away(case: Case, desk: Browser) -> None:
    assert not desk.page.xpath("//a[@rel='next']")
    second = file_objection(Browser("applicant1"))
    desk.get(desk.url)
    assert desk.page.xpath("//a[@rel='next']/@href") == [f"/tasks/{live_task(second).pk}"]


def test_a_paper_is_leafed_through_without_javascript(case: Case, desk: Browser) -> None:
    found = case.documents.get()
    desk.get(f"/documents/{found.pk}/view")
    assert "第 1 页，共 1 页" in desk.text
    assert desk.page.xpath("//main//img/@src") == [f"/documents/{found.pk}/pages/1.png"]
    assert Browser("reviewer1").client.get(f"/documents/{found.pk}/view?page=7").status_code == 404
    assert Browser("applicant2").client.get(f"/documents/{found.pk}/view").status_code == 404
    found.sha256 = _broken(found.owner)
    found.save(update_fields=["sha256"])
    desk.get(f"/documents/{found.pk}/view")
    assert "无法预览" in desk.text
    assert desk.links(f"/documents/{found.pk}")


def _broken(owner: User) -> str:
    from workflow_app.services import blobs

    return blobs.put(b"%PDF-1.4\nnothing\n%%EOF")


class TestNotes:
    def test_both_sides_talk_on_their_pages(self, case: Case, desk: Browser) -> None:
        desk.send("/notes", text="请说明缴款日期。", audience="everybody")
        assert "请说明缴款日期。" in part(desk, "notes")
        own = Browser("applicant1").get(f"/cases/{case.number}")
        assert "请说明缴款日期。" in own.text
        assert str(User.objects.get(username="reviewer1")) not in part(own, "notes")
        own.send("/notes", text="三月一日。")
        assert own.url.startswith(f"/cases/{case.number}")
        assert "三月一日。" in part(desk.get(desk.url.partition("#")[0]), "notes")

    def test_sent_twice_it_is_said_once(self, case: Case, desk: Browser) -> None:
        sent = desk.fill("/notes", text="请说明。", audience="office")
        for _ in range(2):
            desk.post(f"/cases/{case.number}/notes", sent)
        assert Note.objects.count() == 1

    def test_what_is_refused_stands_in_the_form_again(self, case: Case, desk: Browser) -> None:
        desk.send("/notes", text="长" * 2001, audience="everybody")
        assert desk.status == 422
        assert "最多 2000 字" in desk.text
        assert text_of(desk, "text") == "长" * 2001
        assert desk.page.xpath("//input[@value='everybody']/@checked")

    def test_colleagues_are_mentioned_by_tick_and_by_name(self, case: Case, desk: Browser) -> None:
        approver = User.objects.get(username="approver1")
        desk.send("/notes", text="请看。", audience="office", mentioned=["approver1"])
        desk.send("/notes", text=f"@{approver.display_name} 请看。", audience="office")
        assert [list(note.mentioned.all()) for note in Note.objects.order_by("pk")] == [[approver]] * 2
        own = Browser("applicant1").get(f"/cases/{case.number}")
        own.send("/notes", text=f"@{approver.display_name} 请看。")
        assert not Note.objects.latest("pk").mentioned.exists()

    def test_the_list_renews_itself_only_when_there_is_news(self, case: Case, desk: Browser) -> None:
        address = f"/cases/{case.number}/notes"
        part_of = {"HX-Request": "true"}
        assert desk.client.get(f"{address}?after=0", headers=part_of).status_code == 204
        note = add_note(
            number=case.number,
            user=User.objects.get(username="applicant1"),
            text="你好",
            audience="everybody",
        )
        fresh = desk.client.get(f"{address}?after=0", headers=part_of)
        assert (fresh.status_code, "你好" in fresh.content.decode()) == (200, True)
        assert desk.client.get(f"{address}?after={note.pk}", headers=part_of).status_code == 204
        assert Browser("applicant2").client.get(address).status_code == 404

    def test_markup_in_a_note_is_text(self, case: Case, desk: Browser) -> None:
        desk.send("/notes", text="<script>alert(1)</script>\n第二行", audience="everybody")
        assert not desk.page.xpath("//script[contains(text(), 'alert')]")
        assert "<script>alert(1)</script>" in part(desk, "notes")


def test_another_ones_beginning_is_told(case: Case) -> None:
    task = live_task(case)
    for name, text in (("reviewer1", "一"), ("supervisor1", "二")):
        save_task_draft(task_id=task.pk, user=User.objects.get(username=name), data={"reason": text})
    claim_task(task_id=task.pk, user=User.objects.get(username="reviewer1"))
    desk = Browser("reviewer1").get(f"/tasks/{task.pk}")
    assert f"{User.objects.get(username='supervisor1')}填写过此待办" in desk.text
    assert text_of(desk, "reason") == "一"


def test_a_task_is_put_aside_and_taken_up_again(case: Case, desk: Browser, at: FrozenClock) -> None:
    task = live_task(case)
    for day in ("2026-03-01", "2026-13-45", ""):
        desk.get(f"/tasks/{task.pk}").send("/hold", until=day, hold_reason="等待鉴定")
        assert desk.status == 422
    # The form is still there to be filled in.
    assert desk.page.xpath("//form[@data-autosave]")
    desk.get(f"/tasks/{task.pk}").send("/hold", until="2026-03-04", hold_reason="等待鉴定")
    assert "已搁置到 2026年3月4日：等待鉴定" in desk.text
    desk.send("/hold", "resume")
    task.refresh_from_db()
    assert task.held_until is None


def test_notes_that_renew_themselves_keep_no_session_awake(case: Case, desk: Browser) -> None:
    (poll,) = desk.page.xpath("//*[@id='note-list']/@*[contains(name(), 'hx-headers')]")
    assert list(json.loads(poll)) == [RENEWAL]
