"""What everybody may read: publications that end on time, the catalogue with its versions, blank texts."""

from datetime import date
from io import BytesIO

import pikepdf
import pytest

from tests.records.steps import run
from tests.web.browser import Browser
from workflow_app.demo.names import subject_code
from workflow_app.domain.clock import CHINA
from workflow_app.models import Commitment, CreditRecord, Figure, Matter, MatterText, Publication
from workflow_app.selectors.publications import list_published

pytestmark = pytest.mark.django_db

REGISTER = ("commitment.register", {})
PUBLISH = ("publication.start", {"kind": "commitment"})
BREACH = (("record.add_breach", {"form": "decide"}), ("publication.start", {"kind": "breach"}))
TEXTS = ("legal_basis", "conditions", "content", "consequences", "checking")


def published_breach(number: str = "") -> tuple[Publication, CreditRecord]:
    about = {"number": number} if number else {"matter": "FOOD-01"}
    case = run(REGISTER, *BREACH, reason="逾期未整改", **about)
    made = Publication.objects.get(case=case)
    return made, CreditRecord.objects.get(number=made.content["breach_number"])


def statuses(made: Publication) -> tuple[int, bool]:
    """Of its page, and whether the list shows it."""
    page = Browser().get(f"/publications/{made.pk}").status
    return page, made in list_published().items


def test_a_breach_is_gone_the_moment_its_record_is_no_longer_published() -> None:
    made, record = published_breach()
    assert statuses(made) == (200, True)
    for change in ({"is_published": False}, {"is_deleted": True}, {"valid_until": date(2026, 3, 1)}):
        before = {name: getattr(record, name) for name in change}
        CreditRecord.objects.filter(pk=record.pk).update(**change)
        assert statuses(made) == (404, False)
        CreditRecord.objects.filter(pk=record.pk).update(**before)
    # A repair that is undone publishes it again.
    assert statuses(made) == (200, True)


def test_nobody_keeps_a_copy_of_what_is_published() -> None:
    made, _ = published_breach()
    for address in ("/publications", f"/publications/{made.pk}"):
        response = Browser().get(address).response
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["X-Robots-Tag"] == "noindex, noarchive"


def test_a_breach_says_what_its_record_says_today() -> None:
    made, record = published_breach("DEMO-P-005")
    person = record.subject
    CreditRecord.objects.filter(pk=record.pk).update(
        facts=f"经异议更正：{person.name}（{person.code}）迟延三日", is_disputed=True
    )
    shown = Browser().get(f"/publications/{made.pk}").text
    assert "经异议更正：张**（330" in shown
    assert "异议中" in shown
    assert person.name not in shown
    assert person.code not in shown
    assert "我要修复" in shown


def test_a_commitment_says_how_it_was_kept() -> None:
    case = run(REGISTER, PUBLISH, matter="FOOD-01")
    made = Publication.objects.get(case=case)
    Commitment.objects.filter(case=case).update(performance="fulfilled", performance_on=date(2026, 3, 9))
    shown = Browser().get(f"/publications/{made.pk}").text
    assert "履行状态全部履行" in shown
    assert "2026年3月9日" in shown


def test_publications_are_asked_for_by_kind_agency_and_words(at) -> None:
    made, _ = published_breach()
    run(REGISTER, PUBLISH, matter="TRANSPORT-01")
    list_page = Browser().get("/publications?kind=breach")
    assert list_page.links("/publications/") == [f"/publications/{made.pk}"]
    agency = Matter.objects.get(code="TRANSPORT-01").agency.code
    assert made not in list_published(agency=agency).items
    assert len(list_published(agency=agency).items) == 1
    for nothing in ("q=没有这样的", "agency=0", "agency=%00&q=%00x", "kind=breach&q=道路"):
        assert "没有找到符合条件的公示信息" in Browser().get(f"/publications?{nothing}").text
    # What is no kind narrows nothing.
    assert len(Browser().get("/publications?kind=secret").links("/publications/")) == 2
    at(at.now.astimezone(CHINA).replace(year=2031))
    assert "目前没有公示中的信息" in Browser().get("/publications").text


def test_searching_by_a_code_that_is_masked_finds_nothing() -> None:
    published_breach("DEMO-P-005")
    assert not list_published(subject_code("person1")).items


@pytest.fixture
def versions() -> Matter:
    """FOOD-01 with a second version in force from March, and a third from April."""
    matter = Matter.objects.get(code="FOOD-01")
    matter.texts.update(valid_until=date(2026, 2, 28))
    for version, first, last in (
        (2, date(2026, 3, 1), date(2026, 3, 31)),
        (3, date(2026, 4, 1), None),
    ):
        texts = dict.fromkeys(TEXTS, f"第{version}版的文字")
        MatterText.objects.create(matter=matter, version=version, valid_from=first, valid_until=last, **texts)
    return matter


def test_the_catalogue_is_narrowed_by_department_industry_type_and_words() -> None:
    matter = Matter.objects.get(code="TRANSPORT-01")

    def found(query: str) -> set[str]:
        links = Browser().get(f"/matters?{query}").links("/matters/")
        return {link.split("/")[2] for link in links}

    assert "TRANSPORT-01" in found(f"agency={matter.agency.code}")
    assert "FOOD-01" not in found(f"agency={matter.agency.code}")
    assert found("industry=食品经营") == {"FOOD-01"}
    assert "PROOF-01" in found("type=proof") - found("type=approval")
    assert found("q=food") == {"FOOD-01"}
    assert found("q=Road freight") == {"TRANSPORT-01"}
    assert found("q=没有") == found("agency=%00") == set()
    assert found("type=nothing") == found("")


def test_every_version_can_be_read_and_says_whether_it_is_in_force(versions: Matter) -> None:
    page = Browser().get("/matters/FOOD-01")
    assert "第2版的文字" in page.text
    assert page.links("/start/commitment")
    old, new = (Browser().get(f"/matters/FOOD-01/versions/{version}") for version in (1, 3))
    assert "已经被新版本代替" in old.text
    assert "还没有施行" in new.text
    assert not old.links("/start/commitment")
    assert Browser().get("/matters/FOOD-01/versions/4").status == 404
    Matter.objects.filter(pk=versions.pk).update(is_open=False)
    assert Browser().get("/matters/FOOD-01/versions/1").status == 404


def test_the_blank_text_is_a_pdf_of_that_version(versions: Matter) -> None:
    first, second = (
        Browser(language=language).get("/matters/FOOD-01/versions/2.pdf").response for language in ("", "en")
    )
    assert first.headers["Content-Type"] == "application/pdf"
    assert first.headers["Content-Disposition"].startswith("attachment")
    assert first.content == second.content
    with pikepdf.open(BytesIO(first.content)) as pdf:
        assert str(pdf.docinfo["/Title"]) == "信用承诺书"
    other = Browser().get("/matters/FOOD-01/versions/3.pdf").response.content
    assert other != first.content


def test_a_period_is_counted_by_the_rule_of_the_place() -> None:
    asked = "/calculator?start_on=2026-03-02&start_at=10:00&amount=99&unit=month"
    page = Browser().get(f"{asked}&rule=objection.handle&region=330700")
    # Five working days from Monday 2 March.
    assert "2026年3月9日" in page.text
    assert "浙江省公共信用信息管理条例" in page.text
    assert page.page.xpath("//input[@name='amount']/@value") == ["5"]
    # Rehearsed law: what did not hold yet is not counted by.
    early = Browser().get(asked.replace("2026", "2010") + "&rule=objection.handle")
    assert (early.status, early.errors()[0][0]) == (422, "#rule")
    # What is not offered asks for nothing.
    odd = Browser().get(f"{asked}&rule=%00.x&region=%00")
    assert (odd.status, odd.errors()[0][0]) == (422, "#amount")


def figure(
    month: date, count: int, *, kind: str = "case", name: str = "answer", late: int = 0, days: int = 2
) -> None:
    Figure.objects.create(
        month=month,
        agency=Matter.objects.get(code="FOOD-01").agency,
        process="objection",
        kind=kind,
        name=name,
        count=count,
        late_count=late,
        net_working_seconds=int(count * days * 7.5 * 3600),
        histogram={},
    )


def told() -> dict[str, list[str]]:
    """The lines of the months of the objection's table, by month."""
    page = Browser().get("/figures").page
    lines = page.xpath("//section[@aria-labelledby='of-objection']//tbody/tr")
    return {
        line.xpath("th")[0].text_content(): [cell.text_content().strip() for cell in line.xpath("td")]
        for line in lines
    }


def test_figures_tell_whole_months_and_hide_small_numbers() -> None:
    figure(date(2026, 2, 1), 8)
    figure(date(2026, 2, 1), 8, kind="clock", name="handle", late=2)
    # Another clock of the case says nothing about the answer.
    figure(date(2026, 2, 1), 8, kind="clock", name="accept", late=8)
    figure(date(2026, 1, 1), 4, days=40)
    # The month that runs, and one too long ago.
    figure(date(2026, 3, 1), 50)
    figure(date(2025, 2, 1), 50)
    lines = told()
    assert lines["2026年2月"] == ["8", "2.0", "75.0%"]
    assert lines["2026年1月"] == ["不足 5 件，不列明"]
    # Nothing is told of the time before the first answer.
    assert list(lines) == ["2026年2月", "2026年1月"]
    # The sum leaves out what is hidden, so that it cannot be reckoned back.
    assert "办结8件平均用时2.0个工作日按期答复75.0%" in Browser().get("/figures").text.replace(" ", "")


def test_few_clocks_tell_no_percentage_though_cases_are_many_or_none() -> None:
    """The clocks that stopped in a month are not those of the cases answered in it."""
    figure(date(2026, 2, 1), 8)
    figure(date(2026, 2, 1), 1, kind="clock", name="handle", late=1)
    figure(date(2026, 1, 1), 4, kind="clock", name="handle", late=4)
    figure(date(2025, 12, 1), 5, kind="clock", name="handle", late=1)
    assert told() == {
        "2026年2月": ["8", "2.0", "—"],
        "2026年1月": ["0", "—", "—"],
        "2025年12月": ["0", "—", "80.0%"],
    }
    # Nor does the sum count them.
    assert "办结8件平均用时2.0个工作日按期答复80.0%" in Browser().get("/figures").text.replace(" ", "")


def test_nothing_but_small_numbers_is_not_told_as_nothing() -> None:
    figure(date(2026, 2, 1), 4, late=1)
    figure(date(2026, 2, 1), 4, kind="clock", name="handle", late=1)
    shown = Browser().get("/figures").text.replace(" ", "")
    assert "办结每月都不足5件，不列明平均用时—按期答复—" in shown
    assert shown.count("办结0件") == 2


def test_without_figures_the_page_says_so() -> None:
    assert Browser().get("/figures").text.count("这段时间没有可以列明的办结案件") == 3


def test_a_guide_tells_the_process_with_rules_that_hold_here() -> None:
    page = Browser().get("/processes/objection")
    for text in (
        "异议处理",
        "5 个工作日",
        "金华市",
        "浙江省公共信用信息管理条例",
        "罚款金额由信源单位核实后更正",
        "不得由以下步骤",
    ):
        assert text in page.text
    assert "上海市社会信用条例" not in page.text
    assert "应当不通过" not in page.text
    form = Browser().get(page.links("/forms/start")[0])
    assert "只供了解要填什么" in form.text
    assert form.page.xpath("//fieldset[@disabled]//textarea")
    assert not form.page.xpath("//main//form")
    assert Browser().get("/processes/objection/forms/nothing").status == 404


@pytest.mark.parametrize("slug", ["commitment", "objection", "repair", "repair_revocation"])
def test_every_form_of_every_process_can_be_looked_at(slug: str) -> None:
    page = Browser(language="en").get(f"/processes/{slug}")
    forms = page.links("/forms/")
    assert len(forms) > 3
    for address in forms:
        assert Browser().get(address).status == 200


def test_publications_are_found_by_what_the_public_reads() -> None:
    made, _ = published_breach("DEMO-P-005")
    run(REGISTER, PUBLISH, matter="TRANSPORT-01")

    def found(q: str) -> list[int]:
        return [each.pk for each in list_published(q).items]

    for q in ("违反信用", "breach of", "张", made.content["agency"][2:6]):
        assert made.pk in found(q), q
    (other,) = found("道路普通")
    assert other != made.pk
    assert other in found("CN3307")
    # Marks alone, another order, what is masked, and the end of a code.
    for q in ("**", "通普路道", "张三", Publication.objects.get(pk=other).content["subject_code"][-4:]):
        assert found(q) == [], q
