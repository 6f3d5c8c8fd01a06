"""Reads all of a pane's text as a person would: by scrolling through it."""

from __future__ import annotations

from playwright.sync_api import Locator

# Each row's text, once, in the order of their places.
_WALK = """async box => {
  const ROW = 20;
  const seen = new Map();
  box.scrollTop = 0;
  for (let top = -1; box.scrollTop !== top; ) {
    top = box.scrollTop;
    // A busy browser draws what was scrolled to some frames later.
    for (let frames = 0; frames < 200; frames++) {
      await new Promise(requestAnimationFrame);
      const tops = [...box.querySelectorAll('.row')].map(row => parseInt(row.style.top));
      const end = Math.min(top + box.clientHeight, box.scrollHeight);
      if (Math.min(...tops) <= top + ROW && Math.max(...tops) >= end - 2 * ROW) break;
    }
    for (const row of box.querySelectorAll('.row')) seen.set(parseInt(row.style.top), row.textContent);
    box.scrollTop = top + box.clientHeight;
  }
  return [...seen].sort((a, b) => a[0] - b[0]).map(([, text]) => text);
}"""


def walk(log: Locator) -> list[str]:
    """Return the text of each row of a pane, from the first to the last."""
    rows: list[str] = log.evaluate(_WALK)
    return rows
