"""The processes in force, as somebody who wants to start one sees them."""

from dataclasses import dataclass
from functools import lru_cache

from bpmn.manifest import Process, process_from_dict
from workflow_app.domain import clock
from workflow_app.models import Definition, User
from workflow_app.selectors.access import APPLICANT, Access


@dataclass(frozen=True)
class ProcessInfo:
    """One process in force and whether the account that asks may start it."""

    slug: str
    version: str
    content_hash: str
    manifest: Process
    may_start: bool


def list_processes(user: User) -> list[ProcessInfo]:
    """Every process in force, by slug."""
    access = Access(user, clock.now())
    able = access.roles | ({APPLICANT} if access.subject_ids else set())
    return [
        ProcessInfo(slug, version, digest, manifest, bool(able & set(manifest.starters)))
        for slug, version, digest, manifest in _current()
    ]


def _current() -> list[tuple[str, str, str, Process]]:
    rows = Definition.objects.filter(is_current=True).order_by("slug")
    return [
        (slug, version, digest, manifest_of(digest))
        for slug, version, digest in rows.values_list("slug", "version", "content_hash")
    ]


@lru_cache(maxsize=256)
def manifest_of(content_hash: str) -> Process:
    """The manifest of a stored definition, which never changes."""
    return process_from_dict(
        Definition.objects.values_list("manifest", flat=True).get(content_hash=content_hash)
    )
