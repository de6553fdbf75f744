"""What the stories of objection and repair do not reach: every row, every branch of a letter, other places."""

from datetime import date
from itertools import product
from typing import Any

import pytest
from django.conf import settings

from workflow_app.engine.bundles import Bundle, discover
from workflow_app.engine.programs import read_decisions
from workflow_app.letters.templating import fill
from workflow_app.selectors.rules import rules_in_force

BUNDLES = discover(settings.BASE_DIR)
FLAGS = (True, False)
SEVERITIES = ("none", "minor", "general", "serious")


def expected_eligibility(facts: dict[str, Any]) -> str:
    """The rule as a lawyer would say it: what bars an application, the strongest reason first."""
    if facts["is_listed"]:
        return "list_exit"
    if facts["is_repaired"]:
        return "already_repaired"
    if facts["severity"] == "none":
        return "no_bad_record"
    if facts["is_blocked"]:
        return "blocked"
    return "eligible" if facts["is_period_over"] else "too_early"


@pytest.mark.parametrize("severity", SEVERITIES)
def test_exactly_one_row_decides_whatever_the_facts(severity: str) -> None:
    decision = read_decisions(BUNDLES["repair"])["eligibility"]
    names = ("is_listed", "is_repaired", "is_blocked", "is_period_over")
    for values in product(FLAGS, repeat=len(names)):
        facts = {"severity": severity, **dict(zip(names, values, strict=True))}
        assert decision.decide(facts) == {"eligibility": expected_eligibility(facts)}, facts


@pytest.mark.parametrize(
    ("region", "process", "clock", "amount", "cap"),
    [
        ("330700", "objection", "handle", 5, 20),
        ("330782", "objection", "handle", 5, 20),
        ("330100", "objection", "handle", 5, 20),
        ("310115", "objection", "accept", 1, None),
        ("310115", "objection", "handle", 5, 7),
        ("310115", "objection", "assist", 5, None),
        ("440305", "objection", "handle", 2, 5),
        ("370102", "objection", "handle", 3, 7),
        ("410105", "objection", "assist", 3, None),
        ("440103", "objection", "accept", 2, None),
        ("440103", "objection", "assist", 10, None),
        ("110101", "objection", "handle", 5, 20),
        ("330700", "repair", "handle", 3, None),
        ("330782", "repair", "accept", 3, None),
        ("330700", "repair", "answer", 10, None),
        ("330700", "repair", "decide", 7, 14),
    ],
)
def test_each_place_has_its_own_periods(
    db: None, region: str, process: str, clock: str, amount: int, cap: int | None
) -> None:
    rule = rules_in_force(process, region, date(2026, 5, 6))[clock]
    assert (rule["amount"], rule["cap_amount"]) == (amount, cap)


@pytest.mark.parametrize("process", ["objection", "repair", "repair_revocation"])
@pytest.mark.parametrize("region", ["330700", "330782", "650000"])
def test_every_clock_has_a_rule_everywhere(db: None, process: str, region: str) -> None:
    rules = rules_in_force(process, region, date(2026, 3, 2))
    assert {clock.name for clock in BUNDLES[process].manifest.clocks} <= rules.keys()


def test_the_basis_of_repair_changes_with_the_day(db: None) -> None:
    """国家发展改革委令第36号 is in force since 2026-04-01; a case filed the day before keeps the older basis."""
    days = (date(2025, 6, 21), date(2026, 3, 31), date(2026, 4, 1))
    old, middle, new = (rules_in_force("repair", "330700", day)["accept"]["legal_basis"] for day in days)
    assert "第58号" in old
    assert "国办发〔2025〕22号" in middle
    assert "第36号" in new


def letter_of(bundle: Bundle, kind: str) -> str:
    return bundle.files[f"forms/{bundle.slug}/letters/{kind}.html"]


def values(**extra: Any) -> dict[str, Any]:
    """What the letters below speak of, beside what each test adds."""
    record = dict.fromkeys(
        (
            "number", "title", "category", "severity", "facts", "basis", "content", "penalty_kinds", "amount",
            "finding_on", "decision_on", "published_on", "valid_until", "source",
        ),
        "信息",
    )  # fmt: skip
    return {
        "case": {"number": "XYYY-330700-20260302-000001", "filed_on": "2026年3月2日"},
        "subject": {"name": "某公司", "code": "某代码", "code_title": "统一社会信用代码", "you": "你单位"},
        "record": record,
        "clocks": {"ask_review": {"due_on": "2026年3月17日"}},
        "letters": {"reply": {"number": "金信用异答〔2026〕1号"}},
        "changes": [{"field": "金额", "old": "50000.00", "new": "5000.00", "reason": "理由"}],
        **extra,
    }


PAGE = dict.fromkeys(
    (
        "title", "number", "agency_name", "agency_points", "issued_on", "created", "verify_url", "verify_site",
        "verify_code", "seal_url", "qr_url",
    ),
    "x",
)  # fmt: skip

SAYS = {
    "delete": "予以删除",
    "correct": "予以更正",
    "add": "予以补充",
    "stop_publication": "该信用信息停止公示",
    "delist": "移出名单",
}


@pytest.mark.parametrize(("kind", "form"), [("reply", "propose"), ("review", "review_propose")])
@pytest.mark.parametrize("result", [*SAYS, "keep"])
@pytest.mark.parametrize("is_full", FLAGS)
def test_the_reply_says_the_result(kind: str, form: str, result: str, is_full: bool) -> None:
    forms = {form: {"reason": "理由"}, "ask_review": {"submitted_on": "2026年3月5日"}}
    codes = {form: {"result": result, "is_full": is_full}}
    text = fill(letter_of(BUNDLES["objection"], kind), values(forms=forms, codes=codes), PAGE)
    assert SAYS.get(result, "予以维持") in text
    assert ("50000.00" in text) == (result in ("correct", "add"))
    # Only who did not get everything has something to be reviewed, and only once.
    assert ("申请复核一次" in text) == (kind == "reply" and not is_full)
    assert "行政复议" in text


@pytest.mark.parametrize(
    ("eligibility", "said"),
    [
        ("already_repaired", "已经修复，无须再次申请"),
        ("blocked", "你单位可以自2029年3月3日起提出申请"),
        ("no_bad_record", "不属于失信信息"),
    ],
)
def test_who_may_not_apply_reads_why(eligibility: str, said: str) -> None:
    facts = {"eligibility": eligibility, "eligible_from": "2029年3月3日"}
    text = fill(letter_of(BUNDLES["repair"], "not_eligible"), values(facts=facts), PAGE)
    assert said in text


@pytest.mark.parametrize("slug", ["objection", "repair"])
@pytest.mark.parametrize("is_after_supplement", FLAGS)
def test_a_refusal_gives_the_reason_of_the_last_check(slug: str, is_after_supplement: bool) -> None:
    forms = {"accept": {"reason": "第一次的理由"}}
    if is_after_supplement:
        forms["accept_again"] = {"reason": "第二次的理由"}
    text = fill(letter_of(BUNDLES[slug], "refusal"), values(forms=forms, codes=forms), PAGE)
    assert ("第二次的理由" in text) == is_after_supplement
    assert ("第一次的理由" in text) != is_after_supplement


def test_who_handled_or_decided_an_objection_has_no_part_in_its_review() -> None:
    four_eyes = BUNDLES["objection"].manifest.four_eyes
    before = {"task_accept", "task_accept_again", "task_check", "task_verify", "task_propose", "task_approve"}
    assert before <= set(four_eyes["task_review_propose"]) & set(four_eyes["task_review_approve"])


def test_only_reviewers_begin_a_revocation_and_nobody_takes_it_back() -> None:
    manifest = BUNDLES["repair_revocation"].manifest
    assert manifest.starters == ("reviewer",)
    # The first thing that happens: the subject sees the case as its own and must not be able to end it.
    assert manifest.no_withdrawal_after == ("do_assess",)
