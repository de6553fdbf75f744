"""What every page's frame needs: the way around for this person, and what waits in the inbox."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext

from workflow_app.models.people import Role
from workflow_app.selectors.messages import count_unread
from workflow_app.services.clock_shift import moved_to
from workflow_app.web.middleware import TOUCH_EVERY, idle_seconds
from workflow_app.web.visitor import DESK_ROLES, access_of, is_signed_in, language, user_of

MOST_SHOWN = 99

# How a page may look. `auto` leaves it to the device; dark.css never applies to paper.
LOOK_COOKIE = "look"
LOOKS = {
    "auto": ("light dark", "screen and (prefers-color-scheme: dark)"),
    "light": ("light", "not all"),
    "dark": ("dark", "screen"),
}


@dataclass(frozen=True)
class Place:
    """One entry of the main menu."""

    url: str
    title: str
    icon: str
    is_here: bool


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `places` of the menu, `unread` messages, whether the account `is_officer`, `moved_to` where
    time is not real, `idle_seconds` until the session ends, `page_language`, `html_lang`; `look` with what it means to
    the browser: `color_scheme`, and `dark_when` its dark style sheet applies."""
    speaks = language()
    look = look_of(request)
    color_scheme, dark_when = LOOKS[look]
    return {
        "places": SimpleLazyObject(lambda: _places(request)),
        "unread": SimpleLazyObject(lambda: _unread(request)),
        "is_officer": SimpleLazyObject(lambda: is_signed_in(request) and bool(access_of(request).roles)),
        "moved_to": moved_to,
        # An act is written down only so often: the session may end that much earlier than it seems.
        "idle_seconds": SimpleLazyObject(lambda: idle_seconds(request) - TOUCH_EVERY),
        "page_language": speaks,
        "html_lang": "en" if speaks == "en" else "zh-Hans",
        "look": look,
        "color_scheme": color_scheme,
        "dark_when": dark_when,
    }


def look_of(request: HttpRequest) -> str:
    """`auto`, `light` or `dark`, as chosen on this device."""
    chosen = request.COOKIES.get(LOOK_COOKIE, "")
    return chosen if chosen in LOOKS else "auto"


def _places(request: HttpRequest) -> list[Place]:
    names = [("web:home", gettext("首页"), "home")]
    if is_signed_in(request):
        names += _own_places(request)
    else:
        names += [
            ("web:matters", gettext("承诺事项"), "checklist"),
            ("web:publications", gettext("信用公示"), "world"),
            ("web:verify", gettext("文书核验"), "shield-check"),
            ("web:calculator", gettext("期限计算"), "calendar-time"),
        ]
    urls = [reverse(name) for name, _, _ in names]
    here = max((url for url in urls if _leads_to(url, request.path)), key=len, default="")
    return [Place(url, title, icon, url == here) for url, (_, title, icon) in zip(urls, names, strict=True)]


def _own_places(request: HttpRequest) -> list[tuple[str, str, str]]:
    roles = access_of(request).roles
    names = []
    if roles & DESK_ROLES - {Role.CLERK}:
        names.append(("web:desk", gettext("待办"), "list-check"))
    names.append(("web:cases", gettext("案件") if roles else gettext("我的案件"), "files"))
    if Role.CLERK in roles:
        names.append(("web:window", gettext("窗口"), "user-check"))
    if not roles:
        names.append(("web:start", gettext("办理业务"), "file-text"))
        names.append(("web:records", gettext("我的信用信息"), "file-search"))
    if Role.SUPERVISOR in roles:
        names.append(("web:control", gettext("督办"), "flag"))
    if Role.TRAINER in roles:
        names.append(("web:training", gettext("培训"), "school"))
    if Role.SYSTEM_ADMIN in roles:
        names.append(("web:settings", gettext("设置"), "settings"))
    return names


def _leads_to(url: str, path: str) -> bool:
    """Whether the page lies below the entry; below the front page lies only itself."""
    return path == url or (url != "/" and path.startswith(f"{url}/"))


def _unread(request: HttpRequest) -> int:
    """Unread messages, at most one more than is shown."""
    return count_unread(user_of(request), limit=MOST_SHOWN + 1) if is_signed_in(request) else 0
