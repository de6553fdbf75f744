"""The content of a publication as rows for reading."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from workflow_app.web.moments import day
from workflow_app.web.visitor import language

TITLES = {
    "subject": _("信用主体"),
    "subject_kind": _("主体类别"),
    "subject_code": _("代码"),
    "agency": _("受理机关"),
    "region": _("行政区划"),
    "matter": _("承诺事项"),
    "matter_code": _("事项编码"),
    "type": _("承诺类型"),
    "commitment_code": _("承诺编码"),
    "content": _("承诺内容"),
    "liability": _("违诺责任"),
    "made_on": _("承诺日期"),
    "valid_until": _("有效期至"),
    "performance": _("履行状态"),
    "performance_on": _("履行认定日期"),
    "breach_number": _("认定文书号"),
    "breach_facts": _("认定事实"),
    "breach_on": _("认定日期"),
}

# Kept as the label of a choice.
_KINDS = frozenset({"subject_kind", "type", "performance"})
_DAYS = frozenset({"made_on", "valid_until", "performance_on", "breach_on"})


def content_rows(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(title, text) of what is known by name, in a fixed order; empty texts are left out."""
    return [(gettext(title), _text(content, name)) for name, title in TITLES.items() if content.get(name)]


def _text(content: Mapping[str, Any], name: str) -> str:
    if language() == "en" and content.get(f"{name}_en"):
        return str(content[f"{name}_en"])
    if name in _DAYS:
        return day(date.fromisoformat(content[name]))
    return gettext(str(content[name])) if name in _KINDS else str(content[name])
