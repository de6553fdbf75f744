"""Letters as the diagram sees them."""

from workflow_app.services.letters import create_letter, void_letter
from workflow_app.services.operations.registry import operation
from workflow_app.services.transition import Transition


@operation("letter.issue")
def issue(moving: Transition, *, kind: str, supersedes: str = "") -> None:
    """Number the letter and freeze its words now, the PDF follows; it replaces the case's letter `supersedes`."""
    create_letter(moving, kind, supersedes)


@operation("letter.void")
def void(moving: Transition, *, kind: str, reason: str) -> None:
    """Take the case's letters of this kind out of force."""
    void_letter(moving, kind, reason)
