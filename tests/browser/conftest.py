"""A real Chromium on a real server. Without one these tests are skipped, and say how to get it."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")

# Playwright's own loop runs in this thread; the ORM is used beside it, never inside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip(
            "No Chromium, so the browser tests were skipped. To run them: apt-get install "
            "chromium (or set CHROMIUM to one), then make test ARGS=tests/browser"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(django_db_setup: None) -> Iterator[str]:
    """A server in this process, which serves the static files, too."""
    server = LiveServer("localhost")
    yield server.url
    server.stop()


@pytest.fixture(autouse=True)
def quick_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "insights.review.actions.decide.embed_one", lambda text: ("all-MiniLM-L6-v2", [0.1] * 384)
    )


class Watched:
    """A logged-in browser window that collects its complaints."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context, self.address = context, address
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def review(self) -> Page:
        """The first item, by the button that leads to it."""
        self.open("/admin/review/").get_by_role("button", name="Review next").click()
        self.page.wait_for_selector(".item")
        return self.page

    @property
    def cluster(self) -> str:
        return str(self.page.get_attribute(".item", "data-cluster"))

    def ready(self) -> str:
        """Once the next item has been fetched ahead and all decisions are saved."""
        self.page.wait_for_selector("#desk[data-pending='0'] .item:not(.is-busy)")
        return self.cluster

    def press(self, key: str) -> None:
        """A key that leads on: until another item is shown, or none is left, and all is saved."""
        before = self.page.url
        self.page.keyboard.press(key)
        self.page.wait_for_function("before => location.href !== before", arg=before)
        self.page.wait_for_selector("#desk[data-pending='0'], .start")


@pytest.fixture
def window(
    browser: Browser, address: str, transactional_db: None
) -> Iterator[Callable[..., Watched]]:
    """window(user, **options of the browser context) opens one."""
    opened: list[BrowserContext] = []

    def open_window(user: Any, **options: Any) -> Watched:
        client = Client()
        client.force_login(user)
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(10_000)
        context.add_cookies(
            [
                {
                    "name": "sessionid",
                    "value": client.cookies["sessionid"].value,
                    "url": address,
                }
            ]
        )
        opened.append(context)
        return Watched(context, address)

    yield open_window
    for context in opened:
        context.close()
    # Else the tables could not be emptied for the next test; between two queries a request is idle.
    quiet = 0
    while quiet < 5:
        quiet = 0 if _requests_in_flight() else quiet + 1
        time.sleep(0.02)


def _requests_in_flight() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"
        )
        return bool(cursor.fetchone()[0])
