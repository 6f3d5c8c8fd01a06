"""All streams of a hub as one finds, sorts and walks them."""

from __future__ import annotations

import json
import re
import socket
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from running_hub import RunningHub
from scenes import is_list


class Producers:
    """Streams that are being written, until the test is over."""

    def __init__(self, hub: RunningHub, opened: ExitStack) -> None:
        self._hub = hub
        self._opened = opened

    def live(self, name: str, lines: int = 1, **meta: object) -> socket.socket:
        producer = self._opened.enter_context(self._hub.producer())
        told = f" meta={urllib.parse.quote(json.dumps(meta))}" if meta else ""
        producer.sendall(f"HUB/1 RAW stream={name}{told}\n".encode() + b"a line\n" * lines)
        return producer

    def ended(self, name: str, lines: int = 1, **meta: object) -> None:
        self.live(name, lines, **meta).close()

    def failed(self, name: str, code: int = 3) -> None:
        self._hub.run("run", "--name", name, "--", "sh", "-c", f"echo no; exit {code}", code=code)


@pytest.fixture
def producers(hub: RunningHub) -> Iterator[Producers]:
    with ExitStack() as opened:
        yield Producers(hub, opened)


def by_name(page: Page, more: str = "") -> None:
    """Sort by name: connections are not always taken in the order in which they were made."""
    page.evaluate("hash => { location.hash = hash }", f"#/?sort=name{more}")


def names(page: Page) -> Locator:
    """What stands in the first column, from above."""
    return page.get_by_role("treegrid").get_by_role("rowheader")


def hold_back_list(page: Page) -> Callable[[], None]:
    """Hold back the list of all streams from the next time that the page is opened on; return what lets go of it."""
    held: list[tuple[WebSocketRoute, str | bytes]] = []

    def pass_on(route: WebSocketRoute, message: str | bytes) -> None:
        if is_list(message):
            held.append((route, message))
        else:
            route.send(message)

    def handle(route: WebSocketRoute) -> None:
        route.connect_to_server().on_message(lambda message: pass_on(route, message))

    def let_go() -> None:
        route, message = held.pop()
        route.send(message)

    page.route_web_socket(re.compile("/ws$"), handle)
    return let_go


def test_folders_are_open_though_all_rows_came_before_the_list(page: Page, producers: Producers) -> None:
    live = [producers.live(name) for name in ("ci/web/1", "ci/web/2")]
    expect(names(page)).to_have_count(3)
    let_go = hold_back_list(page)
    page.reload()
    page.get_by_role("searchbox").wait_for()
    for producer in live:
        producer.sendall(b"a line\n")
    expect(names(page)).to_have_text([re.compile("^ci/web/")])
    expect(page.get_by_text("2 streams")).to_be_visible()
    let_go()
    expect(names(page)).to_have_count(3)


def test_streams_are_a_tree_that_folds_and_can_be_flat(page: Page, producers: Producers) -> None:
    producers.live("ci/web/1", 5)
    producers.ended("ci/web/2", 7)
    producers.live("train/x")
    by_name(page)
    expect(names(page)).to_have_text([re.compile("^ci/web/"), "1", "2", "train/x"])
    folder = page.get_by_role("row", name="ci/web/", exact=False).first
    expect(folder).to_have_attribute("aria-expanded", "true")
    expect(folder).to_contain_text("1 live")
    expect(folder).to_contain_text("12")
    folder.click()
    expect(names(page)).to_have_text([re.compile("^ci/web/"), "train/x"])
    page.get_by_role("button", name="Tree").click()
    expect(names(page)).to_have_text(["ci/web/1", "ci/web/2", "train/x"])
    assert page.url.endswith("#/?sort=name&tree=off")
    page.reload()
    expect(names(page)).to_have_text(["ci/web/1", "ci/web/2", "train/x"])
    # Half as high, as a window is at 200 % zoom: what the whole hub does is still there, and so is the list.
    page.set_viewport_size({"width": 720, "height": 450})
    for total in ("Lines a second", "Live", "Lines in all"):
        expect(page.locator(".tiles").get_by_text(total, exact=True)).to_be_in_viewport(ratio=0.99)
    expect(page.get_by_role("button", name="Throughput in numbers")).to_be_in_viewport(ratio=0.99)
    expect(names(page).first).to_be_in_viewport(ratio=0.99)


def test_the_filter_knows_states_and_meta_and_hints_at_them(page: Page, producers: Producers) -> None:
    producers.live("ci/1", branch="main")
    producers.ended("ci/2", branch="main")
    producers.ended("ci/3", branch="été demain")
    producers.failed("nightly")
    expect(names(page)).to_have_count(5)
    page.keyboard.press("/")
    page.keyboard.type("-state:l")
    hints = page.get_by_role("listbox", name="Hints").get_by_role("option")
    expect(hints).to_have_text(["-state:live"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("meta.branch=")
    expect(hints).to_have_count(2)
    hints.filter(has_text="demain").click()
    expect(page.get_by_role("searchbox")).to_have_value('-state:live meta.branch="été demain" ')
    expect(names(page)).to_have_text(["ci/3"])
    expect(page.get_by_text("1 stream", exact=True)).to_be_visible()
    page.get_by_role("searchbox").fill("failed")
    expect(names(page)).to_have_text(["nightly"])
    expect(page.get_by_role("row", name="nightly")).to_contain_text("exit:3")
    page.get_by_role("searchbox").fill("nothing-like-this")
    page.get_by_role("button", name="Show all streams").click()
    expect(names(page)).to_have_count(5)


def test_columns_sort_and_the_order_is_in_the_address(page: Page, producers: Producers) -> None:
    for name, lines in (("b", 3), ("a", 9), ("c", 1)):
        producers.ended(name, lines)
        expect(names(page).filter(has_text=name)).to_be_visible()
    expect(names(page)).to_have_text(["c", "a", "b"])
    head = page.get_by_role("columnheader", name="Lines", exact=True)
    head.get_by_role("button").click()
    expect(names(page)).to_have_text(["a", "b", "c"])
    expect(head).to_have_attribute("aria-sort", "descending")
    assert page.url.endswith("#/?sort=-lines")
    head.get_by_role("button").click()
    expect(names(page)).to_have_text(["c", "b", "a"])
    head.get_by_role("button").click()
    expect(names(page)).to_have_text(["c", "a", "b"])


def test_nothing_moves_under_the_pointer(page: Page, producers: Producers) -> None:
    producers.live("a")
    first = page.get_by_role("row", name=re.compile("^a "))
    expect(first).to_be_visible()
    before = first.bounding_box()
    first.hover()
    producers.live("b", 5)
    show = page.get_by_role("button", name="1 new: show")
    expect(show).to_be_visible()
    expect(names(page)).to_have_text(["a"])
    assert first.bounding_box() == before
    page.mouse.move(5, 5)
    expect(names(page)).to_have_text(["b", "a"])


def test_keys_walk_the_list_open_a_stream_and_come_back_to_it(page: Page, producers: Producers) -> None:
    for name in ("ci/1", "ci/2", "x"):
        producers.ended(name)
    by_name(page)
    expect(names(page)).to_have_text([re.compile("^ci/"), "1", "2", "x"])
    selected = page.locator("[role=row][aria-selected=true]")
    page.keyboard.press("/")
    page.keyboard.type("c")
    page.keyboard.press("Backspace")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    grid = page.get_by_role("treegrid")
    expect(grid).to_be_focused()
    expect(selected.get_by_role("rowheader")).to_have_text(re.compile("^ci/"))
    page.keyboard.press("ArrowLeft")
    expect(selected).to_have_attribute("aria-expanded", "false")
    expect(names(page)).to_have_text([re.compile("^ci/"), "x"])
    page.keyboard.press("ArrowRight")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(selected.get_by_role("rowheader")).to_have_text("2")
    assert grid.get_attribute("aria-activedescendant") == selected.get_attribute("id")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_be_visible()
    assert page.url.endswith("#/s/ci/1")
    page.keyboard.press("u")
    expect(selected.get_by_role("rowheader")).to_have_text("1")


@pytest.mark.own_hub  # which is ended sooner than its streams are deleted
@pytest.mark.parametrize("count", [500, pytest.param(2000, marks=pytest.mark.long)])
def test_very_many_streams_are_pushed_and_windowed(
    page: Page, producers: Producers, complaints: list[str], count: int
) -> None:
    asked: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda sent: asked.append(str(sent))))
    page.reload()
    for number in range(count):
        producers.ended(f"team-{number % 20}/job-{number}")
    expect(page.get_by_text(f"{count:,} streams", exact=True)).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Tree").click()
    expect(page.get_by_role("treegrid")).to_have_attribute("aria-rowcount", str(count + 1))
    assert page.get_by_role("row").count() < 80
    listed = sum("stream.list" in sent for sent in asked)
    with_more = producers.live("team-1/one-more", 5)
    expect(page.get_by_role("row", name="one-more")).to_contain_text("5")
    with_more.sendall(b"a line\n" * 6)
    expect(page.get_by_role("row", name="one-more")).to_contain_text("11")
    # What changes is told: nothing is asked for again.
    assert sum("stream.list" in sent for sent in asked) == listed
    page.get_by_role("treegrid").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("row").last).to_be_in_viewport()
    assert page.get_by_role("row").count() < 80
    assert complaints == []


def test_the_list_goes_on_where_the_browser_draws_no_frames(page: Page, producers: Producers) -> None:
    page.add_init_script("window.requestAnimationFrame = () => 1")
    page.reload()
    producers.live("a")
    expect(names(page)).to_have_text(["a"])
    producers.live("b")
    expect(names(page).filter(has_text="b")).to_be_visible()
