"""One base for every error that a person can cause and mend.

An error carries a stable `code` for programs, a Chinese sentence with named placeholders for people (the English
one is in the message catalogue, found by the Chinese one), and the HTTP status that says what kind of error it is.
"""

from typing import Any, ClassVar


class CreditError(Exception):
    """Base of all expected errors.

    `params` fill the placeholders of `message`; they must be JSON values, because they travel to clients.
    """

    code: ClassVar[str] = "error"
    message: ClassVar[str] = "操作未能完成。"
    status: ClassVar[int] = 400

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__(self.message.format_map(params))


class ConflictError(CreditError):
    """Somebody or something was faster; reading again shows the new state."""

    code = "conflict"
    status = 409


class NotFoundError(CreditError):
    """Missing and forbidden look the same, so that nobody learns what exists."""

    code = "not_found"
    message = "没有找到您要的内容，或者您无权查看。"
    status = 404


class ForbiddenError(CreditError):
    """The person may see the object but not do this to it."""

    code = "forbidden"
    message = "您无权进行此操作。"
    status = 403
