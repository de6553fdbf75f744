"""Credit records and their import."""

from django.http import HttpRequest
from ninja import Query, Router

from workflow_app.api.auth import signed_in
from workflow_app.api.body import uploaded
from workflow_app.api.openapi import file_body
from workflow_app.api.schemas.common import Id, PageOut
from workflow_app.api.schemas.records import ImportOut, RecordFilters, RecordOut, RecordRow
from workflow_app.selectors.records import get_record, list_records
from workflow_app.services.record_import import import_records

router = Router(tags=["records"])


@router.get("", response=PageOut[RecordRow], operation_id="records_list")
def records_list(request: HttpRequest, filters: Query[RecordFilters]) -> PageOut[RecordRow]:
    """The records that are visible to the account, newest first."""
    page = list_records(signed_in(request), **filters.model_dump())
    return PageOut(items=[RecordRow.of(shown) for shown in page.items], next=page.next)


@router.get("/{int:record_id}", response=RecordOut, operation_id="records_get")
def records_get(request: HttpRequest, record_id: Id) -> RecordOut:
    """A record with everything that was changed in it."""
    return RecordOut.of(get_record(signed_in(request), record_id))


@router.post(
    "/import", response=ImportOut, operation_id="records_import", openapi_extra=file_body("text/csv")
)
def records_import(request: HttpRequest) -> ImportOut:
    """Take in a publication table (双公示, CSV, UTF-8 or GB18030). A wrong line never stops the others."""
    upload = uploaded(request, "text/csv")
    return ImportOut.of(import_records(user=signed_in(request), content=upload.content.read()))
