"""Debian's Chromium on a real server with a database of its own: for pages that need JavaScript to be all they are.

A page fails its test if it asks any other host for anything, says an error in its console, or breaks its
Content-Security-Policy. Time stands where `at` says, as everywhere.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from shutil import which
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, ViewportSize, expect, sync_playwright
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from workflow_app.models import User

# The first is Chromium without windows, which takes less of the machine.
CHROMIUM = which("chromium-headless-shell") or which("chromium") or which("google-chrome")
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


def pytest_itemcollected(item: pytest.Item) -> None:
    """A browser opens many threads of the server at once: a tracer that is put into each would stumble over itself."""
    item.add_marker("no_cover")
    item.add_marker("long")


@pytest.fixture(scope="session")
def _chromium() -> Iterator[tuple[Browser, asyncio.AbstractEventLoop]]:
    """One browser for all tests of a process, and its loop, which is in sight only in tests that have `chromium`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield browser, loop
        asyncio._set_running_loop(loop)
        browser.close()


@pytest.fixture
def chromium(
    _chromium: tuple[Browser, asyncio.AbstractEventLoop], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Browser]:
    """The browser. Its loop turns in the thread of the test whenever that waits for a page."""
    browser, loop = _chromium
    run = asyncio.run

    def run_beside(*args: Any, **options: Any) -> Any:
        # The server's threads, which check letters, have none.
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(None)
        try:
            return run(*args, **options)
        finally:
            asyncio._set_running_loop(before)

    # Sealing a letter takes a loop of its own, and Django takes queries beside a loop for queries out of it.
    monkeypatch.setattr(asyncio, "run", run_beside)
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    asyncio._set_running_loop(loop)
    try:
        yield browser
        # Beside a loop Django's connections are others than those of all other tests.
        connections.close_all()
    finally:
        asyncio._set_running_loop(None)


@pytest.fixture(scope="session")
def server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The address of one server for all tests of a process: it asks the database that the test works on."""
    with django_db_blocker.unblock():
        server = LiveServer("localhost")
    yield server.url
    server.stop()


@pytest.fixture
def live(committed_db: str, server: str) -> str:
    """The address of the server, on a copy of the database."""
    return server


@dataclass
class Visitor:
    """One person's browser window. `problems` are what no page may do, in words."""

    page: Page
    url: str
    problems: list[str] = field(default_factory=list)

    def open(self, path: str, status: int = 200) -> Page:
        """Go to a page, which answers with `status`."""
        # To another place of the page that is open nothing is loaded.
        answer = self.page.goto(f"{self.url}{path}") or self.page.reload()
        assert answer is not None, path
        assert answer.status == status, f"{path}: {answer.status}"
        return self.page

    def watch(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("request", lambda request: self._see(request.url))
        self.page.on("requestfailed", self._miss)

    def _hear(self, said: ConsoleMessage) -> None:
        # What a page or its script is refused is no fault of theirs; a test looks at what is said then.
        is_answer = said.text.startswith("Failed to load resource") and (
            said.location["url"] == self.page.url or re.search("status of (409|422)", said.text)
        )
        if said.type in ("error", "warning") and not is_answer:
            self.problems.append(f"{said.type}: {said.text}")

    def _miss(self, request: Request) -> None:
        # A download, or something under way when the person went on to another page.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"failed: {request.url}")

    def _see(self, url: str) -> None:
        if not url.startswith((f"{self.url}/", "data:", "blob:")):
            self.problems.append(f"elsewhere: {url}")


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(live: str, chromium: Browser) -> Iterator[Visit]:
    """Opens a window, signed in as somebody of the demo world (nobody: ""), of a size and in a language.

    Whatever else a window can be (`java_script_enabled`, `color_scheme`) is said by Playwright's names.
    """
    opened: list[Visitor] = []
    expect.set_options(timeout=PATIENCE)

    def open_window(
        username: str, size: ViewportSize = DESKTOP, language: str = "zh-hans", **options: Any
    ) -> Visitor:
        context = chromium.new_context(viewport=size, reduced_motion="reduce", **options)
        context.add_cookies(cookies(live, username, language))
        context.set_default_timeout(PATIENCE)
        visitor = Visitor(context.new_page(), live)
        visitor.watch()
        opened.append(visitor)
        return visitor

    yield open_window
    for each in opened:
        each.page.context.close()
    assert [problem for each in opened for problem in each.problems] == []


def cookies(url: str, username: str, language: str) -> list[SetCookieParam]:
    """What a browser carries that speaks a language and is signed in as somebody."""
    carried: list[SetCookieParam] = [
        {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": url},
    ]
    if username:
        User.objects.filter(username=username).update(language=language)
        client = Client()
        client.force_login(User.objects.get(username=username))
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        carried.append({"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url})
    return carried
