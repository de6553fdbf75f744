"""Debian's Chromium on a real server with a database of its own: for pages that need JavaScript to be all they are.

A page fails its test if it asks any other host for anything, says an error in its console, or breaks its
Content-Security-Policy. Time stands where `at` says, as everywhere.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from shutil import which

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from workflow_app.models import User

CHROMIUM = which("chromium") or which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
# Milliseconds: for a machine that runs many tests at once.
PATIENCE = 30_000


@pytest.fixture
def live(committed_db: str) -> Iterator[str]:
    """The address of a server on a copy of the database."""
    server = LiveServer("localhost")
    yield server.url
    server.stop()


@dataclass
class Visitor:
    """One person's browser window. `problems` are what no page may do, in words."""

    page: Page
    url: str
    problems: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.url}{path}")
        return self.page

    def watch(self) -> None:
        self.page.on("console", lambda said: self._hear(said.type, said.text))
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("request", lambda request: self._see(request.url))
        self.page.on("requestfailed", lambda request: self.problems.append(f"failed: {request.url}"))

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.problems.append(f"{kind}: {text}")

    def _see(self, url: str) -> None:
        if not url.startswith((f"{self.url}/", "data:", "blob:")):
            self.problems.append(f"elsewhere: {url}")


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(live: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """Opens a window, signed in as somebody of the demo world, of a size and in a language."""
    opened: list[Visitor] = []
    expect.set_options(timeout=PATIENCE)
    # The browser's loop runs in this thread, and Django takes queries beside it for queries out of it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    # Begun and ended with the test: beside a loop Django's connections are others than those of all other tests.
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)

        def open_window(username: str, size: ViewportSize = DESKTOP, language: str = "zh-hans") -> Visitor:
            User.objects.filter(username=username).update(language=language)
            client = Client()
            client.force_login(User.objects.get(username=username))
            context = chromium.new_context(viewport=size, reduced_motion="reduce")
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live}])
            context.set_default_timeout(PATIENCE)
            visitor = Visitor(context.new_page(), live)
            visitor.watch()
            opened.append(visitor)
            return visitor

        yield open_window
        connections.close_all()
        chromium.close()
    assert [problem for each in opened for problem in each.problems] == []
