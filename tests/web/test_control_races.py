"""Two presses at the same moment on the supervisor's list."""

from tests.web.browser import Browser
from tests.web.stories import file_objection
from tests.web.test_control_clocks import results, row_of
from tests.web.test_races import at_once
from workflow_app.models import Reminder


def test_a_double_click_reminds_once_and_both_are_told_so(committed_db: str, at) -> None:
    case = file_objection(Browser("applicant1"))
    browser = Browser("supervisor1").get("/control/clocks")
    data = {**browser.fill(""), "row": [row_of(browser, case)], "act": "remind"}

    def press() -> list[tuple[str, ...]]:
        return results(Browser("supervisor1").post("/control/clocks", data))

    answers = at_once(4, press)
    assert [answer[0][0].split()[0] for answer in answers] == ["成功"] * 4
    assert Reminder.objects.count() == 1
