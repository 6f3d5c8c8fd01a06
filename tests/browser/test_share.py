"""Links to lines, and text that leaves the page: copied, or as a file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from running_hub import RunningHub
from test_find import open_stream, stream

TEXT = b"one\n\x1b[31mtwo\x1b[0m\nthree\nfour\n"


@pytest.fixture
def reading(page: Page, hub: RunningHub) -> Page:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    with stream(hub, "ci/a") as build:
        build.sendall(TEXT)
        open_stream(page, hub, "ci/a", "four")
    return page


def click_number(page: Page, line: int, *, shift: bool = False) -> None:
    gutter = page.get_by_role("log").locator(f'.gutter[data-line="{line}"]')
    gutter.click(modifiers=["Shift"] if shift else [])


def clipboard(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_a_click_on_a_number_offers_a_link_and_shift_a_range(reading: Page) -> None:
    chip = reading.get_by_role("region", name="Marked lines")
    click_number(reading, 2)
    expect(chip).to_contain_text("Line 2")
    expect(chip).to_contain_text("Shift-click")
    expect(reading.get_by_role("log").locator(".row.target")).to_have_text("two")
    click_number(reading, 3, shift=True)
    expect(chip).to_contain_text("Lines 2 to 3")
    chip.get_by_role("button", name="Copy link").click()
    expect(chip).to_contain_text("Link copied")
    link = clipboard(reading)
    assert re.search(r"#/s/ci/a\?at=%40\d+:4-%4017$", link), link
    chip.get_by_role("button", name="Copy text").click()
    expect(chip).to_contain_text("Text copied")
    assert clipboard(reading) == "two\nthree"
    chip.get_by_role("button", name="Unmark").click()
    expect(chip).to_have_count(0)
    assert "%40" not in reading.url
    reading.goto("about:blank")
    reading.goto(link)
    expect(reading.get_by_role("log").locator(".row.target")).to_have_text(["two", "three"])
    expect(chip).to_contain_text("Lines 2 to 3")


def test_a_range_and_what_a_filter_shows_are_downloaded(reading: Page, tmp_path: Path) -> None:
    click_number(reading, 2)
    click_number(reading, 4, shift=True)
    with reading.expect_download() as ranged:
        reading.get_by_role("region", name="Marked lines").get_by_role("button", name="Download").click()
    ranged.value.save_as(tmp_path / "range")
    assert (tmp_path / "range").read_bytes() == TEXT[4:]
    reading.get_by_text("Share", exact=True).click()
    filtered = reading.get_by_role("button", name="Download what the filter shows")
    expect(filtered).to_be_disabled()
    reading.get_by_role("button", name="Filter", exact=True).click()
    reading.get_by_label("Only lines with", exact=True).fill("o")
    reading.get_by_label("No lines with", exact=True).fill("four")
    expect(filtered).to_have_count(0)
    reading.get_by_text("Share", exact=True).click()
    with reading.expect_download() as some:
        filtered.click()
    some.value.save_as(tmp_path / "filtered")
    assert some.value.suggested_filename == "ci-a.filtered.log"
    assert (tmp_path / "filtered").read_bytes() == b"one\n\x1b[31mtwo\x1b[0m\n"
    with reading.expect_download() as whole:
        reading.get_by_role("link", name="Download everything").click()
    whole.value.save_as(tmp_path / "whole")
    assert (tmp_path / "whole").read_bytes() == TEXT


def test_a_click_on_a_number_moves_no_text(hub: RunningHub, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    with stream(hub, "ci/long") as build:
        build.sendall(b"".join(b"line %d\n" % number for number in range(3000)))
        open_stream(page, hub, "ci/long", "line 2999")
        row = page.get_by_role("log").get_by_text("line 2995", exact=True)
        before = row.bounding_box()
        click_number(page, 2996)
        chip = page.get_by_role("region", name="Marked lines")
        expect(chip).to_contain_text("Line 2,996")
        # Copying asks the hub: had the click asked for a place to go to, that would be answered by now.
        chip.get_by_role("button", name="Copy text").click()
        expect(chip).to_contain_text("Text copied")
        assert row.bounding_box() == before


def test_a_page_over_plain_http_copies_out_of_a_dialog_and_the_keys_stay_there(page: Page) -> None:
    # Browsers give their clipboard to pages of localhost and of HTTPS only.
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined })")
    page.reload()
    page.get_by_role("button", name="Saved views").click()
    dialog = page.get_by_role("dialog", name="Saved views")
    copy = dialog.get_by_role("button", name=re.compile("^Copy: "))
    address = dialog.locator("code").inner_text()
    copy.click()
    expect(copy).to_have_text("Copied")
    expect(copy).to_be_focused()
    name = dialog.get_by_placeholder("A name")
    name.press("Control+v")
    expect(name).to_have_value(address)


def test_nothing_is_new_in_a_stream_that_has_ended(hub: RunningHub, page: Page) -> None:
    # The unfinished line becomes one by the end, which comes after the place is shown.
    with stream(hub, "ci/over") as build:
        build.sendall(b"".join(b"line %d\n" % number for number in range(12)) + b"Downloading 57%")
        open_stream(page, hub, "ci/over", "line 11")
    expect(page.locator(".stream-head")).to_contain_text("ended")
    page.goto(page.url.partition("?")[0] + "?at=@7-@28")
    page.reload()
    expect(page.get_by_role("region", name="Marked lines")).to_be_visible()
    paused = page.locator(".paused")
    expect(paused).to_contain_text("Jump to end")
    expect(page.get_by_role("log")).to_contain_text("run 1 ended")
    expect(paused).not_to_contain_text("new")
