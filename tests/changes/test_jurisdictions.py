"""The periods of other places are data: each is chosen by the region's prefix, and its due dates are written out.

An objection is filed on Wednesday 2026-02-11 at 10:00, accepted on Thursday the 12th, and on Friday the 13th the source
unit is asked. The days that count are then: 13, 14 (a Saturday that is worked), the Spring Festival from 15 to 23 being
off, 24, 25, 26, 27, 28 (a Saturday that is worked), 2 March and so on.
"""

from datetime import date, timedelta

import pytest
import yaml
from django.conf import settings

from tests.deadlines.test_written_out import OBJECTION, accept
from tests.deadlines.test_written_out import file as file_objection
from workflow_app.domain.clock import CHINA
from workflow_app.domain.deadlines import ExtensionCapError
from workflow_app.models import Agency, Clock, DeadlineRule, Region, User
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.rules import rules_in_force
from workflow_app.services.clocks import extend_clock
from workflow_app.services.tasks import complete_task
from workflow_app.services.transition import open_case

pytestmark = pytest.mark.django_db

# District → jurisdiction of its rule, due dates by clock, and the last day to which the handling can be extended.
PLACES = {
    # 《上海市社会信用条例》: marked in 1, handled in 5, forwarded in 2 more; the source unit has 5.
    "310115": {
        "name": "浦东新区",
        "jurisdiction": "310000",
        "accept": "02-12",
        "handle": "02-26",
        "assist": "02-27",
        "at most": (2, "02-28"),
    },
    # 深圳: 1 and 2, and 3 more where it is extended.
    "440305": {
        "name": "南山区",
        "jurisdiction": "440300",
        "accept": "02-12",
        "handle": "02-14",
        "assist": "02-24",
        "at most": (3, "02-26"),
    },
    # 山东: 3, 7 where others have to look; no period of its own for the check of the form.
    "370102": {
        "name": "历下区",
        "jurisdiction": "370000",
        "accept": "02-12",
        "handle": "02-24",
        "assist": "02-25",
        "at most": (4, "02-28"),
    },
    # 河南: 3 and 7, the source unit 3.
    "410105": {
        "name": "金水区",
        "jurisdiction": "410000",
        "accept": "02-12",
        "handle": "02-24",
        "assist": "02-25",
        "at most": (4, "02-28"),
    },
    # 广州: 2 to check, 2 to forward, 10 for the source unit.
    "440103": {
        "name": "荔湾区",
        "jurisdiction": "440100",
        "accept": "02-13",
        "handle": "03-06",
        "assist": "03-05",
        "at most": (0, "03-06"),
    },
}


def move_to(code: str, name: str) -> None:
    """The demo city's offices stand in another district of the country."""
    Region.objects.create(code=code, name=name, name_en=name)
    Agency.objects.filter(region="330700").update(region=code)


def due(clock: Clock) -> str:
    return f"{clock.due_at.astimezone(CHINA):%m-%d %H:%M}"


@pytest.mark.parametrize("code", PLACES)
def test_due_dates_of_another_place(at, code):
    place = PLACES[code]
    move_to(code, place["name"])
    at("2026-02-11 10:00")
    case = file_objection("objection", OBJECTION, "applicant1")
    at("2026-02-12 09:00")
    assert due(Clock.objects.get(case=case, name="accept")) == f"{place['accept']} 17:30"
    accept(case)
    handling = Clock.objects.get(case=case, name="handle")
    assert due(handling) == f"{place['handle']} 17:30"
    assert handling.jurisdiction == place["jurisdiction"]
    at("2026-02-13 10:00")
    reviewer, task = User.objects.get(username="reviewer1"), case.tasks.get(status__in=LIVE)
    complete_task(task_id=task.pk, user=reviewer, data={"next_step": "ask_source", "findings": "请复核。"})
    assist = Clock.objects.get(case=case, name="assist")
    assert due(assist) == f"{place['assist']} 17:30"
    assert assist.jurisdiction == place["jurisdiction"]
    more, last = place["at most"]
    approver = User.objects.get(username="approver1")
    if more:
        with open_case(approver, pk=case.pk) as moving:
            assert due(extend_clock(moving, "handle", more, "案情复杂")) == f"{last} 17:30"
    with pytest.raises(ExtensionCapError), open_case(approver, pk=case.pk) as moving:
        extend_clock(moving, "handle", 1, "案情复杂")


@pytest.mark.parametrize("code", PLACES)
def test_what_the_file_says_is_what_is_in_force(code):
    """Every rule of the place, to the letter; before its first day the country's stands in."""
    prefix = PLACES[code]["jurisdiction"]
    text = (settings.BASE_DIR / "bpmn" / "objection" / "deadlines.yaml").read_text(encoding="utf-8")
    written = {entry["clock"]: entry for entry in yaml.safe_load(text) if entry["jurisdiction"] == prefix}
    assert {"handle", "assist"} <= written.keys()
    for clock, entry in written.items():
        found = rules_in_force("objection", code, date(2026, 3, 2))[clock]
        assert (found["amount"], found["unit"], found["cap_amount"], found["legal_basis"]) == (
            entry["amount"],
            entry["unit"],
            entry.get("cap_amount"),
            entry["legal_basis"],
        )
        row = DeadlineRule.objects.get(process="objection", clock=clock, jurisdiction=prefix)
        assert (row.pauses, row.is_assumed) == (entry.get("pauses", ""), entry.get("is_assumed", False))
        before = rules_in_force("objection", code, entry["valid_from"] - timedelta(days=1))
        assert before.get(clock, {}).get("jurisdiction", "") == ""


def test_what_a_place_pauses_for_is_said():
    """河南 leaves out the time of inspection, appraisal and review by experts; it is a rule of that place only."""
    said = DeadlineRule.objects.filter(process="objection", pauses__contains="鉴定")
    assert set(said.values_list("jurisdiction", "clock")) == {("410000", "handle"), ("410000", "assist")}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("310000", "310000"),
        ("310115", "310000"),
        ("440300", "440300"),
        ("440305", "440300"),
        # The province has none: neither of its cities' rules is another city's.
        ("440400", ""),
        ("440000", ""),
        ("370102", "370000"),
        ("410100", "410000"),
        ("440100", "440100"),
        ("440103", "440100"),
        ("330702", "330700"),
        ("330102", "330000"),
        ("110101", ""),
    ],
)
def test_the_longest_prefix_wins(code, expected):
    assert rules_in_force("objection", code, date(2026, 3, 2))["handle"]["jurisdiction"] == expected
