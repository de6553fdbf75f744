"""Errors of training, each with what to do."""

from workflow_app.domain.errors import ConflictError, CreditError


class NotWaitingForTrainingError(ConflictError):
    """The case asks for no training, or not yet, or no longer."""

    code = "not_waiting_for_training"
    message = "案件{number}目前不需要参加培训，不能报名。"


class AlreadyEnrolledError(ConflictError):
    """The case is enrolled in another session."""

    code = "already_enrolled"
    message = "本案已报名{day}的培训，如需改期，请先取消原报名。"


class SessionOverError(ConflictError):
    """The session has begun: no one comes or goes any more."""

    code = "session_over"
    message = "该场培训已经开始或者结束，请选择其他场次。"


class SessionRunningError(ConflictError):
    """Results are entered after the end."""

    code = "session_running"
    message = "该场培训将于{ends}结束，请在结束后登记结果。"


class AttendanceClosedError(ConflictError):
    """Outside the time for checking in or out."""

    code = "attendance_closed"
    message = "签到签退时间为{begins}至{ends}，请联系培训管理员。"


class AttendanceCodeError(CreditError):
    """Not the code shown in the room."""

    code = "attendance_code_wrong"
    message = "签到码不正确，请核对现场公布的签到码后重新输入。"
    status = 422


class EnrolmentAmbiguousError(CreditError):
    """The account has enrolled several subjects in the session."""

    code = "enrolment_ambiguous"
    message = "您为多个信用主体报名了该场培训，请指明案件编号。"
    status = 422


class EnrolmentStateError(ConflictError):
    """The enrolment is not where this act begins."""

    code = "enrolment_state"
    message = "该报名目前的状态为“{status}”，不能进行此操作。"


class NotCheckedOutError(ConflictError):
    """Somebody is still checked in."""

    code = "not_checked_out"
    message = "案件{number}的参加人尚未签退，请先签退再登记结果。"


class ScoreMissingError(CreditError):
    """The course has a test."""

    code = "score_missing"
    message = "本课程设有测试，请填写案件{number}参加人的分数。"
    status = 422


class ScoreInvalidError(CreditError):
    """No score."""

    code = "score_invalid"
    message = "分数“{score}”不正确，应为 0 至 100 的整数。"
    status = 422


class ResultFixedError(ConflictError):
    """A result stands once it is entered: a certificate may rest on it."""

    code = "result_fixed"
    message = "案件{number}参加人的结果已经登记，不能更改。"
