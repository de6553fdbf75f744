"""Looks at a page as those do who cannot see it well: axe-core's rules, and the width of a phone."""

from dataclasses import dataclass
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

Scheme = Literal["light", "dark"]
# A size of the screen, and the palette.
Look = tuple[ViewportSize, Scheme]

# All of axe-core's own rules and, because WCAG 2.2 asks for it, the one that it leaves out by default.
_RULES: dict[str, Any] = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
# Where the page can be scrolled to the side: the elements that make it so.
_STICKING_OUT = """() => {
    const most = document.documentElement.clientWidth;
    if (document.scrollingElement.scrollWidth <= most) return [];
    const isCut = (each) => {
        for (let box = each.parentElement; box !== document.body; box = box.parentElement)
            if (getComputedStyle(box).overflowX !== "visible") return true;
        return false;
    };
    const out = [...document.querySelectorAll("body *")].filter(
        (each) => each.getBoundingClientRect().right > most + 0.5 && !isCut(each)
    );
    return out.filter((each) => ![...each.children].some((child) => out.includes(child)))
        .map((each) => `${Math.round(each.getBoundingClientRect().right)} px: ${each.outerHTML.slice(0, 150)}`);
}"""
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
    """What axe-core finds on the page as it stands, in each look, and whether it is wider than the screen."""
    found: list[Finding] = []
    for size, scheme in looks:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        here = f"{name} ({size['width']}, {scheme})"
        found += [*_by_axe(page, here), *_too_wide(page, here)]
    return found


def _by_axe(page: Page, here: str) -> list[Finding]:
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    result = page.evaluate("options => axe.run(document, options)", _RULES)
    return [
        Finding(here, f"{each['id']} ({each['help']})", f"{node['target']} {node['html'][:200]}")
        for each in result["violations"]
        for node in each["nodes"]
    ]


def _too_wide(page: Page, here: str) -> list[Finding]:
    return [Finding(here, "wider than the screen", each) for each in page.evaluate(_STICKING_OUT)]
