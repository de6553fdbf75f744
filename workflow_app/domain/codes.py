"""Codes of organisations, persons and regions: normalise, check, complete.

Full-width characters and small letters are what people type, so they are normalised before any check.
"""

import re
from datetime import date

from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError

_FULL_WIDTH = {0xFF01 + offset: 0x21 + offset for offset in range(94)} | {0x3000: 0x20, 0xFFE5: 0xA5}

# GB 32100-2015: digits and capitals without I, O, S, V, Z, which are taken for digits.
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_LENGTH = 18

# GB 11643-1999, check characters by remainder (ISO 7064 MOD 11-2).
_ID_CHECKS = "10X98765432"
_ID_LENGTH = 18
_ID_SHAPE = re.compile(r"[0-9]{17}[0-9X]")

_REGION_SHAPE = re.compile(r"[1-9][0-9](?:0000|(?!00)[0-9]{4})")


class UsccInvalidError(CreditError):
    """No valid unified social credit code; `reason` is length, alphabet or check."""

    code = "uscc_invalid"
    message = "统一社会信用代码“{code}”不正确。"
    status = 422


class UsccLengthError(UsccInvalidError):
    message = "统一社会信用代码“{code}”不正确：应为 18 位。"


class UsccAlphabetError(UsccInvalidError):
    message = "统一社会信用代码“{code}”不正确：只能使用数字和大写字母，不使用 I、O、S、V、Z。"


class UsccCheckError(UsccInvalidError):
    message = "统一社会信用代码“{code}”不正确：末位校验码不符，请核对是否有输错的字符。"


class IdCardInvalidError(CreditError):
    """No valid citizen identity number; `reason` is length, alphabet, birthday or check."""

    code = "id_card_invalid"
    message = "公民身份号码“{code}”不正确。"
    status = 422


class IdCardLengthError(IdCardInvalidError):
    message = "公民身份号码“{code}”不正确：应为 18 位。"


class IdCardAlphabetError(IdCardInvalidError):
    message = "公民身份号码“{code}”不正确：前 17 位应为数字，末位为数字或 X。"


class IdCardBirthdayError(IdCardInvalidError):
    message = "公民身份号码“{code}”不正确：出生日期不存在或晚于今天。"


class IdCardCheckError(IdCardInvalidError):
    message = "公民身份号码“{code}”不正确：末位校验码不符，请核对是否有输错的数字。"


class RegionCodeInvalidError(CreditError):
    """No code in the form of GB/T 2260."""

    code = "region_code_invalid"
    message = "行政区划代码“{code}”不正确：应为 6 位数字的省、市或县级代码。"
    status = 422


def half_width(text: str) -> str:
    """The text with full-width letters, digits, punctuation and spaces as their half-width selves."""
    return text.translate(_FULL_WIDTH)


def _normalise(code: str) -> str:
    return half_width(code).strip().upper()


def check_uscc(code: str) -> str:
    """The normalised unified social credit code (统一社会信用代码), or a subclass of `UsccInvalidError`.

    The first two places (registering authority, kind of organisation) may be letters: rural co-operatives
    have codes that begin with N.
    """
    uscc = _normalise(code)
    if len(uscc) != _USCC_LENGTH:
        raise UsccLengthError(code=uscc, reason="length")
    if not set(uscc) <= set(_USCC_ALPHABET):
        raise UsccAlphabetError(code=uscc, reason="alphabet")
    if uscc != make_uscc(uscc[:-1]):
        raise UsccCheckError(code=uscc, reason="check")
    return uscc


def is_uscc(code: str) -> bool:
    """Whether `check_uscc` accepts the code."""
    try:
        check_uscc(code)
    except UsccInvalidError:
        return False
    return True


def make_uscc(body17: str) -> str:
    """The 17 characters with their check character (GB 32100-2015, 附录 A: weights 3^(i-1) mod 31)."""
    if len(body17) != _USCC_LENGTH - 1 or not set(body17) <= set(_USCC_ALPHABET):
        raise ValueError("body17 must be 17 characters of the alphabet of GB 32100-2015")
    total = sum(_USCC_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(body17))
    return body17 + _USCC_ALPHABET[-total % 31]


def check_id_card(code: str, today: date | None = None) -> str:
    """The normalised citizen identity number (公民身份号码), or a subclass of `IdCardInvalidError`.

    `today` (by default the day in China) bounds the birthday. The region is not looked up: numbers keep the
    code of a region that was withdrawn since.
    """
    number = _normalise(code)
    if len(number) != _ID_LENGTH:
        raise IdCardLengthError(code=number, reason="length")
    if not _ID_SHAPE.fullmatch(number):
        raise IdCardAlphabetError(code=number, reason="alphabet")
    birthday = _birthday(number)
    if birthday is None or birthday > (today or clock.now().astimezone(clock.CHINA).date()):
        raise IdCardBirthdayError(code=number, reason="birthday")
    if number != make_id_card(number[:-1]):
        raise IdCardCheckError(code=number, reason="check")
    return number


def _birthday(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def is_id_card(code: str, today: date | None = None) -> bool:
    """Whether `check_id_card` accepts the code."""
    try:
        check_id_card(code, today)
    except IdCardInvalidError:
        return False
    return True


def make_id_card(body17: str) -> str:
    """The 17 digits with their check character (GB 11643-1999: weights 2^(18-i) mod 11)."""
    if not re.fullmatch(r"[0-9]{17}", body17):
        raise ValueError("body17 must be 17 digits")
    total = sum(int(digit) * pow(2, _ID_LENGTH - 1 - place, 11) for place, digit in enumerate(body17))
    return body17 + _ID_CHECKS[total % 11]


def check_subject_code(code: str) -> str:
    """The normalised code of a subject as people type it, whichever kind it is.

    Eighteen places must be a valid code of an organisation or a person, else a subclass of `UsccInvalidError` or, where
    they hold a birthday, of `IdCardInvalidError`. Other documents have no check and are only normalised.
    """
    bare = _normalise(code)
    if len(bare) != _USCC_LENGTH or is_uscc(bare) or is_id_card(bare):
        return bare
    if _ID_SHAPE.fullmatch(bare) and _birthday(bare):
        return check_id_card(bare)
    return check_uscc(bare)


def check_region_code(code: str) -> str:
    """The normalised six digits of a province, city or county (GB/T 2260), or `RegionCodeInvalidError`.

    Only the form is checked: which codes exist changes every year and is data.
    """
    region = _normalise(code)
    if not _REGION_SHAPE.fullmatch(region):
        raise RegionCodeInvalidError(code=region)
    return region


def region_prefixes(code: str) -> tuple[str, ...]:
    """The region and those above it, nearest first: 330782 gives 330782, 330700, 330000, ""."""
    region = check_region_code(code)
    chain = (region, region[:4] + "00", region[:2] + "0000", "")
    return tuple(dict.fromkeys(chain))
