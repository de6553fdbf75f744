"""The receipt of what was filed: on the page at once, and as a paper at any time."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from bpmn.manifest import Process
from workflow_app.domain import clock
from workflow_app.domain.masking import mask_name
from workflow_app.letters.page import readable_code
from workflow_app.letters.receipt import ReceiptPage, render_receipt
from workflow_app.models import Case, Clock, Task
from workflow_app.models.cases import Channel
from workflow_app.selectors.cases import get_case
from workflow_app.selectors.receipts import Receipt, get_receipt
from workflow_app.web.bundles import bundle_for, diagram_of
from workflow_app.web.downloads import attachment
from workflow_app.web.moments import day, when
from workflow_app.web.portal import progress
from workflow_app.web.tags import clock_title, masked_code, masked_name, person, text_of, title_of
from workflow_app.web.visitor import access_of, language, signed_in, user_of

MOST_RECEIPTS = 50


@dataclass(frozen=True)
class Standing:
    """Where a case stands when its receipt is read: who has it now, until when, and what may follow."""

    case: Case
    process: Process
    code: str
    task: Task | None
    clock: Clock | None
    next: list[progress.Step]


@require_safe
@signed_in
def receipt(request: HttpRequest) -> HttpResponse:
    """The numbers of what was just filed, who has it now and until when, and what happens next."""
    numbers = request.GET.getlist("case")[:MOST_RECEIPTS]
    cases = [get_case(user_of(request), number) for number in dict.fromkeys(numbers)]
    receipts = [get_receipt(case) for case in cases]
    context: dict[str, Any] = {"standings": [_standing(each) for each in receipts]}
    if receipts:
        context |= {"signatures": receipts[0].signatures, "visit": receipts[0].visit}
    return render(request, "web/portal/receipt.html", context)


def _standing(of: Receipt) -> Standing:
    bundle = bundle_for(of.case)
    active = [task.element for task in of.tasks]
    return Standing(
        case=of.case,
        process=bundle.manifest,
        code=readable_code(of.code),
        task=of.tasks[0] if of.tasks else None,
        clock=progress.main_clock(of.clocks, bundle.manifest.answered_by),
        next=progress.next_steps(diagram_of(bundle), active) if active else [],
    )


@require_safe
@signed_in
def paper(request: HttpRequest, number: str) -> HttpResponse:
    """The receipt as PDF, in the language of the page; for whoever may see the case, at any time."""
    case = get_case(user_of(request), number)
    page = page_of(get_receipt(case), is_own=_is_own(request, case))
    content = render_receipt(page, clock.now())
    return attachment(content, f"{page.title}-{case.number}.pdf", "application/pdf")


def _is_own(request: HttpRequest, case: Case) -> bool:
    return case.subject_id in access_of(request).subject_ids or case.filed_by_id == user_of(request).pk


def page_of(of: Receipt, *, is_own: bool) -> ReceiptPage:
    """What the paper says, in the language of the page; names of persons are whole only for who filed it."""
    case, process = of.case, bundle_for(of.case).manifest
    name = case.subject.name if is_own else masked_name(case.subject)
    told = {"moment": when(case.filed_at), "title": text_of(process.title), "subject": name}
    return ReceiptPage(
        language="en" if language() == "en" else "zh-CN",
        number=case.number,
        title=gettext("案件回执"),
        lead=gettext("已于 {moment} 收到{subject}的“{title}”申请。").format_map(told),
        rows=_rows(of, process, is_own),
        notes=[
            gettext("本回执只证明收到申请，不代表已经受理或者同意。"),
            gettext("核对码是所签内容摘要的开头，与案件办理记录中的摘要一致，说明签署后内容没有改动。"),
        ],
        url=settings.PUBLIC_URL.rstrip("/") + reverse("web:case", args=[case.number]),
        scan=gettext("扫码登录后查看进度、补正材料、下载文书。"),
        foot=gettext("打印时间：{moment}").format(moment=when(clock.now())),
    )


def _rows(of: Receipt, process: Process, is_own: bool) -> list[tuple[str, str]]:
    case, subject = of.case, of.case.subject
    who = (subject.name, subject.code) if is_own else (masked_name(subject), masked_code(subject))
    rows = [
        (gettext("案件编号"), case.number),
        (gettext("业务"), text_of(process.title)),
        (gettext("办理主体"), "\n".join(who)),
        (gettext("承办机关"), title_of(case.agency)),
        (gettext("提交时间"), when(case.filed_at)),
        (gettext("提交方式"), gettext(Channel(case.channel).label)),
        (gettext("签署人"), "\n".join(_signers(of, is_own))),
        (gettext("随附材料"), "\n".join(paper.name for paper in of.papers) or gettext("没有")),
        (gettext("办理期限"), _due(of, process)),
        (gettext("核对码"), readable_code(of.code)),
    ]
    return [(what, value) for what, value in rows if value]


def _signers(of: Receipt, is_own: bool) -> list[str]:
    def named(name: str) -> str:
        return name if is_own else mask_name(name)

    lines = [
        gettext("{name}，{capacity}，{moment}").format(
            name=named(person(each.signer)),
            capacity=gettext(each.get_capacity_display()),
            moment=when(each.at),
        )
        for each in of.signatures
    ]
    if of.visit:
        relation = gettext(of.visit.get_relation_display())
        lines.insert(
            0, gettext("{name}，{relation}，窗口签字").format(name=named(of.visit.name), relation=relation)
        )
    return lines


def _due(of: Receipt, process: Process) -> str:
    found = progress.main_clock(of.clocks, process.answered_by)
    if found is None:
        return ""
    return gettext("{clock}：{day}").format(clock=clock_title(found), day=day(found.due_at))
