"""Every exception becomes one problem document (RFC 9457) in the reader's language. Nothing else answers errors."""

import logging
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, RawPostDataException, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import get_language, gettext
from ninja.errors import AuthenticationError, HttpError, ValidationError

from forms.problems import FormInvalidError, Problem
from forms.validator import LocalProblem, localise
from workflow_app.api.body import JSON, MULTIPART
from workflow_app.api.failures import (
    BodyBrokenError,
    BodyTooLargeError,
    ContentTypeError,
    DatabaseUnavailableError,
    InternalError,
    NotAuthenticatedError,
    RequestInvalidError,
)
from workflow_app.api.findings import problems_from
from workflow_app.api.problems import problem_document, problem_response
from workflow_app.domain.errors import CreditError, ForbiddenError, NotFoundError

logger = logging.getLogger(__name__)

# Seconds after which a client may try again when the database was away.
RETRY_AFTER = 5


def answer_error(request: HttpRequest, error: Exception) -> HttpResponse:
    """The problem document for any exception. Never raises, never shows anything of the inside."""
    expected = _as_credit_error(error)
    if expected is None or expected.status >= 500:
        expected = _log(request, error, expected)
    response = problem_response(expected, _errors_of(error))
    if isinstance(expected, NotAuthenticatedError):
        response["WWW-Authenticate"] = "Bearer"
    if isinstance(expected, DatabaseUnavailableError):
        response["Retry-After"] = str(RETRY_AFTER)
    return response


def problem_of(error: CreditError) -> dict[str, Any]:
    """The problem document of an error that is only part of an answer."""
    return problem_document(error, _errors_of(error))


def _log(request: HttpRequest, error: Exception, expected: CreditError | None) -> CreditError:
    if isinstance(expected, DatabaseUnavailableError):
        logger.warning("%s %s: %s", request.method, request.path, error)
        return expected
    found = InternalError(id=str(uuid.uuid4()))
    logger.error("%s %s (%s)", request.method, request.path, found.params["id"], exc_info=error)
    return found


def _as_credit_error(error: Exception) -> CreditError | None:
    if isinstance(error, CreditError):
        return error
    for kinds, make in _TRANSLATIONS:
        if isinstance(error, kinds):
            return make(error)
    return None


def _http_error(error: Any) -> CreditError:
    # Ninja wraps what the parser raised.
    cause = error.__cause__
    if isinstance(cause, Exception) and (found := _as_credit_error(cause)) is not None:
        return found
    return BodyBrokenError() if error.status_code == 400 else ForbiddenError()


def _request_invalid(error: Any) -> CreditError:
    # An address that names no possible object names none that exists.
    if any(each["loc"][:1] == ("path",) for each in error.errors):
        return NotFoundError()
    return RequestInvalidError(count=len(problems_from(error)))


_TRANSLATIONS: Sequence[
    tuple[type[Exception] | tuple[type[Exception], ...], Callable[[Any], CreditError]]
] = (
    (AuthenticationError, lambda _: NotAuthenticatedError()),
    (HttpError, _http_error),
    (ValidationError, _request_invalid),
    ((Http404, ObjectDoesNotExist), lambda _: NotFoundError()),
    (PermissionDenied, lambda _: ForbiddenError()),
    (RequestDataTooBig, lambda _: BodyTooLargeError(limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)),
    # A form where JSON is read: its parts have come in by then, and cannot be read again as a whole.
    (RawPostDataException, lambda _: ContentTypeError(found=MULTIPART, expected=JSON)),
    ((MultiPartParserError, SuspiciousOperation, UnreadablePostError), lambda _: BodyBrokenError()),
    # A stopped server, a broken connection, an empty pool, a deadlock: the transaction is gone, nothing was kept.
    ((OperationalError, InterfaceError), lambda _: DatabaseUnavailableError()),
)


def _errors_of(error: Exception) -> list[LocalProblem]:
    if isinstance(error, FormInvalidError):
        return _form_errors(error)
    if isinstance(error, ValidationError):
        return [] if isinstance(_request_invalid(error), NotFoundError) else problems_from(error)
    return []


def _form_errors(error: FormInvalidError) -> list[LocalProblem]:
    """The form's problems with pointers from the root of the request, where the form's data is called `data`."""
    if error.form is None:
        return [_without_form(each) for each in error.errors]
    found = localise(error.errors, get_language() or settings.LANGUAGE_CODE, error.form)
    return [{**each, "pointer": f"/data{each['pointer']}"} for each in found]


def _without_form(problem: Problem) -> LocalProblem:
    values = {"title": gettext("内容"), **problem["params"]}
    return {
        "pointer": problem["pointer"],
        "code": problem["code"],
        "message": gettext(problem["message_id"]).format_map(values),
    }
