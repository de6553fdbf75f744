"""Which messages come by e-mail as well, chosen on a page or stopped by the link in an e-mail."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications.preferences import DEADLINES, GROUPS, LETTERS, PROGRESS, TRAINING
from workflow_app.services.preferences import group_of_token, save_preferences, unsubscribe, wanted_groups
from workflow_app.web.visitor import signed_in, user_of

# Group → its name, and what is in it.
TITLES = {
    PROGRESS: (_("进展"), _("收到申请、请您签署、办理机关发来的消息、授权的变化")),
    DEADLINES: (_("期限"), _("等您办理的事、快要到期、已经超期、延长和催办、可以申请修复的日期")),
    TRAINING: (_("培训"), _("候补转为正式预约等培训安排")),
    LETTERS: (_("文书"), _("受理、不予受理、决定和其他文书已经作出")),
}


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def preferences(request: HttpRequest) -> HttpResponse:
    """What comes by e-mail, group by group; the inbox has everything."""
    user = user_of(request)
    if request.method == "POST":
        save_preferences(user=user, groups=request.POST.getlist("group")[: len(GROUPS)])
        messages.success(request, gettext("消息提醒已保存。"))
        return redirect("web:preferences")
    wanted = wanted_groups(user)
    groups = [(each, *TITLES[each], each in wanted) for each in GROUPS]
    return render(request, "web/portal/preferences.html", {"groups": groups})


# The address is signed, and mail programs press the button without a page (RFC 8058): there is no session to protect.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """The link in an e-mail: ask, then stop. Nothing happens by looking, since mail programs look at links."""
    title, contents = TITLES[group_of_token(token)]
    if request.method == "POST":
        unsubscribe(token=token)
    context = {"title": title, "contents": contents, "is_done": request.method == "POST"}
    return render(request, "web/portal/unsubscribe.html", context)
