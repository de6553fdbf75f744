"""Looks at a page as those do who cannot see it well: axe-core's rules, and the width of a phone."""

from dataclasses import dataclass
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

from tests.browser.conftest import DESKTOP

Scheme = Literal["light", "dark"]
# A size of the screen, and the palette.
Look = tuple[ViewportSize, Scheme]

# All of axe-core's own rules and, because WCAG 2.2 asks for it, the one that it leaves out by default.
_ALL: dict[str, Any] = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
# The narrowest page that WCAG asks to do without scrolling to the side.
NARROW: ViewportSize = {"width": 320, "height": 844}


@dataclass(frozen=True)
class Finding:
    """What is wrong, and where; shown in the order of reading."""

    page: str
    rule: str
    where: str

    def __str__(self) -> str:
        return f"{self.page}: {self.rule}: {self.where}"


def look_at(page: Page, name: str, *looks: Look) -> list[Finding]:
    """Everything that axe-core finds on the page as it stands, in each look, and whether a narrow screen takes it."""
    found: list[Finding] = []
    for size, scheme in looks:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        found += _run(page, f"{name} ({size['width']}, {scheme})")
    page.set_viewport_size(NARROW)
    found += _too_wide(page, name)
    page.set_viewport_size(DESKTOP)
    return found


def _run(page: Page, name: str) -> list[Finding]:
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    result = page.evaluate("options => axe.run(document, options)", _ALL)
    return [
        Finding(name, f"{each['id']} ({each['help']})", f"{node['target']} {node['html'][:200]}")
        for each in result["violations"]
        for node in each["nodes"]
    ]


def _too_wide(page: Page, name: str) -> list[Finding]:
    width = page.evaluate("() => document.scrollingElement.scrollWidth")
    return [Finding(name, "wider than 320 px", str(width))] if width > NARROW["width"] else []
