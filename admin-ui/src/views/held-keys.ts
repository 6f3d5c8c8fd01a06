// Keys that are typed while the part of the page that they are meant for is not there yet: they are text, no shortcuts.

import { isTyping } from "./typing";

const MOST = 1000;

type Pressed = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">;

export class HeldKeys {
  typed = "";

  /** Whether a key is text, or would act on what is left behind; it is kept then. */
  take({ key, ctrlKey, metaKey, altKey }: Pressed): boolean {
    if (ctrlKey || metaKey || altKey) return false;
    if (key === "Backspace") this.typed = this.typed.slice(0, -1);
    else if (key.length === 1) this.typed = (this.typed + key).slice(0, MOST);
    else return key === "Enter";
    return true;
  }
}

/** Holds keys from now on; what it returns ends that, and puts what was typed where the focus is by then. */
export function holdKeys(): () => void {
  const keys = new HeldKeys();
  const hold = (event: KeyboardEvent) => {
    if (isTyping(event.target) || !keys.take(event)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  addEventListener("keydown", hold, true);
  return () => {
    removeEventListener("keydown", hold, true);
    const input = document.activeElement;
    if (!keys.typed || !(input instanceof HTMLInputElement)) return;
    input.value += keys.typed;
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  };
}
