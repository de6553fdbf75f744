"""Errors of changes to the calendar, to office hours and to rules, each with what to do."""

from collections.abc import Sequence

from forms.problems import FormInvalidError, Problem
from workflow_app.domain.errors import ConflictError


class ChangeInvalidError(FormInvalidError):
    """The content of a change is not sound; `errors` has every problem, `pointer` the place of the first.

    Pointers begin at the content; `/title` and `/reason` are those of the change itself.
    """

    code = "change_invalid"
    message = "变更内容有 {count} 处需要改正。"

    def __init__(self, errors: Sequence[Problem]) -> None:
        super().__init__(errors)
        self.pointer = errors[0]["pointer"]


class ChangeNotDraftError(ConflictError):
    """Only a draft can be revised, applied or discarded."""

    code = "change_not_draft"
    message = "变更“{change}”已不是草稿（当前状态：{status}）。如需继续调整，请另拟一项变更。"


class ChangeNotAppliedError(ConflictError):
    """Only what is in effect can be undone."""

    code = "change_not_applied"
    message = "变更“{change}”未在生效中（当前状态：{status}），不能撤销。"


class ChangeSupersededError(ConflictError):
    """A later change rests on this one."""

    code = "change_superseded"
    message = "变更“{change}”之后又有“{later}”改动了相同内容，请先撤销后者。"
