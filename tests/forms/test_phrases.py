"""Standard sentences: what the deployment gate demands of them, how they are offered, and what is written."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from forms.loader import form_from_files, form_names, read_forms
from forms.phrases import check_phrases, offer, phrases_of, phrases_path, write_picked
from forms.renderer import build_form
from forms.validator import validate

SLUGS = ("commitment", "objection", "repair", "repair_revocation")
FILES = read_forms("objection")
FORMS = {name: form_from_files(FILES, "objection", name) for name in form_names(FILES, "objection")}
REFUSALS = phrases_of(FILES, "objection", "accept")


def problems(content: Any) -> list[str]:
    text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
    return list(check_phrases({phrases_path("objection"): text}, "objection", FORMS))


def entry(**changes: Any) -> dict[str, Any]:
    return {"key": "a", "zh": "一句话", "en": "A sentence.", **changes}


@pytest.mark.parametrize("slug", SLUGS)
def test_every_process_has_sound_sentences_for_its_decisions(slug: str) -> None:
    files = read_forms(slug)
    forms = {name: form_from_files(files, slug, name) for name in form_names(files, slug)}
    assert list(check_phrases(files, slug, forms)) == []
    offered = {name: phrases_of(files, slug, name) for name in forms}
    assert {name for name, fields in offered.items() if fields} >= {"propose", "approve"}
    for fields in offered.values():
        for phrases in fields.values():
            assert all("《" in phrase.basis for phrase in phrases if phrase.basis)


def test_what_is_sound() -> None:
    assert problems({"accept": {"reason": [entry(), entry(key="b", when={"acceptance": "refuse"})]}}) == []
    assert problems({"accept": {"reason": [entry(when={"acceptance": ["refuse", "supplement"]})]}}) == []
    assert list(check_phrases({}, "objection", FORMS)) == []


BROKEN: Mapping[str, tuple[Any, str]] = {
    "no-yaml": ("a: [", "YAML"),
    "list": ([], "语句列表"),
    "no-form": ({"nothing": {"reason": [entry()]}}, "没有表单 nothing"),
    "no-field": ({"accept": {"nothing": [entry()]}}, "accept.nothing"),
    "not-for-text": ({"accept": {"acceptance": [entry()]}}, "accept.acceptance"),
    "no-english": ({"accept": {"reason": [entry(en="")]}}, "key、zh、en"),
    "no-entry": ({"accept": {"reason": ["一句话"]}}, "key、zh、en"),
    "twice": ({"accept": {"reason": [entry(), entry()]}}, "a：重复"),
    "unknown-key": ({"accept": {"reason": [entry(law="x")]}}, "不允许 law"),
    "full-stop": ({"accept": {"reason": [entry(zh="一句话。")]}}, "末尾不加标点"),
    "too-long": ({"accept": {"reason": [entry(zh="长" * 1000)]}}, "超过字段允许的 1000 字"),
    "no-option": ({"accept": {"reason": [entry(when={"acceptance": "no"})]}}, "acceptance=no"),
    "no-question": ({"accept": {"reason": [entry(when={"x": "y"})]}}, "x=y"),
    "shape": ({"accept": {"reason": [entry(when=["x"])]}}, "when 应为"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_the_gate_refuses(case: str) -> None:
    content, said = BROKEN[case]
    assert any(said in problem for problem in problems(content)), problems(content)


def test_sentences_are_offered_below_their_field_with_when_they_apply() -> None:
    page = build_form(FORMS["accept"], language="zh-hans")
    offer(page, REFUSALS)
    text = str(page)
    first = REFUSALS["reason"][0]
    assert f'name="reason-phrases" value="{first.key}"' in text
    assert first.sentence(with_basis=True) in text
    assert 'data-fits="acceptance=refuse"' in text
    assert "不予受理" in text
    # The sentence stays Chinese, for letters are; English readers read what it means.
    english = build_form(FORMS["accept"], language="en")
    offer(english, REFUSALS)
    assert first.english in str(english)
    assert first.sentence(with_basis=True) in str(english)
    assert first.english not in text


def test_ticked_sentences_stand_before_what_was_typed_and_are_not_written_twice() -> None:
    first, second = REFUSALS["reason"][:2]
    post = QueryDict(f"acceptance=refuse&reason=另外&reason-phrases={first.key}&reason-phrases={second.key}")
    written, changed = write_picked(post, FORMS["accept"], REFUSALS)
    sentences = [phrase.sentence(with_basis=True) for phrase in (first, second)]
    assert changed
    assert written["reason"] == "\n".join([*sentences, "另外"])
    assert "reason-phrases" not in written
    again = written.copy()
    again.setlist("reason-phrases", [first.key])
    same, changed = write_picked(again, FORMS["accept"], REFUSALS)
    assert (same["reason"], changed) == (written["reason"], False)


def test_a_field_for_the_law_takes_it() -> None:
    files = read_forms("commitment")
    form = form_from_files(files, "commitment", "propose")
    offered = phrases_of(files, "commitment", "propose")
    refusal = next(phrase for phrase in offered["reason"] if phrase.key == "conditions_unmet")
    post = QueryDict("proposal=refuse&reason-phrases=conditions_unmet&basis=其他依据")
    written, _ = write_picked(post, form, offered)
    assert written["basis"] == f"{refusal.basis}；其他依据"
    assert written["reason"] == f"{refusal.text}。"
    assert refusal.basis not in written["reason"]


def test_what_is_written_passes_the_form() -> None:
    post = QueryDict(f"acceptance=refuse&reason-phrases={REFUSALS['reason'][0].key}")
    written, _ = write_picked(post, FORMS["accept"], REFUSALS)
    page = build_form(FORMS["accept"], language="zh-hans", data=written)
    assert validate(FORMS["accept"], page.json_data())["reason"] == written["reason"]


@given(st.lists(st.text(max_size=12), max_size=5), st.text(max_size=50))
def test_whatever_is_sent_nothing_typed_is_lost(ticked: list[str], typed: str) -> None:
    post = QueryDict(mutable=True)
    post["reason"] = typed
    post.setlist("reason-phrases", ticked)
    written, changed = write_picked(post, FORMS["accept"], REFUSALS)
    assert written["reason"].endswith(typed) or not typed.strip()
    assert changed == (written["reason"] != typed)
    assert post["reason"] == typed
