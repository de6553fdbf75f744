"""Views of the supervisor's list that are kept."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.services.world import account
from tests.web.browser import Browser
from tests.web.watched import COUNTY, numbers, shown
from workflow_app.models import Case, SavedView
from workflow_app.services import saved_views

pytestmark = pytest.mark.django_db


def saved(browser: Browser) -> list[tuple[str, str]]:
    links = browser.page.xpath("//section[contains(@class, 'saved-views')]//li/a")
    return [(link.text_content(), link.get("href")) for link in links]


def test_a_view_is_saved_opened_and_deleted(desk: dict[str, Case]) -> None:
    browser = Browser("supervisor1").get(f"/control/clocks?state=overdue&region={COUNTY}&cursor=")
    browser.send("/control/views", name=" 义乌  超期 ")
    assert "已保存视图“义乌 超期”" in browser.text
    assert browser.url == f"/control/clocks?state=overdue&region={COUNTY}"
    ((name, url),) = saved(browser.get("/control/clocks"))
    assert name == "义乌 超期"
    assert shown(browser.get(url)) == numbers(desk, "county")
    assert browser.page.xpath("//section[contains(@class, 'saved-views')]//a/@aria-current") == ["true"]
    assert saved(Browser("supervisor1-yiwu").get("/control/clocks")) == []
    browser.send("/delete")
    assert saved(browser) == []
    assert parse_qs(urlsplit(browser.url).query) == {"state": ["overdue"], "region": [COUNTY]}


def test_the_same_name_again_replaces(desk: dict[str, Case]) -> None:
    browser = Browser("supervisor1")
    for state in ("overdue", "soon"):
        browser.post("/control/views", {"name": "我的", "query": f"state={state}"})
    assert [url for _name, url in saved(browser)] == ["/control/clocks?state=soon"]


def test_a_view_keeps_filters_and_nothing_else() -> None:
    browser = Browser("supervisor1")
    browser.post(
        "/control/views", {"name": "x", "query": "state=soon&next=//evil.example&q=a%26b%00&cursor=1"}
    )
    assert SavedView.objects.get().query == "state=soon&q=a%26b"


@pytest.mark.parametrize("name", ["", "  ", "\0", "长" * 61])
def test_a_view_needs_a_name(name: str) -> None:
    browser = Browser("supervisor1").post("/control/views", {"name": name, "query": ""})
    assert "请给视图起一个名称，不超过 60 个字" in browser.text
    assert not SavedView.objects.exists()


def test_there_is_an_end_to_views_and_their_length() -> None:
    user = account("supervisor1")
    for number in range(saved_views.MOST):
        saved_views.save_view(user=user, name=str(number), query="")
    with pytest.raises(saved_views.TooManyViewsError):
        saved_views.save_view(user=user, name="one more", query="")
    assert saved_views.save_view(user=user, name="0", query="state=soon").query == "state=soon"
    with pytest.raises(saved_views.ViewTooLongError):
        saved_views.save_view(user=user, name="0", query="q" * 501)


def test_views_of_others_cannot_be_deleted() -> None:
    view = saved_views.save_view(user=account("supervisor1"), name="mine", query="")
    browser = Browser("supervisor1-yiwu")
    for _ in range(2):
        browser.post(f"/control/views/{view.pk}/delete", {})
        assert browser.status == 200
    assert SavedView.objects.filter(pk=view.pk).exists()
