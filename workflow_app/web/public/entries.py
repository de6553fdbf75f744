"""The front page's three entries, and every further process as one more."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from workflow_app.engine.bundles import Bundle
from workflow_app.web.tags import text_of

# What people come for, in their own words; a process that is not named here speaks for itself.
_WORDS = {
    "commitment": (_("我要承诺"), _("以书面承诺替代证明或许可审查，先办后查。"), "certificate"),
    "objection": (_("我有异议"), _("发现信用信息有误、超期或不应公开，申请核查更正。"), "message-report"),
    "repair": (_("我要修复"), _("已纠正失信行为、履行义务，申请停止公示和共享。"), "refresh"),
}


@dataclass(frozen=True)
class Entry:
    """One tile."""

    slug: str
    title: str
    text: str
    icon: str


def entries(bundles: Sequence[Bundle]) -> list[Entry]:
    """The tiles: the three best known first, then others that applicants may start."""
    open_to_all = {each.slug: each for each in bundles if "applicant" in each.manifest.starters}
    known = [slug for slug in _WORDS if slug in open_to_all]
    others = [slug for slug in open_to_all if slug not in _WORDS]
    tiles = [Entry(slug, *_told(slug)) for slug in known]
    return tiles + [_own(open_to_all[slug]) for slug in others]


def _told(slug: str) -> tuple[str, str, str]:
    title, text, icon = _WORDS[slug]
    return gettext(title), gettext(text), icon


def _own(bundle: Bundle) -> Entry:
    manifest = bundle.manifest
    return Entry(bundle.slug, text_of(manifest.title), text_of(manifest.summary), "file-text")
