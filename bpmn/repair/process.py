"""信用修复: a bad record whose duties are met is no longer published, shared or used. One case a record."""

from bpmn.manifest import ClockName, LetterKind, Outcome, Process, Text

PROCESS = Process(
    slug="repair",
    version="1.0",
    title=Text("信用修复", "Credit repair"),
    summary=Text(
        "已经纠正失信行为、履行相关义务，并满足最短公示期的，可以申请终止公示；只需两项材料，每件3个工作日内办结，"
        "严重失信信息须先参加信用修复培训。",
        "Once the duties are met and the shortest publication has passed, the record can be taken off publication: two "
        "papers, 3 working days; serious records need a training first.",
    ),
    number_prefix="XYXF",
    about="records",
    legal_basis=(
        "《信用修复管理办法》（国家发展改革委令第36号，2026年4月1日起施行）",
        "《国务院办公厅关于进一步完善信用修复制度的实施方案》（国办发〔2025〕22号）",
        "金华市“十四五”社会信用体系建设规划：信用修复协同处理时间全部控制在3天以内",
    ),
    clocks=(
        ClockName("accept", Text("受理", "Acceptance")),
        ClockName("supplement", Text("补正材料", "Supplement")),
        ClockName("handle", Text("协同处理", "Joint handling")),
        ClockName("answer", Text("答复申请人", "Answer to the applicant")),
        ClockName("training", Text("参加培训", "Training")),
        ClockName("decide", Text("作出决定", "Decision")),
    ),
    outcomes={
        "end_too_early": Outcome(
            "too_early", Text("最短公示期未满，尚不能申请", "Too early: shortest publication not over"), False
        ),
        "end_list_exit": Outcome("list_exit", Text("须办理名单移出", "List exit to be used instead"), False),
        "end_not_eligible": Outcome(
            "not_eligible", Text("不属于可申请修复的情形", "Not open to repair"), False
        ),
        "end_lapsed": Outcome("lapsed", Text("逾期未补正，视为放弃", "Not supplemented in time"), False),
        "end_refused": Outcome("refused", Text("不予受理", "Not accepted"), False),
        "end_untrained": Outcome(
            "untrained", Text("逾期未参加培训，视为放弃", "Training not attended in time"), False
        ),
        "end_repaired": Outcome("repaired", Text("准予修复", "Repaired"), True),
        "end_denied": Outcome("denied", Text("不予修复", "Repair denied"), False),
    },
    letters=(
        LetterKind("too_early", Text("暂不能申请信用修复告知书", "Notice: too early for repair"), "修期"),
        LetterKind("list_exit", Text("名单移出途径告知书", "Notice: list exit to be used"), "修移"),
        LetterKind("not_eligible", Text("不予受理决定书", "Decision: not open to repair"), "修不受"),
        LetterKind("supplement", Text("补正材料告知书", "Notice of what is missing"), "修补"),
        LetterKind("refusal", Text("不予受理决定书", "Decision not to accept"), "修拒"),
        LetterKind("commitment", Text("信用修复承诺书", "Repair commitment"), "修诺"),
        LetterKind("extension", Text("延长办理期限告知书", "Notice of extension"), "修延"),
        LetterKind("decision", Text("信用修复决定书", "Decision on repair"), "修准"),
        LetterKind("denial", Text("不予信用修复决定书", "Decision to deny repair"), "修否"),
    ),
    notifications=(
        "too_early",
        "list_exit",
        "not_eligible",
        "received",
        "accepted",
        "refused",
        "task_waiting",
        "training_promoted",
        "training_again",
        "apply_soon",
        "lapsed",
        "evidence_refused",
        "opinion_asked",
        "extended",
        "decided",
        "denied",
        "withdrawn",
        "due_soon",
        "overdue",
        "reminder",
        "note_added",
        "mentioned",
        "assistance_asked",
        "assistance_answered",
        "assistance_due",
        "countersign_asked",
        "countersign_refused",
        "mandate_changed",
    ),
    promoted={
        "task_accept": ("acceptance",),
        "task_accept_again": ("acceptance",),
        "task_evidence": ("evidence",),
        "task_propose": ("result",),
        "task_extend": ("extension",),
        "task_approve": ("approval",),
    },
    four_eyes={
        "task_extend": ("task_propose",),
        "task_propose": ("task_approve",),
        "task_approve": ("task_accept", "task_accept_again", "task_evidence", "task_opinion", "task_propose"),
    },
    no_withdrawal_after=("do_stop_decide",),
    answered_by="handle",
)
