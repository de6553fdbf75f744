"""Moments on pages: short to read, whole on hover, always China's."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils.translation import override

from workflow_app.domain import clock
from workflow_app.web import moments

TEMPLATES = Path(settings.BASE_DIR) / "workflow_app/web/templates"
# Already the next day in China.
LATE = datetime(2026, 3, 2, 17, 0, 59, tzinfo=UTC)


def shown(source: str, **values: object) -> str:
    return Template("{% load i18n web %}" + source).render(Context(values))


def test_moments_and_days_are_those_of_china() -> None:
    assert moments.when(LATE) == "2026年3月3日 01:00"
    assert moments.day(LATE) == "2026年3月3日"
    assert moments.day(LATE.date()) == "2026年3月2日"
    assert moments.iso(LATE) == "2026-03-03T01:00+08:00"
    assert moments.month_name(LATE.date()) == "2026年3月"
    with override("en"):
        assert moments.when(LATE) == "3 March 2026, 01:00"
        assert moments.month_name(LATE.date()) == "March 2026"
    assert [shows(None) for shows in (moments.when, moments.day, moments.iso, moments.ago)] == [""] * 4


def test_a_moment_in_full() -> None:
    assert moments.whole_moment(LATE) == "2026年3月3日 星期二 01:00:59（北京时间，UTC+8）"
    assert moments.whole_moment(date(2026, 3, 2)) == "2026年3月2日 星期一"
    assert moments.whole_moment(None) == ""
    with override("en"):
        assert moments.whole_moment(LATE).startswith("Tuesday, 3 March 2026, 01:00:59")
        assert moments.whole_moment(date(2026, 3, 2)) == "Monday, 2 March 2026"


@pytest.mark.parametrize(
    ("show", "words"),
    [("when", "2026年3月3日 01:00"), ("day", "2026年3月3日"), ("time", "01:00"), ("ago", "15 小时后"),
     ("countdown", "明天到期")],
)  # fmt: skip
def test_the_tag_shows_what_is_asked_and_the_whole_on_hover(show: str, words: str) -> None:
    # Now is the 2nd, 10:00; the moment lies fifteen hours ahead.
    assert shown('{% moment x show "soft" %}', x=LATE, show=show) == (
        '<time class="soft" datetime="2026-03-03T01:00+08:00" '
        f'title="2026年3月3日 星期二 01:00:59（北京时间，UTC+8）">{words}</time>'
    )


def test_the_tag_for_days_for_nothing_and_within_a_sentence() -> None:
    on = date(2026, 3, 2)
    assert shown("{% moment x %}", x=None) == ""
    assert shown('{% moment x "day" %}', x=on) == (
        '<time datetime="2026-03-02" title="2026年3月2日 星期一">2026年3月2日</time>'
    )
    assert "></time>" not in shown("{% moment x %}", x=on)
    told = shown(
        '{% moment x "day" as told %}{% blocktranslate with moment=told %}{{ moment }}保存{% endblocktranslate %}',
        x=on,
    )
    assert told.endswith("2026年3月2日</time>保存")


def test_whoever_asks_for_what_is_not_there_is_told() -> None:
    with pytest.raises(KeyError):
        moments.moment(LATE, "year")


@pytest.mark.parametrize(
    ("hours", "words", "colour"),
    [(-72, "已超期 3 天", "over"), (-1, "今天已超期", "over"), (2, "今天到期", "soon"), (24, "明天到期", "soon"),
     (72, "还有 3 天", "calm")],
)  # fmt: skip
def test_countdowns(hours: int, words: str, colour: str) -> None:
    due = clock.now() + timedelta(hours=hours)
    assert (moments.countdown(due), moments.urgency(due)) == (words, colour)


def test_what_has_no_date_says_so() -> None:
    assert (moments.countdown(None), moments.urgency(None)) == ("不计期限", "none")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "刚刚"), (59, "刚刚"), (-59, "刚刚"), (60, "1 分钟前"), (3599, "59 分钟前"), (-60, "1 分钟后"),
     (3600, "1 小时前"), (-2 * 3600, "2 小时后"), (24 * 3600, "1 天前"), (-24 * 3600, "1 天后"),
     (38 * 3600, "2 天前")],
)  # fmt: skip
def test_how_long_ago(seconds: int, words: str) -> None:
    assert moments.ago(clock.now() - timedelta(seconds=seconds)) == words


def test_days_ago_are_counted_by_the_calendar() -> None:
    today = clock.now().date()
    told = [moments.ago(today + timedelta(days=days)) for days in (-3, 0, 3)]
    assert told == ["3 天前", "今天", "3 天后"]


def test_pages_show_moments_by_the_tag() -> None:
    """Whoever shows a moment as bare words takes the whole of it from the reader. Titles and attributes hold words."""
    bare = {}
    for path in TEMPLATES.rglob("*.html"):
        words = r'\{% block title %\}.*?\{% endblock %\}|="[^"<>]*"'
        text = re.sub(words, "", path.read_text(encoding="utf-8"), flags=re.S)
        if found := re.findall(r"[\w.]+\|(?:when|day|countdown)\b", text):
            bare[path.name] = found
    assert bare == {}
