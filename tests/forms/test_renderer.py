"""From the page's POST to JSON data and back, for every kind of field."""

from typing import Any

import pytest
from django.http import QueryDict
from django.utils.translation import get_language, override
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.renderer import SchemaForm, add_documents, attach_errors, build_form, form_data
from forms.validator import FormInvalidError, validate
from tests.forms.html import page_of
from tests.forms.samples import CHOICES, DOCUMENT, EVERYTHING, ID_CARD, OTHER_DOCUMENT, make_form, text


def page(post: str, prefix: str | None = None, **more: Any) -> SchemaForm:
    return build_form(
        EVERYTHING, language="zh-hans", data=QueryDict(post), prefix=prefix, choices=CHOICES, **more
    )


# What the browser sends for one field, and the data it stands for; "" = left out.
ROUND_TRIPS: list[tuple[str, dict[str, Any]]] = [
    ("reason=一%0D%0A二", {"reason": "一\n二"}),
    (f"code={ID_CARD.lower()}", {"code": ID_CARD}),
    ("phone=138 0000 1234", {"phone": "13800001234"}),
    ("count=7", {"count": 7}),
    ("count=７", {"count": 7}),
    ("fine=1,234.5", {"fine": 123450}),
    ("fine=￥1234.50元", {"fine": 123450}),
    ("fine=0.01", {"fine": 1}),
    ("day=2026-03-15", {"day": "2026-03-15"}),
    ("public=true", {"public": True}),
    ("public=false", {"public": False}),
    ("public=", {}),
    ("optional_agree=on", {"optional_agree": True}),
    ("ground=b", {"ground": "b"}),
    ("many=f", {"many": "f"}),
    ("many=", {}),
    ("level=2", {"level": 2}),
    ("kinds=x&kinds=z", {"kinds": ["x", "z"]}),
    ("record=R1", {"record": "R1"}),
    ("session=7", {"session": 7}),
    ("records=R1&records=R2", {"records": ["R1", "R2"]}),
    (f"papers={DOCUMENT}&papers={OTHER_DOCUMENT}", {"papers": [DOCUMENT, OTHER_DOCUMENT]}),
    (
        "changes-0-field=名称&changes-0-old=甲&changes-0-new=乙&changes-0-amount=12.30&changes-0-sure=on",
        {"changes": [{"field": "名称", "old": "甲", "new": "乙", "amount": 1230, "sure": True}]},
    ),
    (
        "changes-0-field=&changes-2-field=名称&changes-2-new=乙",
        {"changes": [{"field": "名称", "new": "乙", "sure": False}]},
    ),
]


@pytest.mark.parametrize(("post", "expected"), ROUND_TRIPS)
def test_what_is_typed_becomes_data(post: str, expected: dict[str, Any]) -> None:
    data = form_data(page(f"{post}&name=某&agree=on"))
    assert validate(EVERYTHING, data) == {"name": "某", "agree": True, **expected}


def test_blanks_are_nothing() -> None:
    assert form_data(page("name=%20%20&reason=&count=%20&agree=on")) == {"agree": True}


@pytest.mark.parametrize(("post", "data"), [pair for pair in ROUND_TRIPS if pair[1]])
def test_data_shown_again_and_sent_again_is_the_same(post: str, data: dict[str, Any]) -> None:
    stored = {"name": "某", "agree": True, **data}
    first = build_form(EVERYTHING, language="zh-hans", initial=stored, choices=CHOICES)
    sent = page_of(str(first)).post()
    again = build_form(EVERYTHING, language="zh-hans", data=sent, choices=CHOICES)
    assert validate(EVERYTHING, form_data(again)) == stored


def test_an_empty_post_says_only_that_the_agreement_is_not_given() -> None:
    assert form_data(page("")) == {"agree": False}


@pytest.mark.parametrize(
    ("post", "pointer"),
    [
        ("count=七", "/count"),
        ("count=1e3", "/count"),
        ("count=" + "9" * 6000, "/count"),
        ("fine=1.234", "/fine"),
        ("fine=" + "9" * 6000, "/fine"),
        ("fine=很多", "/fine"),
        ("day=2026-02-30", "/day"),
        ("public=maybe", "/public"),
        ("ground=zzz", "/ground"),
        ("level=3", "/level"),
        ("session=x", "/session"),
        ("kinds=x&kinds=q", "/kinds/1"),
        ("papers=../../etc/passwd", "/papers/0"),
        ("changes-1-field=a&changes-1-new=b&changes-1-amount=x", "/changes/0/amount"),
    ],
)
def test_what_cannot_be_read_is_refused_by_the_schema_and_shown_again(post: str, pointer: str) -> None:
    page_form = page(post + "&name=某&agree=on")
    with pytest.raises(FormInvalidError) as raised:
        validate(EVERYTHING, form_data(page_form))
    assert [error["pointer"] for error in raised.value.errors] == [pointer]
    attach_errors(page_form, raised.value.errors)
    assert not page_form.is_valid()
    assert len(page_of(str(page_form)).summary()) == 1


def test_django_itself_finds_nothing_to_object_to() -> None:
    assert page("count=x").is_valid()


def test_a_prefix_keeps_two_forms_apart() -> None:
    post = f"a-name=某&a-agree=on&name=外&a-changes-0-field=名称&changes-4-field=外&a-papers={DOCUMENT}"
    assert form_data(page(post, prefix="a")) == {
        "name": "某",
        "agree": True,
        "papers": [DOCUMENT],
        "changes": [{"field": "名称", "sure": False}],
    }
    assert page("", prefix="a").uploads() == [("a-papers", "a-papers-files")]


def test_unknown_names_in_the_post_are_no_data() -> None:
    assert form_data(page("csrfmiddlewaretoken=x&action=submit&typename=x")) == {"agree": False}


@pytest.mark.parametrize(
    ("post", "initial", "rows"),
    [
        ("", [], 3),
        ("", [{"field": "a"}] * 4, 4),
        ("", [{"field": "a"}] * 9, 5),
        ("changes-4-field=x", [], 5),
        ("changes-999-field=x", [], 5),
        ("changes-x-field=x", [], 3),
        ("", "no list", 3),
        ("", ["no object"], 3),
    ],
)
def test_the_rows_are_those_of_the_ui_or_as_many_as_there_are(post: str, initial: Any, rows: int) -> None:
    page_form = page(post, initial={"changes": initial})
    assert len([name for name in page_form.fields if name.endswith("-field")]) == rows


def test_errors_stand_in_the_row_that_the_page_shows() -> None:
    page_form = page("name=某&agree=on&changes-0-field=a&changes-0-new=b&changes-2-old=c")
    with pytest.raises(FormInvalidError) as raised:
        validate(EVERYTHING, form_data(page_form))
    assert [error["pointer"] for error in raised.value.errors] == ["/changes/1/field", "/changes/1/new"]
    attach_errors(page_form, raised.value.errors)
    assert page_form.errors == {
        "changes-2-field": ["请填写更正内容第 3 项“项目”。"],
        "changes-2-new": ["请填写更正内容第 3 项“应为”。"],
    }


def test_errors_of_a_group_of_unknown_keys_and_of_the_whole() -> None:
    page_form = page("name=某")
    with pytest.raises(FormInvalidError) as raised:
        validate(EVERYTHING, {"changes": "x", "zebra": 1, "name": "某", "agree": True})
    attach_errors(page_form, raised.value.errors)
    assert page_form.errors == {
        "changes": ["更正内容应为列表，请重新填写。"],
        "__all__": ["表单中没有“zebra”这一项，请删除后重新提交。"],
    }


def test_errors_can_be_attached_to_a_page_with_a_draft() -> None:
    draft = {"name": 5, "changes": [{"field": "a"}]}
    page_form = build_form(EVERYTHING, language="en", initial=draft)
    with pytest.raises(FormInvalidError) as raised:
        validate(EVERYTHING, draft)
    attach_errors(page_form, raised.value.errors)
    assert page_form.errors == {
        "name": ["“T name” must be text. Please enter it again."],
        "agree": ["Please tick “T agree”."],
        "changes-0-new": ["Please fill in “T changes, row 1, T changes.new”."],
    }


def test_stored_files_join_those_that_stay() -> None:
    post = add_documents(
        QueryDict(f"name=某&agree=on&papers={DOCUMENT}"), "papers", [OTHER_DOCUMENT, DOCUMENT]
    )
    page_form = build_form(EVERYTHING, language="zh-hans", data=post, choices=CHOICES)
    assert form_data(page_form)["papers"] == [DOCUMENT, OTHER_DOCUMENT]
    assert page_form.is_multipart()


def test_a_plain_dict_serves_as_a_post() -> None:
    data = {"name": "某", "agree": "on", "papers": [DOCUMENT], "kinds": ["x"]}
    page_form = build_form(EVERYTHING, language="zh-hans", data=data)
    assert form_data(page_form) == {"name": "某", "agree": True, "papers": [DOCUMENT], "kinds": ["x"]}
    one = build_form(EVERYTHING, language="zh-hans", data={"papers": DOCUMENT})
    assert form_data(one)["papers"] == [DOCUMENT]


def test_a_schema_and_a_widget_that_do_not_fit_are_a_clear_error() -> None:
    form = make_form({"f": text("字段")}, ui={"f": {"widget": "money"}})
    with pytest.raises(ValueError, match="'money'"):
        build_form(form, language="zh-hans")


def test_the_page_speaks_its_own_language_and_leaves_the_thread_s_alone() -> None:
    with override("zh-hans"):
        english = str(build_form(EVERYTHING, language="en"))
        assert get_language() == "zh-hans"
    assert "T name" in english
    assert "(required)" in english
    assert "（必填）" not in english


@given(
    post=st.dictionaries(
        st.sampled_from(
            [*EVERYTHING.schema["properties"], "changes-0-field", "changes-1-amount", "changes-9-new"]
        ),
        st.lists(st.text(max_size=12), min_size=1, max_size=3),
        max_size=8,
    )
)
@settings(max_examples=150, deadline=None)
def test_any_post_gives_data_that_is_accepted_or_refused_and_a_page(post: dict[str, list[str]]) -> None:
    sent = QueryDict(mutable=True)
    for name, values in post.items():
        sent.setlist(name, values)
    page_form = build_form(EVERYTHING, language="en", data=sent, choices=CHOICES)
    errors = []
    try:
        validate(EVERYTHING, form_data(page_form))
    except FormInvalidError as error:
        errors = error.errors
    attach_errors(page_form, errors)
    shown = sum(len(messages) for messages in page_form.errors.values())
    assert shown == len(errors)
    assert str(page_form).count("<a href=") == len(errors)
