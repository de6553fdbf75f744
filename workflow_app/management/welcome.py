"""What `manage.py serve` prints when the service is ready."""

ACCOUNTS = (
    ("applicant1, applicant2", "申请人", "applicants"),
    ("agent1", "代理人", "agent of applicants"),
    ("clerk1", "窗口受理", "intake clerk"),
    ("reviewer1, reviewer2", "审核", "reviewers"),
    ("approver1", "审批", "approver"),
    ("approver2", "审核兼审批", "reviewer and approver"),
    ("source1", "信源单位", "source unit"),
    ("trainer1", "培训机构", "training body"),
    ("supervisor1", "监督", "supervisor"),
    ("sysadmin1, secadmin1, auditor1", "系统、安全、审计管理员", "system, security, audit"),
    ("reviewer1-yiwu, approver1-yiwu, supervisor1-yiwu", "义乌", "the same in Yiwu"),
)

FIRST_STEPS = (
    (
        "以 applicant1 登录，选一项告知承诺事项，填写并提交；再以 reviewer1、approver1 办理，下载文书。",
        "Sign in as applicant1, file a commitment; decide it as reviewer1 and approver1; take the letter.",
    ),
    (
        "另开终端运行 make history，加入半年往来案件，再以 supervisor1 打开“督办”。",
        "Run make history in another terminal, then open the desk of supervisor1: half a year of cases.",
    ),
    ("make demo 会像真实客户端一样演完全部故事。", "make demo plays every story as real clients do."),
)


def welcome(address: str, *, demo: bool) -> str:
    """The text for the terminal; `address` is where a browser goes."""
    lines = ["", f"  服务已就绪 / ready:  {address}", ""]
    if demo:
        lines.append("  演示账户（密码为 demo-账户名） / demo accounts (password demo-USERNAME):")
        lines += [f"    {names:<50} {chinese} / {english}" for names, chinese, english in ACCOUNTS]
        lines += ["", "  先试试 / try first:"]
        lines += [line for step in FIRST_STEPS for line in (f"    {step[0]}", f"    {step[1]}")]
        lines.append("")
    lines += ["  按 Ctrl-C 停止 / stops it all.", ""]
    return "\n".join(lines)
