"""Processes in force and their forms."""

from workflow_app.api.schemas.common import Output, in_language
from workflow_app.selectors.processes import ProcessInfo


class ProcessOut(Output):
    """One process in force, and whether the account may start it."""

    slug: str
    title: str
    summary: str
    version: str
    start_form: str
    may_start: bool
    legal_basis: list[str]

    @classmethod
    def of(cls, info: ProcessInfo) -> "ProcessOut":
        manifest = info.manifest
        return cls(
            slug=info.slug,
            title=in_language(manifest.title),
            summary=in_language(manifest.summary),
            version=info.version,
            start_form=manifest.start_form,
            may_start=info.may_start,
            legal_basis=list(manifest.legal_basis),
        )
