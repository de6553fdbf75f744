"""From the texts of a definition to what one person reads, in their language."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from django.template import Context, Engine, Template
from django.utils import translation

from workflow_app.domain.errors import CreditError

CHINESE, ENGLISH = "zh-hans", "en"
# Mail programs and lists cut longer subjects.
SUBJECT_LENGTH = 200


class MessageTextMissingError(CreditError):
    """The definition has no text for this event in this language; `path` names the file."""

    code = "message_text_missing"
    message = "没有找到通知文本 {path}。"
    status = 500


class MessageValueMissingError(CreditError):
    """The text names a value that this message does not have."""

    code = "message_value_missing"
    message = "通知文本缺少内容“{field}”。"
    status = 500


class _Refusal(str):
    """Django asks for the text to show for a missing variable by `%`; a message with a hole is none."""

    __slots__ = ()

    def __mod__(self, variable: Any) -> str:
        raise MessageValueMissingError(field=str(variable))


@dataclass(frozen=True)
class Rendered:
    """Subject (one line) and body (plain text)."""

    subject: str
    body: str


def text_paths(slug: str, event: str, language: str) -> tuple[str, str]:
    """Where subject and body of an event lie in a bundle; `language` is zh-hans or en."""
    suffix = ".en.txt" if language == ENGLISH else ".txt"
    return f"notifications/{slug}/{event}_subject{suffix}", f"notifications/{slug}/{event}{suffix}"


def reader_language(language: str) -> str:
    """The language of the texts for an account's language code: English for `en…`, else Chinese."""
    return ENGLISH if language.lower().startswith("en") else CHINESE


def render(
    files: Mapping[str, str], slug: str, event: str, language: str, values: Mapping[str, Any]
) -> Rendered:
    """The message of `event` from the texts of a bundle.

    `values` are JSON values; a dict of exactly `zh` and `en` is a text in both languages, of which the reader's is
    taken. Raises `MessageTextMissingError`, `MessageValueMissingError`, Django's TemplateSyntaxError.
    """
    spoken = _spoken(values, "en" if language == ENGLISH else "zh")
    subject, body = (
        _fill(_text(files, path), spoken, language) for path in text_paths(slug, event, language)
    )
    return Rendered(" ".join(subject.split())[:SUBJECT_LENGTH], body.strip() + "\n")


def _text(files: Mapping[str, str], path: str) -> str:
    if path not in files:
        raise MessageTextMissingError(path=path)
    return files[path]


def _spoken(value: Any, language: str) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"zh", "en"}:
            return value[language]
        return {key: _spoken(each, language) for key, each in value.items()}
    return value


@cache
def _engine() -> Engine:
    # Plain text: nothing to escape, and no other template can be reached.
    return Engine(dirs=[], autoescape=False, string_if_invalid=_Refusal("%s"))


@lru_cache(maxsize=512)
def compile_text(text: str) -> Template:
    """The template of a message text; raises Django's TemplateSyntaxError."""
    return _engine().from_string(text)


def _fill(text: str, values: Mapping[str, Any], language: str) -> str:
    with translation.override(language):
        return str(compile_text(text).render(Context(dict(values), autoescape=False)))
