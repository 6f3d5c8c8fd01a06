"""The page as a person uses it: a real hub, real producers, a real browser."""

from __future__ import annotations

import itertools
import re
import socket
import threading

import pytest
from playwright.sync_api import Page, expect

from running_hub import RunningHub

HOSTILE = (
    b"<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\n"
    b"<svg onload=alert(1)> &lt;b&gt;\n"
    b"\x1b]0;owned\x07\x1b]8;;javascript:alert(1)\x1b\\click\x1b]8;;\x1b\\ \x1b]52;c;b3duZWQ=\x07after\n"
    b"\x1b[2J\x1b[1;1Hmoved \xe2\x80\xaeesrever\n"
    b"broken \xff\xfe\x80 bytes \x00\x07\n" + b"long " * 200_000 + b"\nthe end of the corpus\n"
)


def stream(hub: RunningHub, name: str) -> socket.socket:
    producer = hub.producer()
    producer.sendall(f"HUB/1 RAW stream={name}\n".encode())
    return producer


def send_lines(producer: socket.socket, first: int, count: int) -> None:
    producer.sendall(b"".join(b"line %d\n" % number for number in range(first, first + count)))


def test_streams_are_listed_with_live_rates(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    expect(page.get_by_text("Nothing has been streamed yet")).to_be_visible()
    with stream(hub, "ci/build-1") as build, stream(hub, "train/run-7") as train:
        send_lines(build, 0, 50)
        send_lines(train, 0, 5)
        row = page.get_by_role("row", name="build-1")
        expect(row).to_contain_text("live")
        expect(row).to_contain_text(re.compile(r"[1-9][0-9.]*/s"))
        expect(row).to_contain_text("50")
        page.keyboard.press("/")
        page.keyboard.type("train")
        expect(row).to_have_count(0)
        expect(page.get_by_role("row", name="run-7")).to_be_visible()
        assert page.url.endswith("#/?q=train")
    expect(page.get_by_role("row", name="run-7")).to_contain_text("ended")
    assert complaints == []


def test_a_stream_is_followed_with_colours_and_unfinished_lines(
    hub: RunningHub, page: Page, complaints: list[str]
) -> None:
    with stream(hub, "ci/build-1") as build:
        build.sendall(b"\x1b[1;31merror\x1b[0m: no such file\nDownloading 10%\rDownloading 57%")
        page.get_by_role("link", name="build-1").click()
        log = page.get_by_role("log")
        expect(log.locator(".ansi-red")).to_have_text("error")
        expect(log.locator(".row").last).to_have_text("Downloading 57%")
        build.sendall(b"\rDownloading 99%")
        expect(log.locator(".row").last).to_have_text("Downloading 99%")
        build.sendall(b"\rdone\n")
        expect(log.locator(".row").last).to_have_text("done")
    expect(log.locator(".note")).to_have_text("run 1 ended: eof")
    expect(page.locator(".stream-head")).to_contain_text("ended")
    assert complaints == []


def test_pausing_counts_what_is_new_and_moves_nothing(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    with stream(hub, "ci/long") as build:
        send_lines(build, 0, 500)
        page.get_by_role("link", name="long").click()
        log = page.get_by_role("log")
        expect(log.get_by_text("line 499", exact=True)).to_be_visible()
        log.hover()
        page.mouse.wheel(0, -2000)
        paused = page.locator(".paused")
        expect(paused).to_contain_text("Paused")
        seen = log.locator(".row", has_text=re.compile(r"^line 390$"))
        expect(seen).to_be_in_viewport()
        before = seen.bounding_box()
        send_lines(build, 500, 120)
        expect(paused).to_contain_text("120 new lines")
        assert seen.bounding_box() == before
        page.get_by_role("button", name="Jump to end").click()
        expect(log.get_by_text("line 619", exact=True)).to_be_in_viewport()
        expect(paused).to_have_count(0)
        send_lines(build, 620, 1)
        expect(log.get_by_text("line 620", exact=True)).to_be_in_viewport()
    assert complaints == []


def test_pause_pauses_however_fast_lines_come(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    over = threading.Event()

    def run_fast(build: socket.socket) -> None:
        for first in itertools.count(0, 20):
            if over.wait(0.02):
                return
            send_lines(build, first, 20)

    with stream(hub, "ci/fast") as build:
        fast = threading.Thread(target=run_fast, args=(build,))
        fast.start()
        try:
            page.get_by_role("link", name="fast").click()
            rows = page.get_by_role("log").locator(".row")
            expect(rows.first).to_be_visible()
            for _ in range(8):
                page.keyboard.press("f")
                expect(page.locator(".paused")).to_contain_text("new lines")
                page.keyboard.press("f")
                expect(page.locator(".paused")).to_have_count(0)
        finally:
            over.set()
            fast.join()
    assert complaints == []


@pytest.mark.own_hub
def test_a_hub_that_dies_and_comes_back_goes_on_where_it_was(hub: RunningHub, page: Page) -> None:
    log = page.get_by_role("log")
    with stream(hub, "ci/first") as build:
        send_lines(build, 0, 3)
        page.get_by_role("link", name="first").click()
        expect(log.get_by_text("line 2", exact=True)).to_be_visible()
    hub.until_durable()
    hub.come_again()
    with stream(hub, "ci/first") as build:
        build.sendall(b"after the restart\n")
        expect(log.get_by_text("after the restart")).to_be_visible(timeout=30_000)
    expect(log.get_by_text("line 2", exact=True)).to_have_count(1)
    expect(page.locator(".note.truncated")).to_have_count(0)


@pytest.mark.own_hub(HUB_STORE="memory")
def test_a_hub_that_forgot_says_what_is_gone(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/first") as build:
        send_lines(build, 0, 3)
        page.get_by_role("link", name="first").click()
        expect(page.get_by_role("log").get_by_text("line 2", exact=True)).to_be_visible()
    hub.come_again()
    # The history of this hub is in memory: what it does not have any more is said, not passed over.
    with stream(hub, "ci/first") as build:
        build.sendall(b"after the restart\n")
        expect(page.get_by_role("log").get_by_text("after the restart")).to_be_visible(timeout=30_000)
    expect(page.locator(".note.truncated")).to_contain_text("does not have")
    expect(page.locator(".banner.shown")).to_have_count(0)


@pytest.mark.own_hub
def test_a_lost_hub_is_said_with_a_countdown(hub: RunningHub, page: Page) -> None:
    hub.process.end(9)
    banner = page.get_by_role("alert")
    expect(banner).to_contain_text(re.compile("The connection to the hub is lost|The hub cannot be reached"))
    expect(banner).to_contain_text(re.compile(r"Trying again in \d+ s"))


def test_hostile_output_does_nothing(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    with stream(hub, "evil/corpus") as evil:
        evil.sendall(HOSTILE)
        page.get_by_role("link", name="corpus").click()
        log = page.get_by_role("log")
        expect(log.get_by_text("the end of the corpus")).to_be_visible()
        expect(log.get_by_text("<script>document.title='owned'</script>")).to_be_visible()
        assert page.title() == "evil/corpus · Hub"
        assert log.locator("script, img, svg, a").count() == 0
        text = log.inner_text()
    assert "\x1b" not in text
    assert "owned" in text.splitlines()[0]
    assert "\u202e" not in text
    assert complaints == []


def test_the_page_is_closed_to_those_who_are_not_logged_in(hub: RunningHub, page: Page) -> None:
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Token")).to_be_visible()
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("not valid")
    page.get_by_label("Token").fill((hub.data_dir / "admin.token").read_text().strip())
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("searchbox")).to_be_visible()
