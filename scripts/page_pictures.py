"""Makes pictures of every view of the page in each of its states, for people to look at: `make pictures`.

They go into pictures/, with an index.html that shows them side by side. Names given as arguments make only those
scenes (tests/browser/scenes.py has them).
"""

from __future__ import annotations

import html
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "browser"), str(ROOT / "tests" / "e2e"), str(ROOT)]

from browser_tests import HOW, find_browser  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from playwright.sync_api import Error as PlaywrightError  # noqa: E402

from chromium import FLAGS, login_link  # noqa: E402
from running_hub import RunningHub  # noqa: E402
from scenes import SCENES, show  # noqa: E402
from stage import SETTINGS as STAGE_SETTINGS  # noqa: E402
from stage import Scene, Stage  # noqa: E402

FOLDER = ROOT / "pictures"
# A wrong token for each window of one.
SETTINGS = {"HUB_LIMITS_LOGIN_ATTEMPTS_PER_MINUTE": "1000"}
# Rates and tables fill meanwhile.
SECONDS = 3


Scheme = Literal["dark", "light"]


@dataclass(frozen=True)
class Window:
    """How large one looks at the page, and in which of its two schemes, one after the other."""

    width: int
    height: int
    zoom: int = 1
    schemes: tuple[Scheme, ...] = ("dark", "light")

    @property
    def name(self) -> str:
        """How it is called in the name of a file."""
        return f"{self.width}{f'-zoom{self.zoom}00' if self.zoom > 1 else ''}"


WINDOWS = (
    Window(1440, 900),
    Window(360, 740),
    Window(2560, 1300),
    Window(1440, 900, zoom=2, schemes=("dark",)),
)


def opened(browser: Browser, contexts: ExitStack, stage: Stage, scene: Scene, window: Window) -> Page:
    """Return a page that shows the scene."""
    context = browser.new_context(
        viewport={"width": window.width // window.zoom, "height": window.height // window.zoom},
        device_scale_factor=window.zoom,
        color_scheme=window.schemes[0],
    )
    contexts.callback(context.close)
    page = context.new_page()
    page.goto(login_link(stage.hub))
    show(page, stage, scene)
    return page


def take(browser: Browser, stage: Stage, scene: Scene, windows: Sequence[Window]) -> list[Path]:
    """Take the pictures of a scene in windows that are open at a time, and return their files."""
    with ExitStack() as contexts:
        return photographed(
            stage, scene, {window: opened(browser, contexts, stage, scene, window) for window in windows}
        )


def photographed(stage: Stage, scene: Scene, pages: dict[Window, Page]) -> list[Path]:
    """Let what is shown fill for a while, and take its pictures."""
    for _ in range(SECONDS):
        stage.more()
        next(iter(pages.values())).wait_for_timeout(1000)
    files = []
    for window, page in pages.items():
        for scheme in window.schemes:
            page.emulate_media(color_scheme=scheme)
            files.append(FOLDER / f"{scene.name}-{scheme}-{window.name}.png")
            page.screenshot(path=files[-1], animations="disabled")
    return files


def taken(browser: Browser, stage: Stage, scene: Scene) -> list[Path]:
    """Take a scene in all windows: together, for most of the time is waiting, unless they would disturb each other."""
    together = [(window,) for window in WINDOWS] if scene.alone else [WINDOWS]
    return [file for windows in together for file in take(browser, stage, scene, windows)]


def index(files: list[Path]) -> None:
    """Write a page with all pictures."""
    figures = "".join(
        f'<figure><a href="{file.name}"><img loading="lazy" src="{file.name}"></a>'
        f"<figcaption>{html.escape(file.stem)}</figcaption></figure>"
        for file in files
    )
    style = "body{font:14px system-ui}figure{display:inline-block;margin:8px}img{height:300px;border:1px solid #888}"
    (FOLDER / "index.html").write_text(f"<!doctype html><meta charset=utf-8><style>{style}</style>{figures}")


def main(wanted: list[str]) -> int:
    """Take the pictures of the scenes whose names begin with one of `wanted`, or of all."""
    path = find_browser()
    if path is None:
        print(f"there is no Chromium: {HOW}")
        return 1
    os.environ["CHROMIUM"] = path
    scenes = [scene for scene in SCENES if not wanted or scene.name.startswith(tuple(wanted))]
    FOLDER.mkdir(exist_ok=True)
    files: list[Path] = []
    failed: list[str] = []
    with sync_playwright() as playwright, ExitStack() as opened:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        opened.callback(browser.close)
        stages: dict[str, Stage] = {}
        for scene in sorted(scenes, key=lambda scene: scene.kind):
            if scene.kind not in stages:
                data = opened.enter_context(tempfile.TemporaryDirectory())
                hub = RunningHub(Path(data) / "data", **SETTINGS, **STAGE_SETTINGS.get(scene.kind, {}))
                opened.callback(hub.close)
                stages[scene.kind] = Stage(hub, opened, scene.kind)
            print(scene.name, flush=True)
            try:
                files += taken(browser, stages[scene.kind], scene)
            except (AssertionError, PlaywrightError) as problem:
                failed.append(scene.name)
                print(f"*** {scene.name} did not come: {problem}", flush=True)
    index(sorted(files) if not wanted else sorted(FOLDER.glob("*.png")))
    print(f"{len(files)} pictures: {FOLDER / 'index.html'}")
    if failed:
        print(f"without {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
