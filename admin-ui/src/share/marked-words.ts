// What the lines that are marked are called.

import { exact } from "../streams/format";
import type { Row } from "../viewer/rows";
import type { Marked } from "./marked-lines";

export function lineWords({ from, to }: Marked, rows: readonly Row[]): string {
  const lines = rows.filter((row) => row.kind === "line");
  const number = (offset: number) => lines.find((row) => row.offset <= offset && row.end > offset)?.line;
  const first = number(from);
  const last = number(to);
  if (first === undefined || last === undefined) return from === to ? "One line" : "Some lines";
  if (first === last) return `Line ${exact(first + 1)}`;
  return `Lines ${exact(first + 1)} to ${exact(last + 1)}`;
}
