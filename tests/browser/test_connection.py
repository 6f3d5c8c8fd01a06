"""What the page says while it has no hub, and that it goes on at the very byte."""

from __future__ import annotations

import json
import re
import signal
import socket
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from running_hub import RunningHub
from walk import walk

# The longest waits there are: what the banner counts down is there long enough to be seen.
PATIENT = "Math.random = () => 0.999"

# What the browser logs for a hub that was killed: refused from then on, reset or cut short where a fetch was under way.
OF_A_DEAD_HUB = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")

# Keeps all that the banner says: some of it is there for a moment only.
LISTEN_TO_BANNER = """() => {
  window.told = [];
  new MutationObserver(() => window.told.push(document.querySelector('.banner').textContent))
    .observe(document.body, { childList: true, subtree: true, characterData: true });
}"""


def stream(hub: RunningHub, name: str) -> socket.socket:
    producer = hub.producer()
    producer.sendall(f"HUB/1 RAW stream={name}\n".encode())
    return producer


def lines(first: int, last: int) -> bytes:
    return b"".join(b"line %d of a text \xc3\xbc\xe2\x82\xac\n" % number for number in range(first, last))


def raw_text(hub: RunningHub, name: str) -> str:
    """Return the stream as the hub has it."""
    token = (hub.data_dir / "admin.token").read_text().strip()
    request = urllib.request.Request(
        f"{hub.endpoints['web']}/streams/{name}", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request) as answer:
        return bytes(answer.read()).decode()


@pytest.mark.own_hub
def test_a_hub_that_is_killed_under_an_open_page_leaves_the_same_text(
    hub: RunningHub, page: Page, complaints: list[str]
) -> None:
    log = page.get_by_role("log")
    with stream(hub, "ci/first") as build:
        build.sendall(lines(0, 300) + b"cut in the mid")
        page.goto(f"{hub.endpoints['web']}/#/s/ci/first")
        expect(log.get_by_text("cut in the mid", exact=True)).to_be_visible()
        hub.until_durable()
    expect(log.locator(".note")).to_have_text("run 1 ended: eof")
    before = walk(log)
    for again in range(2):
        hub.come_again()
        with stream(hub, "ci/first") as build:
            build.sendall(lines(300 + 300 * again, 600 + 300 * again))
            page.get_by_role("button", name="Jump to end").or_(log).first.click()
            expect(log.get_by_text(f"line {599 + 300 * again} of a text ü€", exact=True)).to_be_visible(timeout=30_000)
            hub.until_durable()
        expect(log.locator(".note").last).to_contain_text(f"run {2 + again} ended")
    after = walk(log)
    assert after[: len(before)] == before
    told = raw_text(hub, "ci/first")
    shown = [text for text in after if not re.match(r"run \d", text)]
    # A line that a run left unfinished is ended by the note of it; the next run's text begins a row of its own.
    assert "".join(shown) == told.replace("\n", "")
    assert page.locator(".note.gap, .note.truncated").count() == 0
    assert [each for each in complaints if not each.endswith(OF_A_DEAD_HUB)] == []


@pytest.mark.own_hub
def test_panes_beside_each_other_go_on_with_the_same_text_when_the_hub_was_killed_or_stopped(
    hub: RunningHub, page: Page, complaints: list[str]
) -> None:
    names = ["ci/first", "ci/second"]
    page.goto(f"{hub.endpoints['web']}/#/s/{','.join(names)}")
    logs = [page.get_by_role("log", name=f"output of {name}") for name in names]
    banner = page.locator(".banner.shown")

    def both_say(first: int, last: int) -> None:
        for name in names:
            with stream(hub, name) as build:
                build.sendall(lines(first, last))
        for log in logs:
            expect(log.get_by_text(f"line {last - 1} of a text ü€", exact=True)).to_be_in_viewport(timeout=30_000)
            expect(log.locator(".note").last).to_contain_text("ended")
        hub.until_durable()

    both_say(0, 300)
    for again, number in enumerate((signal.SIGKILL, signal.SIGTERM)):
        hub.end(number)
        expect(banner).to_contain_text("The hub cannot be reached")
        hub.come_again()
        # Unless it has come back by itself.
        page.get_by_role("button", name="Try now").or_(logs[0]).first.click()
        expect(banner).to_have_count(0, timeout=30_000)
        both_say(300 + 300 * again, 600 + 300 * again)
    for name, log in zip(names, logs, strict=True):
        shown = walk(log)
        assert [text for text in shown if not re.match(r"run \d", text)] == raw_text(hub, name).splitlines()
        runs = [text for text in shown if re.match(r"run \d", text)]
        # Where a run is not said to begin, the one before it was said to end.
        assert [text for text in runs if "ended" in text] == [f"run {run} ended: eof" for run in (1, 2, 3)]
        assert log.locator(".note.gap, .note.truncated").count() == 0
    assert [each for each in complaints if not each.endswith(OF_A_DEAD_HUB)] == []


@pytest.mark.own_hub
def test_a_hub_that_stops_in_order_says_so(hub: RunningHub, page: Page) -> None:
    page.evaluate(PATIENT)
    page.evaluate(LISTEN_TO_BANNER)
    hub.process.end(signal.SIGTERM)
    banner = page.locator(".banner")
    expect(banner).to_contain_text("The hub cannot be reached")
    expect(banner).to_contain_text(re.compile(r"Trying again in \d+ s"))
    told = page.evaluate("window.told")
    assert any(text.startswith("The hub is shutting down") for text in told), told


# A browser loads a page over up to six connections, and then opens its WebSocket.
@pytest.mark.own_hub(HUB_LIMITS_CONNECTIONS="8")
def test_a_hub_that_is_full_says_so_and_lets_the_page_in_later(hub: RunningHub, page: Page) -> None:
    page.evaluate(PATIENT)
    hub.process.end(signal.SIGKILL)
    # Time enough for a hub to come back and fill up before the page tries again.
    expect(page.locator(".banner")).to_contain_text(
        re.compile(r"cannot be reached.*again in ([5-9]|1\d) s"), timeout=30_000
    )
    hub.come_again()
    crowd = [stream(hub, f"ci/crowd-{number}") for number in range(8)]
    try:
        for each in crowd:
            each.sendall(b"I stay\n")
        expect(page.locator(".banner")).to_contain_text("The hub is busy", timeout=30_000)
        expect(page.locator(".banner")).to_contain_text("limits.connections")
    finally:
        for each in crowd:
            each.close()
    expect(page.locator(".banner.shown")).to_have_count(0, timeout=30_000)


def test_who_is_kicked_is_told_by_whom_and_why_and_may_come_back_to_the_same_byte(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/first") as build:
        build.sendall(lines(0, 5) + b"half a li")
        page.goto(f"{hub.endpoints['web']}/#/s/ci/first")
        log = page.get_by_role("log")
        expect(log.locator(".row").last).to_have_text("half a li")
        sessions = [json.loads(row) for row in hub.run("sessions", "--json").stdout.splitlines()]
        readers = [row["session"] for row in sessions if row["subscriptions"]]
        hub.run("kick", *readers, "--reason", "lunch", code=None)
        banner = page.get_by_role("alert")
        expect(banner).to_contain_text("ended this session: lunch")
        expect(banner).not_to_contain_text("Trying again")
        # What the page knows is old, and it says of when.
        expect(page.locator(".facts")).to_contain_text(re.compile(r"as of \d\d:\d\d:\d\d"))
        build.sendall(b"ne\nmeanwhile\n")
        page.get_by_role("button", name="Try now").click()
        expect(log.locator(".row").last).to_have_text("meanwhile")
        expect(page.locator(".facts")).not_to_contain_text("as of")
        assert log.locator(".row").all_inner_texts()[-2:] == ["half a line", "meanwhile"]
        expect(page.locator(".note")).to_have_count(0)


@pytest.mark.own_hub
def test_a_login_that_is_over_leads_to_the_login(hub: RunningHub, page: Page) -> None:
    page.context.clear_cookies()
    hub.process.end(signal.SIGKILL)
    hub.come_again()
    expect(page.get_by_label("Token")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("alert")).to_contain_text("not logged in any more")
