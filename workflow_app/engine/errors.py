"""What can go wrong between a definition, a stored state and the people who act on it."""

from workflow_app.domain.errors import ConflictError, CreditError


class DefinitionInvalidError(CreditError):
    """A process breaks the rules of this service. `problems`: Chinese sentences, one for each breach."""

    code = "definition_invalid"
    message = "流程定义不符合要求：{problems}"
    status = 500

    def __init__(self, *, problems: list[str]) -> None:
        super().__init__(problems=problems)

    @property
    def problems(self) -> list[str]:
        return list(self.params["problems"])


class ExpressionRefusedError(CreditError):
    """An expression of a diagram or decision table uses more than the allow-list has."""

    code = "expression_refused"
    message = "表达式“{expression}”不被允许：{reason}"
    status = 500


class ExpressionFailedError(CreditError):
    """An expression could not be evaluated: a name has no value yet, or values of two kinds were compared."""

    code = "expression_failed"
    message = "表达式“{expression}”无法求值：{reason}"
    status = 500


class DecisionUnmatchedError(CreditError):
    """A decision table has no row for the facts, or more than one where exactly one must apply."""

    code = "decision_unmatched"
    message = "决策表“{decision}”有 {matches} 行符合，应当恰好一行。"
    status = 500


class TimerUnsetError(CreditError):
    """A timer was reached before its due date was computed, or the date has no time zone."""

    code = "timer_unset"
    message = "定时事件“{element}”没有有效的到期时间：{value}"
    status = 500


class DataRefusedError(CreditError):
    """Something other than a scalar, or a forbidden name, was about to enter process data."""

    code = "process_data_refused"
    message = "“{name}”不能进入流程数据。"
    status = 500


class OperationMissingError(CreditError):
    """The diagram calls an operation that the service does not have."""

    code = "operation_missing"
    message = "没有操作“{operation}”。"
    status = 500


class EndlessStepsError(CreditError):
    """The process ran on without ever waiting for anybody: the diagram loops."""

    code = "process_endless"
    message = "流程“{process}”连续执行 {steps} 步仍未停下。"
    status = 500


class TaskGoneError(ConflictError):
    """The task is done, cancelled or was never there."""

    code = "task_gone"
    message = "该事项已经办结或者撤销。"


class StateTamperedError(CreditError):
    """The stored state of a case was not written by this service, or belongs to another definition."""

    code = "state_tampered"
    message = "案件的流程状态未通过校验，已停止处理。"
    status = 500


class StateVersionError(CreditError):
    """The stored state was written by another version of the engine and has to be migrated on purpose."""

    code = "state_version"
    message = "案件的流程状态版本为 {found}，本系统只能读取 {expected}。"
    status = 500
