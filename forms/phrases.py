"""Standard sentences for reasons, with the law they rest on: `forms/<slug>/phrases.yaml`, frozen with the bundle.

    accept:                      # form
      reason:                    # a field of it in which people write
        - key: not_published
          when: {acceptance: refuse}          # answers under which it applies; [a, b] for several; none: always
          zh: 该信息未经本平台公示，不属于异议处理范围
          en: The information is not published on this platform, so an objection cannot be raised to it.
          basis: 《浙江省公共信用信息管理条例》第三十条

`zh` is what is written into the field, for letters are Chinese; `en` says what it means. A form with a field `basis`
takes the law there, else the sentence begins with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml
from django import forms as django_forms
from django.http import QueryDict

from forms.fields import FormField, fields_of, is_english
from forms.loader import Form
from forms.renderer import SchemaForm

# The name of the boxes beside the field, and the field that takes the law.
_PICKED, BASIS = "-phrases", "basis"
_JOINED_LAWS = "；"


@dataclass(frozen=True)
class Phrase:
    """One standard sentence. `when`: each field with the answers under which the sentence applies."""

    key: str
    text: str
    english: str
    basis: str
    when: tuple[tuple[str, tuple[str, ...]], ...]

    def sentence(self, *, with_basis: bool) -> str:
        """What is written: the sentence, with the law before it where no other field takes that."""
        return f"根据{self.basis}，{self.text}。" if with_basis and self.basis else f"{self.text}。"


def phrases_path(slug: str) -> str:
    """Where the sentences of a process lie in its bundle."""
    return f"forms/{slug}/phrases.yaml"


def phrases_of(files: Mapping[str, str], slug: str, form: str) -> Mapping[str, Sequence[Phrase]]:
    """The sentences for each field of a form; empty where the process has none."""
    text = files.get(phrases_path(slug), "")
    return _read(text).get(form, {}) if text else {}


@lru_cache(maxsize=64)
def _read(text: str) -> dict[str, dict[str, tuple[Phrase, ...]]]:
    content = yaml.safe_load(text) or {}
    return {
        form: {field: tuple(map(_phrase, entries)) for field, entries in fields.items()}
        for form, fields in content.items()
    }


def _phrase(entry: Mapping[str, Any]) -> Phrase:
    when = tuple(
        (field, tuple(map(str, answers)) if isinstance(answers, list) else (str(answers),))
        for field, answers in entry.get("when", {}).items()
    )
    return Phrase(entry["key"], entry["zh"], entry["en"], entry.get("basis", ""), when)


class PhrasedTextarea(django_forms.Textarea):
    """A text field with its standard sentences below, to be ticked."""

    template_name = "forms/phrases.html"

    def __init__(self, inner: django_forms.Widget, shown: list[dict[str, Any]], basis_id: str) -> None:
        super().__init__(inner.attrs)
        self.shown = shown
        self.basis_id = basis_id

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Adds the sentences, and the id of the field that takes their law."""
        context = super().get_context(name, value, attrs)
        context |= {"phrases": self.shown, "boxes": name + _PICKED, "basis_id": self.basis_id}
        return context


def offer(page: SchemaForm, phrases: Mapping[str, Sequence[Phrase]]) -> None:
    """Put the sentences below the fields of the page in which they may be written."""
    fields = {field.name: field for field in page.source_fields}
    basis_id = f"id_{page.add_prefix(BASIS)}" if BASIS in fields else ""
    for name, offered in phrases.items():
        if name in page.fields and isinstance(page.fields[name].widget, django_forms.Textarea):
            shown = [_shown(page, fields, phrase, not basis_id) for phrase in offered]
            page.fields[name].widget = PhrasedTextarea(page.fields[name].widget, shown, basis_id)


def _shown(
    page: SchemaForm, fields: Mapping[str, FormField], phrase: Phrase, with_basis: bool
) -> dict[str, Any]:
    applies = [
        title
        for name, answers in phrase.when
        for answer, title in fields[name].options(page.language)
        if str(answer) in answers
    ]
    return {
        "key": phrase.key,
        "sentence": phrase.sentence(with_basis=with_basis),
        "meaning": phrase.english if is_english(page.language) else "",
        "basis": "" if with_basis else phrase.basis,
        "applies": applies,
        # For the script: `field=answer,answer;field=answer`.
        "when": ";".join(f"{page.add_prefix(name)}={','.join(answers)}" for name, answers in phrase.when),
    }


def write_picked(
    post: QueryDict, form: Form, phrases: Mapping[str, Sequence[Phrase]]
) -> tuple[QueryDict, bool]:
    """The POST with the ticked sentences written before what was typed → and whether that changed anything.

    A sentence that the field already holds is not written twice. What is ticked travels no further.
    """
    written = post.copy()
    names = {field.name for field in fields_of(form)}
    changed = False
    for name, offered in phrases.items():
        ticked = set(written.pop(name + _PICKED, []))
        picked = [phrase for phrase in offered if phrase.key in ticked]
        sentences = [phrase.sentence(with_basis=BASIS not in names) for phrase in picked]
        changed |= _prepend(written, name, sentences, "\n")
        if BASIS in names:
            laws = list(dict.fromkeys(phrase.basis for phrase in picked if phrase.basis))
            changed |= _prepend(written, BASIS, laws, _JOINED_LAWS)
    return written, changed


def _prepend(post: QueryDict, name: str, parts: Sequence[str], joint: str) -> bool:
    typed = post.get(name, "") or ""
    new = [part for part in parts if part not in typed]
    if new:
        post[name] = joint.join([*new, typed] if typed.strip() else new)
    return bool(new)


def check_phrases(files: Mapping[str, str], slug: str, forms: Mapping[str, Form]) -> Iterator[str]:
    """What in the process's sentences breaks a rule, as sentences that name the place; nothing if there are none."""
    text = files.get(phrases_path(slug), "")
    if not text:
        return
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        yield f"不是有效的 YAML：{error}"
        return
    if not _is_tree(content):
        yield "应为 表单 → 字段 → 语句列表"
        return
    for name, fields in content.items():
        if name not in forms:
            yield f"没有表单 {name}"
            continue
        known = {field.name: field for field in fields_of(forms[name])}
        for field, entries in fields.items():
            if field not in known or known[field].kind != "textarea":
                yield f"{name}.{field}：不是可以填写多行文字的字段"
                continue
            yield from (f"{name}.{field}：{each}" for each in _check_entries(entries, known, known[field]))


def _is_tree(content: Any) -> bool:
    return isinstance(content, dict) and all(
        isinstance(fields, dict) and all(isinstance(entries, list) for entries in fields.values())
        for fields in content.values()
    )


_KEYS = {"key", "when", "zh", "en", "basis"}


def _check_entries(entries: list[Any], known: Mapping[str, FormField], field: FormField) -> Iterator[str]:
    seen: set[str] = set()
    for entry in entries:
        if not isinstance(entry, dict) or not all(
            isinstance(entry.get(name), str) and entry[name].strip() for name in ("key", "zh", "en")
        ):
            yield "每条语句都应有 key、zh、en"
            continue
        key = entry["key"]
        if key in seen:
            yield f"{key}：重复"
        seen.add(key)
        for name in sorted(set(entry) - _KEYS):
            yield f"{key}：不允许 {name}"
        if not isinstance(entry.get("basis", ""), str) or not isinstance(entry.get("when", {}), dict):
            yield f"{key}：basis 应为文字，when 应为字段到选项的映射"
            continue
        yield from (f"{key}：{problem}" for problem in _check_phrase(_phrase(entry), known, field))


def _check_phrase(phrase: Phrase, known: Mapping[str, FormField], field: FormField) -> Iterator[str]:
    if phrase.text[-1] in "。；，.;,":
        yield "zh 末尾不加标点"
    longest = field.schema.get("maxLength")
    if longest and len(phrase.sentence(with_basis=BASIS not in known)) > longest:
        yield f"超过字段允许的 {longest} 字"
    for name, answers in phrase.when:
        options = {str(const) for const, _ in known[name].options("")} if name in known else set()
        for answer in answers:
            if answer not in options:
                yield f"when 中没有选项 {name}={answer}"
