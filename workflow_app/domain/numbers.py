"""Numbers that people quote: of cases and of letters."""

import re
from datetime import date

from workflow_app.domain.codes import check_region_code

_PREFIX = re.compile(r"[A-Z]{2,8}")
_CASE_NUMBER = re.compile(r"[A-Z]{2,8}-[0-9]{6}-[0-9]{8}-[0-9]{6,10}")


def case_number(prefix: str, region: str, day: date, n: int) -> str:
    """Number of the n-th case of a day, such as `XYCN-330700-20261122-000123`.

    `prefix` (2 to 8 capitals) names the process, `region` is a GB/T 2260 code, `day` the local day of
    filing and n counts from 1. Raises `RegionCodeInvalidError` for the region and `ValueError` for the
    rest.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("prefix must be 2 to 8 capital letters")
    return f"{prefix}-{check_region_code(region)}-{day:%Y%m%d}-{_positive(n):06d}"


def is_case_number(text: str) -> bool:
    """Whether the text has the shape of a case number, so that it may be looked up."""
    return _CASE_NUMBER.fullmatch(text) is not None


def letter_number(agency_short: str, kind_short: str, year: int, n: int) -> str:
    """Document number of a letter such as 金信用承〔2026〕123号.

    By GB/T 9704-2012 7.2.5 (发文字号): the authority's short name, the year in four digits in hexagonal
    brackets, the running number without leading zeros.
    """
    return f"{agency_short}{kind_short}〔{year:04d}〕{_positive(n)}号"


def _positive(n: int) -> int:
    if n < 1:
        raise ValueError("n must be at least 1")
    return n
