"""Template tags and filters of the pages: icons, moments, countdowns, titles, masks."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

from workflow_app.domain.deadlines import DayLine
from workflow_app.domain.masking import mask_id_number, mask_name
from workflow_app.domain.money import format_cents
from workflow_app.models import Case, Clock, Draft, Letter, Publication, Subject
from workflow_app.models.clocks import ClockUnit
from workflow_app.models.people import Role
from workflow_app.selectors.calendar import get_calendar
from workflow_app.selectors.clocks import Countdown
from workflow_app.selectors.letters import title_of_letter
from workflow_app.selectors.processes import ProcessInfo, manifest_of
from workflow_app.selectors.wording import say
from workflow_app.web.moments import FILTERS, moment
from workflow_app.web.visitor import language

register = template.Library()
register.simple_tag(moment)
for _each in FILTERS:
    register.filter(_each)

_CHINESE = re.compile(r"[\u3400-\u9fff]")
# Whoever can owe or do something in a case.
_DOERS = {**dict(Role.choices), "applicant": _("申请人"), "platform": _("平台"), "system": _("系统")}


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the sprite, without meaning of its own for screen readers."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("vendor/tabler-icons/sprite.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def provisional_mark(context: Context, due_at: datetime | None) -> SafeString:
    """Says that a due date rests on a year whose notice has not been entered."""
    if due_at is None:
        return SafeString("")
    request = context["request"]
    # Lists ask for every row.
    if not hasattr(request, "calendar"):
        request.calendar = get_calendar("")
    if not request.calendar.is_provisional_due(due_at):
        return SafeString("")
    return format_html(' <span class="mark mark-warn">{}</span>', gettext("暂定"))


@register.filter
def title_of(thing: Any) -> str:
    """The title of a task, matter, course or region in the language of the page."""
    if thing is None:
        return ""
    chinese = getattr(thing, "title", None) or getattr(thing, "name", "")
    english = getattr(thing, "title_en", None) or getattr(thing, "name_en", None)
    return str(english if language() == "en" and english else chinese)


@register.filter
def text_of(text: Any) -> str:
    """A bilingual text of a manifest in the language of the page."""
    return str((text.en if language() == "en" else text.zh) if text else "")


@register.filter
def typed(text: Any) -> str:
    """What somebody wrote, marked as Chinese where it is and the page is not, so that it is read aloud as such."""
    if language() == "en" and _CHINESE.search(str(text)):
        return format_html('<span lang="zh-Hans">{}</span>', text)
    return str(text)


@register.filter
def person(user: Any) -> str:
    """What others read as the name of an account."""
    if user is None:
        return ""
    return str((language() == "en" and user.display_name_en) or user.display_name or user.username)


@register.filter
def masked_name(subject: Subject) -> str:
    """The name; natural persons are masked."""
    return mask_name(subject.name) if subject.is_person else str(subject.name)


@register.filter
def masked_code(subject: Subject) -> str:
    """The code; identity numbers are masked."""
    return mask_id_number(subject.code) if subject.is_person else str(subject.code)


@register.filter
def kilobytes(size: int) -> str:
    """A file's size for people."""
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(1, round(size / 1024))} KB"


@register.filter
def day_reason(line: DayLine) -> str:
    """Why a day counts or does not, in the language of the page."""
    return say(line.message, line.params)


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: str) -> str:
    """The query of this page's address with some values changed; empty ones are left out."""
    asked = context["request"].GET.copy()
    for name, value in changes.items():
        asked[name] = value
    for name in [name for name, value in asked.items() if not value]:
        del asked[name]
    return str(asked.urlencode())


@register.filter
def process_title(case: Case) -> str:
    """The title of the case's process, from the definition it is pinned to."""
    return text_of(manifest_of(case.definition.content_hash).title)


@register.filter
def outcome_title(case: Case) -> str:
    """How a case ended, in words."""
    outcomes = manifest_of(case.definition.content_hash).outcomes.values()
    ended = next((each for each in outcomes if each.code == case.outcome), None)
    return text_of(ended.title) if ended else gettext(case.get_status_display())


@register.filter
def clock_title(timer: Clock) -> str:
    """What a clock is called by its process."""
    names = {each.name: each.title for each in manifest_of(timer.case.definition.content_hash).clocks}
    return text_of(names.get(timer.name)) or timer.name


@register.filter
def letter_title(letter: Letter) -> str:
    """What a letter is called."""
    return text_of(title_of_letter(letter))


@register.filter
def publication_title(publication: Publication) -> str:
    """What is published, and about whom."""
    return str((language() == "en" and publication.content.get("title_en")) or publication.title)


@register.filter
def agency_of(publication: Publication) -> str:
    """The authority that published it."""
    content = publication.content
    return str((language() == "en" and content.get("agency_en")) or content.get("agency", ""))


@register.filter
def draft_title(draft: Draft, processes: Sequence[ProcessInfo]) -> str:
    """The title of the process that a draft begins."""
    found = next((info for info in processes if info.slug == draft.process), None)
    return text_of(found.manifest.title) if found else draft.process


@register.filter
def lookup(mapping: Mapping[str, Any], key: str) -> Any:
    """The value of a key that only the template knows."""
    return mapping.get(key)


@register.filter
def left_words(left: Countdown) -> str:
    """What is left of a clock, in working days."""
    if left.is_overdue:
        days = -left.days_left
        return ngettext("已超期 %(count)d 个工作日", "已超期 %(count)d 个工作日", days) % {"count": days}
    days = left.days_left
    return ngettext("剩余 %(count)d 个工作日", "剩余 %(count)d 个工作日", days) % {"count": days}


@register.filter
def units(amount: int, unit: str) -> str:
    """So many working days, calendar days or months."""
    if unit == ClockUnit.WORKING_DAY:
        return ngettext("%(count)d 个工作日", "%(count)d 个工作日", amount) % {"count": amount}
    if unit == ClockUnit.CALENDAR_DAY:
        return ngettext("%(count)d 天", "%(count)d 天", amount) % {"count": amount}
    return ngettext("%(count)d 个月", "%(count)d 个月", amount) % {"count": amount}


@register.filter
def working_hours(seconds: int) -> str:
    """Working time in hours and minutes."""
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    return gettext("{hours} 小时 {minutes} 分（办公时间）").format(hours=hours, minutes=minutes)


@register.filter
def role_title(role: str) -> str:
    """What a role is called."""
    return gettext(str(_DOERS.get(role, role)))


@register.filter
def yuan(cents: int) -> str:
    """Cents as yuan."""
    return gettext("{amount} 元").format(amount=format_cents(cents))
