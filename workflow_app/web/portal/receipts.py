"""The receipt of what was filed: on the page at once, and as a paper at any time."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflow_app.selectors.cases import get_case
from workflow_app.web.visitor import signed_in, user_of

MOST_RECEIPTS = 50


@require_safe
@signed_in
def receipt(request: HttpRequest) -> HttpResponse:
    """The numbers of what was just filed, and what happens next."""
    numbers = request.GET.getlist("case")[:MOST_RECEIPTS]
    cases = [get_case(user_of(request), number) for number in dict.fromkeys(numbers)]
    return render(request, "web/portal/receipt.html", {"cases": cases})
