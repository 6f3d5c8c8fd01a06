"""How text is shown: folds, traces, JSON, links, wrapped lines, standard error, unfinished lines."""

from __future__ import annotations

import itertools
import re
import socket

from playwright.sync_api import Page, expect

from running_hub import RunningHub


def show(hub: RunningHub, page: Page, name: str, text: bytes) -> socket.socket:
    producer = hub.producer()
    producer.sendall(f"HUB/1 RAW stream={name}\n".encode() + text)
    page.goto(f"{hub.endpoints['web']}/#/s/{name}")
    expect(page.get_by_role("log").locator(".row").first).to_be_visible()
    return producer


def test_groups_and_traces_are_folded(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    trace = b'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    boom()\nValueError: no\n'
    with show(hub, page, "ci/folds", b"::group::Install\none\ntwo\n::endgroup::\n" + trace):
        log = page.get_by_role("log")
        expect(log.get_by_text("ValueError: no")).to_be_visible()
        expect(log.get_by_text("one", exact=True)).to_have_count(0)
        expect(log.get_by_text("boom()")).to_have_count(0)
        log.get_by_role("button", name="Open Install").click()
        expect(log.get_by_text("one", exact=True)).to_be_visible()
        page.keyboard.press("z")
        expect(log.get_by_text("boom()")).to_be_visible()
        expect(log.get_by_text("::group::Install")).to_be_visible()
    assert complaints == []


def test_a_group_is_open_while_it_runs_and_folds_when_it_ends_unless_somebody_reads_it(
    hub: RunningHub, page: Page, complaints: list[str]
) -> None:
    with show(hub, page, "ci/groups", b"::group::Build\none\n") as producer:
        log = page.get_by_role("log")
        expect(log.get_by_text("one", exact=True)).to_be_visible()
        expect(log.get_by_text("1 line · running")).to_be_visible()
        producer.sendall(b"two\n")
        expect(log.get_by_text("2 lines · running")).to_be_visible()
        producer.sendall(b"::endgroup::\n::group::Test\nthree\n")
        expect(log.get_by_text("one", exact=True)).to_have_count(0)
        expect(log.get_by_role("button", name="Open Build")).to_be_visible()
        expect(log.get_by_text("three", exact=True)).to_be_visible()
        page.keyboard.press("f")
        producer.sendall(b"::endgroup::\nafter\n")
        expect(log.get_by_text("after", exact=True)).to_be_visible()
        expect(log.get_by_text("three", exact=True)).to_be_visible()
    assert complaints == []


def test_json_is_taken_apart_on_demand(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    with show(hub, page, "ci/json", b'before\n{"level": "error", "n": {"deep": [1, 2]}}\nafter\n'):
        log = page.get_by_role("log")
        after = log.locator(".row", has_text="after")
        expect(log.locator(".json-key").first).to_have_text('"level"')
        place = after.bounding_box()
        log.get_by_role("button", name="Show the parts").click()
        expect(log.get_by_text("deep")).to_be_visible()
        expect(log.locator(".content.parts")).to_be_visible()
        moved = after.bounding_box()
        assert place is not None
        assert moved is not None
        assert moved["y"] == place["y"] + 8 * 20
    assert complaints == []


def test_long_lines_are_wrapped_on_demand_and_nothing_lies_over_anything(hub: RunningHub, page: Page) -> None:
    text = b"".join(b"%d " % n + b"word " * (n % 97) + b"end\n" for n in range(300))
    with show(hub, page, "ci/long", text):
        log = page.get_by_role("log")
        page.keyboard.press("w")
        expect(log).to_have_class(re.compile("wrapped"))
        log.evaluate("box => box.scrollTo(0, 3000)")
        boxes = log.evaluate(
            """async box => {
                await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
                return [...box.querySelectorAll('.row')].map(row => {
                    const { top, bottom, right } = row.getBoundingClientRect();
                    return [top, bottom, right];
                });
            }"""
        )
        assert len(boxes) > 5
        for (_, bottom, right), (top, _, _) in itertools.pairwise(boxes):
            assert abs(top - bottom) < 1
            assert right <= 1000


def test_addresses_can_be_followed_and_nothing_else(hub: RunningHub, page: Page) -> None:
    text = b"see https://docs.example/a?b=1. or javascript:alert(1) \x1b]8;;https://evil.example\x07here\x1b]8;;\x07\n"
    with show(hub, page, "ci/links", text):
        link = page.get_by_role("log").get_by_role("link")
        expect(link).to_have_count(1)
        expect(link).to_have_attribute("href", "https://docs.example/a?b=1")
        expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_standard_error_is_told_apart(hub: RunningHub, page: Page) -> None:
    hub.run("run", "--name", "ci/both", "--", "sh", "-c", "echo out; echo err >&2")
    page.goto(f"{hub.endpoints['web']}/#/s/ci/both")
    row = page.get_by_role("log").locator(".row.err")
    expect(row).to_have_text("err")
    expect(row.get_by_title("standard error")).to_have_count(1)


def test_an_unfinished_line_is_there_at_once_and_redrawn_in_place(hub: RunningHub, page: Page) -> None:
    with show(hub, page, "ci/bar", b"start\n") as producer:
        last = page.get_by_role("log").locator(".row").last
        page.evaluate(
            """() => {
                window.seen = [];
                new MutationObserver(() => {
                    const rows = document.querySelectorAll('.row');
                    window.seen.push([Date.now(), rows.length, rows[rows.length - 1]?.textContent]);
                }).observe(document.querySelector('.sheet'), { childList: true, subtree: true });
            }"""
        )
        for percent in range(0, 100, 10):
            producer.sendall(b"\rstep %d%%" % percent)
            expect(last).to_have_text(f"step {percent}%")
        sent = page.evaluate("Date.now()")
        producer.sendall(b"\rdone?")
        expect(last).to_have_text("done?")
        seen = page.evaluate("window.seen")
        assert all(rows == 2 for _, rows, _ in seen)
        shown = next(at for at, _, text in seen if text == "done?")
        # A tenth of a second is promised; this machine may be busy with other tests.
        assert shown - sent < 500


def test_what_is_copied_is_the_text_even_of_lines_that_are_out_of_sight(hub: RunningHub, page: Page) -> None:
    with show(hub, page, "ci/copy", b"".join(b"line %d\n" % n for n in range(400))):
        log = page.get_by_role("log")
        log.get_by_text("line 399", exact=True).click()
        log.evaluate(
            """async box => {
                const rest = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
                const content = text => [...box.querySelectorAll('.content')].find(each => each.textContent === text);
                box.scrollTop = 0; await rest();
                getSelection().setBaseAndExtent(content('line 3'), 0, content('line 3'), 1);
                box.scrollTop = 4000; await rest();
                getSelection().extend(content('line 210'), 1); await rest();
            }"""
        )
        copied = log.evaluate(
            """box => {
                const data = new DataTransfer();
                const event = new ClipboardEvent('copy', { clipboardData: data, bubbles: true, cancelable: true });
                box.dispatchEvent(event);
                return data.getData('text/plain');
            }"""
        )
        assert copied.split("\n") == [f"line {n}" for n in range(3, 211)]
