"""Every view of the page in each of its states: what the pictures show, and what is checked for who hears it read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from playwright.sync_api import Page, Route, WebSocketRoute, expect

from reading_scenes import READING, log_shown
from stage import BARE, BUSY, LONG_NAME, MANY, SHELL, THREE, Scene, Stage


def nothing(page: Page) -> None:
    """Wait for the page as it is."""
    expect(page.locator("main")).to_be_visible()


def listed(page: Page) -> None:
    expect(page.get_by_role("treegrid")).to_be_visible(timeout=30_000)


def all_listed(page: Page) -> None:
    """Wait for all of very many streams: some are still on their way when the stage is made."""
    listed(page)
    expect(page.get_by_text("5,000 streams")).to_be_visible(timeout=60_000)


def opened(button: str) -> Callable[[Page], None]:
    """Open what a button opens."""

    def enter(page: Page) -> None:
        listed(page)
        page.get_by_role("button", name=button).first.click()
        expect(page.get_by_role("dialog")).to_be_visible()

    return enter


def helped(page: Page) -> None:
    """Ask for the keys; narrow windows have no button for that."""
    listed(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()


def jumping(page: Page) -> None:
    listed(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("cw1")
    expect(page.get_by_role("dialog").get_by_role("option").first).to_be_visible()


def hinted(page: Page) -> None:
    listed(page)
    page.get_by_role("searchbox").click()
    expect(page.get_by_role("option").first).to_be_visible()


def picked(page: Page) -> None:
    """Two streams of the list are picked."""
    listed(page)
    for name in ("train/llama/run-7", "train/llama/run-8"):
        page.get_by_role("checkbox", name=f"Pick {name}").click()
    expect(page.get_by_role("button", name="Side by side")).to_be_enabled()


def side_by_side(page: Page) -> None:
    expect(page.get_by_role("log")).to_have_count(3)
    expect(page.get_by_role("log").first.locator(".row").first).to_be_visible()


def found_beside(page: Page) -> None:
    """Wait for what the bar counts in the pane that has the keys."""
    side_by_side(page)
    expect(page.get_by_role("search", name="Find in these streams").get_by_role("status")).to_contain_text("pane 2")
    expect(page.locator(".hit").first).to_be_visible()


def merged(page: Page) -> None:
    expect(page.get_by_role("log").locator(".row .source").first).to_be_visible()


def compared(page: Page) -> None:
    expect(page.get_by_role("grid").get_by_role("row").nth(2)).to_be_visible()


def failing(page: Page) -> None:
    """A fault in a view: the hub refuses to list."""
    expect(page.get_by_role("alert")).to_be_visible()


def is_list(message: str | bytes) -> bool:
    """Tell whether this is the hub's list of streams."""
    return isinstance(message, str) and '"result":{"streams"' in message


def _told_of_streams(message: str | bytes) -> bool:
    """Rows that the hub pushes would fill the list."""
    return isinstance(message, str) and '"topic":"stream' in message


def hold_list(page: Page) -> None:
    """The streams are never listed."""

    def handle(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        server.on_message(
            lambda message: None if is_list(message) or _told_of_streams(message) else route.send(message)
        )

    page.route_web_socket(re.compile("/ws$"), handle)


def refuse_list(page: Page) -> None:
    """The hub answers that it cannot list."""

    def answer(route: WebSocketRoute, message: str | bytes) -> None:
        if is_list(message):
            told = {"code": -32603, "message": "INTERNAL: the store cannot be read", "data": {"code": "INTERNAL"}}
            message = json.dumps({"jsonrpc": "2.0", "id": json.loads(message)["id"], "error": told})
        if not _told_of_streams(message):
            route.send(message)

    def handle(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        server.on_message(lambda message: answer(route, message))

    page.route_web_socket(re.compile("/ws$"), handle)


def closing(code: int, reason: str) -> tuple[Callable[[Page], None], Callable[[Page], None]]:
    """The hub closes the page's connection; return what to do before the page is opened, and then."""
    routes: list[WebSocketRoute] = []

    def before(page: Page) -> None:
        routes.clear()

        def handle(route: WebSocketRoute) -> None:
            route.connect_to_server()
            routes.append(route)

        page.route_web_socket(re.compile("/ws$"), handle)

    def enter(page: Page) -> None:
        listed(page)
        routes[-1].close(code=code, reason=reason)
        expect(page.get_by_role("alert")).to_be_visible()

    return before, enter


def as_viewer(page: Page) -> None:
    """Log in as somebody who may only look."""

    def answer(route: Route) -> None:
        if route.request.method == "GET":
            route.fulfill(json={"principal": "gast-読者", "role": "viewer", "csrf": "x"})
        else:
            route.continue_()

    page.route("**/login", answer)


def with_passwords(page: Page) -> None:
    page.route("**/.well-known/hub", lambda route: route.fulfill(json={"protocol": "HUB/1", "passwords": True}))
    logged_out(page)


def logged_out(page: Page) -> None:
    page.context.clear_cookies()


def wrong_token(page: Page) -> None:
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()


def unfold(page: Page, part: str) -> None:
    """Open a part of the control panel, where one is open at a time."""
    button = page.get_by_role("complementary", name="control of").get_by_role("button", name=part, expanded=False)
    if button.is_visible():
        button.click()


def controlled(*buttons: str) -> Callable[[Page], None]:
    """Wait for the control panel, and press buttons in it."""

    def enter(page: Page) -> None:
        panel = page.get_by_role("complementary", name="control of")
        expect(panel.get_by_role("heading", name="Marks")).to_be_visible()
        for button in buttons:
            unfold(page, "Commands" if button == "KILL…" else "Control")
            panel.get_by_role("button", name=button, exact=True).click()

    return enter


def watched(page: Page) -> None:
    """Look at who watches, from the head of the stream."""
    log_shown(page)
    page.get_by_role("button", name="watching").click()
    panel = page.get_by_role("complementary", name="control of")
    expect(panel.get_by_text("this page")).to_be_visible()


def killing(page: Page) -> None:
    """Ask to kill what is controlled."""
    controlled("KILL…")(page)
    expect(page.get_by_role("dialog", name=f"Kill {SHELL}")).to_be_visible()


def commanded(page: Page) -> None:
    """Send a line and look at any command."""
    controlled()(page)
    unfold(page, "Commands")
    page.get_by_label("A line for its standard input").fill("uptime; echo 負荷")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("complementary", name="control of").get_by_text("Any command").click()
    expect(page.get_by_text("✓ done")).to_be_visible()


def terminal(page: Page) -> None:
    """Type something that has colours."""
    region = page.get_by_role("region", name="terminal of")
    # It takes the lease by itself; the page of the scene before may have it for some seconds still.
    rows = region.locator(".xterm-rows")
    wait = region.get_by_role("button", name="Wait for it")
    expect(wait.or_(rows)).to_be_visible()
    if wait.is_visible():
        wait.click()
    expect(rows).to_contain_text("ready>", timeout=20_000)
    page.keyboard.type(r"clear; for n in 1 2 3 4 5 6; do printf '\033[3%dmcolour %d\033[0m  ' $n $n; done; echo")
    page.keyboard.press("Enter")
    expect(rows).to_contain_text("colour 6")


def pasted(page: Page) -> None:
    """Paste several lines into the terminal."""
    terminal(page)
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", "cd /srv\\nrm -r cache\\n");
            document.activeElement.dispatchEvent(
                new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.get_by_role("alertdialog")).to_be_visible()


def stealing(page: Page) -> None:
    """Say why one takes a lease away."""
    row = page.get_by_role("row", name="printer/hall-2")
    row.get_by_role("button", name="Take it away…").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("the release goes out now, 五分で返します")


def robbed(page: Page) -> None:
    """Lose the control to another page, with a reason."""
    controlled("Take control")(page)
    expect(page.get_by_role("complementary", name="control of").get_by_text("yours").first).to_be_visible()
    thief = page.context.new_page()
    thief.goto(page.url.partition("#")[0] + "#/leases")
    thief.get_by_role("row", name=SHELL).get_by_role("button", name="Take it away…").click()
    thief.get_by_role("dialog").get_by_label("Reason").fill("the release goes out now, 五分で返します")
    thief.get_by_role("button", name="Take it away", exact=True).click()
    expect(page.locator(".lease-notice")).to_be_visible()
    thief.close()


def _of_connection(name: str, code: int, reason: str) -> Scene:
    before, enter = closing(code, reason)
    return Scene(name, BUSY, "#/", enter, before)


SCENES: Sequence[Scene] = (
    Scene("login", BARE, "#/", nothing, logged_out),
    Scene("login-wrong", BARE, "#/", wrong_token, logged_out),
    Scene(
        "login-password", BARE, "#/", lambda page: expect(page.get_by_label("Password")).to_be_visible(), with_passwords
    ),
    Scene("list-empty", BARE, "#/", lambda page: expect(page.get_by_text("Nothing has been")).to_be_visible()),
    Scene("list-loading", BUSY, "#/", lambda page: expect(page.get_by_text("Listing the")).to_be_visible(), hold_list),
    Scene("list-error", BUSY, "#/", failing, refuse_list),
    Scene("list-busy", BUSY, "#/", listed),
    Scene("list-flat", BUSY, "#/?tree=off&sort=-state", listed),
    Scene("list-no-match", BUSY, "#/?q=nothing-like-this", nothing),
    Scene("list-hints", BUSY, "#/", hinted),
    Scene("list-5000", MANY, "#/?tree=off&sort=-lines", all_listed),
    Scene("list-5000-tree", MANY, "#/", all_listed),
    Scene("list-read-only", BUSY, "#/", listed, as_viewer),
    _of_connection("list-reconnecting", 4002, "DRAIN retry_after=30000 the hub is shutting down"),
    _of_connection("list-busy-hub", 4001, "BUSY retry_after=12000 too many connections"),
    _of_connection("list-kicked", 4504, "EXPIRED admin ended this session: this screen is needed"),
    Scene("jump", BUSY, "#/", jumping),
    Scene("help", BUSY, "#/", helped),
    Scene("views", BUSY, "#/?q=state:live", opened("Saved views")),
    Scene("throughput", BUSY, "#/", opened("Throughput in numbers")),
    Scene("delete", BUSY, "#/?q=run-7", opened("Delete train/llama/run-7")),
    Scene("people", BUSY, "#/people", lambda page: expect(page.get_by_role("row").nth(1)).to_be_visible()),
    Scene("people-read-only", BUSY, "#/people", nothing, as_viewer),
    Scene("stream-live", BUSY, "#/s/train/llama/run-7", log_shown),
    Scene("stream-long-name", BUSY, f"#/s/{LONG_NAME}", log_shown),
    Scene("control", BUSY, f"#/s/{SHELL}?control=on", commanded),
    Scene("control-read-only", BUSY, f"#/s/{SHELL}?control=on", controlled(), as_viewer),
    Scene("control-kill", BUSY, f"#/s/{SHELL}?control=on", killing),
    Scene("control-others", BUSY, "#/s/train/llama/run-7?control=on", controlled()),
    Scene("control-watching", BUSY, "#/s/train/llama/run-7", watched),
    Scene("control-lost", BUSY, f"#/s/{SHELL}?control=on", robbed, alone=True),
    Scene("terminal", BUSY, f"#/s/{SHELL}?control=terminal", terminal, alone=True),
    Scene("terminal-paste", BUSY, f"#/s/{SHELL}?control=terminal", pasted, alone=True),
    Scene("terminal-held", BUSY, "#/s/train/llama/run-7?control=terminal", controlled()),
    Scene("leases", BUSY, "#/leases", lambda page: expect(page.get_by_role("row").nth(1)).to_be_visible()),
    Scene("leases-empty", BARE, "#/leases", lambda page: expect(page.get_by_text("Nobody holds")).to_be_visible()),
    Scene("leases-read-only", BUSY, "#/leases", nothing, as_viewer),
    Scene("steal", BUSY, "#/leases", stealing),
    Scene("stream-missing", BUSY, "#/s/no/such-stream", nothing),
    Scene("list-picked", BUSY, "#/", picked),
    Scene("beside", BUSY, f"#/s/{THREE}?pane=2", side_by_side),
    Scene("beside-paused", BUSY, f"#/s/{THREE}?at2=@0&sync=time", side_by_side),
    Scene("beside-find", BUSY, f"#/s/{THREE}?pane=2&find=goes&not=PASS", found_beside),
    Scene("merged", BUSY, f"#/s/{THREE}?as=merged", merged),
    Scene("merged-find", BUSY, f"#/s/{THREE}?as=merged&find=goes&not=PASS", merged),
    Scene("merged-paused", BUSY, f"#/s/{THREE}?as=merged&at=start", merged),
    Scene("compare", BUSY, "#/s/nightly/twice?as=compare", compared),
    Scene("compare-loose", BUSY, "#/s/nightly/twice?as=compare&loose=1", compared),
    Scene("compare-time", BUSY, "#/s/train/llama/run-7,train/llama/run-8?as=compare&by=time", compared),
    *READING,
)


def show(page: Page, stage: Stage, scene: Scene) -> None:
    """Bring the page, which is logged in, to the scene."""
    # Logging in sets a cookie: what a scene does about it comes afterwards.
    expect(page.get_by_role("button", name="Log out")).to_be_visible(timeout=30_000)
    scene.before(page)
    page.goto(f"{stage.hub.endpoints['web']}/{scene.place}")
    page.reload()
    stage.more()
    scene.enter(page)
    scene.happens(page, stage)


def details(result: dict[str, Any]) -> str:
    """Say what axe found."""
    return "\n".join(
        f"{fault['id']}: {fault['help']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for fault in result["violations"]
        for node in fault["nodes"][:3]
    )
