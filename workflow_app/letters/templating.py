"""Letter texts: Django templates that see only the letter page, and fail loudly where a value is missing."""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine, Library, Origin, Template
from django.utils import translation

from workflow_app.domain.errors import CreditError

TEMPLATES = Path(__file__).with_name("templates")
# The name under which the page's own values stand in a template; a case's data cannot replace it.
PAGE = "letter"


class LetterFieldMissingError(CreditError):
    """The text names a value that the case does not have: the letter would have a hole."""

    code = "letter_field_missing"
    message = "文书中缺少内容“{field}”，无法印制。请补齐该内容后重试。"
    status = 422


class _Refusal(str):
    """Django asks for the text to show for a missing variable by `%`; a letter shows nothing, it refuses."""

    __slots__ = ()

    def __mod__(self, variable: Any) -> str:
        raise LetterFieldMissingError(field=str(variable))


# What a text may do: fill, choose, repeat, include. Nothing that reads the clock, the site's addresses or the whole
# context, and nothing that lets what people typed become markup.
TAGS = (
    "block",
    "comment",
    "cycle",
    "extends",
    "firstof",
    "for",
    "if",
    "ifchanged",
    "include",
    "spaceless",
    "with",
)
REFUSED_FILTERS = ("pprint", "random", "safe", "safeseq", "timesince", "timeuntil")


@cache
def _engine() -> Engine:
    # An engine of its own: neither the web pages' templates nor their tags, and no other folder, can be reached
    # from a letter text.
    engine = Engine(dirs=[str(TEMPLATES)], autoescape=True, string_if_invalid=_Refusal("%s"))
    allowed = Library()
    for builtin in engine.template_builtins:
        allowed.tags.update({name: tag for name, tag in builtin.tags.items() if name in TAGS})
        allowed.filters.update(
            {name: each for name, each in builtin.filters.items() if name not in REFUSED_FILTERS}
        )
    engine.template_builtins = [allowed]
    return engine


@lru_cache(maxsize=256)
def compile_letter(template_text: str) -> Template:
    """The template of a letter text; raises Django's TemplateSyntaxError."""
    # With a name, so that a path relative to it is an error and not a crash.
    return Template(template_text, Origin("text", template_name="text"), engine=_engine())


def letter_pages() -> list[str]:
    """The pages that a letter text may extend, by their names for `{% extends %}`."""
    return sorted(f"letters/{path.name}" for path in TEMPLATES.glob("letters/[a-z]*.html"))


def fill(template_text: str, context: Mapping[str, Any], page: Mapping[str, Any]) -> str:
    """Fill a letter text with a case's values and the page's (under `letter`) → HTML, everything escaped.

    A value of None counts as missing: use `{% if %}` around what may be absent.
    Raises LetterFieldMissingError, and Django's TemplateSyntaxError for a text that is no template.
    """
    values = {**_without_none(context), PAGE: dict(page)}
    # Dates in a letter are written in Chinese whatever language the person who triggers it reads.
    with translation.override("zh-hans"):
        return str(compile_letter(template_text).render(Context(values)))


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_none(item) for item in value]
    return value
