"""Tell people, as the diagram asks. The message is put together when the process has come to rest."""

from workflow_app.selectors.access import APPLICANT
from workflow_app.services.operations.registry import operation
from workflow_app.services.transition import Transition


@operation("notify.applicant")
def notify_applicant(moving: Transition, *, event: str) -> None:
    """Tell the applicant's side; the texts lie in notifications/<slug>/<event>*."""
    moving.announce(event, APPLICANT)


@operation("notify.role")
def notify_role(moving: Transition, *, event: str, role: str) -> None:
    """Tell the officers who hold `role` for this case."""
    moving.announce(event, role)
