"""What people want by which channel. The inbox always has everything; a channel besides it may be told to leave
groups of messages out."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.core import signing
from django.utils.translation import gettext, override

from notifications.models import Preference

PROGRESS, DEADLINES, TRAINING, LETTERS = "progress", "deadlines", "training", "letters"
GROUPS = (PROGRESS, DEADLINES, TRAINING, LETTERS)

# What is in no other group is progress, so that a process may tell what it likes.
_DEADLINES = frozenset(
    {"due_soon", "overdue", "extended", "reminder", "assistance_due", "apply_soon", "task_waiting", "lapsed"}
)
_LETTERS = frozenset(
    {
        "accepted",
        "decided",
        "denied",
        "evidence_refused",
        "extension_decided",
        "ineligible",
        "kept",
        "not_accepted",
        "not_eligible",
        "refused",
        "registered",
        "review_decided",
        "too_early",
        "unverified",
    }
)
_SALT = "notifications.unsubscribe"


def group_of(event: str) -> str:
    """The group of an event, one of GROUPS."""
    if event in _DEADLINES:
        return DEADLINES
    if event in _LETTERS:
        return LETTERS
    return TRAINING if event.startswith("training") else PROGRESS


def unwanted_of(user: Any) -> frozenset[str]:
    """What the account (or its key) does not want, as `email.progress`."""
    found = Preference.objects.filter(user=user).values_list("unwanted", flat=True).first()
    return frozenset(found or ())


def save_unwanted(user: Any, unwanted: Collection[str]) -> None:
    """Put this in place of what the account did not want before."""
    Preference.objects.update_or_create(user=user, defaults={"unwanted": sorted(unwanted)})


def unsubscribe_url(user_id: int, channel: str, event: str) -> str:
    """Where a reader stops messages of this group by this channel, without signing in."""
    token = signing.dumps([user_id, f"{channel}.{group_of(event)}"], salt=_SALT, compress=True)
    return f"{settings.PUBLIC_URL.rstrip('/')}/unsubscribe/{token}"


def read_token(token: str) -> tuple[int, str]:
    """(account, what it shall not be sent) of an address made by `unsubscribe_url`; raises BadSignature."""
    user_id, unwanted = signing.loads(token, salt=_SALT)
    return int(user_id), str(unwanted)


def footer(url: str, language: str) -> str:
    """The lines below a message that say how to have no more of them."""
    with override(language):
        return "\n-- \n" + gettext("此邮件由系统自动发送。不想再收到这一类邮件：{url}").format(url=url) + "\n"
