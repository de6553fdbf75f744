"""`manage.py issue_token USERNAME [--days N] [--label TEXT]`: a bearer token, printed once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workflow_app.models import User
from workflow_app.services.tokens import DEFAULT_DAYS, issue_token

LONGEST_DAYS = 3650


class Command(BaseCommand):
    help = "签发 API 访问令牌，只显示一次 / issue a token for the API, shown once"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--days", type=int, default=DEFAULT_DAYS, help=f"default: {DEFAULT_DAYS}")
        parser.add_argument("--label", default="", help="who uses it, for the list of tokens")

    def handle(self, *args: Any, **options: Any) -> None:
        days, label = options["days"], options["label"]
        if not 1 <= days <= LONGEST_DAYS:
            raise CommandError(
                f"--days 应为 1 至 {LONGEST_DAYS} / --days must be between 1 and {LONGEST_DAYS}."
            )
        longest = 60
        if len(label) > longest:
            raise CommandError(f"--label 最多 {longest} 字 / --label has at most {longest} characters.")
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(
                f"没有账号“{options['username']}” / there is no account {options['username']!r}."
            )
        if not user.is_active:
            raise CommandError(f"账号“{user.username}”已停用 / the account {user.username!r} is disabled.")
        self.stdout.write(issue_token(user=user, days=days, label=label))
