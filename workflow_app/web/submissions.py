"""What was handed in, as a reader of the case sees it."""

from dataclasses import dataclass

from django.http import HttpRequest

from forms.display import summary
from forms.loader import Form
from workflow_app.engine.bundles import Bundle
from workflow_app.models import Case, Submission
from workflow_app.selectors.cases import list_submissions
from workflow_app.services.case_forms import form_of
from workflow_app.web import filling
from workflow_app.web.visitor import access_of, language


@dataclass(frozen=True)
class Shown:
    """One submission: the form's title and its (title, text) rows."""

    submission: Submission
    title: str
    rows: list[tuple[str, str]]


def form_title(form: Form) -> str:
    """The form's title in the language of the page."""
    overlay = form.english if language() == "en" else form.schema
    return str(overlay.get("title") or form.schema.get("title", form.name))


def shown_submissions(request: HttpRequest, case: Case, bundle: Bundle) -> list[Shown]:
    """All submissions of a case, oldest first; numbers of natural persons are masked for everybody but themselves."""
    is_own = case.subject_id in access_of(request).subject_ids
    rows = [(each, form_of(bundle, each.form)) for each in list_submissions(case)]
    papers = [paper for each, form in rows for paper in filling.papers_in(form, each.data)]
    about = filling.About(bundle, case.subject.code)
    choices = filling.options(request, about, papers)
    return [
        Shown(
            each,
            form_title(form),
            summary(form, each.data, language(), choices=choices, masked=not is_own),
        )
        for each, form in rows
    ]
