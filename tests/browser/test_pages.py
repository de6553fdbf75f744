"""Every page and state: for those who see badly, on a narrow screen, and by the standard of HTML."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, Response

from tests.browser.conftest import DESKTOP, Visit, Visitor
from tests.browser.looking import NARROW, Look, look_at
from tests.browser.markup import invalid
from tests.browser.tour import Places, Stop, make_world, pages, states


class Documents:
    """The HTML that a window was sent, as it was sent."""

    def __init__(self, page: Page) -> None:
        self.last: Response
        page.on("response", self._see)

    def _see(self, response: Response) -> None:
        if response.request.is_navigation_request() and response.status != 302:
            self.last = response


# Every language meets every device and every palette, and every palette every device.
LOOKS: dict[str, tuple[Look, Look]] = {
    "zh-hans": ((DESKTOP, "light"), (NARROW, "dark")),
    "en": ((DESKTOP, "dark"), (NARROW, "light")),
}


# Longer than one test should take; a machine that does other things too is given its time.
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("language", LOOKS)
@pytest.mark.parametrize("stops", [pages, states])
def test_every_page_is_there_for_everybody(
    visit: Visit, at, stops: Callable[[Places], Iterator[Stop]], language: str, tmp_path: Path
) -> None:
    windows: dict[str, tuple[Visitor, Documents]] = {}
    sent: dict[str, str] = {}
    problems = []
    for stop in stops(make_world(at)):
        if stop.who not in windows:
            visitor = visit(stop.who, language=language)
            windows[stop.who] = visitor, Documents(visitor.page)
        visitor, documents = windows[stop.who]
        try:
            page = visitor.open(stop.url, stop.status)
            if stop.act:
                stop.act(page)
                page.wait_for_load_state()
        except (AssertionError, Error) as missed:
            problems.append(f"{stop.name}: {missed}")
            continue
        sent[stop.name] = documents.last.text()
        problems += map(str, look_at(page, stop.name, *LOOKS[language]))
    problems += invalid(sent, tmp_path)
    assert not problems, "\n".join(problems)


def test_what_is_wrong_is_found(visit: Visit) -> None:
    page = visit("").open("/sign-in")
    assert look_at(page, "whole", (NARROW, "light")) == []
    page.locator("main label").first.evaluate("label => label.remove()")
    page.locator("main h1").evaluate("title => { title.style.width = '400px'; title.style.color = '#ccc' }")
    found = "\n".join(map(str, look_at(page, "broken", (NARROW, "light"))))
    assert "label" in found
    assert "color-contrast" in found
    assert "wider than the screen" in found


def test_markup_that_is_wrong_is_found(tmp_path: Path) -> None:
    head = '<head><meta charset="utf-8"><title>页</title></head>'
    frame = f'<!doctype html><html lang="zh-Hans">{head}<body>{{}}</body></html>'
    pages = {
        "whole": frame.format("<h1>页</h1>"),
        "broken": frame.format('<h1>页</h1><p align="left">文</div>'),
    }
    found = invalid(pages, tmp_path)
    assert [each.partition(":")[0] for each in found] == ["broken", "broken"]
