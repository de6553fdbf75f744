"""The API, version 1: its parts put together."""

from typing import Any, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.renderers import JSONRenderer

from workflow_app.api.auth import BearerToken, PageSession, signed_in
from workflow_app.api.body import StrictParser
from workflow_app.api.errors import answer_error
from workflow_app.api.openapi import complete
from workflow_app.api.routers import (
    calendar,
    cases,
    clock,
    documents,
    effects,
    letters,
    me,
    notes,
    processes,
    records,
    rules,
    sla,
    tasks,
    training,
    verify,
)


class ChineseRenderer(JSONRenderer):
    """JSON with Chinese as it is read, not as escapes."""

    json_dumps_params = {"ensure_ascii": False}


class CreditAPI(NinjaAPI):
    """Ninja's API whose OpenAPI document also says what holds for every operation."""

    def get_openapi_schema(self, **where: Any) -> OpenAPISchema:
        return complete(super().get_openapi_schema(**where))


def _for_signed_in(view: Any) -> Any:
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        signed_in(request)
        response: HttpResponse = view(request, **kwargs)
        return response

    return guarded


api = CreditAPI(
    title="公共信用业务接口 / Public credit workflow API",
    version="1",
    urls_namespace="api",
    description=(
        "信用承诺、信用异议、信用修复。JSON, UTF-8; times by RFC 3339 with +08:00; errors by RFC 9457. "
        "Lists page by `cursor` and `limit`, without totals."
    ),
    auth=[BearerToken(), PageSession()],
    parser=StrictParser(),
    renderer=ChineseRenderer(),
    docs_decorator=_for_signed_in,
)
# Ninja has handlers of its own for these; none of them may answer. Its types also allow classes, which nobody raises.
for _kind in (Exception, Http404, HttpError, ValidationError):
    api.add_exception_handler(_kind, cast(Any, answer_error))

for prefix, module in (
    ("/me", me),
    ("/processes", processes),
    ("/documents", documents),
    ("/cases", cases),
    ("/tasks", tasks),
    ("/letters", letters),
    ("/verify", verify),
    ("/records", records),
    ("/training", training),
    ("", effects),
    ("", notes),
    ("/calendar", calendar),
    ("/rules", rules),
    ("/sla", sla),
):
    api.add_router(prefix, module.router)

# Where time cannot be moved, its addresses are as unknown as any other.
if settings.MOVABLE_CLOCK:
    api.add_router("/clock", clock.router)
