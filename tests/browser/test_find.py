"""Finding lines in a stream, in what is held and in all history; leaving lines out; errors and highlight rules."""

from __future__ import annotations

import re
import socket

from playwright.sync_api import Page, expect

from running_hub import RunningHub


def stream(hub: RunningHub, name: str) -> socket.socket:
    producer = hub.producer()
    producer.sendall(f"HUB/1 RAW stream={name}\n".encode())
    return producer


def send_numbered(producer: socket.socket, count: int) -> None:
    """Every 10,000th line has a needle, and every 7,000th one an error."""

    def words(number: int) -> bytes:
        if number % 10_000 == 5_000:
            return b"a Needle in line %d" % number
        if number % 7_000 == 3_000:
            return b"ERROR in line %d" % number
        return b"line %d" % number

    producer.sendall(b"".join(words(number) + b"\n" for number in range(count)))


def open_stream(page: Page, hub: RunningHub, name: str, last: str, keys: str = "") -> None:
    page.goto(f"{hub.endpoints['web']}/#/s/{name}{keys}")
    expect(page.get_by_role("log").get_by_text(last, exact=True)).to_be_visible()


def test_all_history_is_searched_and_stepped_through(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    with stream(hub, "ci/long") as build:
        send_numbered(build, 60_000)
        open_stream(page, hub, "ci/long", "line 59999")
        log = page.get_by_role("log")
        page.keyboard.press("/")
        box = page.get_by_label("Find in all of this stream", exact=True)
        expect(box).to_be_focused()
        box.fill("needle")
        find = page.get_by_role("search", name="Find in this stream")
        expect(find.get_by_role("status")).to_have_text("6 lines")
        box.press("Shift+Enter")
        expect(log.locator(".hit.now")).to_have_text("Needle")
        expect(log.locator(".row.target")).to_have_text("a Needle in line 55000")
        expect(find.get_by_role("status")).to_have_text("6 of 6 lines")
        box.press("Shift+Enter")
        expect(log.locator(".row.target")).to_have_text("a Needle in line 45000")
        expect(find.get_by_role("status")).to_have_text("5 of 6 lines")
        expect(page.locator(".overview-marks .hit")).to_have_count(6)
        assert "?find=needle" in page.url
        log.focus()
        page.keyboard.press("N")
        expect(log.locator(".row.target")).to_have_text("a Needle in line 35000")
        page.keyboard.press("n")
        expect(log.locator(".row.target")).to_have_text("a Needle in line 45000")
        # What comes while one looks is counted as well.
        build.sendall(b"one more needle\n")
        page.keyboard.press("End")
        expect(log.get_by_text("one more needle")).to_be_visible()
        box.press("Escape")
        expect(find).to_have_count(0)
        assert "find" not in page.url
        expect(log).to_be_focused()
    assert complaints == []


def test_what_comes_live_is_counted_and_marked(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/live") as build:
        build.sendall(b"a needle\nhay\n")
        open_stream(page, hub, "ci/live", "hay", "?find=needle")
        status = page.get_by_role("search", name="Find in this stream").get_by_role("status")
        expect(status).to_have_text("1 line")
        build.sendall(b"two needles: needle\nhay\n")
        expect(status).to_have_text("2 lines")
        expect(page.get_by_role("log").locator(".hit")).to_have_count(3)


def test_ctrl_f_is_taken_once_and_given_back(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/a") as build:
        build.sendall(b"some text\n")
        open_stream(page, hub, "ci/a", "some text")
        page.evaluate("addEventListener('keydown', event => { window.taken = event.defaultPrevented; })")
        page.keyboard.press("Control+f")
        expect(page.get_by_label("Find in all of this stream", exact=True)).to_be_focused()
        assert page.evaluate("window.taken") is True
        page.keyboard.press("Control+f")
        assert page.evaluate("window.taken") is False


def test_an_expression_is_checked_before_anybody_is_asked(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/a") as build:
        build.sendall(b"10 ms\n200 ms\nfast\n")
        open_stream(page, hub, "ci/a", "fast")
        page.keyboard.press("/")
        find = page.get_by_role("search", name="Find in this stream")
        page.keyboard.type("[0-9]{3} (?=ms)")
        find.get_by_role("button", name="Regular expression").click()
        expect(find.get_by_role("alert")).to_contain_text("looks around")
        find.get_by_role("textbox").fill("[0-9]{3} ms")
        expect(find.get_by_role("alert")).to_have_count(0)
        expect(find.get_by_role("status")).to_have_text("1 line")
        expect(page.get_by_role("log").locator(".hit")).to_have_text("200 ms")


def test_a_filter_says_what_it_leaves_out(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/a") as build:
        build.sendall(b"INFO db up\nWARN db slow\nERROR db gone\nweb fine\nERROR web gone\n")
        open_stream(page, hub, "ci/a", "ERROR web gone")
        rows = page.get_by_role("log").locator(".row.line")
        page.get_by_role("button", name="Filter", exact=True).click()
        bar = page.get_by_role("search", name="Lines that are shown")
        bar.get_by_label("Level").select_option("Warnings and errors")
        expect(rows).to_have_text(["WARN db slow", "ERROR db gone", "ERROR web gone"])
        bar.get_by_label("Only lines with", exact=True).fill("DB")
        expect(rows).to_have_text(["WARN db slow", "ERROR db gone"])
        bar.get_by_label("No lines with", exact=True).fill("slow")
        expect(rows).to_have_text(["ERROR db gone"])
        expect(bar.get_by_role("status")).to_have_text("4 of the 5 lines held are left out")
        build.sendall(b"INFO db up\nCRITICAL db lost\n")
        expect(rows).to_have_text(["ERROR db gone", "CRITICAL db lost"])
        expect(bar.get_by_role("status")).to_have_text("5 of the 7 lines held are left out")
        page.reload()
        expect(rows).to_have_text(["ERROR db gone", "CRITICAL db lost"])
        bar.get_by_role("button", name="See in context").click()
        expect(rows).to_have_count(7)
        assert "?" not in page.url


def test_errors_are_gone_to_by_keys(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/long") as build:
        send_numbered(build, 60_000)
        open_stream(page, hub, "ci/long", "line 59999")
        target = page.get_by_role("log").locator(".row.target")
        page.keyboard.press("E")
        expect(target).to_have_text("ERROR in line 59000")
        page.keyboard.press("E")
        expect(target).to_have_text("ERROR in line 52000")
        page.keyboard.press("E")
        expect(target).to_have_text("ERROR in line 38000")
        page.keyboard.press("e")
        expect(target).to_have_text("ERROR in line 52000")
        page.get_by_role("button", name="errors", exact=False).first.click()
        expect(target).to_have_text("ERROR in line 3000")


def test_own_highlight_rules_are_kept(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/a") as build:
        build.sendall(b"user 17 came\n")
        open_stream(page, hub, "ci/a", "user 17 came")
        page.get_by_role("button", name="Highlight", exact=True).click()
        rules = page.get_by_role("region", name="Highlight rules")
        rules.get_by_role("textbox").fill("user [0-9]+")
        rules.get_by_role("button", name="Regular expression").click()
        rules.get_by_role("button", name="Add").click()
        marked = page.get_by_role("log").locator(".own")
        expect(marked).to_have_text("user 17")
        rules.get_by_label("Colour of user [0-9]+").select_option("violet")
        expect(marked).to_have_class(re.compile("violet"))
        page.reload()
        expect(marked).to_have_class(re.compile("violet"))


def test_a_hit_in_what_is_folded_is_opened(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/a") as build:
        build.sendall(b'Traceback (most recent call last):\n  File "a.py", line 1\n    needle()\nValueError: no\nend\n')
        open_stream(page, hub, "ci/a", "end")
        log = page.get_by_role("log")
        expect(log.get_by_text("needle()")).to_have_count(0)
        page.keyboard.press("/")
        page.keyboard.type("needle")
        page.keyboard.press("Enter")
        expect(log.locator(".hit.now")).to_have_text("needle")
