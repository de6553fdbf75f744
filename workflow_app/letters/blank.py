"""Sets the blank text of a commitment as PDF: what an applicant reads before, or fills in by hand at the window."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from .bulletin import PATIENCE
from .fonts import ensure_glyphs, ensure_subsetter
from .page import start_of
from .templating import fill
from .typesetting import typeset

TEMPLATE = '{% include "blank.html" %}'
TITLE = "信用承诺书"
# As many finished files are kept in memory: everybody may ask, and one costs as much as a letter.
_KEPT = 64


def render_blank(matter: Mapping[str, Any], valid_from: date) -> bytes:
    """The blank letter of commitment for one version of a matter's texts, as tagged PDF/A.

    `matter` holds `code`, `version`, `title`, `type`, `agency`, `content`, `consequences`, `conditions`, `checking`,
    `legal_basis`, `is_public`, `publication_days` and `validity_days`. The same values give the same bytes.
    Raises GlyphMissingError, FontMissingError, SubsetterMissingError, TypesettingBusyError.
    """
    return _render(tuple(sorted(matter.items())), valid_from)


@lru_cache(maxsize=_KEPT)
def _render(values: tuple[tuple[str, Any], ...], valid_from: date) -> bytes:
    ensure_subsetter()
    matter = dict(values)
    ensure_glyphs({name: str(value) for name, value in matter.items()})
    page = {"title": TITLE, "created": start_of(valid_from).isoformat()}
    html = fill(TEMPLATE, {"matter": matter}, page)
    return typeset(html, pictures=frozenset(), styles=("letter",), patience=PATIENCE).pdf
