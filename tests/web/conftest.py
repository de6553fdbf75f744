"""Browsers of the demo world's people."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.web.browser import Browser
from tests.web.stories import file_objection
from tests.web.watched import watched_cases
from workflow_app.models import Case, User

Browse = Callable[..., Client]


@pytest.fixture
def browse(db: None) -> Browse:
    """A browser, signed in as the named demo account, or nobody's."""

    def open_browser(username: str = "", **options: object) -> Client:
        client = Client(**options)
        if username:
            client.force_login(User.objects.get(username=username))
        return client

    return open_browser


@pytest.fixture
def desk(db: None, at) -> dict[str, Case]:
    """What the supervisor's list is about: see `watched_cases`."""
    return watched_cases(at)


@pytest.fixture
def admin() -> Browser:
    return Browser("sysadmin1")


@pytest.fixture
def case() -> Case:
    """Filed on Monday 2 March 2026; its acceptance is due at the end of Tuesday."""
    return file_objection(Browser("applicant1"))
