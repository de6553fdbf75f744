"""Amounts of money as whole cents (分). No floating point number ever holds money."""

import re

from workflow_app.domain.codes import half_width
from workflow_app.domain.errors import CreditError

_CENTS_PER_YUAN = 100
# Fines in publication records are written in 万元 with up to six decimals, which is again a whole cent.
_CENTS_PER_WAN = 1_000_000

# Twelve digits before the point keep even an amount in 万元 within the 64 bits of a database integer.
_AMOUNT = re.compile(
    r"(?P<sign>-?)(?P<whole>[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.(?P<part>[0-9]+))?"
)


class MoneyInvalidError(CreditError):
    """The text is no amount of money; `text` repeats it."""

    code = "money_invalid"
    message = "金额“{text}”不正确：请填写数字，可带千位分隔符，最多精确到分。"
    status = 422


def parse_cents(text: str, *, wan: bool = False) -> int:
    """Cents of an amount such as `1,234.5`, `￥1234.50` or `１２３４元`; with `wan` the number counts 万元.

    Raises `MoneyInvalidError` for anything else, also for parts smaller than a cent.
    """
    bare = half_width(text).strip().removeprefix("¥").removesuffix("万元" if wan else "元").strip()
    match = _AMOUNT.fullmatch(bare)
    scale = _CENTS_PER_WAN if wan else _CENTS_PER_YUAN
    places = len(str(scale)) - 1
    part = (match["part"] or "").rstrip("0") if match else ""
    if not match or len(part) > places:
        raise MoneyInvalidError(text=text)
    cents = int(match["whole"].replace(",", "")) * scale + int(part.ljust(places, "0"))
    return -cents if match["sign"] else cents


def format_cents(cents: int) -> str:
    """Yuan with thousands separators and two decimals: 123450 gives `1,234.50`."""
    yuan, rest = divmod(abs(cents), _CENTS_PER_YUAN)
    return f"{'-' if cents < 0 else ''}{yuan:,}.{rest:02d}"
