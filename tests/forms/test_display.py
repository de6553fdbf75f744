"""Submitted data for reading, in both languages."""

from typing import Any

import pytest

from forms.display import summary
from tests.forms.samples import CHOICES, DOCUMENT, EVERYTHING, ID_CARD, OTHER_DOCUMENT, USCC

DATA = {
    "agree": True,
    "public": False,
    "name": "甲",
    "fine": 123450,
    "day": "2026-03-15",
    "ground": "b",
    "level": 2,
    "kinds": ["x", "z"],
    "record": "R1",
    "records": ["R1", "R9"],
    "session": 7,
    "papers": [DOCUMENT, OTHER_DOCUMENT],
    "changes": [{"field": "名称", "new": "乙", "amount": 100}, {"old": "丙", "sure": True}],
}


def test_everything_in_the_order_of_the_form() -> None:
    assert summary(EVERYTHING, DATA, "zh-hans", choices=CHOICES) == [
        ("姓名", "甲"),
        ("罚款金额", "1,234.50 元"),
        ("决定日期", "2026-03-15"),
        ("我承诺属实", "是"),
        ("是否公开", "否"),
        ("异议理由", "选项b"),
        ("等级", "2级"),
        ("类型", "选项x、选项z"),
        ("信用信息", "处罚决定一"),
        ("培训场次", "第七期"),
        ("多条信用信息", "处罚决定一、R9"),
        ("材料", f"证明.pdf、{OTHER_DOCUMENT}"),
        ("更正内容", "1. 项目：名称；应为：乙；金额：1.00 元\n2. 原内容：丙；已核实：是"),
    ]


def test_the_same_in_english() -> None:
    shown = dict(summary(EVERYTHING, DATA, "en", choices=CHOICES))
    assert shown["T fine"] == "CNY 1,234.50"
    assert (shown["T agree"], shown["T public"]) == ("Yes", "No")
    assert shown["T kinds"] == "O x, O z"
    assert shown["T level"] == "O 2"
    assert shown["T changes"].splitlines() == [
        "1. T changes.field: 名称; T changes.new: 乙; T changes.amount: CNY 1.00",
        "2. T changes.old: 丙; T changes.sure: Yes",
    ]


@pytest.mark.parametrize(("language", "expected"), [("zh-hans", "共 2 份"), ("en", "2 in all")])
def test_documents_without_labels_are_counted(language: str, expected: str) -> None:
    ((_, text),) = summary(EVERYTHING, {"papers": [DOCUMENT, OTHER_DOCUMENT]}, language)
    assert text == expected


def test_nothing_said_is_nothing_shown() -> None:
    assert summary(EVERYTHING, {}, "zh-hans") == []


@pytest.mark.parametrize(
    ("name", "value", "masked"),
    [
        ("code", ID_CARD, "110***********002X"),
        ("code", USCC, USCC),
        ("phone", "13800001234", "138****1234"),
        ("name", "甲", "甲"),
    ],
)
def test_codes_and_telephones_of_persons_are_masked_on_request(name: str, value: str, masked: str) -> None:
    assert summary(EVERYTHING, {name: value}, "zh-hans", masked=True)[0][1] == masked
    assert summary(EVERYTHING, {name: value}, "zh-hans")[0][1] == value


@pytest.mark.parametrize(
    "draft",
    [
        {"name": 5, "fine": "x", "ground": "zzz", "kinds": "x", "public": "q", "day": None},
        {"kinds": [1, {"a": 2}], "papers": "x", "changes": ["x", {"field": 1, "zebra": 2}]},
        {"changes": {"a": 1}, "fine": True, "record": ["x"]},
    ],
)
def test_unchecked_drafts_are_shown_as_they_are(draft: dict[str, Any]) -> None:
    for language in ("zh-hans", "en"):
        shown = summary(EVERYTHING, draft, language, choices=CHOICES, masked=True)
        assert len(shown) == len(draft)
        assert all(isinstance(text, str) for _, text in shown)
