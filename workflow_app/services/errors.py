"""Errors of acts on cases, each with what to do."""

from workflow_app.domain.errors import ConflictError, CreditError, ForbiddenError


class TaskTakenError(ConflictError):
    """Somebody else claimed the task first."""

    code = "task_taken"
    message = "此待办已由{who}于{when}领取，请选择其他待办。"


class TaskDoneError(ConflictError):
    """The task was completed or fell away meanwhile."""

    code = "task_done"
    message = "此待办已由{who}于{when}办结，请刷新页面查看最新状态。"


class StaleVersionError(ConflictError):
    """The case has moved on since it was read."""

    code = "stale_version"
    message = (
        "案件已有更新（您看到的是第{seen}版，当前为第{current}版），请刷新后重试，您填写的内容不会丢失。"
    )


class FourEyesError(ForbiddenError):
    """Who proposed may not decide, whichever way the task reached them."""

    code = "four_eyes_required"
    message = "您办理过本案的“{task}”，按照审办分离要求，须由另一人办理此步骤。"


class CaseFinishedError(ConflictError):
    """The case has ended."""

    code = "case_finished"
    message = "案件{number}已经办结，不能再进行此操作。"


class WithdrawalTooLateError(ConflictError):
    """The decision has been made."""

    code = "withdrawal_too_late"
    message = "案件{number}已作出决定，不能再撤回。如有异议，可申请复核、行政复议或提起行政诉讼。"


class NotStarterError(ForbiddenError):
    """The process is not started by this kind of person."""

    code = "not_starter"
    message = "您的身份不能发起“{process}”。"


class SubjectRequiredError(CreditError):
    """The account stands for nobody, or for several without saying which."""

    code = "subject_required"
    message = "请指明您代表哪一个信用主体（统一社会信用代码或证件号码）。"
    status = 422


class NotRepresentingError(ForbiddenError):
    """The account may not act for this subject."""

    code = "not_representing"
    message = "您没有代表该信用主体办理业务的权限。如系代办，请先取得有效授权。"


class RecordNotOwnError(CreditError):
    """The record is of another subject, or there is none: both look the same."""

    code = "record_not_own"
    message = "没有找到属于该信用主体的信用信息“{number}”，请核对后重新选择。"
    status = 422


class MatterUnknownError(CreditError):
    """No such matter is open."""

    code = "matter_unknown"
    message = "没有找到可办理的承诺事项“{code}”，请从事项目录中选择。"
    status = 422


class DocumentUnknownError(CreditError):
    """A paper that was not uploaded by this person, or is already in another case."""

    code = "document_unknown"
    message = "材料“{id}”不存在或已用于其他案件，请重新上传。"
    status = 422


class DeadlineRuleMissingError(CreditError):
    """No rule in force names how long this clock runs here."""

    code = "deadline_rule_missing"
    message = "{day}在{region}没有生效的“{clock}”时限规则，请联系管理员补充规则后重试。"
    status = 409


class DeadlineNotAheadError(CreditError):
    """The last day that an officer named has come or gone."""

    code = "deadline_not_ahead"
    message = "期限“{day}”应当晚于今天，请改填以后的日期。"
    status = 422


class ClockNotRunningError(ConflictError):
    """The diagram or a person refers to a clock that does not run."""

    code = "clock_not_running"
    message = "时限“{clock}”未在计时，不能进行此操作。"


class ProcessUnknownError(CreditError):
    """No such process is in force."""

    code = "process_unknown"
    message = "没有找到业务“{slug}”。"
    status = 404


class ReasonRequiredError(CreditError):
    """An officer has begun: the withdrawal needs a reason."""

    code = "reason_required"
    message = "工作人员已开始办理，请填写撤回原因。"
    status = 422


class TaskCancelledError(ConflictError):
    """The task fell away before anybody did it."""

    code = "task_cancelled"
    message = "此待办已撤销：案件已进入下一环节或者已经结束。请刷新页面查看最新状态。"


class AssigneeUnfitError(CreditError):
    """The person chosen does not hold the role that the task needs."""

    code = "assignee_unfit"
    message = "{who}不能办理此待办（不具有所需岗位），请另选人员。"
    status = 422


class DraftSubmittedError(ConflictError):
    """The draft has been filed and cannot change any more."""

    code = "draft_submitted"
    message = "此草稿已经提交，不能再修改。请在“我的案件”中查看。"


class DraftChangedError(ConflictError):
    """The draft was saved from another window since this one read it."""

    code = "draft_changed"
    message = "此草稿刚刚在另一个窗口或者设备上保存过。您在这里填写的内容还在：再次保存将以这里的内容为准。"


class CountersignatureRequiredError(ConflictError):
    """The agent's mandate wants the legal representative to sign as well."""

    code = "countersignature_required"
    message = "按照授权，此单位的申请还需要法定代表人签署。请在网页上签署草稿，法定代表人签署后自动提交。"


class DraftLockedError(ConflictError):
    """A second person has been asked to sign what the draft says."""

    code = "draft_locked"
    message = "此申请正在等待法定代表人签署，不能修改。需要修改时，请先撤回签署请求。"


class FormAnswerMissingError(CreditError):
    """The diagram reads an answer that no form gave: the process is wrong, not the person."""

    code = "form_answer_missing"
    message = "表单“{form}”没有填写“{field}”。"
    status = 500


class CaseStuckError(CreditError):
    """Something in the process itself failed. The details are in the log; nothing of the act was kept."""

    code = "case_stuck"
    message = "案件{number}的流程出现内部错误，本次操作未生效。请保留所填内容，稍后重试；仍不成功的，请联系系统管理员。"
    status = 500


class ReminderTooSoonError(ConflictError):
    """The task was reminded of less than an hour ago."""

    code = "reminder_too_soon"
    message = "此待办已于{when}催办，一小时内只催办一次；请于{next}以后再催办。"


class ReminderUnheardError(ConflictError):
    """Nobody holds the task or its role, or the case's process has no words for a reminder."""

    code = "reminder_unheard"
    message = "此待办目前没有能够收到催办通知的人员，请先转交他人办理，或者直接联系承办机关。"


class ExtensionNotAllowedError(ConflictError):
    """The rule of the clock names no longest period."""

    code = "extension_not_allowed"
    message = "“{clock}”的时限规则没有规定可以延长。确需延长的，请先由系统管理员核对并修改时限规则。"


class ExtensionReasonMissingError(CreditError):
    """An extension is told to the applicant with its reason."""

    code = "extension_reason_missing"
    message = "请填写延长理由；理由将告知申请人。"
    status = 422
