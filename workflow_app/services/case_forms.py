"""The forms of a bundle, parsed once per process, and what is read out of filled ones."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from forms.fields import fields_of
from forms.loader import Form, form_from_files
from workflow_app.engine.bundles import Bundle
from workflow_app.models import Case, Document, User
from workflow_app.services.errors import DocumentUnknownError

_BUNDLES: dict[str, Bundle] = {}


def form_of(bundle: Bundle, name: str) -> Form:
    """The form `name` as frozen in the bundle; raises `FormMissingError`."""
    _BUNDLES[bundle.content_hash] = bundle
    return _form(bundle.content_hash, name)


@lru_cache(maxsize=512)
def _form(content_hash: str, name: str) -> Form:
    bundle = _BUNDLES[content_hash]
    return form_from_files(bundle.files, bundle.slug, name)


def promoted(fields: tuple[str, ...], data: Mapping[str, Any]) -> dict[str, Any]:
    """The named scalars of a validated form; those left out come as None, so that a condition can name them."""
    return {name: data.get(name) for name in fields}


def document_ids(form: Form, data: Mapping[str, Any]) -> Iterator[str]:
    """The ids of all papers named in a filled form."""
    for field in fields_of(form):
        if field.kind == "documents":
            yield from data.get(field.name, ())


def attach_documents(case: Case, user: User, ids: list[str]) -> None:
    """Bind the user's own unfiled papers to the case; raises `DocumentUnknownError` for any other id."""
    if not ids:
        return
    known = set(
        Document.objects.select_for_update()
        .filter(pk__in=ids, owner=user, case__isnull=True)
        .values_list("pk", flat=True)
    )
    for identifier in ids:
        if not any(str(pk) == identifier for pk in known):
            raise DocumentUnknownError(id=identifier)
    Document.objects.filter(pk__in=known).update(case=case)
