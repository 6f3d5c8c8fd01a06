// Whose scroll it is: a browser tells the same of a reader's and of what a change of the layout brings about.

/** The size and the place of a box that scrolls. */
export interface Scrolled {
  scrollTop: number;
  clientHeight: number;
  clientWidth: number;
}

/**
 * Whether the reader left the end, which the box was at as `before`. A box that changed its size has lost the end
 * without him; and nobody leaves the end downwards.
 */
export function leftEnd(before: Scrolled, now: Scrolled): boolean {
  const same = before.clientHeight === now.clientHeight && before.clientWidth === now.clientWidth;
  return same && now.scrollTop < before.scrollTop;
}
