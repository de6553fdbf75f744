"""Five tasks in a row under one clock: what the benchmarks play."""

from bpmn.manifest import ClockName, Outcome, Process, Text

PROCESS = Process(
    slug="five",
    version="1.0",
    title=Text("五步流程", "Five tasks"),
    summary=Text("测速用：五个连续的步骤，一个时限。", "For measuring: five tasks in a row, one clock."),
    number_prefix="FIVE",
    about="subject",
    legal_basis=("测速用，无法律依据",),
    clocks=(ClockName("handle", Text("办理", "Handling")),),
    outcomes={"end_done": Outcome("done", Text("办结", "Done"), is_favourable=True)},
    notifications=(
        "received",
        "decided",
        "withdrawn",
        "due_soon",
        "overdue",
        "reminder",
        "countersign_asked",
        "countersign_refused",
        "mandate_changed",
        "note_added",
        "mentioned",
        "assistance_asked",
        "assistance_answered",
        "assistance_due",
    ),
    promoted={
        "task_one": ("result",),
        "task_two": ("result",),
        "task_three": ("result",),
        "task_four": ("result",),
        "task_five": ("result",),
    },
)
