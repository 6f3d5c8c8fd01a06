"""What a reader does with text that grows: select, scroll back to the end, look at the times; and all colours."""

from __future__ import annotations

import re
import socket

from playwright.sync_api import Page, expect

from running_hub import RunningHub


def stream(hub: RunningHub, name: str) -> socket.socket:
    producer = hub.producer()
    producer.sendall(f"HUB/1 RAW stream={name}\n".encode())
    return producer


def lines(first: int, last: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(first, last))


def go_to(page: Page, words: str) -> None:
    page.keyboard.press("g")
    page.get_by_label("Line, time, offset or run").fill(words)
    page.keyboard.press("Enter")


def test_selected_text_stays_selected_while_lines_come(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/long") as build:
        build.sendall(lines(0, 300))
        page.get_by_role("link", name="long").click()
        log = page.get_by_role("log")
        expect(log.get_by_text("line 299", exact=True)).to_be_visible()
        log.hover()
        page.mouse.wheel(0, -1000)
        expect(page.locator(".paused")).to_be_visible()
        log.get_by_text("line 250", exact=True).dblclick(position={"x": 8, "y": 8})
        chosen = page.evaluate("getSelection().toString()")
        assert chosen.strip() == "line"
        build.sendall(lines(300, 400))
        expect(page.locator(".paused")).to_contain_text("100 new lines")
        assert page.evaluate("getSelection().toString()") == chosen


def test_scrolling_down_to_the_end_follows_again(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/long") as build:
        build.sendall(lines(0, 300))
        page.get_by_role("link", name="long").click()
        log = page.get_by_role("log")
        expect(log.get_by_text("line 299", exact=True)).to_be_visible()
        log.hover()
        page.mouse.wheel(0, -1000)
        expect(page.locator(".paused")).to_be_visible()
        build.sendall(lines(300, 320))
        expect(page.locator(".paused")).to_contain_text("20 new lines")
        page.mouse.wheel(0, 5000)
        expect(page.locator(".paused")).to_have_count(0)
        build.sendall(lines(320, 321))
        expect(log.get_by_text("line 320", exact=True)).to_be_in_viewport()


def test_times_and_colours_obey_the_page_s_policy(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    with stream(hub, "ci/colours") as build:
        build.sendall(b"\x1b[38;5;208morange\x1b[0m \x1b[38;2;10;20;250mblue\x1b[0m \x1b[48;5;22mgreen\x1b[0m\n")
        page.get_by_role("link", name="colours").click()
        log = page.get_by_role("log")
        inks = [
            log.get_by_text(word, exact=True).evaluate("e => getComputedStyle(e).color") for word in ("orange", "blue")
        ]
        assert len(set(inks)) == 2
        page.keyboard.press("t")
        gutter = log.locator(".row .gutter[data-at]").first
        time = gutter.evaluate("e => e.dataset.at + getComputedStyle(e, '::after').content")
        assert re.fullmatch(r'(\d\d:\d\d:\d\d\.\d\d\d)"\1"', time), time
        assert "orange blue green" in log.inner_text()
    assert complaints == []


def test_a_login_link_works_in_a_tab_that_has_the_page(hub: RunningHub, page: Page) -> None:
    page.goto(f"{hub.endpoints['web']}/#code=AAAAAAAAAAAAAAAAAAAAAAAA")
    expect(page.get_by_role("alert")).to_be_visible()
    assert "code=" not in page.url


def test_a_full_window_slides_back_and_forth(hub: RunningHub, page: Page) -> None:
    """More lines than a viewer holds: older ones take the place of the newest, and those come back below."""
    with stream(hub, "ci/huge") as build:
        build.sendall(lines(0, 1))
        page.get_by_role("link", name="huge").click()
        log = page.get_by_role("log")
        expect(log.get_by_text("line 0", exact=True)).to_be_visible()
        build.sendall(lines(1, 50_300))
        expect(log.get_by_text("line 50299", exact=True)).to_be_visible(timeout=30_000)
        # More than a pane holds: the oldest have made room. They are fetched back, and the newest make room for them.
        log.evaluate("box => box.scrollTo(0, 0)")
        expect(page.locator(".paused")).to_contain_text("the rest waits at the hub")
        page.keyboard.press("Home")
        expect(log.get_by_text("line 0", exact=True)).to_be_in_viewport()
        # Downwards: what the window let go of comes back, and after it the stream is followed again.
        go_to(page, "line 50,001")
        expect(log.get_by_text("line 50000", exact=True)).to_be_in_viewport()
        build.sendall(lines(50_300, 50_301))
        log.evaluate("box => box.scrollTo(0, box.scrollHeight)")
        expect(log.get_by_text("line 50300", exact=True)).to_be_in_viewport()
        log.evaluate("box => box.scrollTo(0, box.scrollHeight)")
        expect(page.locator(".paused")).to_have_count(0)
        build.sendall(lines(50_301, 50_302))
        expect(log.get_by_text("line 50301", exact=True)).to_be_in_viewport()


def test_marking_text_pauses_so_that_it_can_be_read_and_copied(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/long") as build:
        build.sendall(lines(0, 300))
        page.get_by_role("link", name="long").click()
        log = page.get_by_role("log")
        row = log.get_by_text("line 299", exact=True)
        row.dblclick(position={"x": 8, "y": 8})
        expect(page.locator(".paused")).to_be_visible()
        before = row.bounding_box()
        build.sendall(lines(300, 340))
        expect(page.locator(".paused")).to_contain_text("40 new lines")
        assert row.bounding_box() == before
        assert page.evaluate("getSelection().toString()").strip() == "line"
        page.get_by_role("button", name="Jump to end").click()
        expect(log.get_by_text("line 339", exact=True)).to_be_in_viewport()
