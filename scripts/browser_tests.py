"""Runs the page's tests in a real Chromium: one that is on the machine, else Playwright's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The first has no windows at all: starting it and making pages costs a third.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
HOW = (
    "install one (Debian: apt-get install chromium-headless-shell), name one with CHROMIUM=/path, "
    "or: playwright install chromium"
)


def find_browser() -> str | None:
    """Return a Chromium: CHROMIUM, one on the PATH, or the one that Playwright downloads (about 150 MB, once)."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).exists():
        print("no Chromium on this machine: asking Playwright for one", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    return path if Path(path).exists() else None


def main() -> int:
    """Run the tests, or with `long` those that take long; without a browser that fails in CI and is said elsewhere."""
    if not (ROOT / "tests" / "browser").is_dir():
        print("there are no browser tests")
        return 1
    browser = find_browser()
    if browser is None:
        print(f"\n*** THE PAGE'S BROWSER TESTS WERE NOT RUN: there is no Chromium; {HOW} ***\n", flush=True)
        return 1 if os.environ.get("CI") else 0
    chosen = "long" if sys.argv[1:] == ["long"] else "not long"
    # Some wait for a hub that is to come again: one more of them than cores, and up to 4.
    spread = ["-n", str(min((os.cpu_count() or 1) + 1, 4)), "--dist", "worksteal"]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:twisted",
        "-o",
        "addopts=",
        "-m",
        chosen,
        *spread,
        "tests/browser",
    ]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "CHROMIUM": browser}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
