"""Every view of the page in each of its states: what the pictures show, and what is checked for who hears it read."""

from __future__ import annotations

import json
import re
import socket
import urllib.parse
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, Route, WebSocketRoute, expect

from running_hub import RunningHub

LONG_NAME = ("ci/" + "a-name-that-goes-on-" * 10)[:192] + "-the-end"
SHELL = "ops/shell"
THREE = f"train/llama/run-7,ci/web/build-0,{LONG_NAME}"
BUSY, BARE, MANY = "busy", "bare", "many"
LOG = "\n".join(
    [
        "$ make test",
        "\x1b[1m\x1b[36m== unit tests\x1b[0m",
        *(f"\x1b[32mPASS\x1b[0m test_{n:03} {n * 7 % 100} ms" for n in range(60)),
        "\x1b[33mWARN\x1b[0m 日本語のテスト, اختبار سريع, a long line " + "and more " * 40,
        "\x1b[1;31mERROR\x1b[0m assertion failed: expected 3, got 4",
        "Downloading 57%",
    ]
).encode()


class Stage:
    """A hub with what a scene needs in it; producers stay connected until it is taken down."""

    def __init__(self, hub: RunningHub, opened: ExitStack, kind: str) -> None:
        self.hub = hub
        self._opened = opened
        self.producers: list[socket.socket] = []
        {BARE: lambda: None, BUSY: self._busy, MANY: self._many}[kind]()

    def stream(self, name: str, text: bytes, *, live: bool = True, **meta: object) -> None:
        """Stream something, and go on if `live`."""
        producer = self.hub.producer()
        told = f" meta={urllib.parse.quote(json.dumps(meta))}" if meta else ""
        producer.sendall(f"HUB/1 RAW stream={name}{told}\n".encode() + text)
        if live:
            self.producers.append(self._opened.enter_context(producer))
        else:
            producer.close()

    def more(self) -> None:
        """Let each live producer say something."""
        for number, producer in enumerate(self.producers):
            producer.sendall(b"and on it goes\n" * (1 + number * 7 % 40))

    def _busy(self) -> None:
        self.stream(LONG_NAME, LOG)
        for number in range(12):
            self.stream(
                f"ci/web/build-{number}", LOG * (number % 4 + 1), live=number % 3 == 0, branch="main", pr=number
            )
        self.stream("train/llama/run-7", LOG, gpu="h100", 説明="学習の実行", ملاحظة="تجربة جديدة")
        self.stream("train/llama/run-8", LOG, live=False)
        for code in (0, 3):
            run = ("run", "--name", f"nightly/exit-{code}", "--", "sh", "-c", f"echo no; exit {code}")
            self.hub.run(*run, code=code)
        for number in (1, 2):
            text = "; ".join(f"echo step {step} took {step * number} ms" for step in range(40 - number * number))
            twice = f"{text}; echo attempt {number}; echo 最後のステップ; exit {number - 1}"
            self.hub.run("run", "--name", "nightly/twice", "--", "sh", "-c", twice, code=number - 1)

        shell = ("run", "--name", SHELL, "--control", "--pty", "--", "sh", "-c", 'PS1="ready> " exec sh')
        self._opened.enter_context(self.hub.start(*shell)).until(b"ready> ")
        for name in ("printer/hall-2", "stream:train/llama/run-7"):
            lease = self._opened.enter_context(self.hub.start("lease", "acquire", name))
            lease.until(name.encode())
        self._opened.enter_context(self.hub.start("lease", "acquire", "printer/hall-2", "--wait", "600"))
        self.hub.run("mark", SHELL, "deployed", "to", "staging, 本番はまだ")

    def _many(self) -> None:
        for number in range(5000):
            name = f"team-{number % 23}/service-{number % 150}/job-{number}"
            self.stream(name, b"a line\n" * (number % 7 + 1), live=number % 100 == 0)


@dataclass(frozen=True)
class Scene:
    """A view in a state: what the hub holds, where the page is, and what happens before one looks."""

    name: str
    kind: str
    place: str
    enter: Callable[[Page], None]
    before: Callable[[Page], None] = lambda page: None
    """Called before the page is opened."""


def nothing(page: Page) -> None:
    """Wait for the page as it is."""
    expect(page.locator("main")).to_be_visible()


def listed(page: Page) -> None:
    expect(page.get_by_role("treegrid")).to_be_visible(timeout=30_000)


def opened(button: str) -> Callable[[Page], None]:
    """Open what a button opens."""

    def enter(page: Page) -> None:
        listed(page)
        page.get_by_role("button", name=button).first.click()
        expect(page.get_by_role("dialog")).to_be_visible()

    return enter


def jumping(page: Page) -> None:
    listed(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("cw1")
    expect(page.get_by_role("option").first).to_be_visible()


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


def merged(page: Page) -> None:
    expect(page.get_by_role("log").locator(".row .source").first).to_be_visible()


def compared(page: Page) -> None:
    expect(page.get_by_role("grid").get_by_role("row").nth(2)).to_be_visible()


def failing(page: Page) -> None:
    """A fault in a view: the hub refuses to list."""
    expect(page.get_by_role("alert")).to_be_visible()


def _answer_to_list(message: str | bytes) -> bool:
    return isinstance(message, str) and '"result":{"streams"' in message


def hold_list(page: Page) -> None:
    """The streams are never listed."""

    def handle(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        server.on_message(lambda message: None if _answer_to_list(message) else route.send(message))

    page.route_web_socket(re.compile("/ws$"), handle)


def refuse_list(page: Page) -> None:
    """The hub answers that it cannot list."""

    def answer(route: WebSocketRoute, message: str | bytes) -> None:
        if _answer_to_list(message):
            told = {"code": -32603, "message": "INTERNAL: the store cannot be read", "data": {"code": "INTERNAL"}}
            message = json.dumps({"jsonrpc": "2.0", "id": json.loads(message)["id"], "error": told})
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


def controlled(*buttons: str) -> Callable[[Page], None]:
    """Wait for the control panel, and press buttons in it."""

    def enter(page: Page) -> None:
        panel = page.get_by_role("complementary", name="control of")
        expect(panel.get_by_role("heading", name="Marks")).to_be_visible()
        for button in buttons:
            panel.get_by_role("button", name=button, exact=True).click()

    return enter


def commanded(page: Page) -> None:
    """Send a line and look at any command."""
    controlled()(page)
    page.get_by_label("A line for its standard input").fill("uptime; echo 負荷")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("complementary", name="control of").get_by_text("Any command").click()
    expect(page.get_by_text("✓ done")).to_be_visible()


def terminal(page: Page) -> None:
    """Type something that has colours."""
    region = page.get_by_role("region", name="terminal of")
    # The page of the scene before may have the lease for some seconds still.
    rows = region.locator(".xterm-rows")
    get = region.get_by_role("button", name="Take control").or_(region.get_by_role("button", name="Wait for it"))
    expect(get.or_(rows)).to_be_visible()
    if not rows.is_visible():
        get.click()
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
    expect(page.get_by_text("You control")).to_be_visible()
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
    Scene("list-5000", MANY, "#/?tree=off&sort=-lines", listed),
    Scene("list-5000-tree", MANY, "#/", listed),
    Scene("list-read-only", BUSY, "#/", listed, as_viewer),
    _of_connection("list-reconnecting", 4002, "DRAIN retry_after=30000 the hub is shutting down"),
    _of_connection("list-busy-hub", 4001, "BUSY retry_after=12000 too many connections"),
    _of_connection("list-kicked", 4504, "EXPIRED admin ended this session: this screen is needed"),
    Scene("jump", BUSY, "#/", jumping),
    Scene("help", BUSY, "#/", opened("Keyboard help")),
    Scene("views", BUSY, "#/?q=state:live", opened("Saved views")),
    Scene("throughput", BUSY, "#/", opened("Throughput in numbers")),
    Scene("delete", BUSY, "#/?q=run-7", opened("Delete train/llama/run-7")),
    Scene("people", BUSY, "#/people", lambda page: expect(page.get_by_role("row").nth(1)).to_be_visible()),
    Scene("people-read-only", BUSY, "#/people", nothing, as_viewer),
    Scene("stream-live", BUSY, "#/s/train/llama/run-7", lambda page: expect(page.get_by_role("log")).to_be_visible()),
    Scene("stream-long-name", BUSY, f"#/s/{LONG_NAME}", lambda page: expect(page.get_by_role("log")).to_be_visible()),
    Scene("control", BUSY, f"#/s/{SHELL}?control=on", commanded),
    Scene("control-read-only", BUSY, f"#/s/{SHELL}?control=on", controlled(), as_viewer),
    Scene("control-others", BUSY, "#/s/train/llama/run-7?control=on", controlled()),
    Scene("control-lost", BUSY, f"#/s/{SHELL}?control=on", robbed),
    Scene("terminal", BUSY, f"#/s/{SHELL}?control=terminal", terminal),
    Scene("terminal-paste", BUSY, f"#/s/{SHELL}?control=terminal", pasted),
    Scene("terminal-held", BUSY, "#/s/train/llama/run-7?control=terminal", controlled()),
    Scene("leases", BUSY, "#/leases", lambda page: expect(page.get_by_role("row").nth(2)).to_be_visible()),
    Scene("leases-empty", BARE, "#/leases", lambda page: expect(page.get_by_text("Nobody holds")).to_be_visible()),
    Scene("leases-read-only", BUSY, "#/leases", nothing, as_viewer),
    Scene("steal", BUSY, "#/leases", stealing),
    Scene("stream-missing", BUSY, "#/s/no/such-stream", nothing),
    Scene("list-picked", BUSY, "#/", picked),
    Scene("beside", BUSY, f"#/s/{THREE}?pane=2", side_by_side),
    Scene("beside-paused", BUSY, f"#/s/{THREE}?at2=@0&sync=time", side_by_side),
    Scene("merged", BUSY, f"#/s/{THREE}?as=merged", merged),
    Scene("merged-paused", BUSY, f"#/s/{THREE}?as=merged&at=start", merged),
    Scene("compare", BUSY, "#/s/nightly/twice?as=compare", compared),
    Scene("compare-loose", BUSY, "#/s/nightly/twice?as=compare&loose=1", compared),
    Scene("compare-time", BUSY, "#/s/train/llama/run-7,train/llama/run-8?as=compare&by=time", compared),
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


def details(result: dict[str, Any]) -> str:
    """Say what axe found."""
    return "\n".join(
        f"{fault['id']}: {fault['help']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for fault in result["violations"]
        for node in fault["nodes"][:3]
    )
