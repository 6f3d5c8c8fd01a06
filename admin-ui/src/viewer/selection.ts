// What is copied when a selection reaches over rows: they are not all in the document, so the rows say it.

import { plainText } from "./ansi";
import { compare, type Row } from "./rows";

/** The text between two rows that a selection begins and ends in, in the stream's order, a line each. */
export function copiedText(
  rows: readonly Row[],
  anchor: Row,
  focus: Row,
  selection: Selection,
  elements: ReadonlyMap<Row, HTMLElement>,
): string {
  const forward = compare(anchor, focus) <= 0;
  const [first, last] = forward ? [anchor, focus] : [focus, anchor];
  const range = selection.getRangeAt(0);
  const lines = rows
    .filter((row) => row.kind === "line" && compare(row, first) >= 0 && compare(row, last) <= 0)
    .map((row) => {
      if (row === first) return partOf(range, elements.get(row), true) ?? plainText(row.text);
      if (row === last) return partOf(range, elements.get(row), false) ?? plainText(row.text);
      return plainText(row.text);
    });
  return lines.join("\n");
}

/** The part of a row's text that lies in the range, up to the row's end or from its beginning on. */
function partOf(range: Range, element: HTMLElement | undefined, toTheEnd: boolean): string | null {
  const content = element?.querySelector(".content");
  if (!content) return null;
  const part = range.cloneRange();
  if (toTheEnd) part.setEnd(content, content.childNodes.length);
  else part.setStart(content, 0);
  return part.toString();
}

/** The selection, if some text of this element is selected. */
export function selectionIn(sheet: HTMLElement): Selection | null {
  const selection = sheet.ownerDocument.getSelection();
  return selection && !selection.isCollapsed && sheet.contains(selection.anchorNode) ? selection : null;
}

/** Adds the rows at which a selection begins or ends to those that stay, wherever they are: it would be lost with them. */
export function keepSelected(
  kept: Map<Row, HTMLElement>,
  drawn: ReadonlyMap<Row, HTMLElement>,
  sheet: HTMLElement,
): void {
  const selection = selectionIn(sheet);
  if (!selection) return;
  const ends = [selection.anchorNode, selection.focusNode];
  const left = [...drawn].filter(
    ([row, element]) => !kept.has(row) && ends.some((node) => node && element.contains(node)),
  );
  if (!left.length) return;
  const all = [...kept, ...left].sort(([a], [b]) => compare(a, b));
  kept.clear();
  for (const [row, element] of all) kept.set(row, element);
}
