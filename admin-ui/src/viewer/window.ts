// Which rows are drawn: the arithmetic of a scrolled list of rows of equal height.

export interface Window {
  first: number;
  last: number;
}

const OVERSCAN = 12;

/** Rows `first` to `last` (exclusive) that cover what is visible, and some more. */
export function visibleRows(scrollTop: number, height: number, rowHeight: number, rows: number): Window {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - OVERSCAN);
  const last = Math.min(rows, Math.ceil((scrollTop + height) / rowHeight) + OVERSCAN);
  return { first: Math.min(first, rows), last };
}

/** Whether the end is in sight: then the view follows. */
export function isAtEnd(scrollTop: number, height: number, scrollHeight: number, rowHeight: number): boolean {
  return scrollTop + height >= scrollHeight - rowHeight / 2;
}
