"""A real hub and a real Chromium, in a pytest run of their own: Playwright has its own event loop."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from chromium import FLAGS, login_link
from running_hub import RunningHub
from stage import Stage

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


# Playwright's 5 s are short where other tests keep the machine busy.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """One hub for all tests that leave it running: a hub for each would be half of the time that they take."""
    running = RunningHub(tmp_path_factory.mktemp("common") / "data")
    yield running
    running.close()


@pytest.fixture
def hub(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RunningHub]:
    """A hub without streams, sessions of others, and leases.

    A test that does to it what others would feel is marked `own_hub`, with the variables that it needs as settings.
    """
    mark = request.node.get_closest_marker("own_hub")
    if mark is not None:
        running = RunningHub(tmp_path / "data", **mark.kwargs)
        yield running
        running.close()
    else:
        running = request.getfixturevalue("common")
        yield running
        assert running.process.popen.poll() is None, "the hub that all share has ended: mark this test own_hub"
        running.empty()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console and its security policy complained of; a test says what it expects of it."""
    return []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a test that failed what its page showed and what its hub had then."""
    report = yield
    if call.when == "call" and report.failed and isinstance(item, pytest.Function):
        for title, tell in (("the page", _shown), ("the hub", _held)):
            try:
                report.sections.append((title, tell(item.funcargs)))
            except Exception as error:
                report.sections.append((title, f"cannot be told: {error!r}"))
    return report


def _shown(given: dict[str, Any]) -> str:
    page = next(each for each in given.values() if isinstance(each, Page))
    return f"{page.url}\n{page.locator('body').inner_text(timeout=5000)}\n{given.get('complaints', '')}"


def _held(given: dict[str, Any]) -> str:
    hub = next(getattr(each, "hub", each) for each in given.values() if isinstance(each, RunningHub | Stage))
    rows = hub.ask("stream.list", limit=100)["streams"]
    return "\n".join(f"{row['stream']} {row['state']} {row['lines']} lines" for row in rows)


@pytest.fixture
def page(browser: Browser, hub: RunningHub, complaints: list[str]) -> Iterator[Page]:
    """A page that is logged in by a one-use link."""
    context = browser.new_context(viewport={"width": 1000, "height": 600})
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(login_link(hub))
    page.get_by_role("searchbox").wait_for()
    yield page
    context.close()
