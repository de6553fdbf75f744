"""Processes in force and their forms."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from forms.languages import told_in
from workflow_app.api.auth import signed_in
from workflow_app.api.schemas.common import speaks
from workflow_app.api.schemas.processes import ProcessOut
from workflow_app.selectors.processes import list_processes
from workflow_app.services.case_forms import form_of
from workflow_app.services.definitions import current_bundle

router = Router(tags=["processes"])


@router.get("", response=list[ProcessOut], operation_id="processes_list")
def processes_list(request: HttpRequest) -> list[ProcessOut]:
    """Every process in force."""
    return [ProcessOut.of(info) for info in list_processes(signed_in(request))]


@router.get("/{slug}/forms/{form}", response=dict[str, Any], operation_id="forms_get")
def forms_get(request: HttpRequest, slug: str, form: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) in force of one form, with titles in the reader's language.

    A case keeps the forms it was filed under: see its tasks.
    """
    _, bundle = current_bundle(slug)
    schema, _ = told_in(speaks(), form_of(bundle, form))
    return schema
