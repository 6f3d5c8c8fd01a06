"""Who controls a stream's command, what is said to it, its terminal, and who is sent away: in two pages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from chromium import login_link
from running_hub import Process, RunningHub

NAME = "ops/shell"


@pytest.fixture
def shell(hub: RunningHub) -> Iterator[Process]:
    """A shell that runs under `hub run --control --pty`."""
    run = ("run", "--name", NAME, "--control", "--pty", "--", "sh", "-c", 'PS1="ready> " exec sh')
    with hub.start(*run) as process:
        process.until(b"ready> ")
        yield process


@pytest.fixture
def page(page: Page, hub: RunningHub, shell: Process) -> Page:
    return shown(page, hub)


@pytest.fixture
def other(page: Page, hub: RunningHub) -> Iterator[Page]:
    """Another page, of the same browser."""
    second = page.context.new_page()
    second.goto(login_link(hub))
    second.get_by_role("searchbox").wait_for()
    yield shown(second, hub)
    second.close()


def shown(page: Page, hub: RunningHub) -> Page:
    page.goto(f"{hub.endpoints['web']}/#/s/{NAME}?control=on")
    expect(panel(page)).to_be_visible()
    return page


def panel(page: Page) -> Locator:
    return page.get_by_role("complementary", name=f"control of {NAME}")


def button(page: Page, name: str) -> Locator:
    return panel(page).get_by_role("button", name=name, exact=True)


def test_control_is_taken_waited_for_handed_over_and_stolen(page: Page, other: Page, complaints: list[str]) -> None:
    button(page, "Take control").click()
    expect(panel(page)).to_contain_text("yours")
    badge = other.locator(".control-switch")
    expect(badge).to_contain_text("admin controls")
    expect(panel(other)).to_contain_text("Only admin, who holds the control, may send commands now")

    button(other, "Wait for it").click()
    expect(badge).to_contain_text("you wait, place 1")
    button(page, "Hand over…").click()
    dialog = page.get_by_role("dialog", name=f"Hand stream:{NAME} over")
    heirs = dialog.get_by_label("To whom")
    expect(heirs.locator("option")).to_contain_text(["Choose…", "admin, who waits (place 1)"])
    heirs.select_option(index=1)
    dialog.get_by_role("button", name="Hand it over").click()
    expect(badge).to_contain_text("You control")
    expect(other.get_by_role("alert").filter(has_text="handed")).to_contain_text(f"the control of {NAME}")

    # Loaded anew, the other page has it still.
    other.reload()
    expect(badge).to_contain_text("You control")
    expect(panel(other)).to_contain_text("renewed while this page is open")

    page.get_by_role("link", name="Leases").click()
    row = page.get_by_role("row", name=NAME)
    row.get_by_role("button", name="Take it away…").click()
    dialog = page.get_by_role("dialog", name=f"Take stream:{NAME} away")
    steal = dialog.get_by_role("button", name="Take it away")
    expect(steal).to_be_disabled()
    dialog.get_by_label("Reason").fill("the release goes out now")
    steal.click()
    expect(row).to_contain_text("yours")
    notice = other.locator(".lease-notice")
    expect(notice).to_contain_text(f"admin took the control of {NAME} away from you")
    expect(notice).to_contain_text("the release goes out now")
    row.get_by_role("button", name="Release").click()
    expect(page.get_by_text("Nobody holds anything now")).to_be_visible()
    expect(badge).to_have_text("Control")
    assert complaints == []


def test_commands_are_answered_and_marks_are_put(page: Page, hub: RunningHub, complaints: list[str]) -> None:
    sent = panel(page).get_by_role("list", name="Sent commands").get_by_role("listitem")
    panel(page).get_by_label("A line for its standard input").fill("echo a-$((40 + 2))")
    button(page, "Send").click()
    expect(sent.first).to_contain_text('✓ done stdin {"text":"echo a-$((40 + 2))\\n"}')
    expect(page.get_by_role("log")).to_contain_text("a-42")
    panel(page).get_by_text("Any command").click()
    panel(page).get_by_role("combobox", name="Command").select_option("signal")
    panel(page).get_by_label("Arguments").fill("NOPE")
    button(page, "Send command").click()
    expect(sent.first).to_contain_text('✗ not done signal {"name":"NOPE"}')
    panel(page).get_by_label("Words for a mark").fill("here it was deployed")
    button(page, "Mark").click()
    expect(button(page, "here it was deployed")).to_be_visible()
    assert b"here it was deployed" in hub.run("mark", NAME).stdout
    assert complaints == []


def test_a_terminal_types_and_shows_and_is_left_by_keys(
    page: Page, hub: RunningHub, other: Page, complaints: list[str]
) -> None:
    button(page, "Terminal").click()
    terminal = page.get_by_role("region", name=f"terminal of {NAME}")
    rows = terminal.locator(".xterm-rows")
    expect(rows).to_contain_text("ready>")
    expect(other.locator(".control-switch")).to_contain_text("admin controls")
    # Raw RGB colours and a clipboard write come out of the command.
    page.keyboard.type(r"printf 'got-%s \033[38;2;255;0;0mred\033[0m \033]52;c;c3RvbGVu\007.\n' it")
    page.keyboard.press("Enter")
    expect(rows).to_contain_text("got-it red .")
    red = rows.locator("span", has_text="red").last
    assert red.evaluate("span => getComputedStyle(span).color").startswith("rgb(2")
    # What would run at once when pasted is asked for.
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", "echo one\\necho two\\n");
            document.activeElement.dispatchEvent(
                new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    question = page.get_by_role("alertdialog", name="Paste")
    expect(question).to_contain_text("Paste 2 lines?")
    question.get_by_role("button", name="Paste", exact=True).click()
    expect(rows).to_contain_text("two")
    # The size is the panel's.
    size = terminal.locator(".terminal-head .quiet")
    before = size.inner_text()
    page.set_viewport_size({"width": 360, "height": 500})
    expect(size).not_to_have_text(before)
    # Whoever types on a phone sees how to leave as well.
    for told in (size, terminal.get_by_text("leaves"), button(page, "Leave")):
        expect(told).to_be_in_viewport(ratio=0.99)
    page.keyboard.type("stty size | tr ' ' x")
    page.keyboard.press("Enter")
    columns, lines = re.findall(r"\d+", size.inner_text())
    expect(rows).to_contain_text(f"{lines}x{columns}")
    page.keyboard.type("~.")
    expect(terminal).to_have_count(0)
    expect(button(page, "Terminal")).to_be_focused()
    expect(other.locator(".control-switch")).to_have_text("Control")
    assert complaints == []


def test_whoever_watches_is_seen_and_sent_away(page: Page, other: Page) -> None:
    watchers = panel(page).get_by_role("listitem").filter(has=page.get_by_role("button", name="End session"))
    expect(watchers).to_have_count(1)
    watchers.get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("this screen is needed")
    dialog.get_by_role("button", name="End session").click()
    expect(dialog).to_have_count(0)
    # The text says it as well, a moment later.
    expect(other.locator(".banner")).to_contain_text("this screen is needed")
    expect(watchers).to_have_count(0)
