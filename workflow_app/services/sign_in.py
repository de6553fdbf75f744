"""Sign in with a password, slowed down for whoever guesses; and the language an account wants to read."""

import hashlib
from datetime import timedelta

from django.contrib.auth import authenticate

from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError
from workflow_app.models import SignInFailure, User

# GB/T 22239 level 3: five failures in fifteen minutes for one account from one address.
MOST_FAILURES = 5
WINDOW = timedelta(minutes=15)


class SignInFailedError(CreditError):
    """Wrong name or wrong password: which one is not said."""

    code = "sign_in_failed"
    message = "用户名或密码不正确，请核对后重试。"
    status = 401


class PasswordWrongError(CreditError):
    """Somebody who is signed in could not say the account's password again."""

    code = "password_wrong"
    message = "密码不正确，没有签署。请重新输入您的登录密码。"
    status = 422


class SignInThrottledError(CreditError):
    """Too many failures in the last minutes; also the right password has to wait."""

    code = "sign_in_throttled"
    message = "尝试次数过多，请在{minutes}分钟后重试。如忘记密码，请联系管理员。"
    status = 429


def sign_in(*, username: str, password: str, address: str) -> User:
    """The account with this name and password, for whoever comes from `address`.

    Raises `SignInThrottledError` after five failures of this name from this address in fifteen minutes, and
    `SignInFailedError`. A success forgets the failures.
    """
    now = clock.now()
    key = hashlib.sha256(f"{username.strip().casefold()}\0{address}".encode("utf-8", "replace")).hexdigest()
    SignInFailure.objects.filter(at__lte=now - WINDOW).delete()
    # The attempt is written before the password is looked at: of many at once, only five get that far.
    attempt = SignInFailure.objects.create(key=key, at=now)
    recent = SignInFailure.objects.filter(key=key).order_by("at", "id")
    if recent.count() > MOST_FAILURES:
        attempt.delete()
        first = recent.first()
        wait = (first.at + WINDOW - now) if first else WINDOW
        raise SignInThrottledError(minutes=max(1, -(-int(wait.total_seconds()) // 60)))
    user = None if "\0" in username else authenticate(username=username.strip(), password=password)
    if not isinstance(user, User):
        raise SignInFailedError
    recent.delete()
    return user


def confirm_password(*, user: User, password: str, address: str) -> None:
    """Have a signed-in account prove itself once more before it signs; counted and slowed down as signing in is.

    Raises `PasswordWrongError`, `SignInThrottledError`.
    """
    try:
        sign_in(username=user.username, password=password, address=address)
    except SignInFailedError as wrong:
        raise PasswordWrongError from wrong


def set_language(*, user: User, language: str) -> None:
    """Remember the language in which the account reads pages and messages."""
    User.objects.filter(pk=user.pk).exclude(language=language).update(language=language)
    user.language = language
