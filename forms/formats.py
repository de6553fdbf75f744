"""The formats that schemas may name: the check, the one writing that is stored, what to say when it fails."""

import re
from collections.abc import Callable
from datetime import date
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_noop as _
from jsonschema import FormatChecker

from workflow_app.domain.codes import check_region_code, half_width, is_id_card, is_uscc
from workflow_app.domain.errors import CreditError

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Mobile numbers, fixed lines with area code and extension, 400/800 numbers.
_PHONE = re.compile(
    r"(?:\+?86-?)?1[3-9][0-9]{9}|(?:\+?86-?)?0[0-9]{2,3}-?[0-9]{7,8}(?:-[0-9]{1,6})?|[48]00-?[0-9]{3}-?[0-9]{4}"
)


def is_date(text: str) -> bool:
    """Whether the text is a day that exists, written YYYY-MM-DD."""
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_subject_code(text: str) -> bool:
    """Whether the text is the code of an organisation (GB 32100) or of a natural person (GB 11643)."""
    return is_uscc(text) or is_id_card(text)


def is_region_code(text: str) -> bool:
    """Whether the text has the form of a code of GB/T 2260."""
    try:
        check_region_code(text)
    except CreditError:
        return False
    return True


def is_phone(text: str) -> bool:
    """Whether the text is a mobile, fixed-line or 400/800 number of mainland China."""
    return _PHONE.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID in its canonical, lower-case writing."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def is_email(text: str) -> bool:
    """Whether the text is an e-mail address."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


CHECKS: dict[str, Callable[[str], bool]] = {
    "date": is_date,
    "uscc": is_uscc,
    "id-card": is_id_card,
    "subject-code": is_subject_code,
    "region-code": is_region_code,
    "phone-cn": is_phone,
    "email": is_email,
    "document-id": is_uuid,
    "uuid": is_uuid,
}

# Formats whose values have a greatest length of their own, so that the schema need not say one.
BOUNDED = frozenset(CHECKS) - {"email"}

MESSAGES: dict[str, str] = {
    "date": _("{title}不是真实存在的日期，请核对后按 2026-03-15 的样式填写。"),
    "uscc": _("{title}不是有效的统一社会信用代码：应为 18 位且末位校验码相符，请核对后重新填写。"),
    "id-card": _("{title}不是有效的公民身份号码：应为 18 位且末位校验码相符，请核对后重新填写。"),
    "subject-code": _("{title}既不是有效的统一社会信用代码，也不是有效的公民身份号码，请核对后重新填写。"),
    "region-code": _("{title}不是有效的行政区划代码：应为 6 位数字，请核对后重新填写。"),
    "phone-cn": _(
        "{title}不是有效的电话号码：请填写 11 位手机号码，或带区号的固定电话，例如 0579-12345678。"
    ),
    "email": _("{title}不是有效的电子邮箱地址，请核对后重新填写，例如 name@example.com。"),
    "document-id": _("{title}中有无法识别的文件，请重新上传。"),
    "uuid": _("{title}的编号无法识别，请重新选择。"),
}


def _code(text: str) -> str:
    return half_width(text).strip().upper()


def _plain(text: str) -> str:
    return half_width(text).strip()


# People type full-width characters and small letters; what is stored has one writing.
NORMALISERS: dict[str, Callable[[str], str]] = {
    "date": _plain,
    "uscc": _code,
    "id-card": _code,
    "subject-code": _code,
    "region-code": _code,
    "phone-cn": lambda text: re.sub(r"[ ()]", "", _plain(text)),
    "email": _plain,
    "document-id": str.lower,
    "uuid": str.lower,
}


def _checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, check in CHECKS.items():
        # The keyword applies to strings only; other types are the business of `type`.
        checker.checks(name)(lambda value, check=check: not isinstance(value, str) or check(value))
    return checker


FORMAT_CHECKER = _checker()
