"""Going to a place in a stream, and the address of a place: while the stream runs, and afterwards."""

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
    field = page.get_by_label("Line, time, offset or run")
    field.fill(words)
    # It is a bar over the text, with nothing above its field.
    inset = "field => field.offsetTop - field.form.offsetTop"
    assert field.evaluate(inset) < 20
    page.keyboard.press("Enter")


def open_stream(hub: RunningHub, page: Page, name: str) -> None:
    page.goto(f"{hub.endpoints['web']}/#/s/{name}")
    expect(page.get_by_role("log").locator(".row").first).to_be_visible()


def test_any_place_is_a_word_away(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    with stream(hub, "ci/long") as build:
        text = lines(0, 100_000)
        build.sendall(text)
        hub.until_durable("ci/long", len(text))
        open_stream(hub, page, "ci/long")
        log = page.get_by_role("log")
        expect(log.get_by_text("line 99999", exact=True)).to_be_in_viewport()
        go_to(page, "line 50,001")
        expect(log.get_by_text("line 50000", exact=True)).to_be_in_viewport()
        expect(log.locator(".target")).to_have_text("line 50000")
        expect(log.locator(".target .gutter")).to_have_attribute("data-line", "50001")
        go_to(page, "@100")
        expect(log.locator(".target")).to_be_in_viewport()
        go_to(page, "an hour ago")
        expect(log.get_by_text("line 0", exact=True)).to_be_in_viewport()
        go_to(page, "end")
        expect(log.get_by_text("line 99999", exact=True)).to_be_in_viewport()
        expect(page.locator(".paused")).to_have_count(0)
        build.sendall(lines(100_000, 100_001))
        expect(log.get_by_text("line 100000", exact=True)).to_be_in_viewport()
    assert complaints == []


def test_what_is_no_place_is_said(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/a") as build:
        build.sendall(lines(0, 3))
        open_stream(hub, page, "ci/a")
        page.keyboard.press("g")
        box = page.get_by_label("Line, time, offset or run")
        box.fill("the day before")
        expect(page.get_by_text("That is no place")).to_be_visible()
        page.keyboard.press("Escape")
        expect(box).to_have_count(0)
        go_to(page, "run 9")
        expect(page.get_by_role("alert")).to_contain_text("there is no run 9")


def test_a_line_has_an_address_that_works_while_it_runs_and_afterwards(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/long") as build:
        build.sendall(lines(0, 3000))
        open_stream(hub, page, "ci/long")
        go_to(page, "line 1001")
        log = page.get_by_role("log")
        expect(log.get_by_text("line 1000", exact=True)).to_be_in_viewport()
        row = log.locator(".row", has_text=re.compile("^line 1003$"))
        row.locator(".gutter").click()
        expect(log.locator(".target")).to_have_text("line 1003")
        assert re.search(r"\?at=%40\d+:\d+$", page.url), page.url
        log.locator(".row", has_text=re.compile("^line 1005$")).locator(".gutter").click(modifiers=["Shift"])
        expect(log.locator(".target")).to_have_count(3)
        address = page.url
        other = page.context.new_page()
        other.goto(address)
        expect(other.locator(".target")).to_have_text(["line 1003", "line 1004", "line 1005"])
    expect(page.locator(".stream-head")).to_contain_text("ended")
    other.reload()
    expect(other.locator(".target")).to_have_text(["line 1003", "line 1004", "line 1005"])
    expect(other.locator(".target").first).to_be_in_viewport()


def test_runs_are_places(hub: RunningHub, page: Page) -> None:
    for run in range(3):
        hub.run("send", "ci/runs", given=b"run %d begins\n" % run + lines(0, 2000))
    open_stream(hub, page, "ci/runs")
    go_to(page, "#2")
    log = page.get_by_role("log")
    expect(log.get_by_text("run 1 begins", exact=True)).to_be_in_viewport()
    expect(log.locator(".note", has_text="run 2 begins")).to_be_in_viewport()


def test_reading_in_the_past_is_not_disturbed_by_what_comes(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/long") as build:
        build.sendall(lines(0, 30_000))
        open_stream(hub, page, "ci/long")
        go_to(page, "line 15001")
        log = page.get_by_role("log")
        seen = log.locator(".row", has_text=re.compile("^line 15003$"))
        expect(seen).to_be_in_viewport()
        before = seen.bounding_box()
        build.sendall(lines(30_000, 60_000))
        expect(page.locator(".paused")).to_contain_text(re.compile("30,000 new lines"))
        assert seen.bounding_box() == before


def test_a_place_that_is_not_there_is_said_and_the_text_stays(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/short") as build:
        build.sendall(lines(0, 100))
        open_stream(hub, page, "ci/short")
        log = page.get_by_role("log")
        go_to(page, "@99999999")
        expect(page.get_by_role("alert")).to_contain_text("there is no offset 99,999,999: the stream ends at 790")
        expect(log.get_by_text("line 99", exact=True)).to_be_in_viewport()
        go_to(page, "line 99999")
        expect(page.get_by_role("alert")).to_contain_text("there is no line 99,999 yet: 100 lines so far")
        build.sendall(lines(100, 101))
        expect(log.get_by_text("line 100", exact=True)).to_be_in_viewport()
        log.locator(".gutter[data-line='98']").click()
        link = page.url
    expect(page.locator(".stream-head")).to_contain_text("ended")
    hub.run("delete", "ci/short", "--yes")
    with stream(hub, "ci/short") as build:
        build.sendall(b"made anew\n")
        other = page.context.new_page()
        other.goto(link)
        expect(other.get_by_role("alert")).to_contain_text("cut or made anew")
        expect(other.get_by_role("log").get_by_text("made anew", exact=True)).to_be_visible()
        build.sendall(b"and goes on\n")
        expect(other.get_by_role("log").get_by_text("and goes on", exact=True)).to_be_visible()


def test_the_place_that_is_read_outlives_a_reload_and_back_leads_to_it(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/long") as build:
        build.sendall(lines(0, 30_000))
        open_stream(hub, page, "ci/long")
        log = page.get_by_role("log")
        go_to(page, "line 15001")
        read = log.get_by_text("line 15000", exact=True)
        expect(read).to_be_in_viewport()
        expect(page).to_have_url(re.compile(r"at=byte\+\d+:\d+$"))
        page.reload()
        expect(read).to_be_in_viewport()
        expect(page.get_by_role("region", name="Marked lines")).to_have_count(0)
        page.keyboard.press("Home")
        expect(log.get_by_text("line 0", exact=True)).to_be_in_viewport()
        page.go_back()
        expect(read).to_be_in_viewport()
        page.keyboard.press("g")
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        expect(log).to_be_focused()
        page.get_by_role("button", name="Filter").click()
        page.keyboard.type("line 15003")
        expect(log.get_by_text("line 15003", exact=True)).to_be_in_viewport()
        expect(log.get_by_text("line 15002", exact=True)).to_have_count(0)
