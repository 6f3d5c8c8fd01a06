"""Scenes of reading: one stream in its states, what is over its text, and the search in all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from playwright.sync_api import Page, expect

from stage import API, BUSY, FORGETFUL, HOLED, MEASURED, Scene, Stage

LIVE = "#/s/train/llama/run-7"
ENDED = "#/s/train/llama/run-8"


def log_shown(page: Page) -> None:
    """Wait for a stream's text."""
    expect(page.get_by_role("log")).to_be_visible()


def rows_shown(page: Page) -> None:
    """Wait for lines of a stream."""
    expect(page.get_by_role("log").locator(".row").first).to_be_visible()


def search_empty(page: Page) -> None:
    """Wait for the form; nothing is searched yet."""
    expect(page.get_by_role("button", name="Search", exact=True)).to_be_disabled()


def hits_shown(page: Page) -> None:
    """Wait for what a search finds."""
    expect(page.locator(".hits li").first).to_be_visible()


def nothing_found(page: Page) -> None:
    """Wait for a search that ends without a hit."""
    expect(page.get_by_text("Not found in anything")).to_be_visible()


def found(page: Page) -> None:
    """Wait for what the find bar counts."""
    rows_shown(page)
    expect(page.get_by_role("search", name="Find in this stream").get_by_role("status")).to_contain_text("lines")


def filtered(page: Page) -> None:
    """Wait for the filter's bar to say what is left out."""
    rows_shown(page)
    expect(page.get_by_text("left out")).to_be_visible()


def pressed(key: str, label: str) -> Callable[[Page], None]:
    """Press a key over a stream's text, and wait for what it opens."""

    def enter(page: Page) -> None:
        rows_shown(page)
        page.get_by_role("log").press(key)
        expect(page.get_by_label(label, exact=True)).to_be_visible()

    return enter


def highlighting(page: Page) -> None:
    """Open the highlight rules."""
    rows_shown(page)
    button = page.get_by_role("button", name="Highlight", exact=True)
    if not button.is_visible():
        page.get_by_role("button", name="More", exact=True).click()
    button.click()
    expect(page.get_by_label("Highlight rules", exact=True)).to_be_visible()


def numbers_shown(page: Page) -> None:
    """Show the statistics, and wait for the chart."""
    rows_shown(page)
    if not page.locator(".chart canvas").is_visible():
        page.get_by_role("log").press("i")
    expect(page.locator(".chart canvas")).to_be_visible()


def marked(page: Page) -> None:
    """Wait for what can be done with marked lines."""
    rows_shown(page)
    expect(page.get_by_label("Marked lines")).to_be_visible()


def paused(page: Page) -> None:
    """Stop to follow."""
    rows_shown(page)
    page.get_by_role("log").press("f")
    expect(page.get_by_text("Paused")).to_be_visible()


def gap_shown(page: Page) -> None:
    """Wait for the bar of a hole."""
    expect(page.locator(".note.gap")).to_be_visible()


def forgotten(page: Page, stage: Stage) -> None:
    """The hub loses what is read, under who reads it."""
    stage.forget()
    expect(page.locator(".note.truncated")).to_be_visible(timeout=30_000)


READING: Sequence[Scene] = (
    Scene("search", BUSY, "#/search", search_empty),
    Scene("search-hits", BUSY, "#/search?q=ERROR", hits_shown),
    Scene("search-none", BUSY, "#/search?q=nothing-like-this", nothing_found),
    Scene("find", BUSY, f"{ENDED}?find=PASS", found),
    Scene("filter", BUSY, f"{ENDED}?has=PASS&not=test_01", filtered),
    Scene("highlight", BUSY, ENDED, highlighting),
    Scene("statistics", BUSY, f"#/s/{API}", numbers_shown),
    Scene("go-to", BUSY, ENDED, pressed("g", "Go to")),
    Scene("line-chip", BUSY, f"{ENDED}?at=@40-@300", marked),
    Scene("gap", BUSY, f"#/s/{HOLED}", gap_shown),
    Scene("truncated", FORGETFUL, f"#/s/{MEASURED}", rows_shown, happens=forgotten, alone=True),
    Scene("stream-paused", BUSY, LIVE, paused),
    Scene("stream-ended", BUSY, ENDED, rows_shown),
    Scene("stream-failed", BUSY, "#/s/nightly/exit-3", rows_shown),
)
