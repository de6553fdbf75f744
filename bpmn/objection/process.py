"""信用异议: one record that its subject holds to be wrong, checked at the platform and at its source."""

from bpmn.manifest import ClockName, LetterKind, Outcome, Process, Text

# Everybody who handled the objection before its reply; a review must be done by others.
_HANDLERS = (
    "task_accept",
    "task_accept_again",
    "task_check",
    "task_extend",
    "task_verify",
    "task_propose",
    "task_approve",
)

PROCESS = Process(
    slug="objection",
    version="1.0",
    title=Text("信用异议", "Objection to a credit record"),
    summary=Text(
        "认为公示的信用信息有错误、遗漏、超过期限、不应列入或者使用没有依据的，可以申请核查处理；"
        "受理后5个工作日内答复，处理期间标注“异议中”。",
        "For anybody who finds published information about them wrong, incomplete, out of date, unfounded or wrongly "
        "listed: answered within 5 working days of acceptance, and marked as disputed until then.",
    ),
    number_prefix="XYYY",
    about="record",
    legal_basis=(
        "《浙江省公共信用信息管理条例》第三十条、第三十一条",
        "金华市“十四五”社会信用体系建设规划：信用异议协同处理平均时间控制在5天以内",
        "《中华人民共和国个人信息保护法》第四十六条",
    ),
    clocks=(
        ClockName("accept", Text("受理审查", "Check for form")),
        ClockName("supplement", Text("补正材料", "Supplement")),
        ClockName("handle", Text("异议处理", "Handling")),
        ClockName("assist", Text("信源单位核查", "Check by the source unit")),
        ClockName("ask_review", Text("申请复核", "Asking for a review")),
        ClockName("review", Text("复核", "Review")),
    ),
    outcomes={
        "end_lapsed": Outcome("lapsed", Text("逾期未补正，视为放弃", "Not supplemented in time"), False),
        "end_refused": Outcome("refused", Text("不予受理", "Not accepted"), False),
        "end_unverified": Outcome(
            "unverified", Text("逾期未核实，停止公示", "Unverified in time, publication stopped"), True
        ),
        "end_upheld": Outcome("upheld", Text("异议成立，已处理", "Upheld"), True),
        "end_partly": Outcome("partly_upheld", Text("异议部分成立，已处理", "Upheld in part"), True),
        "end_kept": Outcome("kept", Text("异议不成立，维持", "Not upheld, record kept"), False),
        "end_review_changed": Outcome("review_changed", Text("复核后重新处理", "Changed on review"), True),
        "end_review_kept": Outcome("review_kept", Text("复核维持原答复", "Confirmed on review"), False),
    },
    letters=(
        LetterKind("supplement", Text("补正材料告知书", "Notice of what is missing"), "异补"),
        LetterKind("refusal", Text("不予受理决定书", "Decision not to accept"), "异不受"),
        LetterKind("extension", Text("延长办理期限告知书", "Notice of extension"), "异延"),
        LetterKind("reply", Text("信用异议处理结果答复书", "Reply to the objection"), "异答"),
        LetterKind("unverified", Text("停止公示答复书", "Reply: publication stopped"), "异停"),
        LetterKind("review", Text("信用异议复核决定书", "Decision on the review"), "异复"),
    ),
    notifications=(
        "received",
        "accepted",
        "refused",
        "task_waiting",
        "lapsed",
        "source_asked",
        "unverified",
        "extended",
        "decided",
        "review_asked",
        "review_decided",
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
        "task_check": ("next_step", "assist_days"),
        "task_extend": ("extension",),
        "task_verify": ("finding",),
        "task_propose": ("result", "is_full"),
        "task_approve": ("approval",),
        "task_ask_review": ("choice",),
        "task_review_propose": ("result",),
        "task_review_approve": ("approval",),
    },
    four_eyes={
        "task_extend": ("task_check",),
        "task_confirm": ("task_check",),
        "task_propose": ("task_approve",),
        "task_approve": ("task_accept", "task_accept_again", "task_check", "task_verify", "task_propose"),
        # 复核 by others than those who handled and decided the objection.
        "task_review_propose": (*_HANDLERS, "task_review_approve"),
        "task_review_approve": (*_HANDLERS, "task_review_propose"),
    },
    # The publication is stopped, or the result is applied: what has been decided is not undone by a withdrawal.
    no_withdrawal_after=("do_stop_publication", "do_apply"),
    answered_by="handle",
)
