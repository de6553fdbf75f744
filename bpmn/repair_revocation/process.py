"""撤销信用修复: a repair got by false papers, or whose commitment was broken, is undone after hearing the subject."""

from bpmn.manifest import ClockName, LetterKind, Outcome, Process, Text

PROCESS = Process(
    slug="repair_revocation",
    version="1.0",
    title=Text("撤销信用修复", "Revocation of a repair"),
    summary=Text(
        "发现修复申请材料虚假，或者当事人违反信用修复承诺的，由审核员提起，听取陈述申辩后决定是否撤销修复。",
        "Begun by a reviewer when the papers of a repair were false or its commitment was broken; decided after "
        "hearing the subject.",
    ),
    number_prefix="XYCX",
    about="record",
    legal_basis=(
        "《信用修复管理办法》（国家发展改革委令第36号，2026年4月1日起施行）",
        "《国务院办公厅关于进一步完善信用修复制度的实施方案》（国办发〔2025〕22号）",
    ),
    clocks=(
        ClockName("decide", Text("作出决定", "Decision")),
        ClockName("hear", Text("陈述申辩", "Hearing of the subject")),
    ),
    outcomes={
        "end_not_repaired": Outcome(
            "not_repaired", Text("该信息未曾修复", "The record has not been repaired"), False
        ),
        "end_revoked": Outcome("revoked", Text("撤销修复", "Repair revoked"), False),
        "end_kept": Outcome("kept", Text("不予撤销", "Repair stands"), True),
    },
    letters=(
        LetterKind("hearing", Text("陈述申辩告知书", "Notice of the right to be heard"), "撤告"),
        LetterKind("revocation", Text("撤销信用修复决定书", "Decision to revoke the repair"), "撤修"),
        LetterKind("closing", Text("不予撤销告知书", "Notice: the repair stands"), "撤止"),
    ),
    notifications=(
        "task_waiting",
        "decided",
        "kept",
        "withdrawn",
        "due_soon",
        "overdue",
        "reminder",
        "note_added",
        "mentioned",
        "assistance_asked",
        "assistance_answered",
        "assistance_due",
    ),
    promoted={"task_propose": ("result",), "task_approve": ("approval",)},
    four_eyes={"task_approve": ("task_propose",), "task_propose": ("task_approve",)},
    # The subject may not withdraw a case against itself; the reviewer proposes not to revoke instead.
    no_withdrawal_after=("do_assess",),
    starters=("reviewer",),
    answered_by="decide",
)
