"""Makes pictures of every view of the page in each of its states, for people to look at: `make pictures`.

They go into pictures/, with an index.html that shows them side by side. Names given as arguments make only those
scenes (tests/browser/scenes.py has them).
"""

from __future__ import annotations

import html
import os
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "browser"), str(ROOT / "tests" / "e2e"), str(ROOT)]

from browser_tests import HOW, find_browser  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from chromium import FLAGS, login_link  # noqa: E402
from running_hub import RunningHub  # noqa: E402
from scenes import SCENES, show  # noqa: E402
from stage import SETTINGS as STAGE_SETTINGS  # noqa: E402
from stage import Scene, Stage  # noqa: E402

FOLDER = ROOT / "pictures"
# A wrong token for each picture of one.
SETTINGS = {"HUB_LIMITS_LOGIN_ATTEMPTS_PER_MINUTE": "1000"}
# Rates and tables fill meanwhile.
SECONDS = 3


@dataclass(frozen=True)
class Look:
    """How one looks at the page."""

    scheme: Literal["dark", "light"]
    width: int
    height: int
    zoom: int = 1

    @property
    def name(self) -> str:
        """How it is called in the name of a file."""
        return f"{self.scheme}-{self.width}{f'-zoom{self.zoom}00' if self.zoom > 1 else ''}"


LOOKS = (
    Look("dark", 1440, 900),
    Look("light", 1440, 900),
    Look("dark", 360, 740),
    Look("light", 360, 740),
    Look("dark", 2560, 1300),
    Look("light", 2560, 1300),
    Look("dark", 1440, 900, zoom=2),
)


def take(browser: Browser, stage: Stage, scene: Scene, look: Look) -> Path:
    """Take one picture and return its file."""
    context = browser.new_context(
        viewport={"width": look.width // look.zoom, "height": look.height // look.zoom},
        device_scale_factor=look.zoom,
        color_scheme=look.scheme,
    )
    page = context.new_page()
    page.goto(login_link(stage.hub))
    show(page, stage, scene)
    for _ in range(SECONDS):
        stage.more()
        page.wait_for_timeout(1000)
    file = FOLDER / f"{scene.name}-{look.name}.png"
    page.screenshot(path=file)
    context.close()
    return file


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
            files += [take(browser, stages[scene.kind], scene, look) for look in LOOKS]
    index(sorted(files) if not wanted else sorted(FOLDER.glob("*.png")))
    print(f"{len(files)} pictures: {FOLDER / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
