"""System checks over every process; `manage.py check` is the deployment gate."""

from pathlib import Path

from workflow_app.engine.bundles import Bundle
from workflow_app.engine.errors import DefinitionInvalidError
from workflow_app.engine.programs import compile_bundle


def gate_problems(bundle: Bundle, root: Path) -> list[str]:
    """What in a process breaks the rules of this service, each with file and element; [] if nothing."""
    try:
        compile_bundle(bundle)
    except DefinitionInvalidError as error:
        return error.problems
    return []
