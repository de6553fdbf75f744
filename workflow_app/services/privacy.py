"""The privacy notice: which version is in force, and who has agreed to it (个人信息保护法 Arts. 14, 17)."""

from datetime import date

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import CreditError
from workflow_app.models import PrivacyAcceptance, User

# Version → first day in force. The text of each is web/templates/web/public/privacy/<version>.html and stays.
VERSIONS = {"1.0": date(2000, 1, 1)}


class ConsentMissingError(CreditError):
    """Personal data are not taken without consent."""

    code = "consent_missing"
    message = "请先阅读并同意个人信息保护告知书（版本 {version}），再签署提交。"
    status = 422


def version_in_force() -> str:
    """The version that is asked for today."""
    day = clock.now().astimezone(CHINA).date()
    return max((since, version) for version, since in VERSIONS.items() if since <= day)[1]


def has_accepted(user: User) -> bool:
    """Whether the account has agreed to the version in force."""
    return PrivacyAcceptance.objects.filter(user=user, version=version_in_force()).exists()


def ensure_accepted(*, user: User, consent: bool) -> None:
    """Record the consent given now, unless it was given before; raises `ConsentMissingError` without either."""
    version = version_in_force()
    if consent:
        PrivacyAcceptance.objects.get_or_create(user=user, version=version, defaults={"at": clock.now()})
    elif not has_accepted(user):
        raise ConsentMissingError(version=version)
