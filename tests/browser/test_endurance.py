"""Tabs that stall, that nobody looks at, and streams that are meant to hurt."""

from __future__ import annotations

import re
import socket

import pytest
from playwright.sync_api import Locator, Page, expect

from running_hub import RunningHub

# A tab in the background: no frames any more, and timers at leisure.
HIDE = """() => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
  window.frames_ = window.requestAnimationFrame;
  window.requestAnimationFrame = () => 0;
  document.dispatchEvent(new Event('visibilitychange'));
}"""
SHOW = """() => {
  delete document.hidden;
  window.requestAnimationFrame = window.frames_;
  document.dispatchEvent(new Event('visibilitychange'));
}"""
STALL = "ms => { const end = performance.now() + ms; while (performance.now() < end); }"

ESC = b"\x1b"
HOSTILE = {
    "markup": b"<script>owned()</script><img src=x onerror=owned()><svg/onload=owned()><a href='javascript:owned()'>x",
    "entities": b"&lt;script&gt; &#x3c;b&#x3e; ]]> <!-- -->",
    "title": ESC + b"]0;owned\x07" + ESC + b"]2;owned" + ESC + b"\\shown",
    "clipboard": ESC + b"]52;c;b3duZWQ=\x07shown",
    "address": ESC + b"]8;;javascript:owned()\x07here" + ESC + b"]8;;\x07 https://ok.example/",
    "cursor": ESC + b"[2J" + ESC + b"[H" + ESC + b"[10A" + ESC + b"[?1049h" + ESC + b"cshown",
    "query": ESC + b"[6n" + ESC + b"[c" + ESC + b"Pq#0" + ESC + b"\\" + ESC + b"_owned" + ESC + b"\\shown",
    "c1": b"\xc2\x9b31mred\xc2\x9bm \xc2\x9d0;owned\xc2\x9c shown",
    "bidi": b"if (admin \xe2\x80\xae\xe2\x81\xa6// not\xe2\x81\xa9 \xe2\x81\xa6) {\xe2\x80\x8f\xe2\x80\x8e",
    "zero": b"a\x00b\x07c\x08d\x7fe\x0bf",
    "utf8": b"\xff\xfe\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82 end",
    "zalgo": b"z" + b"\xcc\x81" * 3000,
    "colours": b"".join(ESC + b"[38;5;%dm%d" % (n % 256, n) for n in range(2000)),
    "open": ESC + b"[31;7;5;8mnever closed",
    "style": ESC + b"[38;2;1;2;3;url(x)m;x" + ESC + b"[" + b"9" * 5000 + b"m",
    "json": b'{"__proto__": {"x": 1}, "a": "<img src=x onerror=owned()>", "b": 1e999}',
    "deep": b"{" + b'"a":{' * 1500 + b"}" * 1500 + b"}",
    "group": b"::group::<b>owned</b>" + ESC + b"]0;owned\x07",
    "section": b"\x1b[0Ksection_start:1700000000:x[collapsed=true]\r\x1b[0K<i>owned</i>",
    "returns": b"\r" * 5000 + b"shown",
    "long": b"long " * 200_000,
    "links": b"http://a.example/" * 5000,
    "spaces": b" " * 60_000 + b"x",
}


def stream(hub: RunningHub, name: str) -> socket.socket:
    producer = hub.producer()
    producer.sendall(f"HUB/1 RAW stream={name}\n".encode())
    return producer


def lines(first: int, last: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(first, last))


def bytes_in(text: str) -> int:
    found = re.search(r"([\d,]+) bytes", text)
    assert found
    return int(found[1].replace(",", ""))


def find(page: Page, wanted: Locator) -> None:
    """Look for a row from the first one that is held on."""
    log = page.get_by_role("log")
    log.evaluate("box => box.scrollTo(0, 0)")
    for _ in range(2000):
        if wanted.count():
            wanted.first.scroll_into_view_if_needed()
            return
        log.evaluate(
            """async box => {
                box.scrollTop += box.clientHeight;
                await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
            }"""
        )
    pytest.fail("there is no such row")


def heap_mb(page: Page) -> float:
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return float(used) / 1e6


@pytest.mark.long
def test_a_tab_that_stalls_is_told_what_it_missed_and_can_fetch_it(
    hub: RunningHub, page: Page, complaints: list[str]
) -> None:
    with stream(hub, "ci/fast") as build:
        text = lines(0, 100)
        build.sendall(text)
        sent = len(text)
        page.goto(f"{hub.endpoints['web']}/#/s/ci/fast")
        log = page.get_by_role("log")
        expect(log.get_by_text("line 99", exact=True)).to_be_visible()
        page.evaluate("ms => { setTimeout(" + STALL + ", 0, ms); }", 4000)
        for first in range(100, 16_100, 1000):
            text = b"".join(b"line %d " % number + b"x" * 990 + b"\n" for number in range(first, first + 1000))
            build.sendall(text)
            sent += len(text)
        hub.until_durable("ci/fast", sent)
        last = log.locator(".row", has_text=re.compile(r"^line 16099 "))
        expect(last).to_be_in_viewport(timeout=30_000)
        gap = log.locator(".note.gap")
        find(page, gap)
        expect(gap).to_contain_text(re.compile(r"[\d,]+ bytes are missing here: this page was too slow for them"))
        missing = bytes_in(gap.inner_text())
        above = gap.locator("xpath=preceding-sibling::*[1]/*[@class='content']")
        number = int(re.match(r"line (\d+)", above.inner_text())[1])
        gap.get_by_role("button", name="Fetch").click()
        # The lines come in its place, a piece at a time: what was not fetched yet is still said to be missing.
        expect(log.locator(".row", has_text=re.compile(rf"^line {number + 1} "))).to_be_in_viewport()
        find(page, gap)
        assert 0 < bytes_in(gap.inner_text()) < missing - 1000 * 1000
    assert complaints == []


# More than a pane holds, several times over.
@pytest.mark.parametrize("step", [40_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_a_tab_that_nobody_looks_at_stays_flat_and_is_back_at_once(
    hub: RunningHub, page: Page, complaints: list[str], step: int
) -> None:
    with stream(hub, "ci/long") as build:
        build.sendall(lines(0, 1))
        page.goto(f"{hub.endpoints['web']}/#/s/ci/long")
        log = page.get_by_role("log")
        expect(log.get_by_text("line 0", exact=True)).to_be_visible()
        page.evaluate(HIDE)
        marks = []
        for first in range(1, 6 * step + 1, step):
            build.sendall(lines(first, first + step))
            # By its timer alone it takes what comes.
            last = f"line {first + step - 1}"
            page.wait_for_function(
                "last => document.querySelector('.row:last-child')?.textContent === last", arg=last, polling=100
            )
            marks.append(heap_mb(page))
        assert marks[-1] < marks[1] + 10, marks
        page.evaluate(SHOW)
        build.sendall(lines(6 * step + 1, 6 * step + 2))
        expect(log.get_by_text(f"line {6 * step + 1}", exact=True)).to_be_in_viewport(timeout=1000)
    assert complaints == []


def test_a_hostile_stream_is_only_text(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    page.add_init_script(
        """window.owned = () => { window.isOwned = true; };
           addEventListener('securitypolicyviolation', event => console.error('CSP', event.violatedDirective));"""
    )
    with stream(hub, "evil/corpus") as evil:
        evil.sendall(b"".join(name.encode() + b": " + text + b"\n" for name, text in HOSTILE.items()))
        evil.sendall(ESC + b"[0m::endgroup::\nthe end of the corpus\n")
        # A new document, so that the script above is in it.
        page.goto("about:blank")
        page.goto(f"{hub.endpoints['web']}/#/s/evil/corpus")
        log = page.get_by_role("log")
        expect(log.get_by_text("the end of the corpus", exact=True)).to_be_visible()
        text = ""
        for key in ("", "w", "t", "z"):
            if key:
                page.keyboard.press(key)
            for top in range(0, 4000, 400):
                log.evaluate("(box, top) => box.scrollTo(0, top)", top)
                page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
                text += "\n".join(log.locator(".row").all_text_contents()) + "\n"
                assert log.locator("script, img, svg, iframe, style, [style*=url], [onerror], [onload]").count() == 0
                for href in log.locator("a").evaluate_all("links => links.map(link => link.href)"):
                    assert href.startswith(("http://a.example/", "https://ok.example/")), href
        assert page.title() == "evil/corpus · Hub"
        assert page.evaluate("window.isOwned") is None
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
        assert "here https://ok.example/" in text
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []
