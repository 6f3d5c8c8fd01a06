"""Looking for lines in many streams, and what leads from there."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from running_hub import RunningHub
from test_find import stream


def go_to(page: Page, hub: RunningHub, keys: str = "") -> None:
    page.goto(f"{hub.endpoints['web']}/#/search{keys}")
    expect(page.get_by_label("Lines with", exact=True)).to_be_visible()


def test_lines_are_found_in_all_streams_and_seen_in_context(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    with stream(hub, "ci/one") as one, stream(hub, "ci/two") as two, stream(hub, "db/log") as log:
        one.sendall(b"".join(b"line %d\n" % number for number in range(3000)) + b"a Needle here\n" + b"after\n" * 3000)
        two.sendall(b"needle <b>1</b>\n" * 8)
        log.sendall(b"needle of the database\n")
        page.get_by_role("link", name="log").wait_for()
        page.get_by_role("link", name="Search", exact=True).click()
        page.get_by_label("Lines with", exact=True).fill("needle")
        page.keyboard.press("Enter")
        expect(page.get_by_text("10 lines in 3 streams")).to_be_visible()
        assert "q=needle" in page.url
        hits = page.get_by_role("region", name="ci/two")
        expect(hits.get_by_role("listitem")).to_have_count(5)
        hits.get_by_role("button", name="3 more").click()
        expect(hits.get_by_role("listitem")).to_have_count(8)
        expect(hits.locator("mark").first).to_have_text("needle")
        expect(hits.locator(".hit-text").first).to_have_text("needle <b>1</b>")
        page.get_by_label("In streams").fill("ci/*")
        page.get_by_role("button", name="Search", exact=True).click()
        expect(page.get_by_text("9 lines in 2 streams")).to_be_visible()
        page.get_by_role("region", name="ci/one").get_by_role("listitem").get_by_role("link").click()
        text = page.get_by_role("log")
        expect(text.locator(".row.target")).to_have_text("a Needle here")
        expect(text.locator(".hit")).to_have_text("Needle")
        expect(text.get_by_text("line 2999", exact=True)).to_be_visible()
        page.go_back()
        expect(page.get_by_text("9 lines in 2 streams")).to_be_visible()
    assert complaints == []


def test_a_search_is_bound_to_a_time_said_in_words(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/one") as one:
        one.sendall(b"a needle\n")
        page.get_by_role("link", name="one").wait_for()
        go_to(page, hub, "?q=needle&since=5+min+ago")
        expect(page.get_by_text("1 line in 1 stream")).to_be_visible()
        page.get_by_label("Until").fill("1 min ago")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Not found in anything that is kept")).to_be_visible()
        page.get_by_label("Since").fill("whenever")
        expect(page.get_by_role("alert")).to_contain_text("Say a time")
        expect(page.get_by_role("button", name="Search", exact=True)).to_be_disabled()


def test_what_the_hub_refuses_is_said(hub: RunningHub, page: Page) -> None:
    go_to(page, hub, "?q=x&in=ci//a")
    expect(page.get_by_role("alert")).to_contain_text(re.compile("a pattern"))
