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
