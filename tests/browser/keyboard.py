"""Hands without a mouse. On its way from one thing to the next, the Tab key is held to what people rely on."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import FilePayload, Locator, Page

from forms.loader import Form
from tests.browser.filling import Pen

# More than any page has to pass.
_MOST_TABS = 150
# Where the focus is among all elements of the page, and whether one can see that it is there.
_WHERE = """() => {
    const here = document.activeElement;
    const style = getComputedStyle(here);
    const box = here.getBoundingClientRect();
    return {
        place: [...document.querySelectorAll("*")].indexOf(here),
        what: here.outerHTML.slice(0, 120),
        isMarked: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none",
        isInView: box.bottom > 0 && box.top < window.innerHeight,
        isBody: here === document.body,
    };
}"""


class FocusError(AssertionError):
    """The focus jumped, could not be seen, or never came where it should."""


@dataclass
class Keyboard:
    """One person's keyboard at a page."""

    page: Page

    def reach(self, wanted: Locator) -> None:
        """Press Tab until the focus is on `wanted`: only forwards through the page, always seen, never in a trap."""
        before = self._where()
        for _ in range(_MOST_TABS):
            if wanted.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
            here = self._where()
            if here["isBody"]:
                # Past the end: the browser's own frame, then the page from its beginning.
                before = here
                continue
            if not here["isMarked"]:
                raise FocusError(f"nothing shows that the focus is on {here['what']}")
            if not here["isInView"]:
                raise FocusError(f"the focus is out of sight on {here['what']}")
            if here["place"] <= before["place"] and not before["isBody"]:
                raise FocusError(f"the focus jumps back from {before['what']} to {here['what']}")
            before = here
        raise FocusError(f"Tab never comes to {wanted}")

    def _where(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate(_WHERE)
        return found

    def press(self, wanted: Locator, key: str = "Enter") -> None:
        """Go to a button or link and press it; the page has come when this returns."""
        self.reach(wanted)
        with self.page.expect_navigation():
            self.page.keyboard.press(key)


class Typist(Pen):
    """Fills in a form by keyboard alone."""

    def __init__(self, page: Page, form: Form, language: str) -> None:
        super().__init__(page, form, language)
        self.keyboard = Keyboard(page)

    def _write(self, control: Locator, text: str) -> None:
        self.keyboard.reach(control)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def _tick(self, box: Locator) -> None:
        """A box by the space bar; of a group of radio buttons the arrow keys choose one."""
        if box.get_attribute("type") == "radio":
            name = box.get_attribute("name")
            group = self.page.locator(f'main form [name="{name}"]')
            chosen = self.page.locator(f'main form [name="{name}"]:checked')
            self.keyboard.reach(chosen if chosen.count() else group.first)
            self.page.keyboard.press("Space")
            for _ in range(group.count()):
                if box.is_checked():
                    return
                self.page.keyboard.press("ArrowDown")
        elif not box.is_checked():
            self.keyboard.reach(box)
            self.page.keyboard.press("Space")
        assert box.is_checked()

    def _choose(self, control: Locator, value: str) -> None:
        self.keyboard.reach(control)
        self.page.keyboard.press("Home")
        for _ in range(control.locator("option").count()):
            if control.input_value() == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise FocusError(f"no key chooses {value}")

    def _hand_in(self, chooser: Locator, files: list[FilePayload]) -> None:
        self.keyboard.reach(chooser)
        with self.page.expect_file_chooser() as dialog:
            self.page.keyboard.press("Enter")
        dialog.value.set_files(files)
