"""Older lines come from the hub when somebody looks back, and none is missing without a word."""

from __future__ import annotations

import re
import socket

import pytest
from playwright.sync_api import Page, expect

from running_hub import RunningHub
from walk import walk

SMALL_STORE = {"HUB_STORE": "memory", "HUB_LIMITS_MEMORY_STORE_STREAM_BYTES": "1 MiB"}

# Resolves when such a row is there, or older rows came above, which moves the one that was the first.
SOMETHING_CAME = """async (box, pattern) => {
  const there = () => [...box.querySelectorAll('.row')].some(row => new RegExp(pattern).test(row.textContent));
  const deadline = performance.now() + 15000;
  while (box.scrollTop === 0 && !there()) {
    if (performance.now() > deadline) throw new Error('nothing came');
    await new Promise(requestAnimationFrame);
  }
}"""


def stream(hub: RunningHub, name: str) -> socket.socket:
    producer = hub.producer()
    producer.sendall(f"HUB/1 RAW stream={name}\n".encode())
    return producer


def send_lines(producer: socket.socket, first: int, count: int) -> None:
    producer.sendall(b"".join(b"line %d\n" % number for number in range(first, first + count)))


def look_back_to(page: Page, pattern: str) -> None:
    """Scroll up until such a row is there."""
    log = page.get_by_role("log")
    for _ in range(40):
        log.evaluate("box => box.scrollTo(0, 0)")
        log.evaluate(SOMETHING_CAME, pattern)
        if log.get_by_text(re.compile(pattern)).count():
            break
    expect(log.get_by_text(re.compile(pattern))).to_be_visible()


def test_older_lines_are_fetched_when_somebody_looks_back(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/old") as build:
        send_lines(build, 0, 3000)
        page.get_by_role("link", name="old").click()
        expect(page.get_by_role("log").get_by_text("line 2999", exact=True)).to_be_visible()
        look_back_to(page, "^line 0$")
        walked = walk(page.get_by_role("log"))
        assert walked[:3000] == [f"line {number}" for number in range(3000)]


@pytest.mark.own_hub(**SMALL_STORE)
def test_the_end_of_what_is_kept_is_said(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/long") as build:
        build.sendall(b"".join(b"long %d " % number + b"x" * 300 + b"\n" for number in range(5000)))
        send_lines(build, 5000, 1200)
        page.get_by_role("link", name="long").click()
        expect(page.get_by_role("log").get_by_text("line 6199", exact=True)).to_be_visible()
        look_back_to(page, r"^[\d,]+ bytes before this are not kept any more$")
        notice, *rest = walk(page.get_by_role("log"))
        assert notice.endswith("not kept any more")
        numbers = [int(found[1]) for row in rest if (found := re.match(r"(?:long|line) (\d+)", row))]
        assert 0 < numbers[0] < 5000
        assert numbers == list(range(numbers[0], 6200))
