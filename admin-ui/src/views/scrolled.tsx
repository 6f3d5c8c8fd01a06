// A table that scrolls by itself where it has no room.

import type { ComponentChildren } from "preact";

export function Scrolled({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
    <section class="scrolled" tabIndex={0} aria-label={label}>
      <table>{children}</table>
    </section>
  );
}
