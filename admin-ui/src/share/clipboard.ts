// Puts text into the clipboard. Browsers let a page do so by itself only where it is served securely.

/** Copies a text; throws where the browser refuses. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const before = document.activeElement;
  const box = document.createElement("textarea");
  box.value = text;
  box.className = "hidden";
  // What is outside of a dialog that is open cannot be selected.
  (document.querySelector("dialog:modal") ?? document.body).append(box);
  box.select();
  // The old way, for a hub that is reached by plain HTTP under a name of the network.
  const copied = document.execCommand("copy");
  box.remove();
  // Who is at the keys goes on at the button that was pressed.
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  if (!copied) throw new Error("the browser does not let this page copy");
}
