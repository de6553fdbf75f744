"""Sets the receipt of an application as PDF: what was filed, when, by whom, and what it was signed under."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from .bulletin import PATIENCE
from .drawing import as_data_url, qr_svg
from .fonts import ensure_glyphs, ensure_subsetter
from .templating import fill
from .typesetting import typeset

TEMPLATE = '{% include "receipt.html" %}'


@dataclass(frozen=True)
class ReceiptPage:
    """What stands on the receipt, in the language of its reader (`language`: zh-CN or en).

    `rows` are (what, value), a value may have several lines; `notes` are paragraphs below them. `url` is where the
    QR code leads, with the sentence `scan` beside it; `foot` stands under all of it.
    """

    language: str
    number: str
    title: str
    lead: str
    rows: Sequence[tuple[str, str]]
    notes: Sequence[str]
    url: str
    scan: str
    foot: str


def render_receipt(page: ReceiptPage, created: datetime) -> bytes:
    """The receipt as tagged PDF/A on one or more A4 pages. The same values give the same bytes.

    Raises GlyphMissingError, FontMissingError, SubsetterMissingError, TypesettingBusyError.
    """
    ensure_subsetter()
    ensure_glyphs(dict(page.rows) | {"lead": page.lead})
    picture = as_data_url(qr_svg(page.url))
    head = {"title": page.title, "created": created.isoformat(), "qr_url": picture}
    html = fill(TEMPLATE, {"receipt": asdict(page)}, head)
    return typeset(html, pictures=frozenset({picture}), styles=("letter", "receipt"), patience=PATIENCE).pdf
