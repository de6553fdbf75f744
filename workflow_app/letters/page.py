"""Renders a letter: template text and values → PDF/A-3u with the machine-readable record inside.

The page follows GB/T 9704-2012 (party and government documents). The same inputs give the same bytes.
"""

import atexit
import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from html import unescape
from pathlib import Path
from string import Template
from threading import Lock
from typing import Any

from django.conf import settings

from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import CreditError

from .cutting import CSS_WEIGHTS, cut_font, family_name
from .drawing import RED, SEAL_DIAMETER_MM, as_data_url, qr_svg, seal_svg
from .fonts import CHAINS, GlyphMissingError, ensure_glyphs, ensure_subsetter, font_chain
from .sealing import Place
from .templating import fill

# Raised with every change to base.html or letter.css that shows on paper; stands in each letter's record.
BASE_VERSION = "1"
RECORD_NAME = "record.json"
STYLESHEET = Path(__file__).with_name("letter.css")

# The agency's name fills at most this share of the 156 mm line, and is never larger than 42 pt.
AGENCY_LINE_POINTS = 430
AGENCY_MAX_POINTS = 42

# Addresses of the cut fonts in the style sheet.
FONT_SCHEME = "letter-font:"
# The element that bears the seal, in the templates.
SEAL_ID = "seal"
POINTS_PER_PIXEL = 0.75
POINTS_PER_MM = 72 / 25.4

# Pango's font map is not made for several threads at once.
_rendering = Lock()


class LetterResourceError(CreditError):
    """A letter text asks for something outside itself."""

    code = "letter_resource"
    message = "文书模板引用了外部资源“{url}”，已拒绝。请改用文书页面自带的内容。"
    status = 422


class LetterRenderingError(CreditError):
    """The renderer reported an error instead of a sound page."""

    code = "letter_rendering"
    message = "文书排版失败：{detail}"
    status = 500


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
        "created": _start_of(issued_on).isoformat(),
        "verify_url": record["verify"]["url"],
        "verify_site": record["verify"]["url"].rpartition("/")[0],
        "verify_code": readable_code(record["verify"]["code"]),
    }
    html = fill(template_text, record["text"], page)
    _ensure_printable(html, record["text"])
    with _rendering, _errors_raised():
        return _to_pdf(html, frozenset(own_pictures.values()), record_json(record), _start_of(issued_on))


def chinese_date(day: date) -> str:
    """2026年3月2日 (GB/T 9704-2012, 7.3.5.4: Arabic numerals, no leading zeros)."""
    return f"{day.year}年{day.month}月{day.day}日"


def verification_url(verify_code: str) -> str:
    """Where anybody checks the letter."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/verify/{verify_code}"


def readable_code(verify_code: str) -> str:
    """A verification code in groups of four, as people read it out."""
    return " ".join(re.findall(".{1,4}", verify_code))


def _start_of(day: date) -> datetime:
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
    from weasyprint import HTML, Attachment
    from weasyprint.urls import FatalURLFetchingError

    attachment = Attachment(
        string=record,
        name=RECORD_NAME,
        description="本文书的机器可读记录",
        created=created,
        modified=created,
        relationship="Data",
    )
    options = {"attachments": [attachment], "pdf_variant": "pdf/a-3u", "pdf_tags": True}
    try:
        document = HTML(string=html, url_fetcher=_fetcher(own_pictures)).render(
            font_config=_font_configuration(), stylesheets=[_stylesheet()], **options
        )
        place = _place_of_seal(document)
        return RenderedLetter(bytes(document.write_pdf(**options)), place)
    except FatalURLFetchingError as error:
        raise LetterResourceError(url=_refused_address(error)) from error


def _place_of_seal(document: Any) -> Place:
    for number, page in enumerate(document.pages):
        if SEAL_ID in page.anchors:
            # In CSS pixels from the upper left corner; its place in a PDF is in points from the lower left.
            left, top = (pixels * POINTS_PER_PIXEL for pixels in page.anchors[SEAL_ID][:2])
            size = SEAL_DIAMETER_MM * POINTS_PER_MM
            bottom = page.height * POINTS_PER_PIXEL - top - size
            return Place(number, (left, bottom, left + size, bottom + size))
    raise LetterRenderingError(detail="页面上没有印章")


def _refused_address(error: BaseException) -> str:
    return str(error.__cause__)[:200]


def _fetcher(own_pictures: frozenset[str]) -> Any:
    """A fetcher that hands out the page's own pictures and refuses the rest: files, network, foreign data."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class ClosedFetcher(URLFetcher):
        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
            if url not in own_pictures:
                raise PermissionError(url)
            return super().fetch(url, headers)

    return ClosedFetcher(allowed_protocols={"data"}, allow_redirects=False, fail_on_errors=True)


def _font_fetcher() -> Any:
    """A fetcher for the house's style sheet: it hands out the cut fonts, which have no address outside of it.

    One that cannot be cut is passed over for the whole font that follows it.
    """
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class FontFetcher(URLFetcher):
        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
            return URLFetcherResponse(url, cut_font(url.removeprefix(FONT_SCHEME)))

    return FontFetcher()


@cache
def _font_configuration() -> Any:
    from weasyprint.text.fonts import FontConfiguration

    # Let go before the interpreter takes the libraries away that it is made of.
    atexit.register(_font_configuration.cache_clear)
    return FontConfiguration()


@cache
def _stylesheet() -> Any:
    from weasyprint import CSS

    families = {
        use: ", ".join(f'"{family}"' for family in (family_name(use), *font_chain(use))) for use in CHAINS
    }
    faces = "".join(
        f'@font-face {{ font-family: "{family_name(use)}"; font-weight: {CSS_WEIGHTS[use]}; '
        f'src: url("{FONT_SCHEME}{use}"); }}\n'
        for use in CHAINS
    )
    text = Template(STYLESHEET.read_text(encoding="utf-8")).substitute(families, red=RED)
    return CSS(string=faces + text, font_config=_font_configuration(), url_fetcher=_font_fetcher())


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def _errors_raised() -> Iterator[None]:
    """The renderer only logs what it could not load or draw; a letter with a hole is no letter."""
    logger, errors = logging.getLogger("weasyprint"), _Errors()
    logger.addHandler(errors)
    try:
        yield
    finally:
        logger.removeHandler(errors)
    if errors.messages:
        raise LetterRenderingError(detail="; ".join(errors.messages)[:500])
