"""Renders a letter: template text and values → PDF/A-3u with the machine-readable record inside.

The page follows GB/T 9704-2012 (party and government documents). The same inputs give the same bytes.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from html import unescape
from typing import Any

from django.conf import settings

from workflow_app.domain.clock import CHINA

from .drawing import SEAL_DIAMETER_MM, as_data_url, qr_svg, seal_svg
from .fonts import GlyphMissingError, ensure_glyphs, ensure_subsetter
from .sealing import Place
from .templating import fill
from .typesetting import LetterRenderingError, typeset

# Raised with every change to base.html or letter.css that shows on paper; stands in each letter's record.
BASE_VERSION = "1"
RECORD_NAME = "record.json"

# The agency's name fills at most this share of the 156 mm line, and is never larger than 42 pt.
AGENCY_LINE_POINTS = 430
AGENCY_MAX_POINTS = 42

# The element that bears the seal, in the templates.
SEAL_ID = "seal"
POINTS_PER_PIXEL = 0.75
POINTS_PER_MM = 72 / 25.4


@dataclass(frozen=True)
class RenderedLetter:
    """The page before it is sealed: the PDF, and where on it the picture of the seal stands."""

    pdf: bytes
    seal: Place


def record_json(record: Mapping[str, Any]) -> bytes:
    """The record as embedded: with `base_version`, canonical (keys sorted, no spaces, UTF-8, no NaN).

    Raises ValueError or TypeError for what JSON cannot say.
    """
    return json.dumps(
        {**record, "base_version": BASE_VERSION},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
    ).encode()


def render_letter(template_text: str, record: Mapping[str, Any]) -> RenderedLetter:
    """Render one letter as PDF/A-3u, tagged, in Chinese, with `record` embedded as record.json.

    `template_text` is a Django template that extends "letters/base.html" or "letters/statement.html". `record` holds
    JSON values only: `number` (发文字号), `title`, `issued_on` (成文日期, ISO), `agency` (`name` is on the seal),
    `verify` (`code` and `url`), and under `text` all values that the template may use.

    Raises GlyphMissingError, FontMissingError, SubsetterMissingError, LetterFieldMissingError,
    LetterResourceError, LetterRenderingError, and Django's TemplateSyntaxError for a text that is no template.
    """
    ensure_subsetter()
    title, number, agency_name = record["title"], record["number"], record["agency"]["name"]
    ensure_glyphs({"title": title, "number": number, "agency.name": agency_name})
    own_pictures = {
        "seal_url": as_data_url(seal_svg(agency_name)),
        "qr_url": as_data_url(qr_svg(record["verify"]["url"])),
    }
    issued_on = date.fromisoformat(record["issued_on"])
    page = own_pictures | {
        "title": title,
        "number": number,
        "agency_name": agency_name,
        "agency_points": min(AGENCY_MAX_POINTS, AGENCY_LINE_POINTS // len(agency_name)),
        "issued_on": chinese_date(issued_on),
        "created": start_of(issued_on).isoformat(),
        "verify_url": record["verify"]["url"],
        "verify_site": record["verify"]["url"].rpartition("/")[0],
        "verify_code": readable_code(record["verify"]["code"]),
    }
    html = fill(template_text, record["text"], page)
    _ensure_printable(html, record["text"])
    return _to_pdf(html, frozenset(own_pictures.values()), record_json(record), start_of(issued_on))


def chinese_date(day: date) -> str:
    """2026年3月2日 (GB/T 9704-2012, 7.3.5.4: Arabic numerals, no leading zeros)."""
    return f"{day.year}年{day.month}月{day.day}日"


def verification_url(verify_code: str) -> str:
    """Where anybody checks the letter."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/verify/{verify_code}"


def readable_code(verify_code: str) -> str:
    """A verification code in groups of four, as people read it out."""
    return " ".join(re.findall(".{1,4}", verify_code))


def start_of(day: date) -> datetime:
    """The first moment of a day in China."""
    return datetime.combine(day, time(), CHINA)


def _ensure_printable(html: str, context: Mapping[str, Any]) -> None:
    """Check every character that the page shows, and name the field it came from where it came from one."""
    shown = unescape(re.sub(r"<[^>]*>", "", html))
    try:
        ensure_glyphs({"body": shown})
    except GlyphMissingError as error:
        point = chr(int(error.params["code_point"][2:], 16))
        field = next((name for name, text in _texts(context) if point in text), "body")
        raise GlyphMissingError(**{**error.params, "field": field}) from None


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every string inside the context with its dotted name."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _texts(item, f"{name}.{place}")


def _to_pdf(html: str, own_pictures: frozenset[str], record: bytes, created: datetime) -> RenderedLetter:
    from weasyprint import Attachment

    attachment = Attachment(
        string=record,
        name=RECORD_NAME,
        description="本文书的机器可读记录",
        created=created,
        modified=created,
        relationship="Data",
    )
    made = typeset(html, pictures=own_pictures, styles=("letter",), attachments=(attachment,))
    return RenderedLetter(made.pdf, _place_of_seal(made.pages))


def _place_of_seal(pages: Sequence[Any]) -> Place:
    for number, page in enumerate(pages):
        if SEAL_ID in page.anchors:
            # In CSS pixels from the upper left corner; its place in a PDF is in points from the lower left.
            left, top = (pixels * POINTS_PER_PIXEL for pixels in page.anchors[SEAL_ID][:2])
            size = SEAL_DIAMETER_MM * POINTS_PER_MM
            bottom = page.height * POINTS_PER_PIXEL - top - size
            return Place(number, (left, bottom, left + size, bottom + size))
    raise LetterRenderingError(detail="页面上没有印章")
