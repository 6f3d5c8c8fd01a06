"""axe finds nothing to complain of in any view, dark or light, wide or narrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from chromium import login_link
from running_hub import RunningHub
from scenes import SCENES, details, show
from stage import MANY, SETTINGS, Scene, Stage

AXE = Path(__file__).resolve().parents[2] / "admin-ui" / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

# Some scenes differ from others in words only.
CHECKED = [
    scene
    for scene in SCENES
    if scene.kind != MANY and scene.name not in ("list-flat", "list-busy-hub", "stream-long-name")
]
# One scene of each view, in one of its looks: the others are what `make axe` looks at.
OFTEN = {
    *("login", "list-busy", "list-picked", "jump", "help", "people", "leases", "stream-live", "statistics"),
    *("control", "terminal", "beside", "merged-find", "compare", "search-hits", "find", "gap"),
}
# A terminal takes other colours a frame after the page, and draws with them in the next.
FRAMES = """async frames => {
    for (; frames > 0; frames--) await new Promise(requestAnimationFrame);
}"""
LOOKS: tuple[tuple[Literal["dark", "light"], int], ...] = (("dark", 1440), ("light", 360))


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Stage]]:
    """Return the stage of a kind, which is made when it is wanted for the first time."""
    with ExitStack() as opened:

        @cache
        def stage_of(kind: str) -> Stage:
            hub = RunningHub(tmp_path_factory.mktemp(kind) / "data", **SETTINGS.get(kind, {}))
            opened.callback(hub.close)
            return Stage(hub, opened, kind)

        yield stage_of


@pytest.fixture
def stage(stages: Callable[[str], Stage], scene: Scene) -> Stage:
    return stages(scene.kind)


@pytest.fixture
def window(browser: Browser) -> Iterator[Page]:
    """A window that nobody has logged in to yet."""
    with browser.new_context(
        viewport={"width": 1440, "height": 800}, color_scheme="dark", reduced_motion="reduce"
    ) as context:
        yield context.new_page()


def _looked_at() -> Iterator[object]:
    """The scenes that are looked at often take turns in the look; all others are shown once, for all looks."""
    often = [scene for scene in CHECKED if scene.name in OFTEN]
    for number, scene in enumerate(often):
        for turn, look in enumerate(LOOKS):
            marks = [pytest.mark.long] * ((number - turn) % len(LOOKS) != 0)
            yield pytest.param(scene, [look], id=f"{scene.name}-{look[0]}", marks=marks)
    for scene in CHECKED:
        if scene not in often:
            yield pytest.param(scene, LOOKS, id=scene.name, marks=pytest.mark.long)


@pytest.mark.parametrize(("scene", "looks"), list(_looked_at()))
def test_axe_finds_no_fault(
    window: Page, stage: Stage, scene: Scene, looks: Sequence[tuple[Literal["dark", "light"], int]]
) -> None:
    window.goto(login_link(stage.hub))
    show(window, stage, scene)
    window.evaluate(AXE.read_text())
    for scheme, width in looks:
        window.emulate_media(color_scheme=scheme)
        window.set_viewport_size({"width": width, "height": 800})
        window.evaluate(FRAMES, 4)
        result = window.evaluate("rules => axe.run(document, rules)", RULES)
        assert not result["violations"], f"{scheme}, {width} px: {details(result)}"


def test_the_page_is_walked_by_keys_alone(page: Page) -> None:
    page.keyboard.press("Tab")
    skip = page.get_by_role("button", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    before = page.url
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    assert page.url == before
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_be_visible()
    page.keyboard.press("Tab")
    # The browser's own controls come next, but nothing of the page behind.
    assert dialog.evaluate(
        "dialog => document.activeElement === document.body || dialog.contains(document.activeElement)"
    )
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("main")).to_be_focused()
