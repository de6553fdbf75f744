"""The forms of a bundle, parsed once per process, and what is read out of filled ones."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

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


def own_papers(user: User, ids: Iterable[str]) -> list[Document]:
    """The user's own unfiled papers with these ids, locked; raises `DocumentUnknownError` for any other id."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    keys = {identifier: _key(identifier) for identifier in wanted}
    found = (
        Document.objects.select_for_update()
        .filter(owner=user, case__isnull=True)
        .in_bulk(list(keys.values()))
    )
    for identifier, key in keys.items():
        if key not in found:
            raise DocumentUnknownError(id=identifier)
    return list(found.values())


def _key(identifier: str) -> UUID:
    try:
        return UUID(identifier)
    except (ValueError, AttributeError, TypeError) as error:
        raise DocumentUnknownError(id=str(identifier)[:40]) from error


def attach_papers(case: Case, papers: list[Document]) -> dict[str, str]:
    """Bind papers to the case → the id in the case of each. A paper that is bound already (the second case of one
    filing) is entered once more, with the same content."""
    ids = {}
    for paper in papers:
        before = str(paper.pk)
        if paper.case_id is not None:
            paper = _copy(paper)
        paper.case = case
        paper.save()
        ids[before] = str(paper.pk)
    return ids


def _copy(paper: Document) -> Document:
    names = [field.attname for field in Document._meta.concrete_fields if not field.primary_key]
    return Document(**{name: getattr(paper, name) for name in names})


def with_papers(form: Form, data: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """The filled form with the ids that its papers have in the case."""
    papers = {field.name for field in fields_of(form) if field.kind == "documents"}
    return {name: [ids[each] for each in value] if name in papers else value for name, value in data.items()}
