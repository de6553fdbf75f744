"""Browsers of the demo world's people."""

from collections.abc import Callable

import pytest
from django.test import Client

from workflow_app.models import User

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
