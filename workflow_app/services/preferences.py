"""What an account wants by e-mail besides its inbox."""

from collections.abc import Collection

from django.core.signing import BadSignature
from django.db import transaction

from notifications.channels import all_channels
from notifications.preferences import GROUPS, read_token, save_unwanted, unwanted_of
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import User

EMAIL = "email"


def save_preferences(*, user: User, groups: Collection[str]) -> None:
    """By e-mail the account wants these groups, and no others; what it wants by other channels stays."""
    others = {each for each in unwanted_of(user) if not each.startswith(f"{EMAIL}.")}
    save_unwanted(user, others | {f"{EMAIL}.{group}" for group in GROUPS if group not in groups})


def wanted_groups(user: User) -> list[str]:
    """The groups of messages that the account has by e-mail."""
    unwanted = unwanted_of(user)
    return [group for group in GROUPS if f"{EMAIL}.{group}" not in unwanted]


def group_of_token(token: str) -> str:
    """The group that the address in an e-mail is about; raises NotFoundError for an address not made by us."""
    return _read(token)[1].partition(".")[2]


@transaction.atomic
def unsubscribe(*, token: str) -> None:
    """Stop what the address in an e-mail is about; it is authority enough, and may be used again. Raises
    NotFoundError."""
    user_id, unwanted = _read(token)
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFoundError
    save_unwanted(user, unwanted_of(user) | {unwanted})


def _read(token: str) -> tuple[int, str]:
    try:
        user_id, unwanted = read_token(token)
    except BadSignature as bad:
        raise NotFoundError from bad
    channel, _, group = unwanted.partition(".")
    if channel not in all_channels() or group not in GROUPS:
        raise NotFoundError
    return user_id, unwanted
