"""The privacy notice in all its versions; what comes by e-mail; who acts for whom: the pages."""

from datetime import date

import pytest

from notifications.preferences import unsubscribe_url
from tests.conftest import FrozenClock
from tests.web.browser import Browser
from workflow_app.demo.names import subject_code
from workflow_app.models import Mandate, User
from workflow_app.services import privacy
from workflow_app.services.preferences import wanted_groups

pytestmark = pytest.mark.django_db


class TestTheNotice:
    def test_anybody_reads_the_version_in_force(self) -> None:
        browser = Browser().get("/privacy")
        assert browser.heading == "个人信息保护告知书"
        for said in ("版本 1.0", "现行", "《中华人民共和国个人信息保护法》", "您的权利"):
            assert said in browser.text

    def test_a_version_that_never_was_is_not_found(self) -> None:
        assert Browser().get("/privacy?version=../1.0").status == 404
        assert Browser().get("/privacy?version=9").status == 404

    def test_older_versions_stay_readable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # The text of the second version is that of the first here: what matters is which is said to be in force.
        monkeypatch.setitem(privacy.VERSIONS, "0.9", date(1999, 1, 1))
        browser = Browser().get("/privacy")
        assert browser.links("version=") == ["?version=0.9", "?version=1.0"]

    def test_every_version_has_its_text(self) -> None:
        assert [Browser().get(f"/privacy?version={each}").status for each in privacy.VERSIONS] == [200]


class TestPreferences:
    def test_chosen_groups_are_kept(self) -> None:
        browser = Browser("applicant1").get("/preferences")
        assert all(box.get("checked") is not None for box in browser.page.xpath("//input[@name='group']"))
        browser.send("", group=["progress", "letters"])
        assert "消息提醒已保存" in browser.text
        assert wanted_groups(User.objects.get(username="applicant1")) == ["progress", "letters"]
        shown = browser.page.xpath("//input[@name='group'][@checked]/@value")
        assert shown == ["progress", "letters"]

    def test_who_has_no_address_is_told(self) -> None:
        User.objects.filter(username="applicant1").update(email="")
        assert "没有登记邮箱" in Browser("applicant1").get("/preferences").text

    def test_the_link_in_a_mail_asks_first(self) -> None:
        user = User.objects.get(username="applicant1")
        path = "/unsubscribe/" + unsubscribe_url(user.pk, "email", "overdue").rpartition("/")[2]
        browser = Browser().get(path)
        assert "“期限”类消息将不再发到您的邮箱。" in browser.text
        assert len(wanted_groups(user)) == 4
        browser.send()
        assert "“期限”类消息不再发到您的邮箱。" in browser.text
        assert wanted_groups(user) == ["progress", "training", "letters"]

    def test_mail_programs_press_the_button_without_a_page(self) -> None:
        user = User.objects.get(username="applicant1")
        path = "/unsubscribe/" + unsubscribe_url(user.pk, "email", "decided").rpartition("/")[2]
        client = Browser(enforce_csrf_checks=True).client
        assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert "letters" not in wanted_groups(user)

    def test_a_link_that_we_did_not_make_is_not_found(self) -> None:
        assert Browser().get("/unsubscribe/x").status == 404


class TestMandates:
    def test_given_and_ended(self, at: FrozenClock) -> None:
        browser = Browser("applicant1").get("/mandates")
        browser.send("", username="agent1", until="2026-03-12", shared=True)
        assert "委托已生效" in browser.text
        assert "还有 10 天" in browser.text
        assert "还需法定代表人签署" in browser.text
        agent = Browser("agent1").get("/mandates")
        assert subject_code("org1") in agent.text
        browser.send("/end")
        assert "委托已终止" in browser.text
        assert subject_code("org1") not in Browser("agent1").get("/mandates").text

    def test_the_agent_lays_it_down(self) -> None:
        count = Mandate.objects.count()
        Browser("agent1").get("/mandates").send("/end")
        assert Mandate.objects.filter(valid_until__gte=date(2026, 3, 2)).count() == count - 1

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"username": "nobody", "until": "2026-12-31"}, "#username"),
            ({"username": "reviewer1", "until": "2026-12-31"}, "#username"),
            ({"username": "agent1", "until": "2026-02-30"}, "#until"),
            ({"username": "agent1", "until": ""}, "#until"),
        ],
    )
    def test_what_is_wrong_is_said_and_the_rest_kept(self, typed: dict[str, str], field: str) -> None:
        browser = Browser("applicant1").get("/mandates").send("", shared=True, **typed)
        assert browser.status == 422
        assert [place for place, _ in browser.errors()] == [field]
        form = browser.form()
        assert form.inputs["username"].value == typed["username"]
        assert form.inputs["shared"].checked

    def test_renewing_begins_with_the_agent(self) -> None:
        browser = Browser("applicant1").get("/mandates").send("", username="agent1", until="2026-12-31")
        browser.get("/mandates" + browser.links("?agent=")[0].partition("#")[0])
        assert browser.page.xpath("//input[@name='username']/@value") == ["agent1"]

    def test_who_represents_nobody_gives_none(self) -> None:
        browser = Browser("reviewer1").get("/mandates")
        assert "没有单位委托您办理业务" in browser.text
        assert browser.client.post("/mandates", {"username": "agent1"}).status_code == 404
