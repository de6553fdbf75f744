"""Bring the processes of the repository into force."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workflow_app.engine.errors import DefinitionInvalidError
from workflow_app.services.definitions import deploy_all


class Command(BaseCommand):
    help = "检查并部署 bpmn/ 下的全部流程 / check and deploy every process below bpmn/"
    # The deployment runs the same gate itself and names every problem.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Deploy, or stop with every problem on a line of its own."""
        try:
            deployed = deploy_all()
        except DefinitionInvalidError as error:
            raise CommandError("\n".join(["流程定义不符合要求：", *error.problems])) from error
        for definition in deployed:
            self.stdout.write(f"{definition.slug} {definition.version} {definition.content_hash[:12]}")
