"""Deletes what has done its work: kept answers, sessions and tokens whose time is over, pictures of pages."""

from datetime import timedelta

from django.contrib.sessions.backends.db import SessionStore

from workflow_app.domain import clock
from workflow_app.models import ApiToken
from workflow_app.services.idempotency import forget_answers
from workflow_app.services.paper_pages import forget_pages
from workflow_app.services.task_drafts import forget_old_drafts

# Whoever wonders why a token stopped working still finds it for a while.
TOKENS_KEPT = timedelta(days=30)


def tidy_up() -> int:
    """Delete what is over → how many answers, tokens, pictures and drafts."""
    SessionStore.clear_expired()
    tokens, _ = ApiToken.objects.filter(expires_at__lt=clock.now() - TOKENS_KEPT).delete()
    return forget_answers() + tokens + forget_pages() + forget_old_drafts()
