"""System checks over every process; `manage.py check` is the deployment gate."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from workflow_app.engine.bundles import discover
from workflow_app.engine.errors import DefinitionInvalidError
from workflow_app.gate import gate_problems, shared_problems

__all__ = ["check_processes", "gate_problems"]


@register("processes")
def check_processes(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Every process of the repository before the gate; one error for each breach."""
    try:
        bundles = discover()
    except DefinitionInvalidError as error:
        return _errors(error.problems)
    problems = [
        problem for bundle in bundles.values() for problem in gate_problems(bundle, settings.BASE_DIR)
    ]
    return _errors([*problems, *shared_problems(bundles)])


def _errors(problems: list[str]) -> list[CheckMessage]:
    return [Error(problem, id="workflow_app.E001") for problem in problems]
