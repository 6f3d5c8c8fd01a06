"""`python -m bench.page`: the dashboard in a real Chromium over a long stream: opening it anywhere, frames, memory."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import socket
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from bench.store import MB, Running, text, write

STREAM = "bench/text"
ROUNDS = 5
RATE = 10_000
PROMPTS = 30
LINE_BYTES = 62
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SCRIPTS = Path(__file__).resolve().parent.parent / "hub" / "adapters" / "web" / "page"

# What a script imports at once: `import{a}from"./b.js"`, `import"./b.js"`; not `import("./b.js")`.
IMPORTED = re.compile(rb'(?:from|import)\s*["`\']\./([^"`\']+\.js)')

# From a step to another address to the frame in which a line is in sight; the list was shown before.
OPEN = """async hash => {
  const began = performance.now();
  location.hash = hash;
  const inSight = row => {
    const { top, bottom } = row.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight && row.textContent.includes('cc -O2');
  };
  while (![...document.querySelectorAll('.row.line')].some(inSight)) {
    if (performance.now() - began > 30000) throw new Error('it does not open');
    await new Promise(requestAnimationFrame);
  }
  return performance.now() - began;
}"""
FRAMES = """() => {
  window.frameTimes = [];
  let last = performance.now();
  const frame = now => { frameTimes.push(now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
}"""
WATCH_LAST = """() => {
  window.seen = {};
  new MutationObserver(() => {
    const rows = document.querySelectorAll('.row');
    const last = rows[rows.length - 1]?.textContent;
    if (last !== undefined && !(last in seen)) seen[last] = performance.timeOrigin + performance.now();
  }).observe(document.querySelector('.sheet'), { childList: true, subtree: true });
}"""


class Figures(NamedTuple):
    """What was measured in the browser."""

    gb: float
    lines: int
    load_ms: float
    """From an empty tab to the newest line in sight, everything fetched anew."""
    open_ms: dict[str, float]
    """From another view of the page to a line in sight, by the place that is opened: the slowest of some rounds."""
    prompt_p50_ms: float
    """From an unfinished line's write at the producer to its being in the document."""
    prompt_p99_ms: float
    frame_p50_ms: float
    """Frames while 10,000 lines a second arrive."""
    frame_p99_ms: float
    heap_before_mb: float
    heap_after_mb: float
    """After all of that, and a million lines as fast as they come."""
    script_kb: float
    """JavaScript that the page needs to show a stream, gzipped."""
    all_script_kb: float
    """All of it, gzipped."""


@contextmanager
def opened_page(hub: Running) -> Iterator[Any]:
    """A logged-in page, in a browser that is ended with it."""
    # Not everybody who measures the hub has a browser.
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_context(viewport={"width": 1200, "height": 800}).new_page()
        page.set_default_timeout(60_000)
        token = (hub.directory / "admin.token").read_text().strip()
        ask = urllib.request.Request(
            f"{web(hub)}/login/link", method="POST", headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(ask) as answer:
            page.goto(json.load(answer)["url"])
        page.get_by_role("searchbox").wait_for()
        yield page
        browser.close()


def scripts_kb(*beginnings: str) -> float:
    """Return how large the page's scripts with these names are, gzipped, and all that they import at once."""
    wanted = [path for path in (SCRIPTS / "assets").glob("*.js") if path.name.startswith(beginnings)]
    sizes: dict[str, int] = {}
    while wanted:
        path = wanted.pop()
        if path.name in sizes:
            continue
        code = path.read_bytes()
        sizes[path.name] = len(gzip.compress(code))
        wanted += [path.parent / name.decode() for name in IMPORTED.findall(code)]
    return sum(sizes.values()) / 1000


def web(hub: Running) -> str:
    """Return the page's address."""
    return str(json.loads((hub.directory / "endpoints.json").read_text())["web"])


def openings(hub: Running, page: Any, size: int) -> dict[str, float]:
    """Return how long the slowest of some openings took, for some places."""
    half = size // LINE_BYTES // 2
    places = {"end": "", "start": "start", "line in the middle": f"line {half}", "offset at 90 %": f"@{size * 9 // 10}"}
    slowest: dict[str, float] = {}
    for place, words in {**places, "an hour ago": "1 hour ago"}.items():
        for _ in range(ROUNDS):
            page.goto(f"{web(hub)}/#/")
            page.get_by_role("searchbox").wait_for()
            at = f"?at={words.replace(' ', '+')}" if words else ""
            took = page.evaluate(OPEN, f"#/s/{STREAM}{at}")
            slowest[place] = max(took, slowest.get(place, 0))
    return slowest


def load(hub: Running, page: Any) -> float:
    """Return the median time (ms) from an empty tab to the newest line."""
    times = []
    for _ in range(ROUNDS):
        page.goto("about:blank")
        began = time.perf_counter()
        page.goto(f"{web(hub)}/#/s/{STREAM}")
        page.locator(".row.line").last.wait_for()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def prompts(page: Any, producer: socket.socket) -> list[float]:
    """Return, sorted, how long (ms) each state of an unfinished line took to be in the document."""
    page.evaluate(WATCH_LAST)
    sent = {}
    for number in range(PROMPTS):
        words = f"step {number} of {PROMPTS}"
        sent[words] = 1000 * time.time()
        producer.sendall(b"\r" + words.encode())
        page.wait_for_function("words => words in seen", arg=words)
    producer.sendall(b"\n")
    seen = page.evaluate("seen")
    return sorted(seen[words] - at for words, at in sent.items())


def frames(page: Any, producer: socket.socket, seconds: float) -> list[float]:
    """Return, sorted, the times (ms) between frames while lines arrive."""
    page.evaluate(FRAMES)
    block = text(RATE // 20 * 60)
    due = time.monotonic()
    end = due + seconds
    while due < end:
        producer.sendall(block)
        due += 0.05
        time.sleep(max(0.0, due - time.monotonic()))
    return sorted(page.evaluate("frameTimes"))


def heap_mb(page: Any) -> float:
    """Return what JavaScript holds, after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    used = float(session.send("Runtime.getHeapUsage")["usedSize"])
    session.detach()
    return used / MB


def measure(gigabytes: float, seconds: float) -> Figures:
    """Run it all in a directory of its own, which is removed."""
    directory = Path(tempfile.mkdtemp(prefix="hub-bench-page-"))
    size = int(gigabytes * 1000) * MB
    hub = Running(directory / "hub")
    try:
        write(hub, STREAM, size)
        producer = socket.create_connection(("127.0.0.1", hub.port("producers")), 10)
        producer.sendall(b"HUB/1 RAW stream=bench/live\nthe first line\n")
        with opened_page(hub) as page, producer:
            loaded = load(hub, page)
            opened = openings(hub, page, size)
            page.goto(f"{web(hub)}/#/s/bench/live")
            page.get_by_text("the first line").wait_for()
            before = heap_mb(page)
            waits = prompts(page, producer)
            times = frames(page, producer, seconds)
            producer.sendall(text(60 * MB) + b"the last line\n")
            page.get_by_text("the last line").wait_for()
            return Figures(
                gigabytes,
                size // LINE_BYTES,
                loaded,
                opened,
                statistics.median(waits),
                waits[len(waits) * 99 // 100],
                statistics.median(times),
                times[len(times) * 99 // 100],
                before,
                heap_mb(page),
                scripts_kb("index-", "stream-view-"),
                sum(len(gzip.compress(path.read_bytes())) for path in SCRIPTS.rglob("*.js")) / 1000,
            )
    finally:
        hub.end()
        shutil.rmtree(directory)


def table(figures: Figures) -> str:
    """Return the figures as Markdown."""
    rows = [
        ("stream", f"{figures.gb:g} GB, {figures.lines:,} lines"),
        ("empty tab to the newest line (median)", f"{figures.load_ms:.0f} ms"),
        *((f"opened at: {place} (slowest of {ROUNDS})", f"{ms:.0f} ms") for place, ms in figures.open_ms.items()),
        ("an unfinished line, p50 / p99", f"{figures.prompt_p50_ms:.0f} / {figures.prompt_p99_ms:.0f} ms"),
        (f"frames at {RATE:,} lines/s, p50 / p99", f"{figures.frame_p50_ms:.1f} / {figures.frame_p99_ms:.1f} ms"),
        (
            "JavaScript heap, before / after 1 M more lines",
            f"{figures.heap_before_mb:.1f} / {figures.heap_after_mb:.1f} MB",
        ),
        ("JavaScript to show a stream, gzipped", f"{figures.script_kb:.0f} KB"),
        ("all JavaScript, gzipped", f"{figures.all_script_kb:.0f} KB"),
    ]
    return "\n".join(["| what | figure |", "| --- | ---: |", *(f"| {what} | {figure} |" for what, figure in rows)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.page", description=__doc__)
    parser.add_argument("--gb", type=float, default=0.62, help="how long the stream is (0.62: ten million lines)")
    parser.add_argument("--seconds", type=float, default=10.0, help=f"how long {RATE:,} lines/s arrive (10)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(arguments)
    figures = measure(given.gb, given.seconds)
    print(json.dumps(figures._asdict()) if given.json else table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
