"""Problem documents: `type, title, status, detail, code, errors` as application/problem+json (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from workflow_app.domain.errors import CreditError
from workflow_app.selectors.wording import say

PROBLEM = "application/problem+json"
# Names the kind of problem; it is no address to visit.
TYPE_PREFIX = "urn:problem-type:credit:"

# What kind of thing went wrong; `detail` says what exactly.
_TITLES: Mapping[int, str] = {
    400: _("请求有误"),
    401: _("需要登录"),
    403: _("无权操作"),
    404: _("没有找到"),
    405: _("不支持的方法"),
    409: _("与当前状态冲突"),
    411: _("缺少内容长度"),
    413: _("内容过大"),
    415: _("不支持的内容类型"),
    422: _("内容不符合要求"),
    429: _("请求过于频繁"),
    503: _("暂时无法处理"),
}
_OTHER_TITLE = _("操作未完成")


def problem_document(error: CreditError, errors: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """The document as JSON values, in the language that is active."""
    document: dict[str, Any] = {
        "type": TYPE_PREFIX + error.code,
        "title": gettext(_TITLES.get(error.status, _OTHER_TITLE)),
        "status": error.status,
        "detail": sentence(error),
        "code": error.code,
    }
    if errors:
        document["errors"] = list(errors)
    return document


def problem_response(error: CreditError, errors: Sequence[Mapping[str, Any]] = ()) -> HttpResponse:
    """The document as a response."""
    content = json.dumps(problem_document(error, errors), ensure_ascii=False, default=str)
    # What cannot be encoded came from outside and was meant to break something.
    return HttpResponse(content.encode("utf-8", "replace"), status=error.status, content_type=PROBLEM)


def sentence(error: CreditError) -> str:
    """What the error says, in the language that is active."""
    return say(error.message, error.params)
