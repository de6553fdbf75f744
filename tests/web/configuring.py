"""What tests of the administrator's pages do over and over."""

from typing import Any

from tests.web.browser import Browser
from workflow_app.models import Case, Change, Clock

NOTICE = "国办发明电〔2026〕9号"
# As the notice for 2027 could have it, in the ways people write days.
PASTED = """
2027-01-01 休 元旦放假
2027年2月5日至2027年2月11日 休 春节放假
２０２７-02-20　班　春节调休（周六）上班
"""


def draft(browser: Browser, *lines: str, year: int = 2026, **typed: Any) -> Change:
    """A draft of single days, made through the form; the browser then shows its page."""
    typed.setdefault("lines", "\n".join(lines))
    browser.get(f"/settings/calendar/{year}/change").send(**typed)
    assert browser.url.startswith("/settings/changes/"), browser.errors()
    return Change.objects.get(pk=browser.url.rpartition("/")[2])


def turn(browser: Browser, part: str, *, rel: str = "") -> None:
    """Follow a link of the page to itself, with other values."""
    links = browser.page.xpath("//a[@rel=$rel]/@href", rel=rel) if rel else browser.links(part)
    browser.get(browser.url.partition("?")[0] + next(url for url in links if part in url))


def due(case: Case) -> str:
    clock = Clock.objects.get(case=case, name="accept")
    return clock.due_at.astimezone().isoformat()[:10]
