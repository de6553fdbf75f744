"""Sets HTML as PDF in the fonts of the house, closed to everything outside the page: files, network, foreign data."""

import atexit
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from string import Template
from threading import Lock
from typing import Any, NamedTuple

from workflow_app.domain.errors import CreditError

from .cutting import CSS_WEIGHTS, cut_font, family_name
from .drawing import RED
from .fonts import CHAINS, font_chain

# PDF/A-3: kept for decades, may carry files; its text can be copied.
VARIANT = "pdf/a-3u"
# Addresses of the cut fonts in the style sheet.
FONT_SCHEME = "letter-font:"

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


class TypesettingBusyError(CreditError):
    """Others are being made, and somebody waits for the answer."""

    code = "typesetting_busy"
    message = "正在制作其他文书，请稍后再试。"
    status = 503


class Typeset(NamedTuple):
    """The finished file, and its pages as the typesetter knows them."""

    pdf: bytes
    pages: Sequence[Any]


def typeset(
    html: str,
    *,
    pictures: frozenset[str],
    styles: Sequence[str],
    attachments: Sequence[Any] = (),
    patience: float | None = None,
) -> Typeset:
    """Set the page as tagged PDF. `pictures` are the data addresses it may show, `styles` the names of the house's
    style sheets, later ones over earlier ones. `patience`: how many seconds to wait for others, None as long as it
    takes.

    Raises LetterResourceError, LetterRenderingError, FontMissingError, SubsetterMissingError, TypesettingBusyError.
    """
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError

    options = {"attachments": list(attachments), "pdf_variant": VARIANT, "pdf_tags": True}
    with _alone(patience), _errors_raised():
        try:
            document = HTML(string=html, url_fetcher=_fetcher(pictures)).render(
                font_config=_font_configuration(),
                stylesheets=[_stylesheet(name) for name in styles],
                **options,
            )
            return Typeset(bytes(document.write_pdf(**options)), document.pages)
        except FatalURLFetchingError as error:
            raise LetterResourceError(url=_refused_address(error)) from error


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
    """A fetcher for the house's fonts: it hands out the cut ones, which have no address outside of it.

    One that cannot be cut is passed over for the whole font that follows it.
    """
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class FontFetcher(URLFetcher):
        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
            return URLFetcherResponse(url, cut_font(url.removeprefix(FONT_SCHEME)))

    return FontFetcher()


@cache
def _font_configuration() -> Any:
    """The fonts of the system and the cut ones, known under their names in the style sheets."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    # Let go before the interpreter takes the libraries away that it is made of.
    atexit.register(_font_configuration.cache_clear)
    made = FontConfiguration()
    faces = "".join(
        f'@font-face {{ font-family: "{family_name(use)}"; font-weight: {CSS_WEIGHTS[use]}; '
        f'src: url("{FONT_SCHEME}{use}"); }}\n'
        for use in CHAINS
    )
    CSS(string=faces, font_config=made, url_fetcher=_font_fetcher())
    return made


@cache
def _stylesheet(name: str) -> Any:
    from weasyprint import CSS

    families = {
        use: ", ".join(f'"{family}"' for family in (family_name(use), *font_chain(use))) for use in CHAINS
    }
    text = Template(Path(__file__).with_name(f"{name}.css").read_text(encoding="utf-8"))
    return CSS(string=text.substitute(families, red=RED), font_config=_font_configuration())


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def _alone(patience: float | None) -> Iterator[None]:
    """One page at a time; who would have to wait longer than `patience` seconds is told to come again."""
    if not _rendering.acquire(timeout=-1 if patience is None else patience):
        raise TypesettingBusyError
    try:
        yield
    finally:
        _rendering.release()


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
