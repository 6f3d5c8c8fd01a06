// What concerns keys everywhere on the page.

/** The key that goes with a letter for what the page does, as this machine's keyboard names it. */
export const MOD_KEY = /Mac|iPhone|iPad/.test(globalThis.navigator?.userAgent ?? "") ? "⌘" : "Ctrl";

/** Whether keys are text where they go to. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches("input, textarea, select, [contenteditable]");
}
