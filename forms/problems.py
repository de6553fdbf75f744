"""What is wrong with submitted data, in a form that travels: pointer, stable code, message id, values."""

from collections.abc import Sequence
from typing import Any, TypedDict

from forms.loader import Form
from workflow_app.domain.errors import CreditError


class Problem(TypedDict):
    """One thing to mend. `message_id` is the Chinese sentence with named placeholders that `params` fill."""

    pointer: str
    code: str
    message_id: str
    params: dict[str, Any]


class FormInvalidError(CreditError):
    """The data does not satisfy the form; `errors` has every problem, in the order of the form's fields.

    `form` is there so that whoever answers can say them in the reader's language (`forms.validator.localise`); data
    that was only looked at for what no form accepts has none.
    """

    code = "form_invalid"
    message = "填写的内容有 {count} 处需要改正。"
    status = 422

    def __init__(self, errors: Sequence[Problem], form: Form | None = None) -> None:
        super().__init__(count=len(errors))
        self.errors = list(errors)
        self.form = form
