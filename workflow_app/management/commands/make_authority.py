"""Draws the development authority and the seals of all agencies."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workflow_app.domain.errors import CreditError
from workflow_app.letters.pki import make_authority, make_seal
from workflow_app.models import Agency


class Command(BaseCommand):
    help = "生成演示用根证书和各机构的电子印章 / draw the development authority and the agencies' seals"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("agency", nargs="*", help="机构代码，缺省为全部 / agency codes, all if none")

    def handle(self, *args: Any, **options: Any) -> None:
        agencies = Agency.objects.order_by("code")
        if options["agency"]:
            agencies = agencies.filter(code__in=options["agency"])
        try:
            make_authority()
            for agency in agencies:
                make_seal(agency.code, agency.name)
                self.stdout.write(f"{agency.code}  {agency.name}")
        except CreditError as error:
            raise CommandError(str(error)) from error
