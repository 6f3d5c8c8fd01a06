"""Makes the pictures of the page that README shows, anew: `make docs-pictures`. It takes a minute."""

from __future__ import annotations

import os
import random
import shlex
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "browser"), str(ROOT / "tests" / "e2e"), str(ROOT)]

from browser_tests import HOW, find_browser  # noqa: E402
from playwright.sync_api import Page, expect, sync_playwright  # noqa: E402

from chromium import FLAGS, login_link  # noqa: E402
from running_hub import RunningHub  # noqa: E402
from stage import BUSY, Stage, api_line  # noqa: E402

FOLDER = ROOT / "docs" / "images"
SIZE = (1440, 900)
SECONDS = 40
CHECKOUT = "svc/checkout"
TRAINING = "train/llama"
SAID = (
    "compiling core/queue.c",
    "linking",
    "checked 211 files",
    "fetching layer 3/7",
    "PASS test_wire",
    "step 40 loss 0.231",
    "request 7f3a took",
)


class Output:
    """What the producers of a stage say, the same each time."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._random = random.Random(7)
        self._numbers = dict.fromkeys(stage.producers, 400)

    def second(self, page: Page) -> None:
        """Let a second go by in which each says some lines."""
        for rank, producer in enumerate(self._stage.producers):
            lines = self._random.randrange(1 + rank * 5 % 23 * 2 + 1)
            producer.sendall(b"".join(self._line(rank, number) for number in range(lines)))
        page.wait_for_timeout(1000)

    def _line(self, rank: int, number: int) -> bytes:
        producer = self._stage.producers[rank]
        self._numbers[producer] += 1
        # The last streams that the stage began are services.
        if rank >= len(self._stage.producers) - 2:
            return api_line(self._numbers[producer])
        return f"{self._random.choice(SAID)} {self._random.randrange(1000)}\n".encode()


def train(hub: RunningHub, folder: Path) -> None:
    """Run a training twice; the second is slower at times, and fails."""
    for run in (1, 2):
        lines = [f"shard {shard} of 6 ready" for shard in range(6)]
        for epoch in range(40):
            lines.append(f"epoch {epoch}: loss {2.4 / (1 + epoch * (0.45 + run * 0.07)):.3f}, {1200 + epoch:,} samples")
            if run == 2 and epoch % 9 == 4:
                lines.append(f"WARN checkpoint {epoch} was slow: {epoch * 3} s")
        lines.append("stopped: out of memory" if run == 2 else "saved model")
        file = folder / f"training-{run}"
        file.write_text("\n".join(lines) + "\n")
        told = f"cat {shlex.quote(str(file))}; exit {run - 1}"
        hub.run("run", "--name", TRAINING, "--", "sh", "-c", told, code=run - 1)


def statistics(page: Page) -> None:
    """Show the numbers beside the text."""
    expect(page.get_by_role("log").locator(".row").first).to_be_visible()
    if not page.locator(".chart canvas").is_visible():
        page.get_by_role("log").press("i")
    expect(page.locator(".chart canvas")).to_be_visible()


def shown(selector: str) -> Callable[[Page], None]:
    """Wait for something."""
    return lambda page: expect(page.locator(selector).first).to_be_visible()


PICTURES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "list": ("#/", shown(".fleet-row.is-stream")),
    "follow": (f"#/s/{CHECKOUT}", statistics),
    "beside": ("#/s/ci/web/build-0,train/llama/run-7?at2=@0&sync=time&find=PASS", shown(".hit")),
    "compare": (f"#/s/{TRAINING}?as=compare", shown(".pair.changed")),
}


def main() -> int:
    """Make all of them."""
    path = find_browser()
    if path is None:
        print(f"there is no Chromium: {HOW}")
        return 1
    os.environ["CHROMIUM"] = path
    with sync_playwright() as playwright, ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        hub = RunningHub(folder / "data")
        opened.callback(hub.close)
        stage = Stage(hub, opened, BUSY)
        stage.stream(CHECKOUT, b"".join(map(api_line, range(300))))
        train(hub, folder)
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        opened.callback(browser.close)
        width, height = SIZE
        page = browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark").new_page()
        page.goto(login_link(hub))
        expect(page.get_by_role("treegrid")).to_be_visible(timeout=30_000)
        output = Output(stage)
        for _ in range(SECONDS):
            output.second(page)
        for name, (place, ready) in PICTURES.items():
            page.goto(f"{hub.endpoints['web']}/{place}")
            ready(page)
            for _ in range(3):
                output.second(page)
            page.screenshot(path=FOLDER / f"page-{name}.png", animations="disabled")
            print(FOLDER / f"page-{name}.png", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
