"""What is around the views: jumping, saved views, people, deleting, logging in, and what one may not do."""

from __future__ import annotations

import re
import socket

from playwright.sync_api import Page, expect

from running_hub import RunningHub
from scenes import as_viewer, with_passwords


def stream(hub: RunningHub, name: str, lines: int = 1) -> socket.socket:
    producer = hub.producer()
    producer.sendall(f"HUB/1 RAW stream={name}\n".encode() + b"a line\n" * lines)
    return producer


def test_some_letters_lead_to_any_stream(hub: RunningHub, page: Page, complaints: list[str]) -> None:
    with stream(hub, "ci/web/build-42"), stream(hub, "train/run-7"):
        expect(page.get_by_role("row", name=re.compile("run-7"))).to_be_visible()
        page.keyboard.press("Control+k")
        page.keyboard.type("cwb42")
        options = page.get_by_role("dialog").get_by_role("option")
        expect(options).to_have_count(1)
        expect(options).to_contain_text("live")
        page.keyboard.press("Enter")
        expect(page.get_by_role("log")).to_be_visible()
        assert page.url.endswith("#/s/ci/web/build-42")
        page.keyboard.press("Control+k")
        page.keyboard.type("peo")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="People and programs")).to_be_visible()
    assert complaints == []


def test_a_view_is_kept_under_a_name_and_in_the_address(page: Page) -> None:
    page.evaluate("location.hash = '#/?q=state:failed&sort=-lines'")
    page.get_by_role("button", name="Saved views").click()
    page.get_by_label("Keep what is shown now as").fill("what failed")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_text(page.url)).to_be_visible()
    page.keyboard.press("Escape")
    page.evaluate("location.hash = '#/'")
    page.reload()
    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("link", name="what failed").click()
    expect(page.get_by_role("searchbox")).to_have_value("state:failed")
    assert page.url.endswith("#/?q=state:failed&sort=-lines")
    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("button", name="Remove what failed").click()
    expect(page.get_by_text("None yet.")).to_be_visible()


def test_who_watches_what_is_told_and_a_session_can_be_ended(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/1", 3), hub.start("tail", "ci/*") as tail:
        tail.until(b"a line")
        page.get_by_role("link", name="People", exact=True).click()
        watcher = page.get_by_role("region", name="Who watches").get_by_role("row").filter(has_text="ci/*")
        expect(watcher).to_contain_text("live")
        expect(watcher).to_contain_text("tcp")
        sessions = page.get_by_role("region", name="Sessions").get_by_role("row")
        # The head, this page, and the reader.
        expect(sessions).to_have_count(3)
        expect(sessions.filter(has_text="this page")).to_have_count(1)
        name = watcher.locator("code").first.inner_text()
        page.get_by_role("button", name=f"End session {name}").click()
        page.get_by_label("Reason").fill("the screen is needed")
        page.get_by_role("button", name="End session", exact=True).click()
        expect(sessions).to_have_count(2)
        assert tail.end() != 0


def test_a_stream_is_deleted_by_typing_its_name(hub: RunningHub, page: Page) -> None:
    with stream(hub, "ci/old", 3):
        page.get_by_role("button", name="Delete ci/old").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("It is being written")
        remove = dialog.get_by_role("button", name="Delete")
        expect(remove).to_be_disabled()
        page.get_by_label("Type its name").fill("ci/ol")
        expect(remove).to_be_disabled()
        page.get_by_label("Type its name").fill("ci/old")
        remove.click()
        expect(dialog).to_have_count(0)
        expect(page.get_by_text("Nothing has been streamed yet")).to_be_visible()
    assert hub.rows() == []
    # Where it was is how it begins, and nothing else; once it does there is its text.
    page.evaluate("location.hash = '#/s/ci/old'")
    expect(page.get_by_role("heading", name="There is no stream of this name")).to_be_visible()
    expect(page.get_by_role("log")).to_have_count(0)
    expect(page.get_by_role("button", name="More")).to_have_count(0)
    with stream(hub, "ci/old", 2):
        expect(page.get_by_role("log").get_by_text("a line")).to_have_count(2)


def test_who_may_only_look_is_offered_nothing_else(hub: RunningHub, page: Page) -> None:
    as_viewer(page)
    page.reload()
    with stream(hub, "ci/1"):
        expect(page.get_by_text("read-only")).to_be_visible()
        row = page.get_by_role("row").filter(has_text="ci/1")
        expect(row).to_be_visible()
        expect(page.get_by_role("button", name="Delete ci/1")).to_have_count(0)
        page.get_by_role("link", name="People", exact=True).click()
        expect(page.get_by_text("are for operators")).to_be_visible()


def test_names_and_passwords_are_asked_for_where_the_hub_has_them(page: Page) -> None:
    asked: list[str] = []
    with_passwords(page)
    page.on("request", lambda request: asked.append(request.post_data or "") if request.method == "POST" else None)
    page.reload()
    page.get_by_label("Name").fill("ana")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert asked == ['{"user":"ana","password":"correct horse"}']
    page.get_by_role("button", name="Log in with a token").click()
    expect(page.get_by_label("Token")).to_be_visible()


def test_a_link_that_is_used_up_says_so(hub: RunningHub, page: Page) -> None:
    page.context.clear_cookies()
    page.goto("about:blank")
    page.goto(f"{hub.endpoints['web']}/#code=0123456789abcdef")
    expect(page.get_by_role("alert")).to_contain_text("a link works once")
    assert page.url.endswith("#/")


def test_colours_are_chosen_and_kept(page: Page) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Colours: auto").click()
    expect(page.get_by_role("button", name="Colours: dark")).to_be_visible()
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    expect(page.get_by_role("searchbox")).to_be_visible()
    assert page.evaluate(ground) == dark


def test_a_listing_that_fails_says_so_and_can_be_tried_again(hub: RunningHub, page: Page) -> None:
    fails = {"still": True}

    def handle(route: object) -> None:
        server = route.connect_to_server()  # type: ignore[attr-defined]

        def answer(message: str | bytes) -> None:
            text = message if isinstance(message, str) else ""
            if fails["still"] and '"result":{"streams"' in text:
                number = re.search(r'"id":\s*(\d+)', text)
                assert number
                message = (
                    f'{{"jsonrpc":"2.0","id":{number[1]},"error":{{"code":-32603,"message":"the store is away"}}}}'
                )
            route.send(message)  # type: ignore[attr-defined]

        server.on_message(answer)

    page.route_web_socket(re.compile("/ws$"), handle)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("could not be listed: the store is away")
    fails["still"] = False
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Nothing has been streamed yet")).to_be_visible()
