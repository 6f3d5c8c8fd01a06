"""A stream's numbers beside its text, and what the tab says of it while nobody looks."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

from running_hub import RunningHub
from test_page import send_lines, stream

HIDE = """() => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
SHOW = """() => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => false });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
WRITE_NOTIFICATIONS = """() => {
  window.Notification = class {
    static requestPermission() { return Promise.resolve("granted"); }
    constructor(title, options) {
      const said = document.createElement("p");
      said.className = "told";
      said.textContent = `${title}: ${options.body}`;
      document.body.append(said);
    }
  };
}"""


def open_numbers(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).click()
    switch = page.get_by_role("button", name="Statistics", exact=True)
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")


def icon(page: Page) -> str:
    return unquote(page.locator('link[rel="icon"]').get_attribute("href") or "")


def test_rates_counts_and_a_live_chart(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    with stream(hub, "ci/build-1") as build:
        send_lines(build, 0, 700)
        open_numbers(page, "build-1")
        panel = page.get_by_role("complementary", name="statistics of ci/build-1")
        expect(panel.get_by_role("row", name="lines/s")).to_contain_text(re.compile(r"[1-9]"))
        expect(panel.locator(".facts-list").last).to_contain_text(re.compile(r"lines\s*700"))
        expect(panel.locator(".chart canvas")).to_be_visible()
        panel.get_by_text("As a table").click()
        expect(panel.locator(".twin tfoot td")).to_have_text("700")
        send_lines(build, 700, 55)
        expect(panel.locator(".facts-list").last).to_contain_text(re.compile(r"lines\s*755"))
        expect(panel.locator(".twin tfoot td")).to_have_text("755")
        panel.get_by_role("button", name="bytes").click()
        expect(panel.locator(".twin caption")).to_contain_text("bytes in steps of")
        page.reload()
        expect(panel).to_be_visible()
        panel.get_by_role("button", name="close the statistics").click()
        expect(panel).to_have_count(0)
    assert complaints == []


def test_levels_and_numbers_in_the_lines_are_found_and_drawn(
    hub: RunningHub, page: Page, complaints: list[str]
) -> None:
    with stream(hub, "train/run-7") as run:
        run.sendall(b"begun\n")
        open_numbers(page, "run-7")
        panel = page.get_by_role("complementary", name="statistics of train/run-7")
        for step in range(8):
            # Each sending waits for the page, so that they are several portions.
            run.sendall(b"step %d loss=%d.5 INFO fine\nERROR lost one\n" % (step, step))
            expect(panel.get_by_role("button", name=f"error {step + 1}")).to_be_visible()
        row = panel.get_by_role("row", name=re.compile("^loss"))
        expect(row).to_contain_text("7.5")
        expect(panel.locator(".facts-list").first).to_contain_text("the longest line")
        row.get_by_role("button").click()
        expect(panel.get_by_text(re.compile("^loss in steps of"))).to_be_visible()
        panel.get_by_text("As a table").click()
        expect(panel.locator(".twin td", has_text="7.5")).to_be_visible()
        panel.get_by_role("button", name="error 8").click()
        expect(panel.locator(".twin tfoot td")).to_have_text("8")
    assert complaints == []


def test_the_chart_is_zoomed_by_pointer_and_by_buttons(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    with stream(hub, "ci/build-1") as build:
        send_lines(build, 0, 700)
        open_numbers(page, "build-1")
        expect(page.get_by_text(re.compile("drag to zoom"))).to_be_visible()
        chart = page.locator(".chart .u-over")
        expect(chart).to_be_visible()
        box = chart.bounding_box()
        assert box is not None
        everything = page.get_by_role("button", name="all", exact=True)
        expect(everything).to_have_attribute("aria-pressed", "true")
        page.mouse.move(box["x"] + 40, box["y"] + 30)
        page.mouse.down()
        page.mouse.move(box["x"] + 120, box["y"] + 30, steps=4)
        page.mouse.up()
        expect(everything).to_have_attribute("aria-pressed", "false")
        page.get_by_role("button", name="zoom out").click()
        page.get_by_role("button", name="10 min").click()
        expect(page.get_by_role("button", name="10 min")).to_have_attribute("aria-pressed", "true")
        everything.click()
        expect(everything).to_have_attribute("aria-pressed", "true")
    assert complaints == []


@pytest.mark.own_hub
def test_the_past_of_a_hub_that_was_killed_is_counted(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/build-1") as build:
        send_lines(build, 0, 300)
        open_numbers(page, "build-1")
        page.get_by_text("As a table").click()
        expect(page.locator(".twin tfoot td")).to_have_text("300")
    hub.until_durable()
    hub.come_again()
    with stream(hub, "ci/build-1") as build:
        send_lines(build, 300, 44)
        expect(page.get_by_role("log").get_by_text("line 343", exact=True)).to_be_visible(timeout=30_000)
        expect(page.locator(".twin tfoot td")).to_have_text("344")


def test_a_click_on_the_volume_or_the_chart_goes_there(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    with stream(hub, "ci/build-1") as build:
        send_lines(build, 0, 2000)
        page.get_by_role("link", name="build-1").click()
        log = page.get_by_role("log")
        expect(log.get_by_text("line 1999", exact=True)).to_be_in_viewport()
        volume = page.get_by_role("slider", name="lines of ci/build-1")
        expect(volume.locator(".bars")).to_have_attribute("d", re.compile("M"))
        volume.click(position={"x": 1, "y": 10})
        expect(log.get_by_text("line 0", exact=True)).to_be_in_viewport()
        page.keyboard.press("End")
        expect(log.get_by_text("line 1999", exact=True)).to_be_in_viewport()
        page.keyboard.press("i")
        chart = page.locator(".chart .u-over")
        chart.hover(position={"x": 3, "y": 30})
        chart.click(position={"x": 3, "y": 30})
        expect(log.get_by_text("line 0", exact=True)).to_be_in_viewport()
    assert complaints == []


def test_the_volume_above_the_text_says_what_came_when(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    with stream(hub, "ci/build-1") as build:
        send_lines(build, 0, 321)
        page.get_by_role("link", name="build-1").click()
        volume = page.get_by_role("slider", name="lines of ci/build-1")
        volume.focus()
        page.keyboard.press("Home")
        expect(volume).to_have_attribute("aria-valuetext", re.compile(r"1 s: [1-9]\d* lines"))
        expect(page.locator(".strip-said")).to_contain_text("lines")
        before = page.get_by_role("log").bounding_box()
        send_lines(build, 321, 5)
        expect(page.get_by_role("log").get_by_text("line 325", exact=True)).to_be_visible()
        assert page.get_by_role("log").bounding_box() == before
    assert complaints == []


def test_the_tab_tells_what_is_new_and_how_it_ended(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    with stream(hub, "ci/build-1") as build:
        send_lines(build, 0, 10)
        page.get_by_role("link", name="build-1").click()
        expect(page).to_have_title("ci/build-1 · Hub")
        live = icon(page)
        assert live.startswith("data:image/svg+xml")
        expect(page.locator(".stream-head")).to_contain_text("10 lines")
        page.evaluate(HIDE)
        send_lines(build, 10, 25)
        expect(page).to_have_title("(25) ci/build-1 · Hub")
        assert icon(page) != live
    expect(page).to_have_title("(25) ✓ ci/build-1 · Hub")
    page.evaluate(SHOW)
    expect(page).to_have_title("✓ ci/build-1 · Hub")
    assert icon(page) not in ("", live)
    page.get_by_role("link", name="All streams").click()
    expect(page).to_have_title("Hub")
    assert "svg+xml," not in icon(page)
    assert complaints == []


def test_a_hidden_tab_notifies_of_a_failure_when_it_was_asked_to(
    hub: RunningHub, page: Page, complaints: list[str]
) -> None:
    page.evaluate(WRITE_NOTIFICATIONS)
    run = hub.start("run", "--name", "ci/fails", "--", "sh", "-c", "echo begun; read line; exit 3")
    page.get_by_role("link", name="fails").click()
    page.get_by_role("button", name="Statistics", exact=True).click()
    page.get_by_label(re.compile("Tell me of an end")).check()
    page.evaluate(HIDE)
    run.feed(b"go\n")
    expect(page.locator(".told")).to_have_text("ci/fails failed: exit:3")
    run.end_input()
    run.end()
    assert complaints == []


def test_a_browser_that_forbids_notifications_is_said(page: Page, hub: RunningHub) -> None:
    page.evaluate("""() => { window.Notification = class { static async requestPermission() { return "denied"; } } }""")
    with stream(hub, "ci/build-1") as build:
        send_lines(build, 0, 1)
        open_numbers(page, "build-1")
        wish = page.get_by_label(re.compile("Tell me of an end"))
        wish.click()
        expect(page.get_by_text("does not allow it")).to_be_visible()
        expect(wish).not_to_be_checked()
