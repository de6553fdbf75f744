"""信用承诺: what may be had on a commitment, and what follows when it is kept or broken."""

from bpmn.manifest import ClockName, LetterKind, Outcome, Process, Text

PROCESS = Process(
    slug="commitment",
    version="1.0",
    title=Text("信用承诺", "Credit commitment"),
    summary=Text(
        "一次告知、自愿承诺、当场或者限时办结：以书面承诺替代许可条件审查、证明材料或者暂缺材料，"
        "也可以主动向社会作出信用承诺；事后核查，践诺归档，失信惩戒。",
        "Told once, promised freely, settled at once or by a date: a written commitment stands in for the"
        " examination of a licence's conditions, for a proof or for papers still missing, or is made to the public"
        " of one's own accord; it is checked afterwards, recorded when kept and answered for when broken.",
    ),
    number_prefix="XYCN",
    about="matter",
    legal_basis=(
        "《中华人民共和国行政许可法》第七条、第三十二条、第三十四条、第三十六条、第三十八条、第四十条、第四十二条、"
        "第六十一条、第六十九条、第八十二条",
        "《国务院办公厅关于全面推行证明事项和涉企经营许可事项告知承诺制的指导意见》（国办发〔2020〕42号）",
        "《国务院办公厅关于加快推进社会信用体系建设构建以信用为基础的新型监管机制的指导意见》（国办发〔2019〕35号）",
        "《浙江省保障“最多跑一次”改革规定》第十四条",
        "《浙江省公共信用信息管理条例》",
    ),
    clocks=(
        ClockName("sign", Text("选择与签署", "Choose and sign")),
        ClockName("accept", Text("受理审查", "Acceptance")),
        ClockName("supplement", Text("补正材料", "Supplement")),
        ClockName("papers", Text("补交容缺材料", "Deferred papers")),
        ClockName("extension", Text("延期审批", "Decision on an extension")),
        ClockName("decide", Text("作出决定", "Decision")),
        ClockName("check", Text("事后核查", "Ex-post check")),
        ClockName("rectify", Text("限期整改", "Rectification")),
        ClockName("recheck", Text("整改复查", "Re-check")),
        ClockName("hearing", Text("陈述申辩", "Statement and defence")),
        ClockName("revoke", Text("失信认定", "Finding of a breach")),
    ),
    outcomes={
        "end_ineligible": Outcome(
            "ineligible", Text("不适用承诺办理", "Not open to commitment"), is_favourable=False
        ),
        "end_ordinary": Outcome(
            "ordinary_route", Text("改按一般程序办理", "Ordinary procedure chosen"), is_favourable=True
        ),
        "end_unsigned": Outcome(
            "unsigned", Text("逾期未签署承诺书", "Commitment not signed in time"), is_favourable=False
        ),
        "end_not_supplemented": Outcome(
            "not_supplemented", Text("逾期未补正，申请终止", "Not supplemented in time"), is_favourable=False
        ),
        "end_not_accepted": Outcome("not_accepted", Text("不予受理", "Not accepted"), is_favourable=False),
        "end_acceptance_withdrawn": Outcome(
            "acceptance_withdrawn",
            Text("容缺材料逾期，撤销受理", "Papers late, acceptance withdrawn"),
            is_favourable=False,
        ),
        "end_refused": Outcome("refused", Text("不予准许", "Refused"), is_favourable=False),
        "end_kept": Outcome("kept", Text("全部履行", "Kept in full"), is_favourable=True),
        "end_rectified": Outcome(
            "rectified", Text("整改后全部履行", "Kept after rectification"), is_favourable=True
        ),
        "end_partly": Outcome("partly_kept", Text("部分履行", "Kept in part"), is_favourable=False),
        "end_upheld": Outcome(
            "defence_upheld", Text("申辩成立，不认定失信", "Defence upheld, no breach"), is_favourable=True
        ),
        "end_revoked": Outcome(
            "revoked", Text("未履行，撤销决定", "Not kept, decision revoked"), is_favourable=False
        ),
        "end_breached": Outcome(
            "breached", Text("未履行，认定失信", "Not kept, breach found"), is_favourable=False
        ),
    },
    letters=(
        LetterKind("notice", Text("信用承诺一次性告知书", "Notice of commitment, told once"), "承告"),
        LetterKind("ineligible", Text("不适用承诺办理告知书", "Notice: not open to commitment"), "承不适"),
        LetterKind("commitment", Text("信用承诺书", "Letter of commitment"), "承诺", is_public=True),
        LetterKind("supplement", Text("补正材料告知书", "Notice to supplement"), "承补"),
        LetterKind("acceptance", Text("受理通知书", "Notice of acceptance"), "承受"),
        LetterKind("rejection", Text("不予受理决定书", "Decision not to accept"), "承不受"),
        LetterKind("withdrawal", Text("撤销受理决定书", "Withdrawal of acceptance"), "承撤受"),
        LetterKind("granted", Text("准予决定书", "Decision: granted on commitment"), "承准"),
        LetterKind("refused", Text("不予准许决定书", "Decision: refused"), "承不准"),
        LetterKind("registered", Text("信用承诺登记通知书", "Notice of registration"), "承登"),
        LetterKind("rectification", Text("责令限期整改通知书", "Order to rectify by a date"), "承改"),
        LetterKind("hearing", Text("陈述申辩权利告知书", "Notice of the right to be heard"), "承听"),
        LetterKind("upheld", Text("申辩意见采纳通知书", "Notice: defence upheld"), "承采"),
        LetterKind("revocation", Text("撤销决定书", "Decision to revoke"), "承撤"),
        LetterKind("breach", Text("违反信用承诺认定书", "Finding of a breach of commitment"), "承违"),
    ),
    notifications=(
        "received",
        "task_waiting",
        "decided",
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
        "extended",
        "ineligible",
        "ordinary_route",
        "unsigned",
        "not_supplemented",
        "not_accepted",
        "extension_decided",
        "acceptance_withdrawn",
        "registered",
        "performed",
        "breached",
    ),
    promoted={
        "task_sign": ("choice",),
        "task_sign_deferred": ("choice",),
        "task_accept": ("result",),
        "task_accept_again": ("result",),
        "task_papers": ("action",),
        "task_extend": ("result",),
        "task_propose": ("proposal",),
        "task_approve": ("approval",),
        "task_check": ("result",),
        "task_recheck": ("result",),
        "task_propose_finding": ("proposal",),
        "task_approve_finding": ("approval",),
    },
    four_eyes={
        # Who proposed never decides; who decided never proposes anew what was sent back to them.
        "task_approve": ("task_propose",),
        "task_propose": ("task_approve",),
        "task_approve_finding": ("task_propose_finding",),
        "task_propose_finding": ("task_approve_finding",),
    },
    no_withdrawal_after=("do_letter_granted", "do_letter_registered"),
    answered_by="decide",
)
