"""For supervisors: the clocks that are overdue or nearly so, and the letters that could not be made."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from workflow_app.models.people import Role
from workflow_app.selectors.letters import list_failed_letters
from workflow_app.selectors.overdue import list_pressing
from workflow_app.services.letters import LetterNotFailedError, retry_letter
from workflow_app.web.errors import sentence
from workflow_app.web.visitor import for_roles, user_of

PAGE_SIZE = 50
# Failed letters stand below the clocks; those beyond come up as these are dealt with.
MOST_LETTERS = 20


@require_safe
@for_roles(Role.SUPERVISOR)
def control(request: HttpRequest) -> HttpResponse:
    """Running clocks of the supervised regions that are overdue or due within two working days, worst first.

    Below them the letters of these regions that were given up, with the reason.
    """
    user = user_of(request)
    context = {
        "page": list_pressing(user, cursor=request.GET.get("cursor", ""), limit=PAGE_SIZE),
        "failed": list_failed_letters(user, limit=MOST_LETTERS),
    }
    return render(request, "web/control/pressing.html", context)


@require_POST
@for_roles(Role.SUPERVISOR)
def retry(request: HttpRequest, number: str) -> HttpResponse:
    """Have a letter made once more after what hindered it was mended."""
    try:
        retry_letter(number=number, user=user_of(request))
    except LetterNotFailedError as already:
        # Somebody else was faster, or the button was pressed twice.
        messages.info(request, sentence(already))
    else:
        messages.success(request, gettext("文书{number}将重新制作。").format(number=number))
    return redirect("web:control")
