"""Pages for everybody: verification of letters, what this service is, how accessible it is."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from workflow_app.domain.errors import CreditError
from workflow_app.selectors.letters import verify_by_code
from workflow_app.services.letter_verification import LARGEST_BYTES, verify_file
from workflow_app.web.errors import sentence

LONGEST_CODE = 60


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Say whether a letter is ours, unchanged and in force: by its code, or by the file itself."""
    if request.method != "POST":
        if code := request.GET.get("code", "").strip():
            return redirect("web:verify_code", code[:LONGEST_CODE].replace("/", ""))
        return render(request, "web/public/verify.html")
    file = request.FILES.get("file")
    if file is None:
        return render(request, "web/public/verify.html", {"is_missing": True}, status=422)
    try:
        verdict = verify_file(file.read(LARGEST_BYTES + 1))
    except CreditError as refused:
        return render(
            request, "web/public/verify.html", {"problem": sentence(refused)}, status=refused.status
        )
    return render(request, "web/public/verify.html", {"verdict": verdict, "by_file": True})


@require_safe
def verify_code(request: HttpRequest, code: str) -> HttpResponse:
    """The verdict on the letter with this code; letters and QR codes point here."""
    verdict = verify_by_code(code[:LONGEST_CODE])
    return render(request, "web/public/verify.html", {"verdict": verdict, "code": code[:LONGEST_CODE]})


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What this service is and who answers for it."""
    return render(request, "web/public/about.html")


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """How accessible these pages are, and whom to tell when they are not."""
    return render(request, "web/public/accessibility.html")
