"""What people come for, in their own words: the tiles of the front page and of the start page."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from bpmn.manifest import Process
from workflow_app.web.tags import text_of

# A process that is not named here speaks for itself.
_WORDS = {
    "commitment": (_("我要承诺"), _("以书面承诺替代证明或许可审查，先办后查。"), "certificate"),
    "objection": (_("我有异议"), _("发现信用信息有误、超期或不应公开，申请核查更正。"), "message-report"),
    "repair": (_("我要修复"), _("已纠正失信行为、履行义务，申请停止公示和共享。"), "refresh"),
}


@dataclass(frozen=True)
class Entry:
    """One tile. `title` are people's words for it, `name` is what the law calls it."""

    slug: str
    title: str
    name: str
    text: str
    icon: str


def entries(manifests: Iterable[Process]) -> list[Entry]:
    """The tiles of these processes: the three best known first."""
    known = list(_WORDS)
    order = sorted(manifests, key=lambda each: known.index(each.slug) if each.slug in known else len(known))
    return [_entry(manifest) for manifest in order]


def _entry(manifest: Process) -> Entry:
    name = text_of(manifest.title)
    if manifest.slug not in _WORDS:
        return Entry(manifest.slug, name, name, text_of(manifest.summary), "file-text")
    title, text, icon = _WORDS[manifest.slug]
    return Entry(manifest.slug, gettext(title), name, gettext(text), icon)
