"""Message texts: both languages, loud about holes, plain text."""

import pytest
from django.template import TemplateSyntaxError

from notifications.texts import (
    MessageTextMissingError,
    MessageValueMissingError,
    reader_language,
    render,
    text_paths,
)

FILES = {
    "notifications/demo/received_subject.txt": "已收到\n{{ case.number }}\n",
    "notifications/demo/received.txt": "{{ subject.name }}，您好：\n\n您的“{{ case.title }}”已收到。\n",
    "notifications/demo/received_subject.en.txt": "Received {{ case.number }}",
    "notifications/demo/received.en.txt": "Dear {{ subject.name }},\nwe have your {{ case.title }}.",
}
VALUES = {
    "case": {"number": "XY-1", "title": {"zh": "信用异议", "en": "objection"}},
    "subject": {"name": "张*"},
}


def test_chinese_and_english_each_read_their_own() -> None:
    chinese = render(FILES, "demo", "received", "zh-hans", VALUES)
    english = render(FILES, "demo", "received", "en", VALUES)
    assert chinese.subject == "已收到 XY-1"
    assert chinese.body == "张*，您好：\n\n您的“信用异议”已收到。\n"
    assert english.subject == "Received XY-1"
    assert english.body == "Dear 张*,\nwe have your objection.\n"


@pytest.mark.parametrize(
    ("code", "language"),
    [("zh-hans", "zh-hans"), ("en", "en"), ("en-gb", "en"), ("fr", "zh-hans"), ("", "zh-hans")],
)
def test_the_language_of_an_account(code: str, language: str) -> None:
    assert reader_language(code) == language


def test_a_missing_text_names_its_file() -> None:
    with pytest.raises(MessageTextMissingError) as caught:
        render(FILES, "demo", "decided", "en", VALUES)
    assert caught.value.params["path"] == text_paths("demo", "decided", "en")[0]


def test_a_missing_value_is_no_empty_place() -> None:
    with pytest.raises(MessageValueMissingError) as caught:
        render(FILES, "demo", "received", "en", {"case": VALUES["case"]})
    assert "subject" in caught.value.params["field"]


def test_text_is_not_escaped_and_values_are_not_templates() -> None:
    values = {**VALUES, "subject": {"name": "A & B <{{ case.number }}>"}}
    assert "A & B <{{ case.number }}>" in render(FILES, "demo", "received", "en", values).body


def test_a_line_break_in_a_value_stays_out_of_the_subject() -> None:
    files = {**FILES, "notifications/demo/received_subject.en.txt": "{{ subject.name }}"}
    values = {**VALUES, "subject": {"name": "x\r\nBcc: y@z"}}
    assert render(files, "demo", "received", "en", values).subject == "x Bcc: y@z"


def test_other_templates_cannot_be_reached() -> None:
    from django.template import TemplateDoesNotExist

    files = {**FILES, "notifications/demo/received.en.txt": '{% include "letters/base.html" %}'}
    with pytest.raises(TemplateDoesNotExist):
        render(files, "demo", "received", "en", VALUES)
    files = {**FILES, "notifications/demo/received.en.txt": "{% load static %}{% if %}"}
    with pytest.raises(TemplateSyntaxError):
        render(files, "demo", "received", "en", VALUES)
