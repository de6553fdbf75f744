"""Letter texts see the letter page and the case's values, and nothing else."""

import pytest
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.utils import translation

from workflow_app.letters.templating import LetterFieldMissingError, fill


def test_fills_and_escapes() -> None:
    assert fill("{{ a.b }}", {"a": {"b": "<甲&乙>"}}, {}) == "&lt;甲&amp;乙&gt;"


@pytest.mark.parametrize(
    "text",
    ["{{ a }}", "{{ a.b }}", "{{ a|default:'x' }}", "{{ none }}", "{{ deep.none }}", "{{ a|linebreaks }}"],
)
def test_a_hole_is_an_error(text: str) -> None:
    with pytest.raises(LetterFieldMissingError):
        fill(text, {"none": None, "deep": {"none": None, "list": [{"x": None}]}}, {})


def test_what_may_be_absent_is_asked_for() -> None:
    assert fill("{% if a.b %}x{% else %}y{% endif %}{% for c in d %}z{% endfor %}", {}, {}) == "y"


def test_the_pages_values_win() -> None:
    assert fill("{{ letter.number }}", {"letter": {"number": "假"}}, {"number": "真"}) == "真"


@pytest.mark.parametrize(
    "text",
    [
        '{% include "/etc/passwd" %}',
        '{% include "../page.py" %}',
        '{% include "letters/../../page.py" %}',
        '{% extends "web/base.html" %}',
    ],
)
def test_no_other_file_can_be_reached(text: str) -> None:
    with pytest.raises((TemplateDoesNotExist, TemplateSyntaxError)):
        fill(text, {}, {})


@pytest.mark.parametrize(
    "text",
    [
        "{% load i18n %}",
        "{% load static %}",
        "{% url 'x' %}",
        "{% csrf_token %}",
        "{% debug %}",
        "{% now 'Y' %}",
        "{% autoescape off %}{{ a }}{% endautoescape %}",
        "{% lorem %}",
        "{{ a|safe }}",
        "{{ a|safeseq }}",
        "{{ a|random }}",
        "{{ a|pprint }}",
        "{% filter safe %}{{ a }}{% endfilter %}",
    ],
)
def test_no_tags_of_other_pages_and_none_that_unlock_or_wander(text: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        fill(text, {}, {})


def test_a_letter_is_chinese_whatever_its_maker_reads() -> None:
    with translation.override("en"):
        assert fill("{{ x|yesno:'是,否' }}", {"x": True}, {}) == "是"
