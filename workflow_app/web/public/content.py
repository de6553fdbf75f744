"""The content of a publication as rows for reading."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

TITLES = {
    "subject": "信用主体",
    "subject_kind": "主体类别",
    "subject_code": "代码",
    "agency": "受理机关",
    "region": "行政区划",
    "matter": "承诺事项",
    "matter_code": "事项编码",
    "type": "承诺类型",
    "commitment_code": "承诺编码",
    "content": "承诺内容",
    "liability": "违诺责任",
    "made_on": "承诺日期",
    "valid_until": "有效期至",
    "breach_number": "认定文书号",
    "breach_facts": "认定事实",
    "breach_on": "认定日期",
}


def content_rows(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(title, text) of what is known by name, in a fixed order; empty texts are left out."""
    return [(gettext(title), str(content[name])) for name, title in TITLES.items() if content.get(name)]
