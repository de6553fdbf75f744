"""Moments in words: whole and short, how long ago, how long until. China's time, in the language of the page."""

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.web.visitor import language


def moment(value: datetime | date | None, show: str = "when", css: str = "") -> SafeString:
    """A moment as <time>: short to read, whole on hover, with weekday, seconds and zone. Empty for None.

    `show` is what stands on the page: `when` (day and time), `day`, `time` (within a day that is named beside it),
    `ago` (how long since, or until), `countdown` (to a due date). `css` are its classes. Kept with
    `{% moment x as told %}` it may stand inside a translated sentence.
    """
    if value is None:
        return SafeString("")
    return format_html(
        "<time{}{}>{}</time>",
        format_html(' class="{}"', css) if css else "",
        _attributes(value, language()),
        _SHOWN[show](value),
    )


# A list says the same moments over and over.
@lru_cache(maxsize=4096)
def _attributes(value: datetime | date, speaks: str) -> SafeString:
    return format_html(' datetime="{}" title="{}"', iso(value), whole_moment(value))


def when(moment: datetime | date | None) -> str:
    """A moment with day and time in China; of a day, the day."""
    if not isinstance(moment, datetime):
        return day(moment)
    local = moment.astimezone(CHINA)
    return f"{_day_words(local.date(), language())}{_between()}{local:%H:%M}"


def day(moment: datetime | date | None) -> str:
    """A day in China."""
    return "" if moment is None else _day_words(_day_of(moment), language())


def time(moment: datetime) -> str:
    """The time of day in China."""
    return f"{moment.astimezone(CHINA):%H:%M}"


def month_name(first: date) -> str:
    """A month, given by one of its days."""
    return date_format(first, "F Y" if language() == "en" else "Y年n月")


def iso(moment: datetime | date | None) -> str:
    """For the `datetime` attribute of <time>."""
    if moment is None:
        return ""
    return (
        moment.astimezone(CHINA).isoformat(timespec="minutes")
        if isinstance(moment, datetime)
        else moment.isoformat()
    )


def whole_moment(moment: datetime | date | None) -> str:
    """A moment in full: day, weekday, time to the second and zone; a day with its weekday."""
    if moment is None:
        return ""
    told = _day_words(_day_of(moment), language(), with_weekday=True)
    if not isinstance(moment, datetime):
        return told
    told = f"{told}{_between()}{moment.astimezone(CHINA):%H:%M:%S}"
    return gettext("{moment}（北京时间，UTC+8）").format(moment=told)


@lru_cache(maxsize=4096)
def _day_words(on: date, speaks: str, *, with_weekday: bool = False) -> str:
    if speaks == "en":
        return date_format(on, "l, j F Y" if with_weekday else "j F Y")
    return date_format(on, "Y年n月j日 l" if with_weekday else "Y年n月j日")


def _between() -> str:
    return ", " if language() == "en" else " "


def ago(moment: datetime | date | None) -> str:
    """How long ago it was, or how far ahead it is, in the largest unit that fits; days as the calendar counts them."""
    if moment is None:
        return ""
    minutes = _minutes_since(moment) if isinstance(moment, datetime) else None
    if minutes is None or abs(minutes) >= 24 * 60:
        return _days_since(moment)
    count, is_past = abs(minutes), minutes >= 0
    if not count:
        return gettext("刚刚")
    if count < 60:
        told = (
            ngettext("%(count)d 分钟前", "%(count)d 分钟前", count)
            if is_past
            else ngettext("%(count)d 分钟后", "%(count)d 分钟后", count)
        )
        return told % {"count": count}
    count //= 60
    told = (
        ngettext("%(count)d 小时前", "%(count)d 小时前", count)
        if is_past
        else ngettext("%(count)d 小时后", "%(count)d 小时后", count)
    )
    return told % {"count": count}


def _minutes_since(moment: datetime) -> int:
    """Whole minutes, rounded towards now."""
    return int((clock.now() - moment).total_seconds() / 60)


def _days_since(moment: datetime | date) -> str:
    since = -days_left(moment)
    if not since:
        return gettext("今天")
    if since > 0:
        return ngettext("%(count)d 天前", "%(count)d 天前", since) % {"count": since}
    return ngettext("%(count)d 天后", "%(count)d 天后", -since) % {"count": -since}


def days_left(due: datetime | date) -> int:
    """Calendar days from today to the due day in China; negative once it has passed."""
    return (_day_of(due) - clock.now().astimezone(CHINA).date()).days


def _day_of(moment: datetime | date) -> date:
    return moment.astimezone(CHINA).date() if isinstance(moment, datetime) else moment


def countdown(due_at: datetime | None) -> str:
    """How long until it is due, in words."""
    if due_at is None:
        return gettext("不计期限")
    left = days_left(due_at)
    if due_at < clock.now():
        late = ngettext("已超期 %(count)d 天", "已超期 %(count)d 天", -left) % {"count": -left}
        return late if left else gettext("今天已超期")
    if left <= 1:
        return gettext("明天到期") if left else gettext("今天到期")
    return ngettext("还有 %(count)d 天", "还有 %(count)d 天", left) % {"count": left}


def urgency(due_at: datetime | None) -> str:
    """`none`, `over`, `soon` (today or tomorrow) or `calm`, for colours that repeat what the words say."""
    if due_at is None:
        return "none"
    if due_at < clock.now():
        return "over"
    return "soon" if days_left(due_at) <= 1 else "calm"


_SHOWN: dict[str, Callable[[Any], str]] = {
    "when": when,
    "day": day,
    "time": time,
    "ago": ago,
    "countdown": countdown,
}
FILTERS = (when, day, month_name, iso, whole_moment, ago, countdown, urgency)
