"""The page as assistive technology meets it: names, descriptions, states, and a summary that leads to the fields."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict

from forms.renderer import attach_errors, build_form, form_data
from forms.validator import FormInvalidError, validate
from tests.forms.html import Page, page_of
from tests.forms.samples import CHOICES, DOCUMENT, EVERYTHING, OTHER_DOCUMENT, make_form, options, text

WRONG = (
    "count=99&fine=x&day=2026-02-30&ground=q&public=q&kinds=q&level=9&record=&phone=1&code=1&session=x"
    f"&papers={DOCUMENT}&papers=bad&changes-1-old=c&changes-1-amount=x&optional_agree=on"
)


def refused(post: str, language: str = "zh-hans", prefix: str | None = None) -> Page:
    page_form = build_form(
        EVERYTHING, language=language, data=QueryDict(post), prefix=prefix, choices=CHOICES
    )
    with pytest.raises(FormInvalidError) as raised:
        validate(EVERYTHING, form_data(page_form))
    attach_errors(page_form, raised.value.errors)
    return page_of(str(page_form))


def shown(form: Any = EVERYTHING, language: str = "zh-hans", **more: Any) -> Page:
    return page_of(str(build_form(form, language=language, **{"choices": CHOICES, **more})))


MAKERS: dict[str, Callable[[], Page]] = {
    "chinese": shown,
    "english": lambda: shown(language="en"),
    "stored documents": lambda: shown(initial={"papers": [DOCUMENT]}),
    "refused": lambda: refused(WRONG),
    "refused in English": lambda: refused(WRONG, "en"),
    "refused with a prefix": lambda: refused("", prefix="second"),
}


@pytest.fixture(params=MAKERS)
def page(request: pytest.FixtureRequest) -> Page:
    return MAKERS[request.param]()


def test_every_input_has_one_label_with_a_text(page: Page) -> None:
    assert len(page.inputs()) >= 39
    for element in page.inputs():
        assert page.label_of(element), element.get("name")


def test_ids_are_unique_and_every_reference_leads_somewhere(page: Page) -> None:
    ids = page.ids()
    assert len(ids) == len(set(ids))
    references = page.root.xpath("//@aria-describedby | //label/@for")
    for reference in references:
        assert set(reference.split()) <= set(ids)
    assert {href.removeprefix("#") for href, _ in page.summary() if href} <= set(ids)


def test_boxes_and_radio_buttons_stand_in_a_fieldset_with_a_legend(page: Page) -> None:
    single = ("agree", "optional_agree")
    for element in page.root.xpath("//input[@type='radio'] | //input[@type='checkbox']"):
        name = element.get("name").removeprefix("second-")
        if name in single or name.endswith("-sure") or name == "papers":
            continue
        legends = element.xpath("ancestor::fieldset[1]/legend")
        assert len(legends) == 1
        assert legends[0].text_content().strip()


def test_nothing_needs_scripts_or_inline_style(page: Page) -> None:
    assert not page.root.xpath("//script | //style | //@style | //@*[starts-with(name(), 'on')]")
    assert not page.root.xpath("//form | //button | //input[@type='submit']")


def test_every_field_with_an_error_says_so_and_every_error_is_described(page: Page) -> None:
    errors = page.root.xpath("//*[@class='field-error']")
    described = " ".join(page.root.xpath("//@aria-describedby")).split()
    for error in errors:
        assert error.get("id") in described
    invalid = page.root.xpath("//*[@aria-invalid='true']")
    assert bool(invalid) == bool(errors)
    for element in invalid:
        assert element.xpath("ancestor::*[contains(@class, 'field-invalid')]")


def test_the_summary_comes_first_and_leads_to_the_inputs() -> None:
    page = refused(WRONG)
    (summary,) = page.root.xpath("//*[@class='error-summary']")
    assert summary.get("role") == "alert"
    assert summary.get("id") == "id_error-summary"
    assert not summary.xpath("preceding::input | preceding::select")
    assert summary.xpath("h2/text()") == [f"有 {len(page.summary())} 处需要改正"]
    focusable = {"input", "select", "textarea"}
    links = dict(reversed(pair) for pair in page.summary())
    for href in links.values():
        assert page.by_id(href.removeprefix("#")).tag in focusable
    assert links["请填写姓名。"] == "#id_name"
    assert links["请从列出的选项中选择异议理由。"] == "#id_ground_0"
    assert links["请从列出的选项中选择类型。"] == "#id_kinds_0"
    assert links["请填写更正内容第 2 项“项目”。"] == "#id_changes-1-field"
    assert page.summary()[0][1] == "请填写姓名。"


def test_errors_of_a_group_lead_to_its_fieldset_and_those_of_the_whole_to_nothing() -> None:
    page_form = build_form(EVERYTHING, language="en", data=QueryDict(""), choices=CHOICES)
    with pytest.raises(FormInvalidError) as raised:
        validate(EVERYTHING, {"name": "a", "agree": True, "changes": [{}] * 6, "zebra": 1})
    group_errors = [error for error in raised.value.errors if error["pointer"] in ("/changes", "/zebra")]
    attach_errors(page_form, group_errors)
    page = page_of(str(page_form))
    assert page.summary() == [
        ("", "The form has no field “zebra”. Please delete it and send again."),
        ("#id_changes", "“T changes” may have at most 5 entries and has 6 now. Please remove some."),
    ]
    group = page.by_id("id_changes")
    assert (group.tag, group.get("tabindex")) == ("fieldset", "-1")
    assert group.get("aria-describedby") == "id_changes_helptext id_changes_error"


def test_a_page_without_errors_has_no_summary() -> None:
    assert shown().summary() == []
    assert not shown().root.xpath("//*[@role='alert']")


def test_help_and_error_describe_the_input_in_this_order() -> None:
    page = refused(WRONG)
    assert page.by_id("id_name").get("aria-describedby") == "id_name_helptext id_name_error"
    assert page.by_id("id_name_helptext").text_content() == "与证件一致。"
    assert page.by_id("id_name_error").text_content() == "请填写姓名。"
    assert page.by_id("id_ground").get("aria-describedby") == "id_ground_error"
    assert shown().by_id("id_reason").get("aria-describedby") is None


@pytest.mark.parametrize(("language", "mark"), [("zh-hans", "（必填）"), ("en", "(required)")])
def test_required_is_said_in_words_and_to_the_browser(language: str, mark: str) -> None:
    page = shown(language=language)
    for name in ("name", "agree"):
        element = page.by_id(f"id_{name}")
        assert mark in page.label_of(element)
        assert element.get("required") is not None
    assert mark not in page.label_of(page.by_id("id_reason"))
    assert page.by_id("id_reason").get("required") is None


def test_rows_say_what_they_need_but_may_stay_empty() -> None:
    page = shown()
    element = page.by_id("id_changes-0-field")
    assert page.label_of(element) == "项目 （必填）"
    assert element.get("required") is None
    legends = [legend.text_content() for legend in page.root.xpath("//fieldset[@class='group-row']/legend")]
    assert legends == ["第 1 项", "第 2 项", "第 3 项"]


@pytest.mark.parametrize(("language", "tag"), [("zh-hans", "zh-Hans"), ("en", "en"), ("en-gb", "en")])
def test_the_language_is_declared(language: str, tag: str) -> None:
    assert shown(language=language).root.xpath("/div/div/@lang") == [tag]


def test_english_shows_english_everywhere() -> None:
    page = refused(WRONG, "en")
    server_text = " ".join(label for labels in CHOICES.values() for _, label in labels)
    words = page.root.text_content()
    for label in server_text.split():
        words = words.replace(label, "")
    assert not [char for char in words if "\u4e00" <= char <= "\u9fff"]


def test_attributes_help_to_fill_in() -> None:
    page = shown()
    assert page.by_id("id_name").get("autocomplete") == "name"
    assert page.by_id("id_name").get("maxlength") == "50"
    assert page.by_id("id_reason").tag == "textarea"
    assert page.by_id("id_reason").get("rows") == "7"
    assert page.by_id("id_count").get("inputmode") == "numeric"
    assert page.by_id("id_fine").get("inputmode") == "decimal"
    assert page.by_id("id_day").get("type") == "date"


@pytest.mark.parametrize(
    ("count", "widget", "expected"),
    [(5, "", "radio"), (6, "", "select"), (6, "radio", "radio"), (2, "select", "select")],
)
def test_few_options_are_radio_buttons_and_many_a_list(count: int, widget: str, expected: str) -> None:
    constants = "abcdef"[:count]
    ui = {"f": {"widget": widget}} if widget else {}
    page = shown(make_form({"f": {"title": "字段", "type": "string", "oneOf": options(*constants)}}, ui=ui))
    if expected == "radio":
        assert page.root.xpath("//input[@type='radio']/@value") == list(constants)
    else:
        assert page.root.xpath("//select/option/@value") == ["", *constants]
        assert page.root.xpath("string(//select/option[1])") == "请选择"


def test_what_the_server_offers_is_shown() -> None:
    page = shown()
    assert page.by_id("id_record").xpath("option/text()") == ["请选择", "处罚决定一", "处罚决定二"]
    assert page.by_id("id_records").xpath(".//input/@value") == ["R1", "R2"]


def test_an_offer_of_nothing_says_so() -> None:
    page = shown(choices={})
    assert "没有可以选择的内容。" in page.by_id("id_records").text_content()
    assert (
        "There is nothing to choose from."
        in shown(choices={}, language="en").by_id("id_records").text_content()
    )


def test_stored_documents_are_named_and_can_be_dropped() -> None:
    page = shown(initial={"papers": [DOCUMENT, OTHER_DOCUMENT]})
    boxes = page.root.xpath("//input[@name='papers']")
    assert [(box.get("value"), box.get("checked") is not None) for box in boxes] == [
        (DOCUMENT, True),
        (OTHER_DOCUMENT, True),
    ]
    assert [page.label_of(box) for box in boxes] == ["保留 证明.pdf", "保留 已上传的文件 2"]


def test_the_file_input_stands_beside_the_ids() -> None:
    papers = {
        "title": "材料",
        "type": "array",
        "maxItems": 1,
        "items": {"type": "string", "format": "document-id"},
    }
    form = make_form({"papers": papers}, required=("papers",))
    empty = shown(form).by_id("id_papers")
    assert (empty.get("type"), empty.get("name")) == ("file", "papers-files")
    assert empty.get("required") is not None
    assert empty.get("multiple") is None
    assert shown(form, initial={"papers": [DOCUMENT]}).by_id("id_papers").get("required") is None
    assert shown().by_id("id_papers").get("multiple") is not None


def test_what_was_typed_is_escaped() -> None:
    attack = '"><script>alert(1)</script>'
    post = QueryDict(mutable=True)
    post.update({"name": attack, "reason": attack, "changes-0-field": attack, "papers": attack})
    page_form = build_form(EVERYTHING, language="zh-hans", data=post, choices=CHOICES)
    with pytest.raises(FormInvalidError) as raised:
        validate(EVERYTHING, {**form_data(page_form), attack: 1})
    attach_errors(page_form, raised.value.errors)
    page = page_of(str(page_form))
    assert not page.root.xpath("//script")
    assert page.by_id("id_name").get("value") == attack


def test_the_introduction_is_shown_in_the_reader_s_language() -> None:
    form = make_form({"f": text("字段")}, description="请如实填写。")
    assert shown(form).root.xpath("//p[@class='form-intro']/text()") == ["请如实填写。"]
    assert not shown().root.xpath("//p[@class='form-intro']")
