"""Several streams in one view: side by side, merged by time, and two runs compared."""

from __future__ import annotations

import re
import socket
import time

from playwright.sync_api import Page, expect

from running_hub import RunningHub


def stream(hub: RunningHub, name: str) -> socket.socket:
    producer = hub.producer()
    producer.sendall(f"HUB/1 RAW stream={name}\n".encode())
    return producer


def until_the_clock_moves_on() -> None:
    """Lines are merged by the milliseconds of the hub's clock, which is this machine's."""
    now = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == now:
        pass


def test_streams_that_are_picked_stand_side_by_side_and_each_is_paused_by_itself(
    hub: RunningHub, page: Page, complaints: list[str]
) -> None:
    with stream(hub, "ci/a") as first, stream(hub, "ci/b") as second:
        first.sendall(b"".join(b"a %d\n" % number for number in range(500)))
        second.sendall(b"".join(b"b %d\n" % number for number in range(500)))
        page.get_by_role("checkbox", name="Pick ci/b").click()
        # By keys: the first stream of the list in its folder, and the space bar.
        page.get_by_role("treegrid").focus()
        row = page.locator("[role=row][aria-selected=true]")
        page.keyboard.press("Home")
        page.keyboard.press("j")
        if "ci/b" in (row.get_attribute("data-id") or ""):
            page.keyboard.press("j")
        page.keyboard.press("Space")
        page.get_by_role("button", name="Side by side").click()
        left, right = page.get_by_label("Pane 1 of 2: ci/b"), page.get_by_label("Pane 2 of 2: ci/a")
        expect(left.get_by_text("b 499", exact=True)).to_be_in_viewport()
        expect(right.get_by_text("a 499", exact=True)).to_be_in_viewport()
        expect(left).to_have_attribute("aria-current", "true")
        page.keyboard.press("2")
        expect(right).to_have_attribute("aria-current", "true")
        expect(page.get_by_text("Keys go to pane 2 of 2: ci/a")).to_be_attached()
        page.keyboard.press("Home")
        expect(right.get_by_text("a 0", exact=True)).to_be_in_viewport()
        expect(right.get_by_text("Paused")).to_be_visible()
        first.sendall(b"a new\n")
        second.sendall(b"b new\n")
        expect(left.get_by_text("b new", exact=True)).to_be_in_viewport()
        expect(right.get_by_text("a 0", exact=True)).to_be_in_viewport()
        expect(page).to_have_url(re.compile(r"#/s/ci/b,ci/a\?.*at2=byte\+\d+:\d+"))
        # The address is all that somebody else needs.
        page.reload()
        expect(right.get_by_text("a 0", exact=True)).to_be_in_viewport()
        expect(left.get_by_text("b new", exact=True)).to_be_in_viewport()
        # What is looked for is marked in both; the bar tells of the one that has the keys, and steps there.
        page.keyboard.press("/")
        page.keyboard.type("b 7")
        status = page.get_by_role("search", name="Find in these streams").get_by_role("status")
        expect(status).to_have_text(re.compile("pane 2:.*Not found"))
        left.get_by_role("log").focus()
        expect(status).to_have_text(re.compile("pane 1:.*11.*lines"))
        page.keyboard.press("N")
        expect(left.locator(".row", has=page.locator(".hit.now"))).to_contain_text("b 79")
        expect(right.get_by_text("a 0", exact=True)).to_be_in_viewport()
        page.get_by_role("button", name="Close the find bar").click()
        # There is one filter, and it says so.
        page.get_by_role("button", name="Filter").click()
        bar = page.get_by_role("search", name="Lines that are shown in all panes")
        expect(bar).to_contain_text("All panes:")
        bar.get_by_role("textbox", name="Only lines with").fill("new")
        # The hit that one has gone to stays.
        for pane, texts in ((left, ["b 79", "b new"]), (right, ["a new"])):
            expect(pane.locator(".row.line .content")).to_have_text(texts)
        page.get_by_role("button", name="Close the filter").click()
        page.get_by_role("button", name="Take ci/a away").click()
        expect(page.get_by_role("heading", name="ci/b")).to_be_visible()
        page.go_back()
        expect(page.get_by_role("log")).to_have_count(2)
    assert complaints == []


def test_streams_are_merged_by_time_live_and_from_the_past(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    with stream(hub, "ci/a") as first, stream(hub, "ci/b") as second:
        for number in range(20):
            for producer, name in ((first, "a"), (second, "b")):
                producer.sendall(b"%s %02d\n" % (name.encode(), number))
                hub.until_durable(f"ci/{name}", 5 * (number + 1))
                until_the_clock_moves_on()
        page.goto(f"{hub.endpoints['web']}/#/s/ci/a,ci/b?as=merged")
        log = page.get_by_role("log")
        expect(log.get_by_text("b 19", exact=True)).to_be_in_viewport()
        rows = log.locator(".row.line")
        expect(rows.filter(has_text="a 10").locator(".source")).to_have_text("a")
        texts = [text for text in rows.locator(".content").all_inner_texts() if text]
        wanted = [f"{name} {number:02}" for number in range(20) for name in "ab"]
        assert texts == wanted[-len(texts) :]
        second.sendall(b"b and on\nunfinished")
        expect(log.get_by_text("b and on", exact=True)).to_be_in_viewport()
        expect(rows.last.locator(".content")).to_have_text("unfinished")
        page.keyboard.press("Home")
        expect(log.get_by_text("a 00", exact=True)).to_be_in_viewport()
        expect(page.get_by_text("Paused")).to_be_visible()
        page.keyboard.press("f")
        expect(rows.last.locator(".content")).to_have_text("unfinished")
        # A row's number leads to its place in its own stream.
        rows.filter(has_text="b and on").locator(".gutter").click()
        # The row itself, or by then already the place that is read.
        expect(page).to_have_url(re.compile(r"#/s/ci/b\?at=(%40|byte\+)\d+:\d+$"))
        expect(log.locator(".target")).to_have_text("b and on")
    assert complaints == []


def test_lines_are_found_where_they_are_in_the_merged_text(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    ends = {"a": 0, "b": 0}
    with stream(hub, "ci/a") as first, stream(hub, "ci/b") as second:
        # More than is held at first; hits in both streams, close to each other and far apart.
        for number in range(8):
            for producer, name in ((first, "a"), (second, "b")):
                text = "".join(f"{name} {number} {line:03}\n" for line in range(300))
                if f"{name} {number}" in ("b 0", "a 4", "b 4", "a 7"):
                    text = text.replace(f"{name} {number} 150\n", f"{name} {number} a needle\n")
                producer.sendall(text.encode())
                ends[name] += len(text)
                hub.until_durable(f"ci/{name}", ends[name])
                until_the_clock_moves_on()
        page.goto(f"{hub.endpoints['web']}/#/s/ci/a,ci/b?as=merged")
        log = page.get_by_role("log")
        expect(log.get_by_text("b 7 299", exact=True)).to_be_in_viewport()
        page.keyboard.press("Control+f")
        page.keyboard.type("needle")
        status = page.get_by_role("search", name="Find in these streams").get_by_role("status")
        expect(status).to_have_text("4 lines")
        now = log.locator(".row", has=page.locator(".hit.now"))
        rows = log.locator(".row.line")
        # From the end back; beyond an end it goes on at the other one.
        for index, text in ((4, "a 7"), (3, "b 4"), (2, "a 4"), (1, "b 0"), (4, "a 7")):
            page.keyboard.press("Shift+Enter")
            expect(status).to_contain_text(f"{index} of 4 lines")
            expect(now.locator(".content")).to_have_text(f"{text} a needle")
            expect(now).to_be_in_viewport()
            expect(now.locator(".source")).to_have_text(text[0])
        expect(status).to_contain_text("went on at the end")
        for index, text in ((1, "b 0"), (2, "a 4"), (3, "b 4")):
            page.keyboard.press("Enter")
            expect(status).to_contain_text(f"{index} of 4 lines")
            expect(now.locator(".content")).to_have_text(f"{text} a needle")
        expect(page.get_by_text("Paused")).to_be_visible()
        around = [text for text in rows.locator(".content").all_inner_texts() if text]
        at = around.index("b 4 a needle")
        assert around[at - 2 : at + 3] == ["b 4 148", "b 4 149", "b 4 a needle", "b 4 151", "b 4 152"]
        # What comes live is counted, and so are errors, and one can step to both.
        second.sendall(b"the last needle\n")
        expect(status).to_contain_text("3 of 4+ lines")
        log.focus()
        page.keyboard.press("End")
        expect(log.get_by_text("the last needle", exact=True)).to_be_in_viewport()
        second.sendall(b"ERROR: a needle broke\n")
        expect(status).to_contain_text("3 of 6 lines")
        page.keyboard.press("E")
        expect(log.get_by_text("ERROR: a needle broke", exact=True)).to_be_in_viewport()
        expect(page.get_by_role("button", name="1 error", exact=True)).to_be_visible()
        # The filter leaves the hits of both streams in their order.
        page.keyboard.press("Home")
        expect(log.get_by_text("a 0 000", exact=True)).to_be_in_viewport()
        page.get_by_role("button", name="Filter").click()
        page.get_by_role("textbox", name="Only lines with").fill("needle")
        wanted = [*(f"{text} a needle" for text in ("b 0", "a 4", "b 4", "a 7")), "the last needle"]
        expect(rows.locator(".content")).to_have_text([*wanted, "ERROR: a needle broke"])
        page.get_by_role("textbox", name="Find in all of these streams").press("Enter")
        expect(now.locator(".content")).to_have_text("b 0 a needle")
        # The address has what is looked for: somebody else sees the same.
        expect(page).to_have_url(re.compile("find=needle"))
        page.reload()
        expect(status).to_contain_text("6 lines")
        # Esc closes the bar and leads back to the text.
        page.get_by_role("button", name="Close the find bar").click()
        expect(log).to_be_focused()
        expect(log.locator(".hit")).to_have_count(0)
    assert complaints == []


def test_two_runs_of_a_stream_are_compared(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    for number in (1, 2):
        text = "\n".join(f"echo line {n}" for n in range(50) if n != 20 * number)
        script = f"{text}\necho took {number} s\nexit {number - 1}"
        hub.run("run", "--name", "ci/twice", "--", "sh", "-c", script, code=number - 1)
    page.goto(f"{hub.endpoints['web']}/#/s/ci/twice")
    page.get_by_role("button", name="Runs").click()
    grid = page.get_by_role("grid")
    expect(page.get_by_text("\N{MINUS SIGN} 1 only left, + 1 only right, ~ 1 changed, 48 the same")).to_be_visible()
    facts = page.get_by_role("table", name="What is known of both runs")
    expect(facts.get_by_role("row", name="Status")).to_contain_text("✓ done")
    expect(facts.get_by_role("row", name="Status")).to_contain_text("✗ exit:1")
    expect(grid.get_by_role("row", name="line 20")).to_contain_text("only right")
    expect(grid.get_by_role("row", name="line 40")).to_contain_text("only left")
    # Who came by a button or a key reads on by keys.
    expect(grid).to_be_focused()
    page.keyboard.press("End")
    # The words that changed are marked in the row, not only below.
    changed = grid.get_by_role("row", name="took")
    expect(changed.locator("del")).to_have_text("1")
    expect(changed.locator("ins")).to_have_text("2")
    page.keyboard.press("Home")
    page.keyboard.press("n")
    detail = page.get_by_label("The row in full")
    expect(detail.locator(".whole")).to_have_text("line 20")
    page.get_by_role("button", name="Ignore numbers").click()
    expect(page.get_by_text("\N{MINUS SIGN} 0 only left, + 0 only right, ~ 0 changed, 50 the same")).to_be_visible()
    page.get_by_role("button", name="By line").click()
    expect(page).to_have_url(re.compile("by=line"))
    expect(grid.get_by_role("row").nth(1)).to_contain_text("line 0")
    assert complaints == []
