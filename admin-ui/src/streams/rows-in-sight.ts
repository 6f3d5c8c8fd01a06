// The arithmetic of a scrolled list of rows of equal height.

const OVERSCAN = 8;

/** Rows `first` to `last` (exclusive) that cover what is in sight, and a few more. */
export function rowsInSight(top: number, height: number, rowHeight: number, rows: number) {
  const first = Math.max(0, Math.min(rows, Math.floor(top / rowHeight) - OVERSCAN));
  const last = Math.min(rows, Math.ceil((top + height) / rowHeight) + OVERSCAN);
  return { first, last: Math.max(first, last) };
}

/** How far to scroll, from `top`, so that a row is whole in sight; no further than needed. */
export function scrollToShow(index: number, top: number, height: number, rowHeight: number): number {
  const above = index * rowHeight;
  if (above < top) return above;
  return Math.max(top, above + rowHeight - height);
}
