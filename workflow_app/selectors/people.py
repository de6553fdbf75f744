"""Find accounts that others name."""

from workflow_app.domain.errors import CreditError
from workflow_app.models import User


class ColleagueUnknownError(CreditError):
    """No account of that name works here."""

    code = "colleague_unknown"
    message = "没有找到工作人员账号“{username}”，请核对后重试。"
    status = 422


def get_colleague(username: str) -> User:
    """The officer's account of that name.

    Raises `ColleagueUnknownError`, also for accounts without any role: applicants are nobody's colleagues.
    """
    user = User.objects.filter(username=username, is_active=True, grants__isnull=False).distinct().first()
    if user is None:
        raise ColleagueUnknownError(username=username)
    return user
