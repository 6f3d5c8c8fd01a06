// When to draw.

const HIDDEN_MS = 300;

/** Runs once, at the next frame; a tab that is or becomes hidden gets no frames, so a timer does it there. */
export function nextFrame(run: () => void): void {
  let done = false;
  const once = () => {
    if (!done) run();
    done = true;
    clearTimeout(timer);
  };
  const timer = setTimeout(once, HIDDEN_MS);
  requestAnimationFrame(once);
}
