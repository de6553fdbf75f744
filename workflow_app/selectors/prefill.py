"""What an account need not type again: who it is, and how it was reached the last time."""

from typing import Any

from forms.fields import fields_of
from forms.loader import Form
from workflow_app.engine.bundles import Bundle
from workflow_app.models import CreditRecord, Submission, User
from workflow_app.selectors.access import Access

# Purposes of fields, as HTML names them, that are the same in every form of one person.
_KNOWN = ("name", "tel")
_LAST = 5


def known_answers(user: User, bundle: Bundle, form: Form) -> dict[str, Any]:
    """What the form's fields can begin with, by field: name and telephone of this person, from what was handed in
    last under the same purpose, else from the account."""
    wanted = {field.name: field.ui.get("autocomplete") for field in fields_of(form)}
    known = {"name": str(user), "tel": user.phone, **_handed_in(user, bundle, form)}
    return {name: known[use] for name, use in wanted.items() if use in _KNOWN and known.get(use)}


def _handed_in(user: User, bundle: Bundle, form: Form) -> dict[str, str]:
    """The latest answers by purpose, from start forms of any process; fields with the same name have the same use."""
    uses = {field.name: field.ui["autocomplete"] for field in fields_of(form) if "autocomplete" in field.ui}
    # Other processes name the same things a little differently.
    uses |= {"contact": "name", "contact_name": "name", "phone": "tel", "contact_phone": "tel"}
    found: dict[str, str] = {}
    rows = Submission.objects.filter(by=user, form=bundle.manifest.start_form).order_by("-pk")
    for data in rows.values_list("data", flat=True)[:_LAST]:
        for name, use in uses.items():
            if isinstance(data.get(name), str) and data[name]:
                found.setdefault(use, data[name])
    return found


def named_record(access: Access, form: Form, identifier: str) -> dict[str, Any]:
    """The answer that names a record the account may file about, for a form that asks for one or for several."""
    if not (identifier.isascii() and identifier.isdecimal()) or len(identifier) > 18:
        return {}
    record: CreditRecord | None = access.records().filter(pk=int(identifier)).first()
    if record is None:
        return {}
    for field in fields_of(form):
        if field.ui.get("widget") == "record":
            return {field.name: [str(record.pk)] if field.kind == "server_many" else str(record.pk)}
    return {}
